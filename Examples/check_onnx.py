#!/usr/bin/env python3
"""Exports a run to ONNX and compares it with `fce predict` on random images, by onnxruntime.

    python3 Examples/check_onnx.py Runs/fashion-mnist-demo/seed-1
    python3 Examples/check_onnx.py Runs/fashion-mnist-demo/seed-1 --fce .build/release/fce --images 50

Prints the largest differences and exits with 1 where one is above --tolerance (1e-4; of densities, of their size).
`fce` is made to compute in float32, as the exported graph does. Needs numpy and onnxruntime; with the package onnx
the file is checked against the format too.
"""
import argparse
import csv
import io
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import zlib

import numpy as np
import onnxruntime


def write_png(path, image):
    """Writes bytes [height, width, channels] without loss."""
    height, width, channels = image.shape

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 0 if channels == 1 else 2, 0, 0, 0)
    rows = b"".join(b"\0" + row.tobytes() for row in image)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def random_images(count, size):
    """Noise, and noise enlarged to blocks: fine and coarse structure."""
    random = np.random.default_rng(1)
    height, width, channels = size
    fine = random.integers(0, 256, (count, height, width, channels), np.uint8)
    coarse = fine[:, ::4, ::4].repeat(4, 1).repeat(4, 2)[:, :height, :width]
    return np.where(np.arange(count)[:, None, None, None] % 2 == 0, fine, coarse)


def column(rows, name):
    return np.array([float(row[name]) for row in rows]) if rows[0].get(name) else None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run")
    parser.add_argument("--fce", default="fce")
    parser.add_argument("--images", type=int, default=20)
    parser.add_argument("--tolerance", type=float, default=1e-4)
    arguments = parser.parse_args()
    # Without the instructions that multiply bfloat16, `auto` means float32.
    environment = dict(os.environ, ONEDNN_MAX_CPU_ISA="AVX512_CORE_VNNI")

    def fce(*words):
        done = subprocess.run([arguments.fce, *words], env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(done.stderr.strip())
        return done.stdout

    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        fce("export", arguments.run, "--onnx", str(folder / "model.onnx"))
        session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
        try:
            import onnx
        except ImportError:
            print("onnx is not installed: the format is not checked")
        else:
            onnx.checker.check_model(onnx.load(folder / "model.onnx"), full_check=True)
        metadata = session.get_modelmeta().custom_metadata_map
        size = session.get_inputs()[0].shape[1:]
        images = random_images(arguments.images, size)
        (folder / "images").mkdir()
        for i, image in enumerate(images):
            write_png(folder / "images" / f"{i:05}.png", image)
        rows = list(csv.DictReader(io.StringIO(fce("predict", arguments.run, str(folder / "images"), "--csv"))))
        outputs = dict(zip([o.name for o in session.get_outputs()], session.run(None, {"images": images})))

    compared = []
    if "probabilities" in outputs:
        expected = np.array([[float(row[f"p{k}"]) for k in range(len(json.loads(metadata["classes"])))] for row in rows])
        compared.append(("probabilities", np.abs(outputs["probabilities"] - expected).max()))
    logs = {"log p(x) in": "log_p", "log p(x) - log q(x) in": "log_ratio"}
    name = next((logs[start] for start in logs if metadata["energy"].startswith(start)), None)
    expected = column(rows, name) if name else None
    if "energy" in outputs and expected is not None:
        error = np.abs(outputs["energy"] - expected) / np.maximum(1, np.abs(expected))
        compared.append((f"energy against {name}", error.max()))
    if not compared:
        sys.exit("nothing to compare: the run has neither classes nor a flow")
    for what, error in compared:
        print(f"{what}: {len(images)} images, largest difference {error:.1e}")
    sys.exit(0 if all(error <= arguments.tolerance for _, error in compared) else 1)


if __name__ == "__main__":
    main()
