#!/usr/bin/env python3
"""How long this toolkit takes to begin: what a user waits for before anything happens.

  help      a process of `fce --help`, from start to end: median of ten
  train     a process of `fce train` until the first row of metrics.jsonl, which is written right after the first
            update: median of five. The recipe is Conv-small, supervised, on 64 generated images in batches of 64, one
            row an update. It contains loading the program, reading the recipe, generating the images, creating the run
            directory, making the network and initialising it from data, and the update itself, whose own time the
            row holds
  update    that update alone

Prints one JSON object: {"help_ms": ..., "train_ms": ..., "update_ms": ...}.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

RECIPE = """
method = "supervised"
name = "latency"
data = { source = "synthetic", labels = 60 }
log = { every = 1 }
phase = [{ kind = "supervised", steps = 1, labelled-batch = 64 }]
"""


def milliseconds_of(command):
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return 1e3 * (time.perf_counter() - start)


def first_update(fce, threads, folder):
    """Milliseconds from the process's start to its first row, and of the update alone."""
    run = pathlib.Path(folder, "run")
    recipe = pathlib.Path(folder, "latency.toml")
    recipe.write_text(RECIPE)
    command = [fce, "train", str(recipe), "--out", str(run), "--quiet", *threads]
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    metrics = run / "metrics.jsonl"
    while process.poll() is None:
        # Rows are written whole, by one call each.
        if metrics.exists() and metrics.stat().st_size:
            break
        time.sleep(2e-4)
    elapsed = 1e3 * (time.perf_counter() - start)
    _, errors = process.communicate()
    if process.returncode:
        sys.exit(f"latency: fce train ended with {process.returncode}: {errors.strip()}")
    row = json.loads(metrics.read_text().splitlines()[0])
    return elapsed, 1e3 * row["time"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int)
    options = parser.parse_args()
    fce = os.environ.get("FCE", ".build/release/fce")
    threads = ["--threads", str(options.threads)] if options.threads else []
    helps = [milliseconds_of([fce, "--help"]) for _ in range(10)]
    starts = []
    for _ in range(5):
        with tempfile.TemporaryDirectory() as folder:
            starts.append(first_update(fce, threads, folder))
    train, update = map(statistics.median, zip(*starts))
    print(json.dumps({"help_ms": round(statistics.median(helps), 1), "train_ms": round(train, 1),
                      "update_ms": round(update, 1)}))


if __name__ == "__main__":
    main()
