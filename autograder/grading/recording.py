"""What a test asked of a student's code and was answered: kept small, comparable, and without an object of the code's.

All that tells one mistake from another belongs to it: answers with their dtype, shape and whether a gradient can flow,
what the code asked of a function the test gave it, what it changed in place, an exception's class and text, the count
and order of all that, and the weights that a network was made with.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
import torch

from autograder.wire.handles import Handle
from autograder.wire.tensors import DTYPES
from selfcheck.errors import StudentError

KEPT_VALUES = 1000
_ENDS = 150
_KEPT_LATER = 40
"""Of each tensor, once a test's record has grown large."""
_LARGE = 4 << 20
_MOST_EVENTS = 5000
MOST_WEIGHTS = 64 << 20
"""Bytes of weights that the tests of one submission may have kept together."""
_ADDRESS = re.compile(r"0x[0-9a-f]+")


class Numbers(msgspec.Struct, frozen=True, tag="n", array_like=True):
    """A tensor: all its values, or of a large one some of them, always at the same places."""

    dtype: str
    shape: tuple[int, ...]
    flows: bool
    """Whether a gradient can flow back through it."""
    data: bytes

    @property
    def is_whole(self) -> bool:
        """Whether all values are kept: only then are they those of the first item, of the second, and so on."""
        return len(self.data) == math.prod(self.shape) * DTYPES[self.dtype][1].itemsize

    def tensor(self) -> torch.Tensor:
        """The values kept, flat."""
        dtype = DTYPES[self.dtype][1]
        return (
            torch.frombuffer(bytearray(self.data), dtype=dtype) if self.data else torch.empty(0, dtype=dtype)
        )


class Box(msgspec.Struct, frozen=True, tag="b", array_like=True):
    """A list, tuple or dict; a dict's items are pairs, in the order of their keys."""

    kind: str
    length: int
    items: tuple[Frozen, ...]


class Thing(msgspec.Struct, frozen=True, tag="t", array_like=True):
    """A function, class, module or other object: whether it is the one or the other is style."""


Frozen = None | bool | int | float | str | Numbers | Box | Thing


class Event(msgspec.Struct, frozen=True, array_like=True):
    """One thing that happened.

    Attributes:
        kind: "answered", "raised", "asked" (the code asked a function of the test's) or "changed" (an argument).
        op: which operation was asked for.
    """

    kind: str
    op: str
    value: Frozen


Trace = tuple[Event, ...]
"""What happened in a test, in order."""

Weights = tuple[tuple[str, torch.Tensor], ...]
"""A network's parameters as it was made with them, by name and in its order."""


