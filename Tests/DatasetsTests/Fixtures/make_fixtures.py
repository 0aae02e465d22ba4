"""Writes the golden files beside this script. Needs numpy, scipy and Pillow: python3 make_fixtures.py

Pixel (n, row, column, channel) of every colour image is (37 n + 5 row + 3 column + 80 channel) mod 256, which the
tests compute again; the pictures' pixels are stored as Pillow decodes them (`*.rgb`: height*width*3 bytes).
"""
import gzip
import struct
import zlib
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


def keep(name, image, pixels):
    image.save(here / f"{name}.png")
    (here / f"{name}.png.rgb").write_bytes(np.asarray(pixels).tobytes())


def rgb(image):
    return np.asarray(image.convert("RGB"))


keep("colour", picture, rgb(picture))
keep("grey", picture.convert("L"), rgb(picture.convert("L")))
keep("bilevel", picture.convert("1"), rgb(picture.convert("1")))
keep("palette", picture.quantize(16), rgb(picture.quantize(16)))
wide = (1600 * x + 70 * y).astype(np.uint16)
keep("sixteen", Image.fromarray(wide), np.repeat((wide / 257 + 0.5).astype(np.uint8)[..., None], 3, -1))
shown = (x + y) % 3 > 0
alpha = np.dstack([smooth, 255 * shown]).astype(np.uint8)
keep("transparent", Image.fromarray(alpha), smooth * shown[..., None])


def png(name, width, height, interlace, rows):
    """Pillow writes no interlaced files, nor headers that lie."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, interlace)
    (here / name).write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


adam7 = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
passes = [smooth[top::down, left::right] for top, left, down, right in adam7]
png("interlaced.png", 40, 24, 1, b"".join(b"\0" + row.tobytes() for part in passes for row in part))
(here / "interlaced.png.rgb").write_bytes(rgb(Image.open(here / "interlaced.png")).tobytes())
assert (rgb(Image.open(here / "interlaced.png")) == smooth).all()
png("too-large.png", 65500, 65500, 0, b"")

# Half-transparent values, which are blended with black as Pillow does: value by value.
half = np.dstack([smooth, (5 * x + y) % 256]).astype(np.uint8)
on_black = Image.new("RGBA", (40, 24), (0, 0, 0, 255))
on_black.alpha_composite(Image.fromarray(half))
keep("half", Image.fromarray(half), rgb(on_black))


def keep_as(name, image, pixels, **options):
    image.save(here / name, **options)
    (here / f"{name}.rgb").write_bytes(np.asarray(pixels).tobytes())


keep_as("colour.bmp", picture, smooth)
keep_as("palette.bmp", picture.quantize(16), rgb(picture.quantize(16)))
keep_as("bilevel.bmp", picture.convert("1"), rgb(picture.convert("1")))
keep_as("alpha.bmp", Image.fromarray(half), smooth)
keep_as("colour.webp", picture, smooth, lossless=True)
keep_as("half.webp", Image.fromarray(half), rgb(on_black), lossless=True, exact=True)
picture.save(here / "lossy.webp", quality=90)
(here / "lossy.webp.rgb").write_bytes(rgb(Image.open(here / "lossy.webp")).tobytes())
picture.save(here / "animated.webp", save_all=True, append_images=[picture.rotate(180)])

# NumPy's own files: 5 images of 4x4 grey and of 2x3 colour.
grey_images = (np.arange(5 * 16) * 3 % 256).astype(np.uint8).reshape(5, 4, 4)
colour_images = np.arange(5 * 18, dtype=np.uint8).reshape(5, 2, 3, 3)
labels = np.array([1, 0, -1, 2, 1])
np.savez(here / "images.npz", x=grey_images, y=labels)
np.savez_compressed(
    here / "parts.npz", train_images=colour_images, train_labels=labels.astype(np.int16)[:, None],
    val_images=colour_images[:2], val_labels=np.array([[2], [0]], np.uint8), x_test=colour_images[3:],
    y_test=np.array([0, 1], np.int8))
np.save(here / "labels.npy", labels)
