"""Two processes at once on one run, on one folder of flows and on one table; and tables whose workers are killed."""

import json
import os
import random
import shutil
import signal
import time

from kills import CODES, SIGNALS, TRAIN, Subject
from recipes import RECIPES
from runs import Broken, contents, error_line, expect, expect_same, finish, run, say, start

BUSY = 75
REPRODUCE = ["reproduce", "table.toml", "--jobs", "2", "--threads", "1", "--quiet"]


def check_runs(count, seed, scratch):
    """Two processes train one run, and one of them may be killed."""
    choice = random.Random(seed)
    subject = Subject("fce", scratch)
    refused = 0
    for round in range(count):
        subject.empty()
        processes = []
        for _ in range(2):
            processes.append(start(TRAIN + ["--resume"], subject.folder))
            time.sleep(choice.uniform(0, subject.seconds))
        killed = choice.choice([None, 0, 1])
        if killed is not None:
            processes[killed].send_signal(choice.choice(SIGNALS))
        for number, process in enumerate(processes):
            code, error = finish(process)
            if code == BUSY:
                error_line(error)
                refused += 1
            elif code != 0 and (number != killed or code not in CODES):
                raise Broken(f"two on one run, round {round}: exit code {code}: {error.strip()}")
        expect(TRAIN + ["--resume"], subject.folder)
        expect_same(subject.path, subject.expected)
    say(f"two on one run: {count} times, {refused} refused with exit code {BUSY}, the same bits in the end")


def without_flow(files):
    """Without the lines of the phase that a run leaves out when it finds its flow trained."""
    files = dict(files)
    files["metrics.jsonl"] = [row for row in files["metrics.jsonl"]
                              if row["phaseIndex"] > 0 or row.get("event") == "phaseEnd"]
    return files


def check_flows(count, seed, scratch):
    """Two runs of one flow train, keep and find it at the same time."""
    choice = random.Random(seed)
    subject = Subject("fce", scratch)
    expected = without_flow(subject.expected)
    names = ["one", "other"]
    for round in range(count):
        for name in names + ["flows"]:
            shutil.rmtree(os.path.join(subject.folder, name), ignore_errors=True)
        processes = []
        for name in names:
            words = ["train", "tiny.toml", "--out", name, "--flows", "flows", "--threads", "1", "--quiet"]
            processes.append(start(words, subject.folder))
            time.sleep(choice.choice([0, choice.uniform(0, 0.3)]))
        for process in processes:
            code, error = finish(process)
            if code:
                raise Broken(f"two on one flow, round {round}: exit code {code}: {error.strip()}")
        for name in names:
            found = without_flow(contents(os.path.join(subject.folder, name)))
            wrong = [key for key in expected if found.get(key) != expected[key]]
            if wrong:
                raise Broken(f"two on one flow, round {round}: {name} differs in {', '.join(wrong)}")
        if len(os.listdir(os.path.join(subject.folder, "flows"))) != 1:
            raise Broken(f"two on one flow, round {round}: more than one file was left")
    say(f"two on one folder of flows: {count} times, the same bits in the end")


class Table:
    """A table of two recipes and two seeds, of which the second recipe begins with the first."""

    RUNS = [f"{name}/seed-{seed}" for name in ("start", "tiny") for seed in (1, 2)]

    def __init__(self, scratch, name):
        self.folder = os.path.join(scratch, name)
        os.makedirs(self.folder)
        tiny = RECIPES["fce"]
        start = tiny[:tiny.index('\n[[phase]]\nkind = "joint"')]
        start = start.replace('"fce"', '"fce-init"').replace('"tiny"', '"start"')
        table = 'title = "Tiny"\nseeds = [1, 2]\nresults = "Results"\nrecipes = ["tiny.toml", "start.toml"]\n'
        for name, text in ("tiny", tiny), ("start", start), ("table", table):
            with open(os.path.join(self.folder, f"{name}.toml"), "w") as file:
                file.write(text)
        begun = time.monotonic()
        expect(REPRODUCE, self.folder)
        self.seconds = time.monotonic() - begun
        self.expected = self.contents()

    def contents(self):
        found = {name: without_flow(contents(os.path.join(self.folder, "Runs", name))) for name in self.RUNS}
        results = os.path.join(self.folder, "Results")
        for name in os.listdir(results):
            if name.startswith(".partial-"):
                raise Broken(f"{name} was left behind")
            with open(os.path.join(results, name)) as file:
                found[name] = file.read() if not name.endswith(".json") else None
        return found

    def empty(self):
        for name in ("Runs", "Results"):
            shutil.rmtree(os.path.join(self.folder, name), ignore_errors=True)

    def finish(self, what):
        """Repeats the command to its end, and compares."""
        try:
            expect(REPRODUCE, self.folder)
            found = self.contents()
        except Broken as broken:
            raise Broken(f"{what}: {broken}")
        for name, files in self.expected.items():
            if name in self.RUNS and found.get(name) != files:
                wrong = [key for key in files if found[name].get(key) != files[key]]
                raise Broken(f"{what}: {name} differs in {', '.join(wrong)}")
            if name not in found:
                raise Broken(f"{what}: {name} is missing")


def children(process):
    """The numbers of a process's children."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat") as file:
                    if int(file.read().rsplit(")", 1)[1].split()[1]) == process:
                        found.append(int(name))
            except (OSError, IndexError):
                continue
    return found


def check_tables(count, seed, scratch):
    """A table whose command or worker is killed: a fifth as often as runs, for it takes ten times as long."""
    choice = random.Random(seed)
    table = Table(scratch, "table")
    kills = 0
    for round in range(max(2, count // 5)):
        table.empty()
        process = start(REPRODUCE, table.folder)
        time.sleep(choice.uniform(0, table.seconds))
        number = choice.choice(SIGNALS)
        workers = children(process.pid)
        victim = choice.choice([process.pid] + workers * 2)
        try:
            os.kill(victim, number)
            kills += 1
        except ProcessLookupError:
            pass
        code, error = finish(process)
        # 69: a worker was killed, and the cells of others have their results.
        if code not in CODES | {69}:
            raise Broken(f"table, round {round}: exit code {code}: {error.strip()}")
        table.finish(f"table, round {round}, {number.name} to {'worker' if victim in workers else 'command'}")
    say(f"tables: {kills} commands and workers killed, the same bits in the end")


def check_two_tables(count, seed, scratch):
    """Two commands make one table."""
    choice = random.Random(seed)
    table = Table(scratch, "table")
    for round in range(max(2, count // 5)):
        table.empty()
        processes = []
        for _ in range(2):
            processes.append(start(REPRODUCE, table.folder))
            time.sleep(choice.choice([0, choice.uniform(0, table.seconds)]))
        killed = choice.choice([None, None, 0, 1])
        if killed is not None:
            processes[killed].send_signal(choice.choice(SIGNALS))
        for number, process in enumerate(processes):
            code, error = finish(process)
            if code != 0 and (number != killed or code not in CODES):
                raise Broken(f"two on one table, round {round}: exit code {code}: {error.strip()}")
        table.finish(f"two on one table, round {round}")
    say(f"two on one table: {max(2, count // 5)} times, the same bits in the end")
