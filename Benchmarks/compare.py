#!/usr/bin/env python3
"""One sitting of `fce bench` and of torch_steps.py, step by step, as a table.

Every step of every contender runs in a process of its own, one right after the other, so that a ratio compares
neighbouring minutes and a peak belongs to one step. The step `probe` stands beside scikit-learn (sklearn_probe.py). A variant of PyTorch is a precision, fp32 or bf16, with +cl for
channels-last and +compile for torch.compile; ratios are against the fastest of the variants for that step.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
STEPS = ["mle", "ebm", "ebm_pool", "flow", "vat", "infer", "probe"]
FLAGS = {"cl": "--channels-last", "compile": "--compile"}


def run(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"compare: {' '.join(command)} ended with {done.returncode}")
    return json.loads(done.stdout)


def ours(options, step):
    command = [os.environ.get("FCE", ".build/release/fce"), "bench", "--json", "--steps", step]
    command += shared(options)
    if options.precision:
        command += ["--precision", options.precision]
    return run(command)


def torch(options, step, variant):
    mode, *flags = variant.split("+")
    command = [sys.executable, str(HERE / "torch_steps.py"), "--mode", mode, "--steps", step, *shared(options)]
    return run(command + [FLAGS[flag] for flag in flags])


def sklearn(options):
    threads = ["--threads", str(options.threads)] if options.threads else []
    return run([sys.executable, str(HERE / "sklearn_probe.py"), *threads])


def shared(options):
    threads = ["--threads", str(options.threads)] if options.threads else []
    return ["--network", options.network, "--batch", str(options.batch), "-n", str(options.runs), *threads]


def row(step, mine, theirs, variants):
    """Times, and ratios against the fastest variant; a ratio of memory is ours over theirs."""
    ms, mb = mine["ms"][step], mine["peak_mb"][step]
    best = min(theirs, key=lambda variant: theirs[variant]["ms"][step])
    best_ms, best_mb = theirs[best]["ms"][step], theirs[best]["peak_mb"][step]
    cells = [step, f"{ms:.0f}", f"{mine['gflops'][step]:.0f}"]
    cells += [f"{theirs[variant]['ms'][step]:.0f}" if variant in theirs else "–" for variant in variants]
    return cells + [f"{best_ms / ms:.2f}x", f"{mb:.0f}", f"{best_mb:.0f}", f"{mb / best_mb:.2f}"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", choices=["conv-small", "conv-large"], default="conv-small")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--steps", default=",".join(STEPS), help="names, separated by commas")
    parser.add_argument("--variants", default="fp32,bf16,fp32+cl,bf16+cl", help="of PyTorch, separated by commas")
    parser.add_argument("--precision", choices=["auto", "float32", "bfloat16"], help="ours")
    parser.add_argument("--threads", type=int)
    parser.add_argument("-n", "--runs", type=int, default=5, help="timed executions of each step")
    parser.add_argument("--save", metavar="NAME", help="write Benchmarks/results/NAME.json too")
    options = parser.parse_args()
    steps, variants = options.steps.split(","), options.variants.split(",")
    if unknown := set(steps) - set(STEPS):
        parser.error(f"no step named {', '.join(sorted(unknown))}")
    if any(v.split("+")[0] not in ("fp32", "bf16") or set(v.split("+")[1:]) - set(FLAGS) for v in variants):
        parser.error("a variant is fp32 or bf16, followed by +cl and +compile as wanted")

    header = ["step", "ms", "GFLOP/s", *(f"torch {v}" for v in variants), "faster", "MB", "torch MB", "of it"]
    print("| " + " | ".join(header) + " |\n|" + "---|" * len(header), flush=True)
    sitting, versions = {}, {}
    for step in steps:
        mine = ours(options, step)
        if step == "probe":
            theirs = {"sklearn": sklearn(options)}
        else:
            theirs = {variant: torch(options, step, variant) for variant in variants}
        versions |= {key: report[key] for report in theirs.values() for key in ("torch", "sklearn") if key in report}
        sitting[step] = {"fce": mine, **({"sklearn": theirs["sklearn"]} if step == "probe" else {"torch": theirs})}
        print("| " + " | ".join(row(step, mine, theirs, variants)) + " |", flush=True)
    machine = {key: mine[key] for key in ("cpu", "isa", "threads", "precision")}
    machine |= {**versions, "load": os.getloadavg()}
    if "probe" in sitting:
        print(f"\nprobe: scikit-learn's LinearSVC, once, {sitting['probe']['sklearn']['ms']['probe']:.0f} ms")
    others = ", ".join(f"{'PyTorch' if name == 'torch' else 'scikit-learn'} {v}" for name, v in versions.items())
    print(f"\n{machine['cpu']} ({machine['isa']}), {machine['threads']} threads, {machine['precision']} networks, "
          f"{options.network}, batch {options.batch}, median of {options.runs}; {others}; "
          f"load average {machine['load'][0]:.1f}")
    if options.save:
        settings = {"network": options.network, "batch": options.batch, "runs": options.runs}
        path = HERE / "results" / f"{options.save}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps({"machine": machine, "settings": settings, "steps": sitting}, indent=1) + "\n")
        print(f"written to {path}")


if __name__ == "__main__":
    main()
