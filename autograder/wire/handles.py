"""Stand-ins for objects that live on the other side: functions, classes, modules, instances, iterators, callbacks."""

from __future__ import annotations

import itertools
import random
import types
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy
import torch

from .messages import HandleNode
from .peer import Operation, Peer
from .values import kind_of

MOST_ITEMS = 10_000
"""Most items taken from a remote iterator before it counts as never ending."""

MOST_NAMES = 2000
"""Functions and classes of a notebook that are known before they are asked for."""
_LONGEST_NAME = 200
NOTEBOOK = HandleNode(1, "instance", "Notebook")
"""The object that the student's side exports first."""
_LONGEST = 10_000_000  # list() allocates by what len() says


class EndlessIterator(Exception):
    """A remote iterator gave more items than anything sensible needs."""


class Handle:
    """An object of the other side. Calling it, reading an attribute, iterating it asks the other side.

    A module handle also has `parameters` and `named_parameters`, which return snapshots: leaf tensors whose `.grad` is
    what has accumulated there. Everything else (`train`, `state_dict`, `load_state_dict`, ...) is the object's own.
    """

    __peer_handle__ = True

    def __init__(self, peer: Peer, node: HandleNode) -> None:
        self._peer = peer
        self._node = node
        self._kind = node.kind

    @property
    def _id(self) -> int:
        return self._node.id

    def __call__(self, /, *args: object, **kwargs: object) -> Any:
        return self._peer.request("call", self._id, *args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return self._peer.request("getattr", self._id, name)

    def __iter__(self) -> Iterator[Any]:
        source = self._peer.request("iter", self._id)
        if not isinstance(source, Handle):
            self._peer.refuse("an iterator that is none")
        for _ in range(MOST_ITEMS):
            item = source._peer.request("next", source._id)
            if not isinstance(item, tuple) or len(item) > 1:
                self._peer.refuse("an iterator's item that is none")
            if not item:
                return
            yield item[0]
        raise EndlessIterator(f"gave more than {MOST_ITEMS} items")

    def __len__(self) -> int:
        length = self._peer.request("len", self._id)
        if length is None:  # list() asks, and goes without
            raise TypeError("this object of the notebook has no len()")
        if not isinstance(length, int) or isinstance(length, bool) or not 0 <= length <= _LONGEST:
            self._peer.refuse("a length that is none")
        return length

    def __bool__(self) -> bool:
        return True

    def __getitem__(self, key: object) -> Any:
        return self._peer.request("getitem", self._id, key)

    def __repr__(self) -> str:
        return f"<{self._kind} of the notebook>"

    def named_parameters(self, *args: object, **kwargs: object) -> Iterator[tuple[str, torch.Tensor]]:
        """(name, snapshot) of every parameter, in the module's order."""
        return iter(self._listed("named_parameters", *args, **kwargs))

    def named_buffers(self, *args: object, **kwargs: object) -> Iterator[tuple[str, torch.Tensor]]:
        """(name, value) of every buffer, in the module's order."""
        return iter(self._listed("named_buffers", *args, **kwargs))

    def parameters(self, *args: object, **kwargs: object) -> Iterator[torch.Tensor]:
        """A snapshot of every parameter, in the module's order."""
        return iter(self._listed("parameters", *args, **kwargs))

    def _listed(self, method: str, *args: object, **kwargs: object) -> list[Any]:
        items = self._peer.request("listed", self._id, method, *args, **kwargs)
        if not isinstance(items, list):
            self._peer.refuse("a list that is none")
        return list(items)


class GivenFunction(Handle):
    """A function of the test's that the student's code was given, on the student's side.

    It can be called, and in all else it is as any function: what a function has not is missing here too, and is never
    asked of the other side. `hasattr(model, "eval")` is False, and a copy is the function itself.
    """

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"'function' object has no attribute {name!r}")

    def _of_no_function(self) -> Any:
        raise AttributeError  # for which Python asks `__getattr__`, where the name is known

    parameters = named_parameters = named_buffers = property(_of_no_function)
    __iter__ = __len__ = __getitem__ = None  # type: ignore[assignment]

    def __copy__(self) -> GivenFunction:
        return self

    def __deepcopy__(self, memo: object) -> GivenFunction:
        return self

    def __repr__(self) -> str:
        return "<function of the test>"


