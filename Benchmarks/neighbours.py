"""What else ran on this machine meanwhile: processor time of others, the hypervisor's included."""
import os
import time

TICKS = os.sysconf("SC_CLK_TCK")


class Watch:
    """Watches what others take of this process's processors while the process `pid` works."""

    def __init__(self, pid):
        self.pid = pid
        self.start = time.monotonic()
        self.busy, self.own = busy_seconds(), own_seconds(pid)

    def others(self):
        """The share of the processors' time that others took since the beginning."""
        own = own_seconds(self.pid) - self.own
        capacity = (time.monotonic() - self.start) * len(os.sched_getaffinity(0))
        return round(max(0.0, busy_seconds() - self.busy - own) / capacity, 3)


def busy_seconds():
    """What was not idle on the processors this process may use; time that a hypervisor stole counts (proc(5))."""
    names = {f"cpu{number}" for number in os.sched_getaffinity(0)}
    with open("/proc/stat") as file:
        rows = [line.split() for line in file if line.split()[0] in names]
    # user, nice, system, idle, iowait, irq, softirq, steal; guests are part of user and nice.
    return sum(sum(map(int, row[1:9])) - int(row[4]) - int(row[5]) for row in rows) / TICKS


def own_seconds(pid):
    with open(f"/proc/{pid}/stat") as file:
        # The program's name, in parentheses, may contain spaces.
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS
