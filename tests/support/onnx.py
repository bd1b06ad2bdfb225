"""ONNX models of a few nodes, written byte by byte (onnx.proto3 of ONNX's IR version 7, operator set 13)."""

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

FLOAT, INT64 = 1, 7
Field = tuple[int, "int | str | bytes"]


def message(*fields: Field) -> bytes:
    """A protocol buffer: whole numbers are varints, all else has a length."""
    parts = []
    for number, value in fields:
        if isinstance(value, int):
            parts.append(varint(number << 3) + varint(value))
        else:
            data = value.encode() if isinstance(value, str) else value
            parts.append(varint(number << 3 | 2) + varint(len(data)) + data)
    return b"".join(parts)


def varint(value: int) -> bytes:
    parts = []
    value &= (1 << 64) - 1
    while value > 127:
        parts.append(value & 127 | 128)
        value >>= 7
    return bytes([*parts, value])


def node(
    kind: str, inputs: Sequence[str], outputs: Sequence[str], **attributes: int | Sequence[int]
) -> bytes:
    """A NodeProto whose attributes are whole numbers or lists of them."""
    written = [
        message((1, name), (3, value), (20, 2))
        if isinstance(value, int)
        else message((1, name), *((8, each) for each in value), (20, 7))
        for name, value in attributes.items()
    ]
    return message(
        *((1, name) for name in inputs),
        *((2, name) for name in outputs),
        (4, kind),
        *((5, each) for each in written),
    )


def tensor(name: str, shape: Sequence[int], values: Sequence[float]) -> bytes:
    """A TensorProto of floats, or of whole numbers where all values are such."""
    whole = all(isinstance(value, int) for value in values)
    data = struct.pack(f"<{len(values)}{'q' if whole else 'f'}", *values)
    return message(*((1, size) for size in shape), (2, INT64 if whole else FLOAT), (8, name), (9, data))


def value(name: str, shape: Sequence[int | str], kind: int = FLOAT) -> bytes:
    """A ValueInfoProto; a dimension is a number or a name."""
    sizes = (message((1 if isinstance(size, int) else 2, size)) for size in shape)
    return message(
        (1, name), (2, message((1, message((1, kind), (2, message(*((1, each) for each in sizes)))))))
    )


def write(
    path: Path,
    *,
    nodes: Sequence[bytes],
    inputs: Sequence[bytes],
    outputs: Sequence[bytes],
    constants: Sequence[bytes] = (),
    metadata: Mapping[str, object],
) -> None:
    """Write a ModelProto to ``path``."""
    graph = message(
        *((1, each) for each in nodes),
        (2, "graph"),
        *((5, each) for each in constants),
        *((11, each) for each in inputs),
        *((12, each) for each in outputs),
    )
    notes = (message((1, name), (2, str(each))) for name, each in metadata.items())
    path.write_bytes(message((1, 7), (7, graph), (8, message((2, 13))), *((14, each) for each in notes)))
