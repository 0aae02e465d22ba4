#!/usr/bin/env python3
"""Runs every NAME.onnx of a folder on the inputs of NAME.json and compares with the outputs there.

    python3 run_onnx.py FOLDER

NAME.json holds `input` (a list), `shape`, and `outputs`, lists by name. Prints a line a model and exits with 1 where
an output is missing or differs by more than 1e-4, of numbers above 1 relative to them.
"""
import json
import pathlib
import sys

import numpy as np
import onnxruntime

try:
    import onnx
except ImportError:
    onnx = None

failed = False
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.onnx")):
    if onnx:
        onnx.checker.check_model(onnx.load(path), full_check=True)
    expected = json.loads(path.with_suffix(".json").read_text())
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (source,) = session.get_inputs()
    kind = np.uint8 if source.type == "tensor(uint8)" else np.float32
    values = np.array(expected["input"], kind).reshape(expected["shape"])
    names = [output.name for output in session.get_outputs()]
    errors = {}
    for name, got in zip(names, session.run(None, {source.name: values})):
        wanted = np.array(expected["outputs"][name], np.float64).reshape(got.shape)
        errors[name] = float((np.abs(got - wanted) / np.maximum(1, np.abs(wanted))).max())
    failed |= set(names) != set(expected["outputs"]) or any(not error <= 1e-4 for error in errors.values())
    print(path.stem, {name: f"{error:.1e}" for name, error in errors.items()})
sys.exit(1 if failed else 0)
