"""A file system that fails once, at every call of a run that writes: files and folders that are made, opened, written, cut,
synchronised and renamed. Failing removals are not tried."""

import os
import shutil

from kills import TRAIN, Subject
from runs import Broken, contents, error_line, expect, expect_same, run, say

# Nothing depends on the line of progress for watchers, nor on the number of the process in the lock. The lock itself must open.
OPTIONAL = {"progress.json": {"create", "open", "write", "sync", "rename"}, "/lock": {"write", "truncate"}}
SURVIVED = {"EINTR": {"create", "open", "write", "sync", "truncate"}, "SHORT": {"write"}}
FATAL = {"ENOSPC": {"create", "open", "write", "sync", "rename", "mkdir"},
         "EIO": {"create", "open", "write", "sync", "rename", "mkdir", "truncate"}}


def check_call(subject, at, fault, is_fatal):
    kind, _, path, _ = subject.calls[at - 1]
    what = f"{subject.name}, {fault} at call {at}, {kind} {os.path.relpath(path, subject.folder)}"
    subject.empty()
    code, error = run(TRAIN, subject.folder, folder=subject.folder, at=at, fault=fault)
    try:
        if not is_fatal:
            if code:
                raise Broken(f"exit code {code}: {error.strip()}")
            return expect_same(subject.path, subject.expected)
        if code != 74:
            raise Broken(f"exit code {code}, not 74: {error.strip()}")
        error_line(error)
        # What was there is whole: nothing has to be set aside.
        again = expect(TRAIN + ["--resume"], subject.folder)
        if again.strip():
            raise Broken(f"the resumed run says: {again.strip()}")
        expect_same(subject.path, subject.expected)
    except Broken as broken:
        raise Broken(f"{what}: {broken}")


def check_failures(count, seed, scratch):
    """With a count of 200 or more every call of a run with two phases; else a share of them."""
    subject = Subject("small", scratch)
    stride = max(1, 200 // count)
    done = 0
    for fault, kinds in (SURVIVED | FATAL).items():
        for at, (kind, _, path, _) in enumerate(subject.calls, start=1):
            if kind not in kinds or (at + seed) % stride:
                continue
            is_optional = any(name in path and kind in of_name for name, of_name in OPTIONAL.items())
            is_fatal = fault in FATAL and not is_optional
            check_call(subject, at, fault, is_fatal)
            done += 1
    say(f"failing file system: {done} of the {len(subject.calls)} calls and their faults: one line and exit code 74, or "
        "survived; every end bit for bit that of the uninterrupted run")


def check_old_file(scratch):
    """A page that cannot be written leaves the old one."""
    subject = Subject("small", scratch)
    page = os.path.join(subject.path, "report.html")
    with open(page, "rb") as file:
        old = file.read()
    for fault in FATAL:
        at = 0
        while True:
            at += 1
            code, error = run(["report", "run"], subject.folder, folder=subject.folder, at=at, fault=fault)
            if code == 0:
                break
            if code != 74:
                raise Broken(f"report, {fault} at call {at}: exit code {code}: {error.strip()}")
            error_line(error)
            with open(page, "rb") as file:
                if file.read() != old:
                    raise Broken(f"report, {fault} at call {at}: the old page is gone")
        if at < 4:
            raise Broken(f"report made {at} calls only")
    say("failing file system: the old page stays where a new one cannot be written")
    shutil.rmtree(subject.folder)
