"""A power cut after any call: what the disk then holds is a run that resumes.

The calls of a run are recorded and replayed on a model of a disk that keeps no more than it must: the bytes that a file had at
its last fsync, under the names that its folder had at that folder's last fsync. It may also have kept more. Three disks are
tried at every call: one that keeps the least, one that has all names but only the bytes that were synced (as file systems do
that write names first), and one that has everything.
"""

import hashlib
import os

from kills import TRAIN, Subject
from runs import Broken, expect, expect_same, say


class Disk:
    """Files by number, folders of names, and what of both is safe."""

    def __init__(self):
        self.bytes, self.safe_bytes = {}, {}
        self.names, self.safe_names = {}, {}
        self.folders, self.safe_folders = set(), set()
        self.count = 0

    def apply(self, kind, path, data):
        if kind == "mkdir":
            self.folders.add(path)
        elif kind in ("create", "open"):
            if path not in self.names:
                self.count += 1
                self.names[path] = self.count
                self.bytes[self.count] = b""
                self.safe_bytes[self.count] = b""
            elif kind == "create":
                self.bytes[self.names[path]] = b""
        elif kind == "write":
            self.bytes[self.names[path]] += data
        elif kind == "truncate":
            number = self.names[path]
            self.bytes[number] = self.bytes[number][:int(data)]
        elif kind == "sync":
            self.sync(path)
        elif kind == "rename":
            self.names[data.decode()] = self.names.pop(path)
        elif kind == "unlink":
            self.names.pop(path, None)

    def sync(self, path):
        if path in self.names:
            number = self.names[path]
            self.safe_bytes[number] = self.bytes[number]
            return
        # A folder: its own names are safe.
        below = lambda name: os.path.dirname(name) == path
        self.safe_names = {name: number for name, number in self.safe_names.items() if not below(name)}
        self.safe_names.update({name: number for name, number in self.names.items() if below(name)})
        self.safe_folders |= {name for name in self.folders if below(name)}

    def left(self, keeps):
        """Folders and files after a power cut: ({path}, {path: bytes})."""
        if keeps == "all":
            return self.folders, {name: self.bytes[number] for name, number in self.names.items()}
        if keeps == "names":
            return self.folders, {name: self.safe_bytes[number] for name, number in self.names.items()}
        folders = {name for name in self.safe_folders if self.is_reached(name)}
        files = {name: self.safe_bytes[number] for name, number in self.safe_names.items()
                 if self.is_reached(os.path.dirname(name))}
        return folders, files

    def is_reached(self, folder):
        """Whether a folder and all above it are safe; those that were there before are."""
        while folder in self.folders:
            if folder not in self.safe_folders:
                return False
            folder = os.path.dirname(folder)
        return True


def lay_out(folders, files):
    for folder in sorted(folders):
        os.makedirs(folder, exist_ok=True)
    for path, data in files.items():
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)


def check_power(count, seed, scratch):
    """With a count of 200 or more after every call; else after a share of them."""
    subject = Subject("small", scratch)
    stride = max(1, 200 // count)
    seen, tried, disk = set(), 0, Disk()
    for at, (kind, error, path, data) in enumerate(subject.calls, start=1):
        if error == 0:
            disk.apply(kind, path, data)
        if (at + seed) % stride:
            continue
        for keeps in ("least", "names", "all"):
            folders, files = disk.left(keeps)
            digest = hashlib.sha256(repr((sorted(folders), sorted(
                (name, hashlib.sha256(data).hexdigest()) for name, data in files.items()
                if ".partial-" not in name and not name.endswith("progress.json")))).encode()).digest()
            if digest in seen:
                continue
            seen.add(digest)
            tried += 1
            subject.empty()
            lay_out(folders, files)
            try:
                said = expect(TRAIN + ["--resume"], subject.folder)
                if said.strip():
                    raise Broken(f"the resumed run says: {said.strip()}")
                expect_same(subject.path, subject.expected)
            except Broken as broken:
                raise Broken(f"power cut after call {at}, {kind} {os.path.relpath(path, subject.folder)}, "
                             f"on a disk that keeps {keeps}: {broken}")
    say(f"power cuts: {tried} different disks after {len(subject.calls)} calls, every one resumes to the same bits")
