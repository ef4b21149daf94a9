"""PyTorch's Python functions by every public name they have, and what makes one of them refuse to run.

A function is refused by giving it other code: whoever kept the function, in a table or as a method of an instance,
keeps one that refuses. The student's process and the grader both list the names, the one to find functions by them,
the other to choose those that an exercise forbids.
"""

from __future__ import annotations

import functools
import importlib
import sys
from collections.abc import Iterator
from types import CodeType, FunctionType, ModuleType

FACADES = ("torch", "torch.nn", "torch.nn.functional", "torch.func", "torch.autograd", "torch.optim")
"""Modules whose names stand for functions that are written elsewhere."""
_PACKAGES = (
    *(
        "nn",
        "optim",
        "autograd",
        "func",
        "functional",
        "distributions",
        "special",
        "fft",
        "linalg",
        "_tensor",
    ),
    *("_functorch", "_refs", "_decomp", "ao", "onnx", "_higher_order_ops"),
)
_LEFT_OUT = (
    "torch.autograd.grad_mode",
    "torch.nn.parallel",
    "torch._functorch._aot_autograd",
    "torch._functorch.utils",
    *("torch.ao.ns", "torch.ao.pruning", "torch.ao.quantization", "torch.ao.nn.intrinsic", "torch.ao.nn.qat"),
    *("torch.ao.nn.quantized", "torch.ao.nn.sparse", "torch.onnx._internal"),
)
"""What no exercise forbids and the server itself may need, and what is large and holds no numbers."""
_IMPORTED_LATE = (
    *("torch.optim.swa_utils", "torch.autograd.functional", "torch.autograd.forward_ad", "torch.nn.grad"),
    *("torch.distributions", "torch.func", "torch._refs.nn.functional", "torch._decomp.decompositions"),
    *("torch.ao.nn.quantizable", "torch.onnx.ops", "torch._higher_order_ops.flex_attention"),
)
"""Imported first, so that no notebook brings functions that are not in the table."""
_DEEPEST = 5

Functions = dict[str, tuple[FunctionType, ...]]


@functools.cache
def torch_functions() -> Functions:
    """Every Python function of torch's that computes, by its names: where it is written, and where it is offered."""
    for name in _IMPORTED_LATE:
        importlib.import_module(name)
    found: dict[str, dict[int, FunctionType]] = {}
    for name, module in sorted(sys.modules.items()):
        if _of_torch(name) and isinstance(module, ModuleType) and not _left_out(name):
            for public, function in _of_module(name, module):
                found.setdefault(public, {})[id(function)] = function
    return {name: tuple(functions.values()) for name, functions in found.items()}


def _of_torch(module: str) -> bool:
    top, _, rest = module.partition(".")
    return top == "torch" and (not rest or rest.partition(".")[0] in _PACKAGES)


def _left_out(module: str) -> bool:
    return any(module == other or module.startswith(f"{other}.") for other in _LEFT_OUT)


def _of_module(name: str, module: ModuleType) -> Iterator[tuple[str, FunctionType]]:
    for attribute, value in list(vars(module).items()):
        home = getattr(value, "__module__", None) if isinstance(value, (FunctionType, type)) else None
        if not isinstance(home, str) or not home.startswith("torch") or _left_out(home):
            continue
        if home != name and name not in FACADES and not home.startswith(f"{name}."):
            continue  # imported there for its own use
        public = f"{name}.{attribute}"
        if isinstance(value, FunctionType):
            yield from ((public, function) for function in unwrapped(value))
        elif isinstance(value, type):
            for method, inner in list(vars(value).items()):
                inner = getattr(inner, "__func__", inner)
                inner = getattr(inner, "fget", inner)
                if isinstance(inner, FunctionType):
                    yield from ((f"{public}.{method}", function) for function in unwrapped(inner))


def unwrapped(function: FunctionType) -> Iterator[FunctionType]:
    """A function and those that decorators have wrapped in it."""
    for _ in range(_DEEPEST):
        yield function
        inner = getattr(function, "__wrapped__", None)
        if not isinstance(inner, FunctionType):
            return
        function = inner


def _refuse(*args: object, **kwargs: object) -> None:
    import sys

    sys.audit("autograder.refused", "a name")


def refusing_code(name: str, like: CodeType, template: CodeType = _refuse.__code__) -> CodeType:
    """Code that tells the guard that `name` was called, for a function that has the code `like`."""
    constants = tuple(name if constant == "a name" else constant for constant in template.co_consts)
    return template.replace(co_consts=constants, co_freevars=like.co_freevars, co_name=like.co_name)
