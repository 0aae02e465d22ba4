"""A process that times one step at request (on_demand.py), so that several can take turns."""
import json
import pathlib
import subprocess
import sys
import tempfile

import neighbours

# A turn is long enough for the clock of processor time, and short enough for a neighbour's busy minute to show.
TURN_MS, MOST_EXECUTIONS = 500, 5


class Failure(Exception):
    """A contender that ended with an error; the message is one line."""


class Contender:
    def __init__(self, command):
        self.command = command
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True)
        self.executions = None

    def __enter__(self):
        self.answer()
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for file in (self.process.stdin, self.process.stdout, self.errors):
            file.close()

    def turn(self):
        """Milliseconds of an execution, the median of a turn, and what others took of the processors meanwhile."""
        if self.executions is None:
            self.executions = max(1, min(MOST_EXECUTIONS, round(TURN_MS / self.median_of(1))))
        watch = neighbours.Watch(self.process.pid)
        return {"ms": self.median_of(self.executions), "others": watch.others()}

    def median_of(self, executions):
        try:
            self.process.stdin.write(f"{executions}\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # The missing answer says why.
        times = sorted(self.answer()["ms"])
        return times[len(times) // 2]

    def report(self):
        """What it says of all its turns, once it is told that there are no more."""
        self.process.stdin.close()
        report = self.answer()
        self.errors.seek(0)
        sys.stderr.write(self.errors.read())
        return report

    def answer(self):
        line = self.process.stdout.readline()
        if line:
            return json.loads(line)
        self.errors.seek(0)
        lines = [line.strip() for line in self.errors if line.strip()]
        program = next(word for word in self.command if word != sys.executable)
        raise Failure(f"{pathlib.Path(program).name} ended with {self.process.wait()}: {reason(lines)}")


def reason(lines):
    """The last line that names an error, else the last one: tracebacks may end in hints."""
    errors = [line for line in lines if line.split(":")[0].endswith(("Error", "Exception", "error"))]
    return (errors or lines or ["no message"])[-1]
