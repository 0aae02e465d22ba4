"""Sittings of compare.py in Benchmarks/results: written, continued in pieces, and shown again."""
import json
import pathlib

import summary
from contender import Failure

HERE = pathlib.Path(__file__).parent


def results(name):
    return HERE / "results" / f"{name}.json"


def saved(options, machine, steps):
    """The sitting, with what the file of that name already holds of other steps and variants."""
    settings = {"network": options.network, "batch": options.batch, "rounds": options.runs}
    path = results(options.save)
    if not path.exists():
        return {"machine": machine, "settings": settings, "steps": steps}
    old = json.loads(path.read_text())
    if "rounds" not in old["settings"] or (old["settings"] | {"rounds": options.runs}) != settings:
        raise Failure(f"{path} holds another kind of sitting; --save another name")
    if "cpu" in machine and old["machine"].get("cpu", machine["cpu"]) != machine["cpu"]:
        raise Failure(f"{path} was measured on another processor; --save another name")
    merged = dict(old["steps"])
    for step, measured in steps.items():
        before = merged.get(step, {})
        same = before.get("fce", {}).keys() == measured.get("fce", {}).keys()
        merged[step] = joined(before, measured) if same and "rounds" in measured else measured
    return {"machine": old["machine"] | machine, "settings": settings, "steps": merged}


def joined(before, measured):
    """Variants measured now replace the same ones; the others stay. Ours is reported as it was last."""
    return {"fce": measured["fce"], **{key: before[key] | measured[key] for key in ("rivals", "rounds")}}


def save(options, machine, steps):
    path, record = results(options.save), saved(options, machine, steps)
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(record, indent=1) + "\n")
    print(f"\nwritten to {path}")


def show(options):
    """Prints both tables of a saved sitting."""
    try:
        record = json.loads(results(options.show).read_text())
    except OSError as error:
        raise Failure(f"{error.filename}: {error.strerror}") from None
    if "rounds" not in record["settings"]:
        raise Failure(f"{results(options.show)} is of an older kind, without rounds")
    steps = {step: measured for step, measured in record["steps"].items() if step != "latency"}
    print(summary.head(summary.DETAIL, 3))
    for step, measured in steps.items():
        for variant, rounds in measured["rounds"].items():
            for precision, report in measured["fce"].items():
                name = summary.precision_name(step, report)
                print(summary.markdown(summary.detail(step, name, precision, variant, rounds)))
    summary.show(steps)
