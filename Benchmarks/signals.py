#!/usr/bin/env python3
"""How long a run takes to leave after SIGTERM, at the scale of full SVHN: seconds from the signal to the end of the process,
its checkpoint included. Recipes of Recipes/svhn train on as many generated images, 73,257 and 26,032.

    Benchmarks/signals.py [--threads 2] [--times 5] [--fce .build/release/fce] [RECIPE...]
"""
import argparse
import json
import os
import random
import signal
import struct
import subprocess
import sys
import tempfile
import time

# One recipe for each kind of phase, and the phase that gets the signal. Phases before it are cut to two updates.
RECIPES = {
    "base": 1,
    "500-conv-small-fce-init-base-none": 2,
    "500-conv-large-fce-vat": 3,
    "500-vat": 1,
    "500-gan-feature-matching": 1,
    "probe-wgan-gp": 1,
    "probe-persistent-cd": 1,
    "probe-multigrid": 1,
    "probe-vae": 1,
}


def element(kind, data):
    return struct.pack("<II", kind, len(data)) + data + b"\0" * (-len(data) % 8)


def matrix(name, shape, data):
    """An array of bytes in MATLAB's format 5: class 9 is uint8, element types are 1 int8, 2 uint8, 5 int32, 6 uint32, 14 matrix."""
    parts = element(6, struct.pack("<II", 9, 0)) + element(5, struct.pack(f"<{len(shape)}i", *shape))
    return element(14, parts + element(1, name.encode()) + element(2, data))


def write_images(path, count):
    draw = random.Random(count)
    with open(path, "wb") as file:
        file.write(b"MATLAB 5.0".ljust(124) + struct.pack("<HH", 0x0100, 0x4D49))
        file.write(matrix("X", (32, 32, 3, count), draw.randbytes(32 * 32 * 3 * count)))
        file.write(matrix("y", (count, 1), bytes(draw.randrange(1, 11) for _ in range(count))))


def position(run):
    """Index of the phase in training and its updates; (-1, 0) before the first."""
    try:
        with open(f"{run}/metrics.jsonl") as file:
            last = json.loads(file.readlines()[-1])
        return last["phaseIndex"], last["step"]
    except (OSError, IndexError, ValueError):
        return -1, 0


def signal_once(arguments, recipe, phase, data, folder):
    """Seconds from SIGTERM, sent at a random moment of the phase, to the end of the run."""
    run = f"{folder}/run-{time.monotonic_ns()}"
    command = [arguments.fce, "train", f"Recipes/svhn/{recipe}.toml", "--data", data, "--out", run, "--quiet"]
    command += ["--threads", str(arguments.threads), "--flows", f"{folder}/flows", "--set", "log.every=1"]
    for earlier in range(1, phase):
        command += ["--set", f"phase.{earlier}.steps=2", "--set", f"phase.{earlier}.optimizer.warmup=0"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    while position(run) < (phase - 1, 2):
        if process.poll() is not None:
            sys.exit(f"{recipe}: {process.stderr.read().strip()}")
        time.sleep(0.05)
    time.sleep(random.uniform(0, 10))
    start = time.monotonic()
    process.send_signal(signal.SIGTERM)
    code = process.wait()
    seconds = time.monotonic() - start
    if code != 143 or not any(name.startswith(f"state-{phase - 1}-") for name in os.listdir(f"{run}/checkpoints")):
        sys.exit(f"{recipe}: exit code {code}, checkpoints {os.listdir(f'{run}/checkpoints')}")
    subprocess.run(["rm", "-r", run], check=True)
    return seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--times", type=int, default=5, help="signals to each recipe")
    parser.add_argument("--fce", default=".build/release/fce")
    parser.add_argument("recipes", nargs="*", metavar="RECIPE", help=", ".join(RECIPES))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        write_images(f"{folder}/train_32x32.mat", 73257)
        write_images(f"{folder}/test_32x32.mat", 26032)
        print("| recipe | phase | seconds |\n|---|---:|---|", flush=True)
        for recipe in arguments.recipes or RECIPES:
            phase = RECIPES[recipe]
            seconds = [signal_once(arguments, recipe, phase, folder, folder) for _ in range(arguments.times)]
            print(f"| {recipe} | {phase} | {min(seconds):.1f} to {max(seconds):.1f} |", flush=True)


if __name__ == "__main__":
    main()
