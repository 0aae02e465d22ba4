#!/usr/bin/env python3
"""One sitting of `fce bench` and of torch_steps.py, step by step, as a table.

Every step of every contender runs in a process of its own, one right after the other, so that a ratio compares
neighbouring minutes and a peak belongs to one step. The step `probe` stands beside scikit-learn (sklearn_probe.py),
`latency` is ours alone (latency.py). A variant of PyTorch is a precision, fp32 or bf16, with +cl for channels-last and
+compile for torch.compile. `faster` is against the fastest of the variants for that step, `than fp32` of those of
float32, for our float32 rows. A variant that fails is named on one line and left out of that step's row.

Through Benchmarks/run: `--growth` measures growth with sizes and threads instead (`fce bench --growth`) and writes
growth.md and growth.svg; a sitting of all steps ends with that table, unless `--no-growth` is given.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
STEPS = ["mle", "ebm", "ebm_pool", "flow", "vat", "infer", "probe", "latency"]
FLAGS = {"cl": "--channels-last", "compile": "--compile"}
PRECISIONS = ["auto", "float32", "bfloat16"]
FCE = os.environ.get("FCE", ".build/release/fce")


class Failure(Exception):
    """A contender that ended with an error; the message is one line."""


def run(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        program = next(word for word in command if word != sys.executable)
        raise Failure(f"{pathlib.Path(program).name} ended with {done.returncode}: {reason(lines)}")
    sys.stderr.write(done.stderr)
    return json.loads(done.stdout)


def reason(lines):
    """The last line that names an error, else the last one: tracebacks may end in hints."""
    errors = [line for line in lines if line.split(":")[0].endswith(("Error", "Exception", "error"))]
    return (errors or lines or ["no message"])[-1]


def ours(options, step, precision):
    return run([FCE, "bench", "--json", "--steps", step, *shared(options), "--precision", precision])


def torch(options, step, variant):
    mode, *flags = variant.split("+")
    command = [sys.executable, str(HERE / "torch_steps.py"), "--mode", mode, "--steps", step, *shared(options)]
    return run(command + [FLAGS[flag] for flag in flags])


def sklearn(options):
    return run([sys.executable, str(HERE / "sklearn_probe.py"), *threads(options)])


def latency(options):
    return run([sys.executable, str(HERE / "latency.py"), *threads(options)])


def threads(options):
    return ["--threads", str(options.threads)] if options.threads else []


def shared(options):
    return ["--network", options.network, "--batch", str(options.batch), "-n", str(options.runs), *threads(options)]


def rivals(options, step):
    """The reports of the other side by variant; those that fail are left out."""
    if step == "probe":
        contenders = {"sklearn": lambda: sklearn(options)}
    else:
        contenders = {v: lambda v=v: torch(options, step, v) for v in options.variants}
    reports = {}
    for name, contender in contenders.items():
        try:
            reports[name] = contender()
        except Failure as failure:
            print(f"compare: {step}, {name} left out: {failure}", file=sys.stderr, flush=True)
    return reports


def fastest(step, theirs):
    """The report of the fastest variant; None of none."""
    return min(theirs.values(), key=lambda report: report["ms"][step], default=None)


def header(options):
    variants = [f"torch {variant}" for variant in options.variants]
    than = ["than fp32"] if compares_precisions(options) else []
    return ["step", "precision", "ms", "GFLOP/s", "of peak", *variants, "faster", *than, "MB", "torch MB", "of it"]


def compares_precisions(options):
    """Whether a float32 row has more to say than how it stands against the fastest of all variants."""
    return len({variant.split("+")[0] for variant in options.variants}) == 2


def row(options, step, mine, theirs):
    """Times, and ratios against the fastest variant; a ratio of memory is ours over theirs."""
    ms, mb, best = mine["ms"][step], mine["peak_mb"][step], fastest(step, theirs)
    # A probe's features are float32 whatever the networks are.
    precision = "float32" if step == "probe" else mine["precision"]
    cells = [step, precision, f"{ms:.0f}", f"{mine['gflops'][step]:.0f}", f"{100 * mine['of_peak'][step]:.0f} %"]
    cells += [f"{theirs[v]['ms'][step]:.0f}" if v in theirs else "–" for v in options.variants]
    cells.append(faster(step, ms, best))
    if compares_precisions(options):
        alike = {name: report for name, report in theirs.items() if name.startswith("fp32")}
        cells.append(faster(step, ms, fastest(step, alike)) if precision == "float32" else "–")
    cells.append(f"{mb:.0f}")
    return cells + ([f"{best['peak_mb'][step]:.0f}", f"{mb / best['peak_mb'][step]:.2f}"] if best else ["–", "–"])


def faster(step, ms, best):
    return f"{best['ms'][step] / ms:.2f}x" if best else "–"


def show(cells):
    print("| " + " | ".join(cells) + " |", flush=True)


def measure(options, step):
    """Prints the rows of one step, one for each of our precisions, and returns what was measured."""
    # A probe has no networks to reduce: further precisions would repeat it.
    precisions = options.precision[:1] if step == "probe" else options.precision
    mine = {precision: ours(options, step, precision) for precision in precisions}
    theirs = rivals(options, step)
    for report in mine.values():
        show(row(options, step, report, theirs))
    return {"fce": mine, **({"sklearn": theirs.get("sklearn")} if step == "probe" else {"torch": theirs})}


def sitting(options):
    steps = [step for step in options.steps if step != "latency"]
    if steps:
        columns = header(options)
        show(columns)
        print("|---|---|" + "---:|" * (len(columns) - 2), flush=True)
    return {step: measure(options, step) for step in steps}


def machine_of(measured):
    """What our reports and theirs say of themselves, and the load after all of it."""
    mine = [report for step in measured.values() for report in step["fce"].values()]
    theirs = [report for step in measured.values() for report in (step.get("torch") or {}).values()]
    theirs += [step["sklearn"] for step in measured.values() if step.get("sklearn")]
    versions = {key: report[key] for report in theirs for key in ("torch", "sklearn") if key in report}
    facts = {key: mine[0][key] for key in ("cpu", "isa", "threads")} if mine else {}
    return {**facts, **versions, "load": os.getloadavg()}


def footer(options, measured, machine):
    notes = []
    if report := measured.get("probe", {}).get("sklearn"):
        notes.append(f"probe: scikit-learn's LinearSVC, once, {report['ms']['probe']:.0f} ms")
    names = {"torch": "PyTorch", "sklearn": "scikit-learn"}
    others = "".join(f"; {name} {machine[key]}" for key, name in names.items() if key in machine)
    if measured:
        notes.append(f"{machine['cpu']} ({machine['isa']}), {machine['threads']} threads, {options.network}, "
                     f"batch {options.batch}, median of {options.runs}{others}")
    return notes + [f"load average {machine['load'][0]:.1f}"]


def begin(options):
    """How long starting takes, on one line."""
    report = latency(options)
    print(f"\nlatency: `fce --help` {report['help_ms']:.0f} ms; `fce train` to its first update "
          f"{report['train_ms']:.0f} ms, of which the update itself {report['update_ms']:.0f} ms", flush=True)
    return report


def save(options, machine, steps):
    settings = {"network": options.network, "batch": options.batch, "runs": options.runs}
    path = HERE / "results" / f"{options.save}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"machine": machine, "settings": settings, "steps": steps}, indent=1) + "\n")
    print(f"written to {path}")


def growth(options):
    """One precision: growth with sizes is much the same in another."""
    command = [FCE, "bench", "--growth", *shared(options), "--precision", options.precision[0]]
    print(flush=True)
    if code := subprocess.run(command).returncode:
        raise Failure(f"fce bench --growth ended with {code}")


def parsed():
    def names(text):
        return text.split(",")

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", choices=["conv-small", "conv-large"], default="conv-small")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--steps", type=names, default=STEPS, help="names, separated by commas")
    parser.add_argument("--variants", type=names, default="fp32,bf16,fp32+cl,bf16+cl",
                        help="of PyTorch, separated by commas")
    parser.add_argument("--precision", type=names, default="auto",
                        help=f"ours: {', '.join(PRECISIONS)}; of several, separated by commas, each has its row")
    parser.add_argument("--threads", type=int)
    parser.add_argument("-n", "--runs", type=int, default=5, help="timed executions of each step")
    parser.add_argument("--save", metavar="NAME", help="write Benchmarks/results/NAME.json too")
    parser.add_argument("--and-growth", action="store_true", help="end with the table of growth")
    options = parser.parse_args()
    if unknown := set(options.steps) - set(STEPS):
        parser.error(f"no step named {', '.join(sorted(unknown))}")
    if unknown := set(options.precision) - set(PRECISIONS):
        parser.error(f"no precision named {', '.join(sorted(unknown))}")
    if any(v.split("+")[0] not in ("fp32", "bf16") or set(v.split("+")[1:]) - set(FLAGS) for v in options.variants):
        parser.error("a variant is fp32 or bf16, followed by +cl and +compile as wanted")
    return options


def main():
    options = parsed()
    try:
        measured = sitting(options)
        steps = measured | ({"latency": begin(options)} if "latency" in options.steps else {})
        machine = machine_of(measured)
        print("\n" + "\n\n".join(footer(options, measured, machine)))
        if options.save:
            save(options, machine, steps)
        if options.and_growth:
            growth(options)
    except Failure as failure:
        sys.exit(f"compare: {failure}")


if __name__ == "__main__":
    main()
