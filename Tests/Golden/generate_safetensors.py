"""Writes safetensors.safetensors with huggingface's safetensors (0.5 or later) and numpy.

    python3 Tests/Golden/generate_safetensors.py Tests/Golden/safetensors.safetensors
"""
import sys

import numpy as np
from safetensors.numpy import save_file

save_file(
    {
        "weights": np.arange(6, dtype=np.float32).reshape(2, 3) / 4,
        "scalar": np.array(-1.5, dtype=np.float64),
        "labels": np.array([3, -1, 7], dtype=np.int32),
        "step": np.array([2**40 + 1], dtype=np.int64),
        "mask": np.array([0, 1, 255], dtype=np.uint8),
        "empty": np.zeros((0, 4), dtype=np.float32),
    },
    sys.argv[1],
    metadata={"format": "π \"1\"\n"},
)
