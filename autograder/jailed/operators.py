"""Which of torch's operators a call runs, whatever name it reached them by."""

from __future__ import annotations

from typing import Any

from torch.utils._python_dispatch import TorchDispatchMode


class OperatorTrace(TorchDispatchMode):
    """Notes the name of every operator that is dispatched while it is active, such as aten.convolution.default."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.names.add(str(func))
        return func(*args, **(kwargs or {}))
