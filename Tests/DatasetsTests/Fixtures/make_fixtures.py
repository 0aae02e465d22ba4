"""Writes the golden files beside this script. Needs numpy, scipy and Pillow: python3 make_fixtures.py

Pixel (n, row, column, channel) of every colour image is (37 n + 5 row + 3 column + 80 channel) mod 256, which the
tests compute again; the JPEGs' pixels are stored as Pillow decodes them (`*.rgb`: height*width*3 bytes).
"""
import gzip
import struct
from pathlib import Path

import numpy as np
import scipy.io
from PIL import Image

here = Path(__file__).parent
count = 3
n, row, column, channel = np.ogrid[:count, :32, :32, :3]
pixels = ((37 * n + 5 * row + 3 * column + 80 * channel) % 256).astype(np.uint8)
digits = np.array([10, 3, 7])  # SVHN writes the digit 0 as 10


def svhn(name, dtype, **options):
    matlab = {"X": pixels.transpose(1, 2, 3, 0), "y": digits.astype(dtype)[:, None]}
    scipy.io.savemat(here / name, matlab, **options)


svhn("svhn_compressed.mat", np.uint8, do_compression=True)
svhn("svhn_plain.mat", np.uint8)
svhn("svhn_double.mat", np.float64, do_compression=True)
scipy.io.savemat(
    here / "svhn_extra_variables.mat",
    {"note": "text", "c": np.array([1 + 2j]), "X": pixels.transpose(1, 2, 3, 0), "y": digits[:, None].astype("int32")},
    do_compression=True)


def big_endian(name):
    """scipy writes the machine's byte order only; this follows MathWorks' description of the format."""
    def element(kind, data):
        return struct.pack(">II", kind, len(data)) + data + bytes(-len(data) % 8)

    def matrix(label, array, matlab_class, kind):
        body = element(6, struct.pack(">II", matlab_class, 0))
        body += element(5, struct.pack(f">{array.ndim}i", *array.shape))
        body += struct.pack(">HH", len(label), 1) + label.ljust(4, b"\0")  # small element
        body += element(kind, array.tobytes(order="F"))
        return struct.pack(">II", 14, len(body)) + body

    header = b"MATLAB 5.0 MAT-file, big-endian".ljust(116) + bytes(8) + b"\x01\x00MI"
    (here / name).write_bytes(
        header + matrix(b"X", pixels.transpose(1, 2, 3, 0), 9, 2)
        + matrix(b"y", digits.astype(">u2")[:, None], 11, 4))


big_endian("svhn_big_endian.mat")

grey = pixels[:, :28, :28, 0]
idx_images = struct.pack(">BBBBIII", 0, 0, 8, 3, *grey.shape) + grey.tobytes()
idx_labels = struct.pack(">BBBBI", 0, 0, 8, 1, count) + bytes([9, 0, 4])
(here / "images-idx3-ubyte").write_bytes(idx_images)
(here / "images-idx3-ubyte.gz").write_bytes(gzip.compress(idx_images, mtime=0))
(here / "labels-idx1-ubyte").write_bytes(idx_labels)
(here / "labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx_labels, mtime=0))

records = b"".join(bytes([label]) + image.transpose(2, 0, 1).tobytes() for label, image in zip([3, 0, 9], pixels))
(here / "cifar10.bin").write_bytes(records)

y, x = np.mgrid[:24, :40]
smooth = np.stack([6 * x, 10 * y, 120 + 3 * x - 2 * y], -1).clip(0, 255).astype(np.uint8)
picture = Image.fromarray(smooth)
for name, image, options in [
    ("colour", picture, {}), ("progressive", picture, {"progressive": True}),
    ("grey", picture.convert("L"), {}), ("cmyk", picture.convert("CMYK"), {}),
]:
    image.save(here / f"{name}.jpg", quality=90, **options)
    decoded = np.asarray(Image.open(here / f"{name}.jpg").convert("RGB"))
    (here / f"{name}.rgb").write_bytes(decoded.tobytes())
