"""Tensors as safetensors bytes: dtype and shape are checked before a value is looked at.

Values cross densely. How a view lies in memory crosses beside them, so that code which is wrong for views meets them:
the order of its dimensions, and whether there are gaps (as in a slice with a step, or an expanded tensor).
"""

from __future__ import annotations

import json
import math

import numpy
import torch
from safetensors import SafetensorError, TensorSpec, deserialize, serialize

from .frames import TENSORS_CAP, ProtocolViolation

DTYPES: dict[str, tuple[str, torch.dtype]] = {
    "bool": ("BOOL", torch.bool),
    "uint8": ("U8", torch.uint8),
    "int8": ("I8", torch.int8),
    "int16": ("I16", torch.int16),
    "int32": ("I32", torch.int32),
    "int64": ("I64", torch.int64),
    "float16": ("F16", torch.float16),
    "bfloat16": ("BF16", torch.bfloat16),
    "float32": ("F32", torch.float32),
    "float64": ("F64", torch.float64),
}
"""Every dtype that crosses, by torch's name for it."""
NAMES = {dtype: name for name, (_, dtype) in DTYPES.items()}
_BY_TAG = dict(DTYPES.values())
_MOST_DIMENSIONS = 32
MOST_TENSORS = 10_000
"""Most tensors in one frame."""
_LAYOUTS = "layouts"
_HEADER_CAP = 4 << 20
"""Most bytes of safetensors' own header: one that names millions of empty tensors is not even parsed."""


def dtype_name(dtype: torch.dtype) -> str:
    """torch's name of a dtype that crosses; TypeError for any other."""
    if dtype not in NAMES:
        raise TypeError(f"tensors of {dtype} cannot cross")
    return NAMES[dtype]


def pack(tensors: list[torch.Tensor]) -> bytes:
    """Serialise tensors by value, in order.

    Raises:
        TypeError: a dtype that does not cross. ValueError: together too large to cross.
    """
    if not tensors:
        return b""
    if sum(t.numel() * t.element_size() for t in tensors) > TENSORS_CAP:
        raise ValueError("these tensors are too large to cross")
    if len(tensors) > MOST_TENSORS:
        raise ValueError(f"{len(tensors)} tensors are too many to cross (at most {MOST_TENSORS})")
    plain = [
        tensor.detach().cpu().contiguous() for tensor in tensors
    ]  # kept alive while their memory is read
    entries = {str(place): _spec(tensor) for place, tensor in enumerate(plain)}
    layouts = {str(place): _layout(t) for place, t in enumerate(tensors) if not t.is_contiguous()}
    return bytes(serialize(entries, {_LAYOUTS: json.dumps(layouts)} if layouts else None))


def _spec(tensor: torch.Tensor) -> TensorSpec:
    return TensorSpec(
        dtype=dtype_name(tensor.dtype),
        shape=list(tensor.shape),
        data_ptr=tensor.data_ptr(),
        data_len=tensor.numel() * tensor.element_size(),
    )


def _layout(tensor: torch.Tensor) -> list[int]:
    """1 or 0, whether there are gaps, then the dimensions from the widest stride to the narrowest."""
    strides = tensor.stride()
    order = sorted(range(tensor.dim()), key=lambda dimension: (-strides[dimension], dimension))
    dense = _strides(list(tensor.shape), order, 1)
    gaps = any(
        size > 1 and stride != want for size, stride, want in zip(tensor.shape, strides, dense, strict=True)
    )
    return [int(gaps), *order]


def _strides(shape: list[int], order: list[int], step: int) -> list[int]:
    strides = [0] * len(shape)
    for dimension in reversed(order):
        strides[dimension] = step
        step *= max(shape[dimension], 1)
    return strides


def _laid_out(tensor: torch.Tensor, layout: object) -> torch.Tensor:
    """The same values lying in memory as a layout says; ProtocolViolation where it is none of this tensor's."""
    if (
        not isinstance(layout, list)
        or not all(type(number) is int for number in layout)
        or layout[:1] not in ([0], [1])
        or sorted(layout[1:]) != list(range(tensor.dim()))
    ):
        raise ProtocolViolation("a layout that does not fit its tensor")
    shape = list(tensor.shape)
    return torch.empty_strided(shape, _strides(shape, layout[1:], 1 + layout[0]), dtype=tensor.dtype).copy_(
        tensor
    )


