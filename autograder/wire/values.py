"""Python values to nodes and back. An object without a value form stays where it is and crosses as a handle."""

from __future__ import annotations

import math
import numbers
import types
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

import numpy as np
import torch
from torch import nn

from . import tensors as packed
from .frames import ProtocolViolation
from .messages import (
    MOST_DIGITS,
    MOST_ITEMS,
    BigNode,
    DictNode,
    DtypeNode,
    GeneratorNode,
    HandleNode,
    ListNode,
    MetaNode,
    OwnNode,
    ParameterNode,
    TensorNode,
    TupleNode,
    Value,
)

MOST_DEPTH = 64
"""Deepest nesting of containers that crosses."""
MOST_NODES = 100_000
"""Most tensors, containers and objects in one message."""
_WORD = 1 << 63
_MOST_ODD_KEYS = 1000


class Objects(Protocol):
    """Where objects that do not cross by value are looked up: one side of a peer."""

    def export(self, value: object) -> int: ...
    def exported(self, id: int) -> object: ...
    def own_id(self, value: object) -> int | None:
        """The other side's id of a handle of ours, None where `value` is not a handle."""

    def handle(self, node: HandleNode) -> object: ...
    def generator_id(self, generator: torch.Generator) -> int: ...
    def generator(self, id: int, seed: int) -> torch.Generator: ...


class Outgoing:
    """Turns the values of one message into nodes and gathers their tensors.

    Args:
        differentiable: whether gradients may flow back through the tensors of this message.
        snapshots: whether an nn.Parameter crosses as a leaf of its own (an answer) or as any tensor (an argument).

    Attributes:
        tensors: the tensors as they are in this process, one per place in the frame.
        attached: places of the tensors through which a gradient can flow back, ascending.
    """

    def __init__(self, objects: Objects, *, differentiable: bool, snapshots: bool) -> None:
        self.tensors: list[torch.Tensor] = []
        self.attached: list[int] = []
        self._objects = objects
        self._places: dict[int, int] = {}
        self._differentiable = differentiable
        self._snapshots = snapshots
        self._nodes = 0

    def node(self, value: object, depth: int = 0) -> Value:
        """The node of a value.

        Raises:
            TypeError: a tensor of a dtype that does not cross. ValueError: nested too deep.
        """
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return str(value)
        if isinstance(value, np.bool_):
            return bool(value)
        self._nodes += not isinstance(value, numbers.Real)
        if self._nodes > MOST_NODES:
            raise ValueError(f"more than {MOST_NODES} parts are too many to cross")
        if isinstance(value, torch.Tensor):
            return self._tensor(value)
        if isinstance(value, numbers.Integral):
            number = int(value)
            return number if -_WORD <= number < _WORD else _big(number)
        if isinstance(value, numbers.Real):
            return float(value)
        if isinstance(value, torch.dtype):
            return DtypeNode(str(value).removeprefix("torch."))
        if isinstance(value, (tuple, list, Mapping)):
            return self._container(value, depth)
        if isinstance(value, torch.Generator):
            return GeneratorNode(self._objects.generator_id(value), _signed(value.initial_seed()))
        own = self._objects.own_id(value)
        if own is not None:
            return OwnNode(own)
        return HandleNode(self._objects.export(value), kind_of(value), type(value).__name__[:200])

    def _container(self, value: tuple[Any, ...] | list[Any] | Mapping[Any, Any], depth: int) -> Value:
        if depth >= MOST_DEPTH:
            raise ValueError("a value nested too deep to cross")
        if len(value) > MOST_ITEMS:
            raise ValueError(f"{len(value)} items are too many to cross (at most {MOST_ITEMS})")
        if isinstance(value, Mapping):
            if len(value) > _MOST_ODD_KEYS and any(isinstance(key, tuple) for key in value):
                raise ValueError(
                    f"{len(value)} items are too many to cross (at most {_MOST_ODD_KEYS} keyed by tuples)"
                )
            return DictNode([(self.node(k, depth + 1), self.node(v, depth + 1)) for k, v in value.items()])
        items = [self.node(item, depth + 1) for item in value]
        return TupleNode(items) if isinstance(value, tuple) else ListNode(items)

    def _tensor(self, tensor: torch.Tensor) -> Value:
        if tensor.is_meta:
            return MetaNode(
                packed.dtype_name(tensor.dtype), list(tensor.shape), isinstance(tensor, nn.Parameter)
            )
        if self._snapshots and isinstance(tensor, nn.Parameter):
            accumulated = None if tensor.grad is None else self._place(tensor.grad)
            return ParameterNode(self._place(tensor), tensor.requires_grad, accumulated)
        place, grad = self._place(tensor), self._differentiable and tensor.requires_grad
        if grad and place not in self.attached:
            self.attached.append(place)
        return TensorNode(place, grad)

    def _place(self, tensor: torch.Tensor) -> int:
        place = self._places.setdefault(id(tensor), len(self.tensors))
        if place == len(self.tensors):
            self.tensors.append(tensor)
        return place


