"""What stands in for a student's notebook in these tests, and the two ways to ask it: a thread or a process."""

from __future__ import annotations

import copy
import socket
import sys
from collections.abc import Iterator
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, func, nn
from torch.autograd import forward_ad

from autograder.wire.frames import Channel, PeerGone, ProtocolViolation
from autograder.wire.handles import STUDENT_OPERATIONS, GivenFunction
from autograder.wire.peer import Peer
from selfcheck.cells import describe


class HostileText(Exception):
    """An exception whose own text cannot be had."""

    def __str__(self) -> str:
        raise RuntimeError("no text for you")


class LyingType(type):
    """A metaclass that lies about the class's name."""

    @property
    def __name__(cls) -> str:  # type: ignore[override]
        raise RuntimeError("no name for you")


class Nameless(Exception, metaclass=LyingType):
    pass


def _total(f: Any) -> Any:
    return lambda x: f(x).sum()


def _dual(f: Any, x: Tensor, v: Tensor) -> Any:
    with forward_ad.dual_level():
        return forward_ad.unpack_dual(f(forward_ad.make_dual(x, v))).tangent


TRANSFORMED: dict[str, Any] = {
    "grad": lambda f, x, v: func.grad(_total(f))(x),
    "each_grad": lambda f, x, v: func.vmap(func.grad(lambda one: f(one[None]).sum()))(x),
    "vjp": lambda f, x, v: func.vjp(f, x)[1](v),
    "jvp": lambda f, x, v: func.jvp(f, (x,), (v,)),
    "dual": _dual,
    "jacrev": lambda f, x, v: func.jacrev(f)(x),
    "jacfwd": lambda f, x, v: func.jacfwd(f)(x),
    "each_jacobian": lambda f, x, v: func.vmap(func.jacrev(lambda one: f(one[None])[0]))(x),
    "each_divergence": lambda f, x, v: func.vmap(
        lambda one: func.jacfwd(lambda at: f(at[None])[0])(one).trace()
    )(x),
    "hessian": lambda f, x, v: func.hessian(_total(f))(x),
    "grad_of_grad": lambda f, x, v: func.grad(lambda x: func.grad(_total(f))(x).square().sum())(x),
    "reverse_twice": lambda f, x, v: func.jacrev(func.jacrev(_total(f)))(x),
    "grad_along": lambda f, x, v: func.jvp(func.grad(_total(f)), (x,), (v,)),
    "vmap": lambda f, x, v: func.vmap(f)(x),
    "in_two": lambda f, x, v: func.vmap(func.vmap(f))(x[:, None]),
    "columns": lambda f, x, v: func.vmap(f, in_dims=1, out_dims=1)(x),
    "backward_through": lambda f, x, v: func.vmap(func.grad(lambda one: f(one[None]).sum()))(
        x.requires_grad_()
    ),
}


