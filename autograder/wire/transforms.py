"""Calls across the boundary from within `torch.func`: grad, jvp, vmap and what is built of them.

A transform wraps its tensors, and a wrapped tensor has no bytes to send. So the call becomes an autograd function with
rules of its own: its forward pass asks the other side with plain tensors, each derivative is one more such function,
and a batch is asked item by item. What was answered is kept, so that no derivative asks for the values again. An
ordinary backward pass that comes through later reaches the other side's parameters, as it does without a transform.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch.autograd import forward_ad
from torch.utils import _pytree as pytree

from .graphs import anchor

Plain = list[torch.Tensor]
_ANCHOR = anchor()
"""Made outside of every transform: one that is made inside belongs to the transform, and ends with it."""


def active() -> bool:
    """Whether a transform of `torch.func`, or forward-mode autograd, runs in this thread."""
    return torch._C._functorch.peek_interpreter_stack() is not None or forward_ad._current_level >= 0


def call(ask: Callable[..., Any], args: Sequence[object], kwargs: dict[str, object]) -> Any:
    """`ask(*args, **kwargs)`, an exchange of plain tensors, as part of the transform that runs.

    Raises:
        RuntimeError: `ask` gives tensors of different shapes, or different structures, for the items of a batch.
    """
    leaves, structure = pytree.tree_flatten((tuple(args), kwargs))
    places = [place for place, leaf in enumerate(leaves) if isinstance(leaf, torch.Tensor)]

    def with_tensors(tensors: Plain) -> Any:
        filled = list(leaves)
        for place, tensor in zip(places, tensors, strict=True):
            filled[place] = tensor
        args, kwargs = pytree.tree_unflatten(filled, structure)
        return ask(*args, **kwargs)

    step = _Values(with_tensors)
    return step.answer(_applied(step, [leaves[place] for place in places]))


class _Step:
    """A function of plain tensors, applied once, or once for each item of a batch.

    Attributes:
        leaves: what it was applied to, as leaves of a graph. outputs: what it gave. items: the same for each item.
    """

    def __init__(self) -> None:
        self.leaves: Plain = []
        self.outputs: Plain | None = None
        self.items: dict[int, Any] = {}

    def apply(self, tensors: Plain) -> None:
        raise NotImplementedError

    def item(self, number: int, dimensions: Sequence[int | None]) -> Any:
        """The step of one item, where the tensors are batched along `dimensions`."""
        raise NotImplementedError

    def backward(self, gradients: Plain, accumulate: bool) -> Plain:
        """Gradients of the tensors without a graph of their own; `accumulate` as in `graphs.backward`."""
        assert self.outputs is not None
        outs, given = _flowing(self.outputs, gradients)
        for leaf in self.leaves:
            leaf.grad = None
        inputs = [leaf for leaf in self.leaves if leaf.requires_grad]
        if outs and (inputs or accumulate):
            torch.autograd.backward(outs, given, retain_graph=True, inputs=None if accumulate else inputs)
        return [torch.zeros_like(leaf) if leaf.grad is None else leaf.grad for leaf in inputs]


class _Values(_Step):
    """The call itself."""

    def __init__(self, ask: Callable[[Plain], Any]) -> None:
        super().__init__()
        self._ask = ask
        self._answered: tuple[list[Any], pytree.TreeSpec] | None = None

    def apply(self, tensors: Plain) -> None:
        self.leaves = _leaves(tensors)
        flat, structure = pytree.tree_flatten(self._ask(self.leaves))
        self._answered = flat, structure
        self.outputs = [leaf for leaf in flat if isinstance(leaf, torch.Tensor)]

    def item(self, number: int, dimensions: Sequence[int | None]) -> _Values:
        found: _Values = self.items.setdefault(number, _Values(self._ask))
        return found

    def answer(self, tensors: Sequence[torch.Tensor]) -> Any:
        """The answer with these tensors in it; a batch is answered as its first item is."""
        if self._answered is None:
            return self.items[0].answer(tensors)
        flat, structure = self._answered
        given = iter(tensors)
        return pytree.tree_unflatten(
            [next(given) if isinstance(leaf, torch.Tensor) else leaf for leaf in flat], structure
        )


class _Derivative(_Step):
    """A derivative of a step that was applied: of its tensors, followed by gradients or by tangents."""

    def __init__(self, of: _Step) -> None:
        super().__init__()
        self.of = of

    def apply(self, tensors: Plain) -> None:
        assert self.of.outputs is not None  # a derivative is asked for after the values
        directions = _leaves(tensors[len(self.of.leaves) :])
        self.leaves = [*self.of.leaves, *directions]
        inputs = [leaf for leaf in self.of.leaves if leaf.requires_grad]
        self.outputs = self._derived(inputs, self.of.outputs, directions)

    def _derived(self, inputs: Plain, outputs: Plain, directions: Plain) -> Plain:
        raise NotImplementedError

    def item(self, number: int, dimensions: Sequence[int | None]) -> _Derivative:
        if number not in self.items:
            of, its = self.of, dimensions[: _count(self.of)]
            if of.outputs is None and any(dimension is not None for dimension in its):
                of = of.item(number, its)
            self.items[number] = type(self)(of)
        found: _Derivative = self.items[number]
        return found


class _Gradients(_Derivative):
    """The gradients of a step's floating-point tensors, for gradients of its outputs."""

    def _derived(self, inputs: Plain, outputs: Plain, directions: Plain) -> Plain:
        return _grad(outputs, inputs, directions)