class Incoming:
    """Turns the nodes of one message back into values over the frame's tensors.

    Args:
        adopt: called once with the place of each tensor that claims a gradient can flow through it; returns the
            tensor to use in its stead.
    """

    def __init__(
        self,
        objects: Objects,
        tensors: list[torch.Tensor],
        adopt: Callable[[int, torch.Tensor], torch.Tensor],
    ) -> None:
        self._objects = objects
        self._tensors = tensors
        self._adopt = adopt
        self._adopted: dict[int, torch.Tensor] = {}
        self._nodes = 0

    def value(self, node: Value, depth: int = 0) -> Any:
        """The value of a node; ProtocolViolation where it refers to what is not there."""
        if node is None or isinstance(node, (bool, int, float, str)):
            return node
        self._nodes += 1
        if depth > MOST_DEPTH or self._nodes > MOST_NODES:
            raise ProtocolViolation("nested too deep, or too many parts")
        match node:
            case TensorNode(place, grad):
                return self._tensor(place, grad)
            case ParameterNode(place, grad, accumulated):
                return self._parameter(place, grad, accumulated)
            case MetaNode(name, shape, parameter):
                return _meta(name, shape, parameter)
            case ListNode(items):
                return [self.value(item, depth + 1) for item in items]
            case TupleNode(items):
                return tuple(self.value(item, depth + 1) for item in items)
            case DictNode(items):
                return self._dictionary(items, depth)
            case HandleNode():
                return self._objects.handle(node)
            case OwnNode(id):
                return self._objects.exported(id)
            case GeneratorNode(id, seed):
                return self._objects.generator(id, seed)
            case DtypeNode(name):
                return _dtype(name)
            case BigNode(digits):
                return int(digits, 16)
        raise ProtocolViolation("a node of no known kind")

    def _dictionary(self, items: list[tuple[Value, Value]], depth: int) -> dict[Any, Any]:
        # Hashes of tuples and of large integers are anybody's to choose, and equal ones make a dictionary quadratic.
        if len(items) > _MOST_ODD_KEYS and any(isinstance(key, (TupleNode, BigNode)) for key, _ in items):
            raise ProtocolViolation("too many keys of that kind")
        pairs = [(self.value(k, depth + 1), self.value(v, depth + 1)) for k, v in items]
        if not all(key is None or isinstance(key, (bool, int, float, str, tuple)) for key, _ in pairs):
            raise ProtocolViolation("a dictionary key of a kind that does not cross")
        try:
            return dict(pairs)
        except TypeError as error:
            raise ProtocolViolation("a dictionary key that cannot be hashed") from error

    def _at(self, place: int) -> torch.Tensor:
        if place >= len(self._tensors):
            raise ProtocolViolation("a tensor that is not in the frame")
        return self._tensors[place]

    def _tensor(self, place: int, grad: bool) -> torch.Tensor:
        if place in self._adopted:
            return self._adopted[place]
        tensor = self._at(place)
        if grad:
            if not tensor.is_floating_point():
                raise ProtocolViolation("a gradient through integers")
            tensor = self._adopted[place] = self._adopt(place, tensor)
        return tensor

    def _parameter(self, place: int, grad: bool, accumulated: int | None) -> torch.Tensor:
        leaf = self._at(place).detach()
        if grad and not leaf.is_floating_point():
            raise ProtocolViolation("a gradient through integers")
        leaf.requires_grad_(grad)
        if accumulated is not None:
            gradient = self._at(accumulated)
            if gradient.shape != leaf.shape or gradient.dtype != leaf.dtype:
                raise ProtocolViolation("a gradient that does not fit its parameter")
            leaf.grad = gradient
        return leaf


def gradient_places(node: Value) -> list[int]:
    """Places of the tensors in a node that claim a gradient can flow through them, ascending."""
    found: set[int] = set()
    pending: list[Value] = [node]
    while pending:
        match pending.pop():
            case TensorNode(place, True):
                found.add(place)
            case ListNode(items) | TupleNode(items):
                pending.extend(items)
            case DictNode(items):
                pending.extend(value for _, value in items)
    return sorted(found)


# The name comes from the student's side: looked up on the module itself, it would import whatever torch loads lazily.
_DTYPES = {
    str(value).removeprefix("torch."): value
    for value in vars(torch).values()
    if isinstance(value, torch.dtype)
}


def _dtype(name: str) -> torch.dtype:
    if name not in _DTYPES:
        raise ProtocolViolation("a dtype that does not exist")
    return _DTYPES[name]


def _meta(name: str, shape: list[int], parameter: bool) -> torch.Tensor:
    if (
        name not in packed.DTYPES
        or len(shape) > 32
        or math.prod(max(size, 1) for size in shape) >= _WORD // 16
    ):
        raise ProtocolViolation("a meta tensor that cannot be")
    tensor = torch.empty(shape, dtype=packed.DTYPES[name][1], device="meta")
    return tensor.requires_grad_(parameter and tensor.is_floating_point())


def _big(number: int) -> BigNode:
    if number.bit_length() > 4 * MOST_DIGITS:
        raise ValueError("an integer too large to cross")
    return BigNode(hex(number))


def _signed(seed: int) -> int:
    return seed - (1 << 64) if seed >= _WORD else seed


def kind_of(value: object) -> str:
    """function, class, module, iterator or instance: what a handle may be used for."""
    if isinstance(value, type):
        return "class"
    if isinstance(value, nn.Module):
        return "module"
    if isinstance(value, (types.FunctionType, types.BuiltinFunctionType, types.MethodType)):
        return "function"
    return "iterator" if isinstance(value, Iterator) else "instance"
