#!/usr/bin/env python3
"""p(y|x) of a FlowContrast run in plain NumPy: how a checkpoint is read, and what the classifier computes.

    python3 Examples/load.py Runs/fashion-mnist-demo/seed-1 images.npy
    python3 Examples/load.py Runs/fashion-mnist-demo/seed-1 shoe.jpg bag.png

An .npy file holds bytes of the run's size, [N, height, width, channels]. Pictures need Pillow (pip install pillow).
Prints comma-separated values: the image, the most probable class, its name, and p(y|x) of every class. The
numbers are those of `fce predict` to 1e-4 where that computes in float32. Needs Python 3.11 and NumPy.
"""
import json
import pathlib
import struct
import sys
import tomllib

import numpy as np

TYPES = {"F32": "<f4", "F64": "<f8", "I32": "<i4", "I64": "<i8", "U8": "u1"}


def safetensors(path):
    """Tensors by name: eight bytes of length, a JSON header, and the tensors' bytes."""
    data = pathlib.Path(path).read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + length])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        tensors[name] = np.frombuffer(data[begin:end], TYPES[entry["dtype"]]).reshape(entry["shape"])
    return tensors


def convolution(x, w, stride, padding):
    """[N, H, W, C] * [kh, kw, C, O] -> [N, H', W', O]."""
    x = np.pad(x, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[:2], (1, 2))[:, ::stride, ::stride]
    return np.einsum("nhwcij,ijco->nhwo", windows, w, optimize=True)


