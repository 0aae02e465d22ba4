"""Crashes, failing file systems and races: python3 Tests/Crashes [COUNT [CHECK...]]; see .ci/crashes."""

import os
import shutil
import sys
import tempfile
import time

import failures
import kills
import memory
import pairs
import power
from runs import Broken, say

CHECKS = {
    "kills": kills.check_kills,
    "failures": failures.check_failures,
    "old-page": lambda count, seed, scratch: failures.check_old_file(scratch),
    "power": power.check_power,
    "two-runs": pairs.check_runs,
    "two-flows": pairs.check_flows,
    "tables": pairs.check_tables,
    "two-tables": pairs.check_two_tables,
    "memory": memory.check_memory,
}


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    names = sys.argv[2:] or list(CHECKS)
    # Every call tries others; a failure prints the seed that repeats it.
    seed = int(os.environ.get("FC_SEED", time.time_ns() % 1_000_000))
    scratch = tempfile.mkdtemp(prefix="fce-crashes-")
    failed = False
    try:
        for name in names:
            folder = os.path.join(scratch, name)
            os.makedirs(folder)
            try:
                CHECKS[name](count, seed, folder)
            except Broken as broken:
                say(f"{name}: {broken} (FC_SEED={seed})")
                failed = True
    finally:
        if not os.environ.get("FC_KEEP"):
            shutil.rmtree(scratch, ignore_errors=True)
        else:
            say(f"kept: {scratch}")
    sys.exit(failed)


main()