class Recorder:
    """Writes down what a peer asks and is answered; see `autograder.wire.peer.Recorder`.

    Attributes:
        weights: of every network that a call made of no data, in order.
    """

    def __init__(self, most_weights: int = 0) -> None:
        self.weights: list[Weights] = []
        self.kept = 0
        """Bytes of the weights."""
        self._events: list[Event] = []
        self._bytes = 0
        self._most_weights = most_weights

    @property
    def trace(self) -> Trace:
        return tuple(self._events)

    def answered(self, op: str, value: Any, changed: Sequence[object], of_data: bool = False) -> None:
        if op == "getattr" and isinstance(value, Handle):
            return  # how a function is reached is no part of what it answers
        self._add("answered", op, _unnamed(value) if op == "listed" else value)
        if changed:
            self._add("changed", op, list(changed))
        # What a network has learned of data is an answer; only weights to begin with may be chance.
        if isinstance(value, Handle) and value._kind == "module" and not of_data:
            self.made(value)

    def raised(self, op: str, types: Sequence[str], message: str) -> None:
        self._add("raised", op, [types[0][:200] if types else "", normalised(message)])

    def asked(self, op: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        self._add("asked", op, [list(args), dict(kwargs)])

    def made(self, module: Handle) -> None:
        """A network was made. What it was made with is written down, as far as there is room."""
        weights: Weights = ()
        if self.kept < self._most_weights:
            weights = parameters_of(module)
            self.kept += sum(value.nbytes for _, value in weights)
        self.weights.append(weights)

    def _add(self, kind: str, op: str, value: Any) -> None:
        if len(self._events) >= _MOST_EVENTS:
            return
        value = frozen(value, KEPT_VALUES if self._bytes < _LARGE else _KEPT_LATER)
        self._bytes += _size(value)
        self._events.append(Event(kind, op, value))


def parameters_of(module: Handle) -> Weights:
    """A module's parameters, asked for behind the record's back; nothing where it does not tell."""
    peer = module._peer
    recorder, peer.recorder = peer.recorder, None
    try:
        pairs = list(module.named_parameters())
    except StudentError:
        return ()
    finally:
        peer.recorder = recorder
    return tuple(
        (pair[0], pair[1].detach().clone())
        for pair in pairs
        if isinstance(pair, tuple)
        and len(pair) == 2
        and isinstance(pair[0], str)
        and isinstance(pair[1], torch.Tensor)
        and not pair[1].is_meta
    )


def _unnamed(items: Any) -> Any:
    """Parameters without their names, which are style."""
    if isinstance(items, list) and all(isinstance(item, tuple) and len(item) == 2 for item in items):
        return [item[1] for item in items]
    return items


def normalised(text: str) -> str:
    """An exception's text without what differs from run to run."""
    return " ".join(_ADDRESS.sub("0x", text).split())[:500]


def frozen(value: Any, most: int = KEPT_VALUES) -> Frozen:
    """A value without graphs and handles; of what has more than `most` parts, its size and some of them."""
    if isinstance(value, torch.Tensor):
        return _numbers(value, most)
    if isinstance(value, str):
        return value if len(value) <= KEPT_VALUES else f"{len(value)} {value[:KEPT_VALUES]}"
    if value is None or isinstance(value, (bool, float)):
        return value
    if isinstance(value, int):
        return value if abs(value) < 1 << 63 else str(value)
    if isinstance(value, torch.dtype):
        return str(value)
    if isinstance(value, dict):
        share, step = max(most // max(len(value), 1), 1), -(-len(value) // most) or 1
        pairs = sorted(value.items(), key=lambda pair: str(pair[0])[:200])[::step]
        kept = (Box("pair", 2, (frozen(key, share), frozen(item, share))) for key, item in pairs)
        return Box("dict", len(value), tuple(kept))
    if isinstance(value, (list, tuple)):
        share, step = max(most // max(len(value), 1), 1), -(-len(value) // most) or 1
        kind = "tuple" if isinstance(value, tuple) else "list"
        return Box(kind, len(value), tuple(frozen(item, share) for item in value[::step]))
    return Thing()


def _numbers(tensor: torch.Tensor, most: int) -> Numbers:
    name, shape = str(tensor.dtype).removeprefix("torch."), tuple(tensor.shape)
    flows = tensor.requires_grad
    if tensor.is_meta:
        return Numbers(name, shape, flows, b"")
    flat = tensor.detach().reshape(-1)
    if flat.numel() > most:
        flat = flat[_places(flat.numel(), most)]
    return Numbers(name, shape, flows, flat.contiguous().view(torch.uint8).numpy().tobytes())


@functools.lru_cache(maxsize=256)
def _places(size: int, most: int) -> torch.Tensor:
    """Which values of a large tensor are kept: its ends and, between them, places without a pattern."""
    ends = min(_ENDS, most // 4)
    inner = torch.randperm(size - 2 * ends, generator=torch.Generator().manual_seed(size))[: most - 2 * ends]
    return torch.cat([torch.arange(ends), inner.sort().values + ends, torch.arange(size - ends, size)])


def _size(value: Frozen) -> int:
    return sum(len(leaf.data) if isinstance(leaf, Numbers) else 8 for leaf in leaves(value))


def leaves(value: Frozen) -> Iterator[Frozen]:
    """The parts of a frozen value that are no containers, in order."""
    if isinstance(value, Box):
        for item in value.items:
            yield from leaves(item)
    else:
        yield value