class Notebook:
    """Attribute access is what the grader's `student` asks; every function here is a student's."""

    BatchNorm = nn.BatchNorm2d
    Linear = nn.Linear
    constants: Any = {"pi": 3.14, "sizes": (1, 2), "names": ["a", "b"], 3: None}
    big = 2**200
    too_big = 2**200_000
    long_text = "x" * (20 << 20)
    long_list = list(range(200_000))
    lone_surrogate = "\ud800"

    @staticmethod
    def transformed(name: str, f: Any, x: Tensor, v: Tensor) -> Any:
        """What a student does to a function of the test with `torch.func`; x, v: (B, D)."""
        return TRANSFORMED[name](f, x, v)

    @staticmethod
    def conv2d(x: Tensor, weight: Tensor, stride: Any = 1) -> Tensor:
        return F.conv2d(x, weight, stride=stride)

    @staticmethod
    def kinds(x: Tensor, *, target: Any = None, op: Any = None, peer: Any = None, self: Any = None) -> Any:
        return {"x2": x * 2, "pair": (x.sum(), x.argmax()), "named": [target, op, peer, self], "flag": x > 0}

    @staticmethod
    def same(value: Any) -> Any:
        return value

    @staticmethod
    def is_same(one: Any, other: Any) -> bool:
        return one is other

    @staticmethod
    def cubed(x: Tensor) -> Tensor:
        return x**3

    @staticmethod
    def grad_enabled() -> bool:
        return torch.is_grad_enabled()

    @staticmethod
    def add_in_place(x: Tensor) -> Tensor:
        return x.add_(1)

    @staticmethod
    def rearrange(given: list[Any], way: str) -> None:
        match way:
            case "pop":
                given.pop()
            case "reverse":
                given.reverse()
            case "replace":
                given[2] = given[2].clone()
            case "deep":
                given[0].append(3)
            case "dict":
                given[1]["key"] = 4
            case _:
                list(given).reverse()

    @staticmethod
    def change(x: Tensor, way: str) -> None:
        match way:
            case "data":
                x.data += 1
            case "detached":
                x.detach()[0, 0] = 1
            case "numpy":
                x.detach().numpy()[0, 0] = 1
            case "without_grad":
                with torch.no_grad():
                    x[1].fill_(1)
            case "copied":
                x.data.copy_(torch.ones_like(x))
            case "exchanged":
                x.data = torch.ones_like(x)
            case "reshaped":
                x.unsqueeze_(0)

    @staticmethod
    def penalty(critic: Any, x: Tensor) -> Tensor:
        return gradient_penalty(critic, x)

    @staticmethod
    def slope(critic: Any, x: Tensor) -> Tensor:
        x = x.detach().requires_grad_()
        return torch.autograd.grad(critic(x).sum(), x)[0]

    @staticmethod
    def slope_by_backward(critic: Any, x: Tensor) -> Tensor | None:
        x = x.detach().requires_grad_()
        critic(x).sum().backward()
        return x.grad

    @staticmethod
    def apply(function: Any, *args: Any) -> Any:
        return function(*args)

    @staticmethod
    def look_at(function: Any) -> list[object]:
        """What code that takes a model may try on one: attributes, and what a module or a sequence can do."""
        found: list[object] = [hasattr(function, name) for name in ("eval", "training", "parameters")]
        for ask in (len, iter, lambda f: f[0], lambda f: f.eval(), lambda f: list(f.parameters())):
            try:
                ask(function)
            except (TypeError, AttributeError) as error:
                found.append(type(error).__name__)
        return [*found, copy.deepcopy(function)(2), copy.copy(function)(3)]

    @staticmethod
    def draw(generator: torch.Generator, n: int = 3) -> Tensor:
        return torch.randn(n, generator=generator)

    @staticmethod
    def count(to: int | None = None) -> Iterator[int]:
        number = 0
        while to is None or number < to:
            yield number
            number += 1

    @staticmethod
    def fail(message: str = "bad") -> None:
        raise ValueError(message)

    @staticmethod
    def fail_as(how: str) -> None:
        errors: dict[str, BaseException] = {
            "hostile text": HostileText(),
            "nameless": Nameless(),
            "exit": SystemExit(3),
            "interrupt": KeyboardInterrupt(),
            "recursion": RecursionError(),
            "surrogate": ValueError("\ud800"),
            "long": ValueError("x" * 10**6),
            "syntax": SyntaxError("odd", ("<cell x>", cast(Any, "no line"), None, None)),
        }
        raise errors[how]

    @staticmethod
    def nested(depth: int) -> Any:
        value: Any = 1
        for _ in range(depth):
            value = [value]
        return value

    @staticmethod
    def itself() -> Any:
        value: list[Any] = []
        value.append(value)
        return value

    @staticmethod
    def enormous() -> Tensor:
        return torch.zeros(()).expand(10**12)

    @staticmethod
    def many_tensors() -> list[Tensor]:
        return [torch.zeros(0) for _ in range(20_000)]

    @staticmethod
    def complex_() -> Tensor:
        return torch.zeros(2, dtype=torch.complex64)


def gradient_penalty(critic: Any, x: Tensor) -> Tensor:
    """(||d critic/dx|| - 1)^2: a gradient of a gradient through a function given as an argument."""
    (gradient,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
    return ((gradient.norm(dim=1) - 1) ** 2).mean()


def answer(connection: socket.socket) -> None:
    """Answer as the jailed process does, until the grader hangs up."""
    peer = student_peer(connection)
    try:
        peer.serve()
    except (PeerGone, ProtocolViolation):
        connection.close()


def student_peer(connection: socket.socket) -> Peer:
    def described(error: BaseException) -> tuple[list[str], str, str]:
        text = describe(error)
        return list(text.types), text.message, text.where

    peer = Peer(Channel(connection), STUDENT_OPERATIONS, described, GivenFunction, mirror=True)
    peer.export(Notebook())
    return peer


if __name__ == "__main__":
    torch.set_num_threads(1)
    answer(socket.socket(fileno=int(sys.argv[1])))
