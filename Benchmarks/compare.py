#!/usr/bin/env python3
"""One sitting of `fce bench` beside PyTorch: every step against every variant, in turns.

For each step a process of ours and one of the variant are both ready, each with its models in memory, and take
turns: ours, theirs, ours, theirs, for as many rounds as -n says. So a ratio compares neighbouring seconds, and a
neighbour who disturbs a round shows in the range. A variant of PyTorch is a precision, fp32 or bf16, with +cl for
channels-last and +compile for torch.compile; all eight run unless --variants names some. The step `probe` stands
beside scikit-learn (sklearn_probe.py), `latency` is ours alone (latency.py). A variant that fails is named on one
line and left out.

The first table has a row for each variant as it is measured. The last has one for each step: the fastest variant is
the one that ours leads by least. A round is disturbed where others took more than a tenth of the processors, or
where a turn took a quarter more than the contender's median.

Through Benchmarks/run: `--growth` measures growth with sizes and threads instead (`fce bench --growth`) and writes
growth.md and growth.svg; a sitting of all steps ends with that table, unless `--no-growth` is given.
"""
import argparse
import contextlib
import json
import os
import pathlib
import subprocess
import sys

import saving
import summary
from contender import Contender, Failure

HERE = pathlib.Path(__file__).parent
STEPS = ["mle", "ebm", "ebm_pool", "flow", "vat", "infer", "probe", "latency"]
FLAGS = {"cl": "--channels-last", "compile": "--compile"}
VARIANTS = [mode + flags for mode in ("fp32", "bf16") for flags in ("", "+cl", "+compile", "+cl+compile")]
PRECISIONS = ["auto", "float32", "bfloat16"]
FCE = os.environ.get("FCE", ".build/release/fce")


def threads(options):
    return ["--threads", str(options.threads)] if options.threads else []


def shared(options):
    return ["--network", options.network, "--batch", str(options.batch), *threads(options)]


def ours(options, step, precision):
    return Contender([FCE, "bench", "--on-demand", "--steps", step, *shared(options), "--precision", precision])


def rival(options, step, variant):
    if step == "probe":
        return Contender([sys.executable, str(HERE / "sklearn_probe.py"), *threads(options)])
    mode, *flags = variant.split("+")
    command = [sys.executable, str(HERE / "torch_steps.py"), "--on-demand", "--mode", mode, "--steps", step]
    return Contender(command + shared(options) + [FLAGS[flag] for flag in flags])


def measure(options, step):
    """What was measured of one step; prints a row for each variant and each of our precisions."""
    # A probe has no networks to reduce, and its rival takes minutes.
    precisions = options.precision[:1] if step == "probe" else options.precision
    variants, count = (["sklearn"], 1) if step == "probe" else (options.variants, options.runs)
    measured = {"fce": {}, "rivals": {}, "rounds": {}}
    with contextlib.ExitStack() as stack:
        mine = {precision: stack.enter_context(ours(options, step, precision)) for precision in precisions}
        for variant in variants:
            against(options, step, variant, count, mine, measured)
        if not measured["rounds"]:
            for contender in mine.values():
                for _ in range(count):
                    contender.turn()
        measured["fce"] = {precision: contender.report() for precision, contender in mine.items()}
    return measured


def against(options, step, variant, count, mine, measured):
    """The rounds against one variant; a variant that fails is left out."""
    print(f"compare: {step}, {variant}: getting ready", file=sys.stderr, flush=True)
    try:
        with rival(options, step, variant) as theirs:
            rounds = [{"fce": {precision: contender.turn() for precision, contender in mine.items()},
                       "rival": theirs.turn()} for _ in range(count)]
            measured["rivals"][variant] = theirs.report()
    except Failure as failure:
        print(f"compare: {step}, {variant} left out: {failure}", file=sys.stderr, flush=True)
        return
    measured["rounds"][variant] = rounds
    for precision in mine:
        print(summary.markdown(summary.detail(step, precision, precision, variant, rounds)), flush=True)


def sitting(options):
    steps = [step for step in options.steps if step != "latency"]
    if steps:
        print(summary.head(summary.DETAIL, 3), flush=True)
    return {step: measure(options, step) for step in steps}


