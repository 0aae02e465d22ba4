"""Starting fce, and what two runs must share to the last bit."""

import json
import os
import subprocess
import sys

PROGRAM = os.environ.get("FCE", os.path.join(os.path.dirname(__file__), "../../.build/release/fce"))
PROGRAM = os.path.abspath(PROGRAM)
SHIM = os.environ.get("FC_SHIM", "")
# Longer than any run here takes, also on a machine that does other things.
PATIENCE = 900


class Broken(Exception):
    """Something that must hold does not."""


def start(words, place, **fault):
    """A process of fce. `fault` goes to the preloaded library: FC_FAULT_AT=3 as at=3."""
    environment = dict(os.environ)
    if fault:
        environment["LD_PRELOAD"] = SHIM
        for key, value in fault.items():
            environment["FC_FAULT" + ("_" + key.upper() if key != "fault" else "")] = str(value)
    return subprocess.Popen(
        [PROGRAM] + words, cwd=place, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, errors="replace")


def finish(process):
    """Exit code and standard error."""
    try:
        _, error = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise Broken(f"hangs: {' '.join(process.args)}")
    return process.returncode, error


def run(words, place, **fault):
    return finish(start(words, place, **fault))


def expect(words, place, code=0):
    status, error = run(words, place)
    if status != code:
        raise Broken(f"{' '.join(words)}: exit code {status}, not {code}: {error.strip()}")
    return error


def error_line(error):
    """The one line that says what went wrong; what is noted on the way does not begin so."""
    lines = [line for line in error.splitlines() if line.startswith("fce: error: ")]
    if len(lines) != 1:
        raise Broken(f"not one line says what is wrong: {error!r}")
    return lines[0]


# Times, and what depends on them or on the moment of the start.
TIMES = {"seconds", "phaseSeconds", "time", "startedAt", "command"}


def timeless(value):
    if isinstance(value, dict):
        return {key: timeless(inner) for key, inner in value.items() if key not in TIMES}
    if isinstance(value, list):
        return [timeless(inner) for inner in value]
    return value


def tensors(path):
    """A safetensors file without its times: the header's entries and the bytes."""
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
        return timeless(header), file.read()


def contents(folder):
    """All files of a finished run by their names, as what must be equal. Full states are not kept at the same steps: the last
    one is."""
    found = {}
    for place, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(place, name)
            key = os.path.relpath(path, folder)
            if key in ("lock", "progress.json", "train.log") or name.endswith(".html"):
                continue
            if name.startswith(".partial-"):
                raise Broken(f"{path} was left behind")
            if name.startswith("state-"):
                continue
            if name.endswith(".safetensors"):
                found[key] = tensors(path)
            elif name.endswith((".json", ".jsonl")):
                with open(path) as file:
                    found[key] = [timeless(json.loads(line)) for line in file] \
                        if name.endswith(".jsonl") else timeless(json.load(file))
            else:
                with open(path, "rb") as file:
                    found[key] = file.read()
    if not os.path.exists(os.path.join(folder, "report.html")):
        raise Broken(f"{folder} has no report")
    return found


def expect_same(folder, expected):
    found = contents(folder)
    names = sorted(set(found) | set(expected))
    wrong = [name for name in names if found.get(name) != expected.get(name)]
    if wrong:
        raise Broken(f"{folder} differs from the uninterrupted run in {', '.join(wrong)}")


def say(text):
    print(text)
    sys.stdout.flush()
