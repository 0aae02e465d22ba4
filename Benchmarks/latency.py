#!/usr/bin/env python3
"""How long this toolkit takes to begin: what a user waits for before anything happens.

  help      a process of `fce --help`, from start to end: median of ten
  train     a process of `fce train` until the first row of metrics.jsonl, which is written right after the first
            update: median of five. The recipe is Conv-small, supervised, on 64 generated images in batches of 64, one
            row an update. It contains loading the program, reading the recipe, generating the images, creating the run
            directory, making the network and initialising it from data, and the update itself, whose own time the
            row holds
  update    that update alone
  images    the same as `train` with 60,000 images: Fashion-MNIST, where Debian's package has it; --folder DIR takes a
            folder of pictures in its place

Prints one JSON object: {"help_ms": ..., "train_ms": ..., "update_ms": ..., "images_ms": ...}.
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
data = { %s }
log = { every = 1 }
phase = [{ kind = "supervised", steps = 1, labelled-batch = 64 }]
"""
GENERATED = 'source = "synthetic", labels = 60'
FASHION = "/usr/share/datasets/fashion-mnist"


def milliseconds_of(command):
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return 1e3 * (time.perf_counter() - start)


def first_updates(fce, threads, data):
    """The medians of five starts: milliseconds from the process's start to its first row, and of the update alone."""
    starts = []
    for _ in range(5):
        with tempfile.TemporaryDirectory() as folder:
            starts.append(first_update(fce, threads, data, folder))
    return map(statistics.median, zip(*starts))


def first_update(fce, threads, data, folder):
    run = pathlib.Path(folder, "run")
    recipe = pathlib.Path(folder, "latency.toml")
    recipe.write_text(RECIPE % data)
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
    # Testing on ten thousand images is not waited for.
    is_ended = process.poll() is not None
    process.kill()
    _, errors = process.communicate()
    if is_ended and process.returncode:
        sys.exit(f"latency: fce train ended with {process.returncode}: {errors.strip()}")
    row = json.loads(metrics.read_text().splitlines()[0])
    return elapsed, 1e3 * row["time"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--folder", help="a folder of pictures, CLASS/*.jpg")
    options = parser.parse_args()
    fce = os.environ.get("FCE", ".build/release/fce")
    threads = ["--threads", str(options.threads)] if options.threads else []
    helps = [milliseconds_of([fce, "--help"]) for _ in range(10)]
    train, update = first_updates(fce, threads, GENERATED)
    report = {"help_ms": round(statistics.median(helps), 1), "train_ms": round(train, 1),
              "update_ms": round(update, 1)}
    if data := images(options.folder):
        report["images_ms"] = round(next(iter(first_updates(fce, threads, data))), 1)
    print(json.dumps(report))


def images(folder):
    """The data of a recipe with many images; None where there are none."""
    if folder:
        return f'source = "image-folder", directory = {json.dumps(os.path.abspath(folder))}, labels = 100'
    if os.path.exists(FASHION):
        return f'source = "fashion-mnist", directory = "{FASHION}", labels = 100'
    return None


if __name__ == "__main__":
    main()
