"""Runs that are killed at random moments, and resumed, end in the same bits."""

import os
import random
import re
import shutil
import signal
import time

from recipes import PHASES, RECIPES
from runs import Broken, contents, expect, expect_same, finish, run, say, start

TRAIN = ["train", "tiny.toml", "--out", "run", "--flows", "flows", "--threads", "1", "--quiet"]
SIGNALS = [signal.SIGKILL, signal.SIGTERM, signal.SIGINT]
# What a process ends with that was asked to stop, once or twice; by the signal itself in its first milliseconds; 0: it was
# done already.
CODES = {-9, -2, -15, 0, 130, 143}


class Subject:
    """One recipe with its uninterrupted run."""

    def __init__(self, name, scratch):
        self.name = name
        self.folder = os.path.join(scratch, name)
        os.makedirs(self.folder)
        with open(os.path.join(self.folder, "tiny.toml"), "w") as file:
            file.write(RECIPES[name])
        record = os.path.join(self.folder, "record")
        begun = time.monotonic()
        code, error = run(TRAIN, self.folder, folder=self.folder, record=record)
        self.seconds = time.monotonic() - begun
        if code:
            raise Broken(f"{name}: exit code {code}: {error.strip()}")
        self.calls = read_record(record)
        os.remove(record)
        self.expected = contents(self.path)

    @property
    def path(self):
        return os.path.join(self.folder, "run")

    def empty(self):
        for name in ("run", "flows"):
            shutil.rmtree(os.path.join(self.folder, name), ignore_errors=True)


def read_record(path):
    """The calls that the shim has recorded: (kind, error number, path, bytes)."""
    calls = []
    with open(path, "rb") as file:
        while line := file.readline():
            kind, error, count, name = line.decode(errors="surrogateescape").rstrip("\n").split(" ", 3)
            calls.append((kind, int(error), name, file.read(int(count))))
    return calls


def kill_at_moment(subject, choice):
    """Kills at a random time, perhaps twice in a row: returns what was done, in words."""
    number = choice.choice(SIGNALS)
    process = start(TRAIN + ["--resume"], subject.folder)
    time.sleep(choice.uniform(0, subject.seconds))
    process.send_signal(number)
    text = number.name
    if choice.random() < 0.3:
        time.sleep(choice.uniform(0, 0.02))
        second = choice.choice(SIGNALS)
        process.send_signal(second)
        text += " and " + second.name
    code, error = finish(process)
    if code not in CODES:
        raise Broken(f"{subject.name}, {text}: exit code {code}: {error.strip()}")
    return text


def kill_at_call(subject, choice, part):
    """Kills in the middle of a random call on files whose names hold `part`."""
    places = [i + 1 for i, call in enumerate(subject.calls) if part in call[2] or part in str(call[3][:200])]
    at = choice.choice(places)
    fault = choice.choice(["KILL", "KILL", "TERM", "INT"])
    code, error = run(TRAIN + ["--resume"], subject.folder, folder=subject.folder, at=at, fault=fault)
    if code not in CODES:
        raise Broken(f"{subject.name}, {fault} at call {at}: exit code {code}: {error.strip()}")
    return f"{fault} at call {at} ({subject.calls[at - 1][0]} {os.path.basename(subject.calls[at - 1][2])})"


def kill_once(subject, choice):
    kind = choice.choice(["moment", "moment", "checkpoint", "report", "any"])
    if kind == "moment":
        return kill_at_moment(subject, choice)
    return kill_at_call(subject, choice, {"checkpoint": "state-", "report": "report.html", "any": ""}[kind])


def expect_every_kind(scratch):
    """Every kind of phase that recipes may have has a run here."""
    with open(os.path.join(scratch, "kinds.toml"), "w") as file:
        file.write('method = "fce"\n[[phase]]\nkind = "?"\n')
    _, error = run(["recipe", "check", "kinds.toml"], scratch)
    kinds = re.search(r"takes one of (.*), not the string", error)
    if not kinds:
        raise Broken(f"the kinds of phases are not known: {error.strip()}")
    missing = [kind for kind in kinds.group(1).split(", ") if kind not in PHASES]
    if missing:
        raise Broken(f"recipes.py has no run with {', '.join(missing)}")


def check_kills(count, seed, scratch):
    """`count` kills in all, spread over the recipes; each run is killed once to three times before it may end."""
    expect_every_kind(scratch)
    choice = random.Random(seed)
    subjects = [Subject(name, scratch) for name in RECIPES]
    kills = 0
    while kills < count:
        subject = subjects[kills % len(subjects)]
        subject.empty()
        done = []
        for _ in range(choice.choice([1, 1, 2, 3])):
            done.append(kill_once(subject, choice))
            kills += 1
        try:
            expect(TRAIN + ["--resume"], subject.folder)
            expect_same(subject.path, subject.expected)
        except Broken as broken:
            raise Broken(f"{subject.name}, seed {seed}, after {'; '.join(done)}: {broken}")
    say(f"kills: {kills} of {len(subjects)} runs, every end bit for bit that of the uninterrupted run")
