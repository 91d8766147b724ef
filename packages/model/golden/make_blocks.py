"""Blocks of every supported type, random bytes, and what the `gguf` package unpacks them to: nothing is shared with our own unpacker.

    pip install numpy gguf
    python make_blocks.py > blocks.json
"""
import base64
import json

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType as T
from gguf.quants import dequantize

random = np.random.default_rng(1)
# Byte offsets of half-precision scales and minimums, which must be sane numbers.
HALVES = {
    T.F16: [0], T.Q4_0: [0], T.Q4_1: [0, 2], T.Q5_0: [0], T.Q5_1: [0, 2], T.Q8_0: [0], T.IQ4_NL: [0],
    T.Q2_K: [80, 82], T.Q3_K: [108], T.Q4_K: [0, 2], T.Q5_K: [0, 2], T.Q6_K: [208],
}
FIRST = (T.F32, T.F16, T.Q4_0, T.Q4_1, T.Q5_0, T.Q8_0, T.Q4_K, T.Q6_K)
# Later types come last, so that the random bytes of the first stay what they were.
LATER = (T.BF16, T.Q5_1, T.Q2_K, T.Q3_K, T.Q5_K, T.IQ4_NL)
out = []
for kind in FIRST + LATER:
    values, size = GGML_QUANT_SIZES[kind]
    blocks = 64 if values == 1 else 4
    data = random.integers(0, 256, (blocks, size), dtype=np.uint8)
    for at in HALVES.get(kind, []):
        data[:, at : at + 2] = random.normal(0, 0.05, blocks).astype(np.float16).view(np.uint8).reshape(blocks, 2)
    if kind == T.F32:
        data = random.normal(0, 1, blocks).astype(np.float32).view(np.uint8).reshape(blocks, 4)
    if kind == T.BF16:
        data = (random.normal(0, 1, blocks).astype(np.float32).view(np.uint32) >> 16).astype(np.uint16).view(np.uint8)
    if kind in (T.F32, T.F16, T.BF16):
        data = data.reshape(1, -1)
    expected = dequantize(data, kind).astype(np.float32).reshape(-1)
    out.append({"type": kind.name, "bytes": base64.b64encode(data.tobytes()).decode(), "floats": base64.b64encode(expected.tobytes()).decode()})
print(json.dumps(out, indent=1))