def machine_of(steps, before):
    """What our reports and theirs say of themselves, and the load before and after all of it."""
    mine = [report for step in steps.values() for report in step["fce"].values()]
    theirs = [report for step in steps.values() for report in step["rivals"].values()]
    versions = {key: report[key] for report in theirs for key in ("torch", "sklearn") if key in report}
    facts = {key: mine[0][key] for key in ("cpu", "isa", "threads")} if mine else {}
    return {**facts, **versions, "load_before": before, "load_after": os.getloadavg()}


def footer(options, machine):
    names = {"torch": "PyTorch", "sklearn": "scikit-learn"}
    others = "".join(f"; {name} {machine[key]}" for key, name in names.items() if key in machine)
    facts = f"{machine['cpu']} ({machine['isa']}), {machine['threads']} threads, {options.network}, " \
            f"batch {options.batch}, {options.runs} rounds{others}; " if "cpu" in machine else ""
    return f"{facts}load average {machine['load_before'][0]:.1f} before, {machine['load_after'][0]:.1f} after"


def begin(options):
    """How long starting takes, on one line."""
    done = subprocess.run([sys.executable, str(HERE / "latency.py"), *threads(options)], stdout=subprocess.PIPE)
    if done.returncode:
        raise Failure(f"latency.py ended with {done.returncode}")
    report = json.loads(done.stdout)
    print(f"\nlatency: `fce --help` {report['help_ms']:.0f} ms; `fce train` to its first update "
          f"{report['train_ms']:.0f} ms, of which the update itself {report['update_ms']:.0f} ms"
          + (f"; with 60,000 images {report['images_ms']:.0f} ms" if "images_ms" in report else ""), flush=True)
    return report


def growth(options):
    """One precision: growth with sizes is much the same in another."""
    command = [FCE, "bench", "--growth", *shared(options), "-n", str(options.runs)]
    print(flush=True)
    if code := subprocess.run(command + ["--precision", options.precision[0]]).returncode:
        raise Failure(f"fce bench --growth ended with {code}")


def parsed():
    def names(text):
        return text.split(",")

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", choices=["conv-small", "conv-large"], default="conv-small")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--steps", type=names, default=STEPS, help="names, separated by commas")
    parser.add_argument("--variants", type=names, default=VARIANTS,
                        help="of PyTorch, separated by commas; by default all: " + ", ".join(VARIANTS))
    parser.add_argument("--precision", type=names, default=["auto"],
                        help=f"ours: {', '.join(PRECISIONS)}; of several, separated by commas, each has its row")
    parser.add_argument("--threads", type=int)
    parser.add_argument("-n", "--runs", type=int, default=5, help="rounds against each variant")
    parser.add_argument("--save", metavar="NAME", help="write Benchmarks/results/NAME.json too; what it holds of "
                        "other steps and variants stays, so a sitting can be made in pieces")
    parser.add_argument("--show", metavar="NAME", help="measure nothing: print the tables of results/NAME.json")
    parser.add_argument("--and-growth", action="store_true", help="end with the table of growth")
    options = parser.parse_args()
    if unknown := set(options.steps) - set(STEPS):
        parser.error(f"no step named {', '.join(sorted(unknown))}")
    if unknown := set(options.precision) - set(PRECISIONS):
        parser.error(f"no precision named {', '.join(sorted(unknown))}")
    if any(v.split("+")[0] not in ("fp32", "bf16") or set(v.split("+")[1:]) - set(FLAGS) for v in options.variants):
        parser.error("a variant is fp32 or bf16, followed by +cl and +compile as wanted")
    if options.runs < 1:
        parser.error("-n takes 1 or more")
    return options


def main():
    options = parsed()
    try:
        if options.show:
            saving.show(options)
            return
        before = os.getloadavg()
        measured = sitting(options)
        summary.show(measured)
        steps = measured | ({"latency": begin(options)} if "latency" in options.steps else {})
        machine = machine_of(measured, before)
        print("\n" + footer(options, machine))
        if options.save:
            saving.save(options, machine, steps)
        if options.and_growth:
            growth(options)
    except Failure as failure:
        sys.exit(f"compare: {failure}")


if __name__ == "__main__":
    main()
