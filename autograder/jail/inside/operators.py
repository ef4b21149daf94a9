"""The parts of torch that a call runs, by whatever name: operators, functions of its modules, the autograd engine."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any, Self

import torch
from torch.utils._python_dispatch import TorchDispatchMode

_MOST = 10_000
_METHODS = "torch._tensor.Tensor."


class OperatorTrace(TorchDispatchMode):
    """Notes what runs while it is active.

    Attributes:
        names: operators, such as aten.convolution.default, and torch's Python functions by module and name, such as
            torch.optim.adam.Adam.step. A backward pass inside the call, however it is begun, is torch.autograd.grad.
    """

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self._before: list[Any] = []
        self._seen: dict[int, object] = {}

    def __enter__(self) -> Self:
        super().__enter__()
        self._before.append(sys.getprofile())
        sys.setprofile(self._called)
        return self

    def __exit__(self, *exc: Any) -> None:
        sys.setprofile(self._before.pop())
        super().__exit__(*exc)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.names.add(str(func))
        if torch._C._current_graph_task_id() != -1:
            self.names.add("torch.autograd.grad")
        return func(*args, **(kwargs or {}))

    def _called(self, frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event != "call" or id(code) in self._seen or len(self._seen) >= _MOST:
            return
        self._seen[id(code)] = code  # kept, so that no other gets its id
        module = frame.f_globals.get("__name__")
        if type(module) is str and (module == "torch" or module.startswith("torch.")):
            name = f"{module}.{code.co_qualname}"
            self.names.add(f"torch.Tensor.{name[len(_METHODS) :]}" if name.startswith(_METHODS) else name)
