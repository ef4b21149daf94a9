"""Autograd across the boundary: graphs that live on the other side, and those kept here for it."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any, NoReturn, Protocol

import torch

from .frames import ProtocolViolation

MOST_KEPT = 2 << 30
"""Most bytes of tensors that graphs may keep alive for the other side."""
Gradients = Sequence[torch.Tensor | None]


class Asker(Protocol):
    """The peer that a remote graph is asked through."""

    def backward(
        self,
        graph: int,
        gradients: Gradients,
        accumulate: bool,
        through: Sequence[torch.Tensor] | None = None,
    ) -> list[torch.Tensor | None]: ...
    def release_graph(self, graph: int) -> None: ...
    def refuse(self, why: str) -> NoReturn: ...


def attach(
    peer: Asker, graph: int, outputs: list[torch.Tensor], inputs: Sequence[torch.Tensor]
) -> tuple[torch.Tensor, ...]:
    """Outputs of a remote call as autograd's: a gradient in them is sent to `graph`, what comes back goes to `inputs`.

    Raises:
        ProtocolViolation: from the backward pass, where what comes back does not fit the inputs.
    """
    attached: tuple[torch.Tensor, ...] = _Remote.apply(_Graph(peer, graph), outputs, anchor(), *inputs)
    return attached


class KeptGraphs:
    """Inputs and outputs of this side's calls, through which the other side may send gradients."""

    def __init__(self) -> None:
        self._graphs: dict[int, tuple[list[torch.Tensor], list[torch.Tensor]]] = {}
        self._bytes = 0

    def keep(self, number: int, inputs: list[torch.Tensor], outputs: list[torch.Tensor]) -> None:
        """Keep a call's graph; ProtocolViolation where too many are kept already."""
        self._bytes += _bytes(inputs, outputs)
        if self._bytes > MOST_KEPT:
            raise ProtocolViolation("too many graphs kept")
        self._graphs[number] = inputs, outputs

    def forget(self, number: int) -> None:
        self._bytes -= _bytes(*self._graphs.pop(number, ([], [])))

    def find(self, number: int) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
        """Inputs and outputs of a graph; ProtocolViolation where it was never given."""
        if number not in self._graphs:
            raise ProtocolViolation("a graph that was never given")
        return self._graphs[number]


def backward(
    inputs: list[torch.Tensor],
    outputs: list[torch.Tensor],
    gradients: object,
    create_graph: object,
    accumulate: object,
) -> list[torch.Tensor | None]:
    """The gradients of a kept graph's inputs, with a graph of their own if asked.

    Args:
        accumulate: whether parameters on this side accumulate their gradient, as they do in `loss.backward()` and
            do not in `torch.autograd.grad(loss, x)`. Where the gradients get a graph of their own, they never do.

    Raises:
        ProtocolViolation: the gradients do not fit the outputs.
    """
    pairs = _fitting(gradients, outputs)
    outs, grads = [out for out, _ in pairs], [grad for _, grad in pairs]
    if not inputs and (create_graph or not accumulate):
        return []
    if create_graph:
        return list(torch.autograd.grad(outs, inputs, grads, create_graph=True, allow_unused=True))
    # backward, not grad, which an exercise may forbid by its name: parameters of this side accumulate their gradient as
    # they would in one process, or are left alone where the inputs are named.
    kept = [leaf.grad for leaf in inputs]
    for leaf in inputs:
        leaf.grad = None
    try:
        torch.autograd.backward(
            outs,
            grads,
            retain_graph=True,
            inputs=None if accumulate else inputs,
        )
        return [leaf.grad for leaf in inputs]
    finally:
        for leaf, grad in zip(inputs, kept, strict=True):
            leaf.grad = grad


def _fitting(gradients: object, outputs: list[torch.Tensor]) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Outputs with their gradients; what asks otherwise breaks the protocol."""
    if not isinstance(gradients, list) or len(gradients) != len(outputs):
        raise ProtocolViolation("gradients that do not fit the outputs")
    pairs = [(out, grad) for out, grad in zip(outputs, gradients, strict=True) if grad is not None]
    if not all(_fits(grad, out) for out, grad in pairs):
        raise ProtocolViolation("gradients that do not fit the outputs")
    return pairs


def _fits(gradient: object, tensor: torch.Tensor) -> bool:
    return (
        isinstance(gradient, torch.Tensor)
        and gradient.shape == tensor.shape
        and gradient.dtype == tensor.dtype
    )


def _bytes(*groups: list[torch.Tensor]) -> int:
    return sum(tensor.numel() * tensor.element_size() for group in groups for tensor in group)


def anchor() -> torch.Tensor:
    """A differentiable input of every remote call.

    Outputs that depend on remote parameters alone need one on this side, and it stands for those parameters: a
    backward pass that would accumulate a gradient here accumulates theirs.
    """
    return torch.zeros((), requires_grad=True)


class _Graph:
    """A graph of the other side, released there when nothing here needs it any more."""

    def __init__(self, peer: Asker, id: int) -> None:
        self.peer, self.id = peer, id
        weakref.finalize(self, peer.release_graph, id).atexit = False


class _Remote(torch.autograd.Function):
    """Outputs of a remote call: forward attaches them, backward asks the other side."""

    @staticmethod
    def forward(
        ctx: Any, graph: _Graph, outputs: list[torch.Tensor], anchor: torch.Tensor, *inputs: torch.Tensor
    ) -> tuple[torch.Tensor, ...]:
        ctx.graph = graph
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(*inputs)
        return tuple(outputs)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor | None) -> tuple[Any, ...]:
        graph: _Graph = ctx.graph
        inputs = list(ctx.saved_tensors)
        second_order = torch.is_grad_enabled() and inputs
        accumulate = torch._C._will_engine_execute_node(ctx.next_functions[0][0])  # of the anchor
        found = graph.peer.backward(graph.id, gradients, accumulate, through=inputs if second_order else None)
        if len(found) != len(inputs) or not all(
            gradient is None or _fits(gradient, leaf) for leaf, gradient in zip(inputs, found, strict=True)
        ):
            graph.peer.refuse("gradients that do not fit the inputs")
        return None, None, None, *found