class Classifier:
    """The network of a finished phase, by default the last one."""

    def __init__(self, run):
        run = pathlib.Path(run)
        self.recipe = tomllib.loads((run / "recipe.toml").read_text())
        about = json.loads((run / "run.json").read_text())
        kinds = [phase["kind"] for phase in self.recipe["phase"]]
        files = [run / f"checkpoints/weights-{i}-{kind}.safetensors" for i, kind in enumerate(kinds)]
        ended = [file for file in files if file.exists()]
        if not ended:
            sys.exit(f"{run}: no phase of this run has ended")
        if (run / "result.json").exists() and ended[-1] != files[-1]:
            sys.exit(f"{files[-1]}: the last weights of this finished run are missing")
        tensors = safetensors(ended[-1])
        # Averaged weights are used where the run has them.
        model = "average." if any(name.startswith("average.") for name in tensors) else "energy."
        self.tensors = {k.removeprefix(model): v for k, v in tensors.items() if k.startswith(model)}
        self.energy, self.input = self.recipe["energy"], self.recipe["input"]
        self.classes = self.energy["classes"]
        if self.classes < 2:
            sys.exit(f"{run}: the run has no classifier")
        self.names = about.get("classNames") or [str(k) for k in range(self.classes)]
        self.size = tuple(about["data"][axis] for axis in ("height", "width", "channels"))

    def weights(self, name):
        """What inputs are multiplied by; weight and spectral normalisation applied."""
        t = self.tensors
        if f"{name}.v" in t:
            v = t[f"{name}.v"]
            return t[f"{name}.g"] * v / np.sqrt((v**2).sum(tuple(range(v.ndim - 1))))
        w = t[f"{name}.w"]
        if f"{name}.spectral.left" in t:
            matrix = w.reshape(-1, w.shape[-1])
            w = w / (t[f"{name}.spectral.left"] @ matrix @ t[f"{name}.spectral.right"])
        return w

    def normalized(self, y, name):
        """Bias, or batch normalisation by the running averages."""
        t = self.tensors
        if f"{name}.norm.variance" in t:
            gain = t.get(f"{name}.norm.gamma", 1) / np.sqrt(t[f"{name}.norm.variance"] + 1e-5)
            return gain * (y - t[f"{name}.norm.mean"]) + t[f"{name}.norm.beta"]
        if f"{name}.norm.mean" in t:
            return y - t[f"{name}.norm.mean"] + t[f"{name}.norm.beta"]
        return y + t.get(f"{name}.b", 0)

    def layer(self, x, number, stride, padding):
        y = convolution(x, self.weights(f"conv{number}"), stride, padding)
        y = self.normalized(y, f"conv{number}")
        return np.maximum(y, self.energy["slope"] * y)

    def features(self, x):
        """What the last layer reads, [N, F]."""
        if self.input["standardize"]:
            x = x - x.mean((1, 2, 3), keepdims=True)
            x = x / np.sqrt((x**2).mean((1, 2, 3), keepdims=True) + 1e-8)
        if self.energy["network"] == "four-layer":
            for number in (1, 2, 3):
                x = self.layer(x, number, stride=2, padding=1) if x.shape[1] > 1 else self.layer(x, number, 1, 0)
            return x.reshape(len(x), -1)
        if self.energy["network"] == "mlp":
            for number in (1, 2, 3):
                x = self.layer(x, number, stride=1, padding=0)
            return x.reshape(len(x), -1)
        for first in (1, 4):  # Table 6: three 3x3, the last one halves the maps; twice.
            x = self.layer(self.layer(x, first, 1, 1), first + 1, 1, 1)
            if self.energy["downsample"] == "stride":
                x = self.layer(x, first + 2, 2, 1)
            else:
                x = self.layer(x, first + 2, 1, 1)
                n, h, w, c = x.shape
                x = x[:, :h // 2 * 2, :w // 2 * 2].reshape(n, h // 2, 2, w // 2, 2, c).max((2, 4))
        x = self.layer(self.layer(self.layer(x, 7, 1, 0), 8, 1, 0), 9, 1, 0)
        return x.max((1, 2)) if self.energy["pooling"] == "max" else x.mean((1, 2))

    def probabilities(self, images):
        """p(y|x), [N, K], of bytes [N, height, width, channels]."""
        x = images.astype(np.float32) / 256 - 0.5 + 1 / 512  # The centres of the bytes' bins.
        h = self.features(x)
        logits = h @ self.weights("head")
        if "head.norm.variance" in self.tensors:
            logits = self.normalized(logits, "head")
        logits = logits - self.tensors["delta"]
        if self.energy["priors"]:
            logits = logits + np.log(self.energy["priors"])
        # What the classes share (head = "gain") moves none against another.
        p = np.exp(logits - logits.max(1, keepdims=True))
        return p / p.sum(1, keepdims=True)


def read(path, size):
    """Names and bytes [N, height, width, channels] of a file."""
    height, width, channels = size
    if path.endswith(".npy"):
        images = np.load(path)
        if images.dtype != np.uint8 or images.shape[1:] != size:
            sys.exit(f"{path}: {images.dtype} {images.shape}, not uint8 [N, {height}, {width}, {channels}]")
        return ([path] if len(images) == 1 else [f"{path}#{i}" for i in range(len(images))]), images
    try:
        from PIL import Image, ImageOps
    except ImportError:
        sys.exit(f"{path}: pictures need Pillow (pip install pillow); .npy files do not")
    picture = ImageOps.exif_transpose(Image.open(path)).convert("RGB" if channels == 3 else "L")
    picture = ImageOps.fit(picture, (width, height), Image.Resampling.BOX)
    return [path], np.asarray(picture, np.uint8).reshape(1, height, width, channels)


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    classifier = Classifier(sys.argv[1])
    print(",".join(["image", "predicted", "class"] + [f"p{k}" for k in range(classifier.classes)]))
    for path in sys.argv[2:]:
        names, images = read(path, classifier.size)
        for start in range(0, len(images), 256):
            p = classifier.probabilities(images[start:start + 256])
            for name, row in zip(names[start:], p):
                best = int(row.argmax())
                print(",".join([name, str(best), classifier.names[best]] + [f"{value:.8g}" for value in row]))


if __name__ == "__main__":
    main()
