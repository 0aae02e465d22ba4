"""Whether 2,000 updates hold more memory than a few hundred."""

import json
import os
import time

from kills import TRAIN
from recipes import RECIPES
from runs import Broken, finish, say, start

UPDATES = 2000
# What allocators keep back differs from moment to moment.
TOLERANCE = 4 << 20
# The phase that is lengthened, by its number.
LONG = {"fce": 3, "gan": 1, "jem": 1, "vae": 1, "adversarial": 1, "chains": 1}


def resident(process):
    """Bytes of memory that a process has; 0 when it has ended."""
    try:
        with open(f"/proc/{process}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0


def updates(folder, phase):
    """How far a run has come in a phase, by its last line of metrics."""
    try:
        with open(os.path.join(folder, "run", "metrics.jsonl")) as file:
            lines = file.read().split("\n")
        row = json.loads(lines[-2])
        return row["step"] if row["phaseIndex"] == phase - 1 else 0
    except (OSError, IndexError, ValueError):
        return 0


def check_memory(count, seed, scratch):
    """With a count of 20 or more all kinds of phases, else the method's own."""
    for name in list(LONG)[:len(LONG) if count >= 20 else 1]:
        phase = LONG[name]
        folder = os.path.join(scratch, name)
        os.makedirs(folder)
        with open(os.path.join(folder, "tiny.toml"), "w") as file:
            file.write(RECIPES[name])
        changes = [f"phase.{phase}.steps={UPDATES}", "checkpoint.every=0", "log.every=20", "evaluate.every=0"]
        if name in ("jem", "chains"):
            # The guard would end what so small a network makes of chains.
            changes.append(f"phase.{phase}.chains.guard=1e9")
        process = start(TRAIN + [word for change in changes for word in ("--set", change)], folder)
        samples = []
        while process.poll() is None:
            samples.append((updates(folder, phase), resident(process.pid)))
            time.sleep(0.02)
        code, error = finish(process)
        if code:
            raise Broken(f"{name}: exit code {code}: {error.strip()}")
        early = max((size for step, size in samples if UPDATES // 10 <= step <= UPDATES // 2), default=0)
        late = max((size for step, size in samples if UPDATES // 2 < step < UPDATES), default=0)
        if not early or not late:
            raise Broken(f"{name}: {UPDATES} updates were too fast to be watched")
        if late > early + TOLERANCE:
            raise Broken(f"{name}: {early >> 10} kB in the first half of {UPDATES} updates, {late >> 10} kB in the second")
        say(f"memory: {name} holds {early >> 10} kB in the first half of {UPDATES} updates, {late >> 10} kB in the second")
