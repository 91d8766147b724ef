"""Writes and reads safetensors files of float32: eight bytes of header length, a JSON header, then the tensors' bytes."""

import json

import numpy as np


def write_safetensors(path, tensors, about):
    header, offset = {"__metadata__": about}, 0
    for name, tensor in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [offset, offset + tensor.nbytes]}
        offset += tensor.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for tensor in tensors.values():
            file.write(tensor.astype("<f4").tobytes())


def read_safetensors(path):
    data = open(path, "rb").read()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    header.pop("__metadata__", None)
    return {
        name: np.frombuffer(data[start:], "<f4", int(np.prod(entry["shape"])), entry["data_offsets"][0]).reshape(entry["shape"])
        for name, entry in header.items()
    }