def _layouts(data: bytes | bytearray) -> dict[str, object]:
    """The layouts in a header that `deserialize` has accepted."""
    metadata = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")]).get("__metadata__")
    try:
        layouts = json.loads((metadata or {}).get(_LAYOUTS, "{}"))
    except (ValueError, RecursionError) as error:
        raise ProtocolViolation("malformed layouts") from error
    if not isinstance(layouts, dict):
        raise ProtocolViolation("malformed layouts")
    return layouts


def unpack(data: bytes | bytearray, *, as_views: bool = False) -> list[torch.Tensor]:
    """The tensors of a frame, plain, in order; ProtocolViolation where the bytes lie.

    Args:
        as_views: lay them out in memory as they were where they came from; else they are contiguous.
    """
    if not data:
        return []
    if int.from_bytes(data[:8], "little") > _HEADER_CAP:
        raise ProtocolViolation("a header over the size cap")
    try:
        entries = dict(deserialize(bytes(data)))
    except (SafetensorError, ValueError, UnicodeDecodeError, OverflowError) as error:
        raise ProtocolViolation("malformed tensors") from error
    if len(entries) > MOST_TENSORS or set(entries) != {str(place) for place in range(len(entries))}:
        raise ProtocolViolation("tensors are not numbered")
    tensors = [_tensor(entries[str(place)]) for place in range(len(entries))]
    if as_views and b"__metadata__" in data[8:64]:  # where our own `serialize` puts it
        for place, layout in _layouts(data).items():
            if place not in entries:
                raise ProtocolViolation("a layout of no tensor")
            tensors[int(place)] = _laid_out(tensors[int(place)], layout)
    return tensors


def _tensor(entry: dict[str, object]) -> torch.Tensor:
    dtype, shape, data = _BY_TAG.get(str(entry["dtype"])), entry["shape"], entry["data"]
    assert isinstance(shape, list) and isinstance(data, bytearray)  # safetensors' own types
    if dtype is None:
        raise ProtocolViolation("a dtype that does not cross")
    if len(shape) > _MOST_DIMENSIONS or math.prod(shape) * dtype.itemsize != len(data):
        raise ProtocolViolation("a tensor's shape does not fit its bytes")
    if math.prod(max(size, 1) for size in shape) >= 1 << 62:  # an empty tensor's strides can overflow too
        raise ProtocolViolation("a tensor that cannot be")
    if not data:
        return torch.empty(shape, dtype=dtype)
    if dtype is torch.bool:  # any other byte than 0 and 1 would be undefined behaviour in torch
        return torch.frombuffer(data, dtype=torch.uint8).ne(0).reshape(shape)
    return torch.frombuffer(data, dtype=dtype).reshape(shape)


def changed(data: bytes | bytearray, arrived: list[torch.Tensor]) -> set[int]:
    """Places of the tensors, as `unpack` made them of `data`, that no longer hold the bytes they came with.

    Raises:
        RuntimeError: one was given another shape or dtype in place, which cannot be told to its owner.
    """
    if not arrived:
        return set()
    size = int.from_bytes(data[:8], "little")
    entries, body = json.loads(data[8 : 8 + size]), numpy.frombuffer(data, dtype=numpy.uint8, offset=8 + size)
    found = set()
    for place, tensor in enumerate(arrived):
        entry = entries[str(place)]
        if list(tensor.shape) != entry["shape"] or tensor.dtype != _BY_TAG[entry["dtype"]]:
            raise RuntimeError("an argument was given another shape or dtype in place")
        start, end = entry["data_offsets"]
        now = tensor.detach().contiguous().reshape(-1).view(torch.uint8).numpy()
        if not numpy.array_equal(now, body[start:end]):
            found.add(place)
    return found
