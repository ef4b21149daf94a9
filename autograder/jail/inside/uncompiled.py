"""PyTorch's compiler, which nothing here uses, loads only when somebody asks it for something.

Each step of an optimizer imports `torch._dynamo` and calls `graph_break()`, which does nothing where nothing is
compiled; the import alone costs 2.5 seconds of CPU and brings sympy.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

_NAME = "torch._dynamo"


class _Uncompiled(ModuleType):
    """Stands for `torch._dynamo` until anything else of it is asked; then the real one takes its place."""

    def graph_break(self, msg: str = "") -> None:
        """Nothing is compiled, so there is not a graph to break."""

    def disable(self, fn: Callable[..., Any], *args: object, **kwargs: object) -> Callable[..., Any]:
        """`fn` itself: it is not compiled."""
        return fn

    def __getattr__(self, name: str) -> Any:
        if sys.modules.get(_NAME) is self:
            import torch

            del sys.modules[_NAME]
            if vars(torch).get("_dynamo") is self:
                del torch._dynamo
        return getattr(importlib.import_module(_NAME), name)


def leave_compiler_out() -> None:
    """Put the stand-in in place, unless the compiler is loaded already."""
    import torch

    if _NAME in sys.modules or (spec := importlib.util.find_spec(_NAME)) is None:
        return
    module = _Uncompiled(_NAME)
    # What looks at every module, such as inspect, asks these.
    module.__spec__, module.__loader__, module.__package__ = spec, spec.loader, _NAME
    module.__file__ = spec.origin
    sys.modules[_NAME] = torch._dynamo = module
