#!/usr/bin/env python3
"""Whether `fce recipe check` predicts what training takes: for an idle machine.

For each recipe or table: a prediction with nothing kept from earlier, the training itself from nothing (in a folder that
is removed), and another prediction. Prints a line each: predicted and true seconds by the clock, and seconds of processor
time, which other programs hardly change. Ends with 1 where a ratio is beyond --within (default 1.5): of the clock, or
with --busy, for a machine that others use too, of processor time.

  Benchmarks/predictions.py                                       the demo and its supervised half: 5 to 15 minutes
  Benchmarks/predictions.py Recipes/fashion-mnist/table-100.toml  a table: hours
"""
import argparse
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

DEMO = ["Recipes/fashion-mnist/demo-supervised.toml", "Recipes/fashion-mnist/demo.toml"]


def predicted(fce, recipe, caches):
    """Clock and processor seconds."""
    with tempfile.TemporaryDirectory(dir=caches) as folder:
        environment = {**os.environ, "XDG_CACHE_HOME": folder}
        command = [fce, "recipe", "check", recipe, "--json"]
        text = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True).stdout
    cost = json.loads(text)[0]["cost"]
    if "missing" in cost:
        sys.exit(f"predictions.py: {cost['missing']}")
    return cost["seconds"], cost["processorSeconds"]


def true(fce, recipe, folder):
    """The same of the training itself, with all processes that it starts."""
    if pathlib.Path(recipe).name.startswith("table-"):
        command = [fce, "reproduce", recipe, "--runs", f"{folder}/Runs", "--results", f"{folder}/Results"]
    else:
        command = [fce, "train", recipe, "--out", f"{folder}/run", "--flows", f"{folder}/flows"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    clock = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return clock, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipes", nargs="*", default=DEMO, help="recipes and tables named table-NAME.toml")
    parser.add_argument("--within", type=float, default=1.5, help="largest ratio either way (default 1.5)")
    parser.add_argument("--busy", action="store_true", help="compare processor time: others use the machine too")
    options = parser.parse_args()
    fce = os.path.abspath(os.environ.get("FCE", ".build/release/fce"))
    worst = 1.0
    print("predicted s  true s  ratio  predicted processor s  true  ratio  recipe")
    for recipe in options.recipes:
        with tempfile.TemporaryDirectory() as folder:
            guesses = [predicted(fce, recipe, folder)]
            truth = true(fce, recipe, folder)
            guesses.append(predicted(fce, recipe, folder))
        clock, processor = (sum(guess[i] for guess in guesses) / 2 for i in (0, 1))
        ratios = clock / truth[0], processor / truth[1]
        ratio = ratios[1 if options.busy else 0]
        worst = max(worst, ratio, 1 / ratio)
        print(
            f"{clock:11.0f} {truth[0]:7.0f} {ratios[0]:6.2f} {processor:22.0f} {truth[1]:5.0f} {ratios[1]:6.2f}  {recipe}",
            flush=True,
        )
    if worst > options.within:
        sys.exit(f"predictions.py: wrong by a factor of {worst:.2f}")


if __name__ == "__main__":
    main()