class Notebook(Handle):
    """The names of a student's notebook, as attributes: the handle that the grader asks first.

    A name that the other side has said to be a function or a class is not asked for again before it is called: the
    call names it, and is one exchange. Everything else is asked for where it is read.
    """

    def __init__(self, peer: Peer) -> None:
        super().__init__(peer, NOTEBOOK)
        self._callables: dict[str, HandleNode] = {}

    def __getattr__(self, name: str) -> Any:
        node = self._callables.get(name)
        if node is None:
            return super().__getattr__(name)
        return _Named(self._peer, node, name)


class _Named(Handle):
    """A function or class of the notebook by its name; it has an id only once something needs one."""

    def __init__(self, peer: Peer, node: HandleNode, name: str) -> None:
        super().__init__(peer, node)
        self._name = name
        self._found: Handle | None = None

    def __call__(self, /, *args: object, **kwargs: object) -> Any:
        return self._peer.request("call", NOTEBOOK.id, self._name, *args, **kwargs)

    @property
    def _id(self) -> int:
        if self._found is None:
            found = self._peer.request("getattr", NOTEBOOK.id, self._name)
            if not isinstance(found, Handle):
                raise TypeError("a function of the notebook is not a function any more")
            self._found = found  # which keeps the id alive
        return self._found._id


def learn_callables(notebook: Notebook, told: object) -> None:
    """Take what the other side says about its functions and classes, as `callables_of` tells it. A name that is said
    wrongly costs its owner alone: the call fails there."""
    if not isinstance(told, dict) or len(told) > MOST_NAMES:
        notebook._peer.refuse("names that are none")
    known: dict[str, HandleNode] = {}
    for name, kind in told.items():
        if not isinstance(name, str) or kind not in ("function", "class"):
            notebook._peer.refuse("names that are none")
        known[name] = HandleNode(NOTEBOOK.id, kind, "type" if kind == "class" else "function")
    notebook._callables = known


def callables_of(namespace: Mapping[str, object]) -> dict[str, str]:
    """Kind by name of the functions and classes in a namespace."""
    found = {
        name: kind_of(value)
        for name, value in namespace.items()
        if isinstance(value, (type, types.FunctionType))
        and isinstance(name, str)
        and len(name) <= _LONGEST_NAME
    }
    return dict(itertools.islice(found.items(), MOST_NAMES))


def _call(peer: Peer, target: Callable[..., Any], /, *args: object, **kwargs: object) -> Any:
    return target(*args, **kwargs)


def _getattr(peer: Peer, target: object, name: str) -> Any:
    return getattr(target, name)


def _iter(peer: Peer, target: Any) -> Any:
    return _Iteration(iter(target))


def _next(peer: Peer, target: Iterator[Any]) -> tuple[Any, ...]:
    try:
        return (next(target),)
    except StopIteration:
        return ()


class _Iteration:
    """An iterator as an object of its own, so that a list's iterator does not cross as the list."""

    def __init__(self, source: Iterator[Any]) -> None:
        self._source = source

    def __next__(self) -> Any:
        return next(self._source)


def _listed(peer: Peer, target: object, method: str, /, *args: object, **kwargs: object) -> list[Any]:
    return list(getattr(target, method)(*args, **kwargs))


def _seed(peer: Peer, target: object, seed: int) -> None:
    # Code that draws from a global generator answers the same test the same way every time.
    torch.manual_seed(seed)
    numpy.random.seed(seed % (1 << 32))
    random.seed(seed)


STUDENT_OPERATIONS: dict[str, Operation] = {
    "call": _call,
    "getattr": _getattr,
    "iter": _iter,
    "next": _next,
    "len": lambda peer, target: len(target) if hasattr(type(target), "__len__") else None,
    "getitem": lambda peer, target, key: target[key],
    "listed": _listed,
    "seed": _seed,
}
"""The questions that the grader may ask of the student's objects."""

GRADER_OPERATIONS: dict[str, Operation] = {"call": _call}
"""The questions that the student's code may ask of a function the test gave it: to call it, nothing else."""