class _Tangents(_Derivative):
    """The tangents of a step's outputs, for tangents of its floating-point tensors: gradients are linear in what is
    sent back, and the gradient of that linear map is the tangent."""

    def _derived(self, inputs: Plain, outputs: Plain, directions: Plain) -> Plain:
        sent = [torch.zeros_like(out).requires_grad_(out.is_floating_point()) for out in outputs]
        flowing = [leaf for leaf in sent if leaf.requires_grad]
        tangents = iter(_grad(_grad(outputs, inputs, sent), flowing, directions))
        return [next(tangents) if leaf.requires_grad else leaf for leaf in sent]


class _Transformed(torch.autograd.Function):
    """Applies a step to plain tensors, under whatever transforms run."""

    @staticmethod
    def forward(step: _Step, anchor: torch.Tensor, *tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
        with torch.enable_grad():
            step.apply(list(tensors))
        assert step.outputs is not None
        return tuple(output.detach().clone() for output in step.outputs)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[torch.Tensor, ...]) -> None:
        ctx.step, _, *tensors = inputs
        ctx.save_for_backward(*tensors)
        ctx.save_for_forward(*tensors)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        tensors = ctx.saved_tensors
        if active() or torch.is_grad_enabled():
            found = iter(_applied(_Gradients(ctx.step), [*tensors, *gradients]))
        else:
            accumulate = torch._C._will_engine_execute_node(ctx.next_functions[0][0])  # of the anchor
            found = iter(ctx.step.backward(list(gradients), accumulate))
        return None, None, *(next(found) if tensor.is_floating_point() else None for tensor in tensors)

    @staticmethod
    def jvp(ctx: Any, _: None, anchor: None, *tangents: torch.Tensor | None) -> tuple[torch.Tensor, ...]:
        tensors = ctx.saved_tensors
        given = [
            torch.zeros_like(tensor) if tangent is None else tangent
            for tensor, tangent in zip(tensors, tangents, strict=True)
            if tensor.is_floating_point()
        ]
        return _applied(_Tangents(ctx.step), [*tensors, *given])

    @staticmethod
    def vmap(
        info: Any, in_dims: tuple[int | None, ...], step: _Step, anchor: torch.Tensor, *tensors: torch.Tensor
    ) -> tuple[tuple[torch.Tensor, ...], tuple[int, ...]]:
        dimensions = in_dims[2:]
        items = []
        for number in range(info.batch_size):
            one = [
                tensor if dimension is None else tensor.select(dimension, number)
                for tensor, dimension in zip(tensors, dimensions, strict=True)
            ]
            items.append(_applied(step.item(number, dimensions), one))
        stacked = tuple(torch.stack(parts) for parts in zip(*items, strict=True))
        return stacked, (0,) * len(stacked)


def _applied(step: _Step, tensors: Sequence[torch.Tensor]) -> tuple[torch.Tensor, ...]:
    found: tuple[torch.Tensor, ...] = _Transformed.apply(step, _ANCHOR, *tensors)
    return found


def _leaves(tensors: Plain) -> Plain:
    return [tensor.detach().requires_grad_(tensor.is_floating_point()) for tensor in tensors]


def _count(step: _Step) -> int:
    """How many tensors a step was applied to, itself or for each item."""
    return len(step.leaves) if step.outputs is not None else _count(step.items[0])


def _flowing(outputs: Plain, gradients: Plain) -> tuple[Plain, Plain]:
    """The outputs through which a gradient can flow back, and their gradients."""
    pairs = [(out, gradient) for out, gradient in zip(outputs, gradients, strict=True) if out.requires_grad]
    return [out for out, _ in pairs], [gradient for _, gradient in pairs]


def _grad(outputs: Plain, inputs: Plain, gradients: Plain) -> Plain:
    """Gradients with a graph of their own, zeros where nothing flows."""
    outs, grads = _flowing(outputs, gradients)
    if not outs or not inputs:
        return [torch.zeros_like(leaf) for leaf in inputs]
    return list(
        torch.autograd.grad(outs, inputs, grads, create_graph=True, allow_unused=True, materialize_grads=True)
    )
