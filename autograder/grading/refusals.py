"""From an exercise's rule to the exact operators and functions that a student's process refuses."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable
from fnmatch import translate

import torch

from autograder.grading.api_sets import API_SETS, ApiSet
from autograder.grading.rules import Rule
from autograder.jail.host.guarded import Names, Refusals
from autograder.jail.inside.functions import torch_functions

_PRIVATE_COPIES = (
    *("torch._refs.*", "torch._decomp.*"),
    *("torch.ao.nn.quantizable.*", "torch.onnx.ops.*", "torch._higher_order_ops.flex_attention.*"),
)
"""PyTorch's operators and layers written a second time, in Python, for compilers, quantisation and export: a way round
where an operator is forbidden, and only there. PyTorch itself calls some of them, such as for the random start of
layers on the meta device."""


_STARTS_AUTOGRAD = ("torch.autograd.graph.*", "torch._tensor.Tensor.backward")
"""Other names of what starts a backward pass. The server starts one itself, where a gradient flows."""
_AUTOGRAD = API_SETS["autograd"]


def refusals_of(rule: Rule) -> Refusals | None:
    """What a rule refuses in the process that is asked; None where it forbids nothing."""
    if not rule:
        return None
    of_autograd = _AUTOGRAD if rule.autograd else ApiSet("", ())
    parts: list[ApiSet | Rule] = [of_autograd, *rule.within.values()]
    return _refusals(
        tuple(p for p in rule.names if p not in of_autograd.names),
        tuple(p for p in rule.operators if p not in of_autograd.operators),
        tuple(p for part in parts for p in part.names),
        tuple(p for part in parts for p in part.operators),
        None if rule.autograd else frozenset(rule.within),
        any(part.autograd for part in parts),
    )


@functools.lru_cache(maxsize=64)
def _refusals(
    names: tuple[str, ...],
    operators: tuple[str, ...],
    more_names: tuple[str, ...],
    more_operators: tuple[str, ...],
    asked: frozenset[str] | None,
    autograd: bool,
) -> Refusals:
    if autograd:
        more_names += _STARTS_AUTOGRAD
    copies = _PRIVATE_COPIES if operators or more_operators else ()
    always = Names(_operators(operators), _functions((*names, *copies)))
    more = Names(_operators(more_operators), _functions(more_names))
    sometimes = Names(
        tuple(name for name in more.operators if name not in always.operators),
        tuple(name for name in more.functions if name not in always.functions),
    )
    return Refusals(always, sometimes, asked, autograd)


def _operators(patterns: Iterable[str]) -> tuple[str, ...]:
    """The dispatcher's names of the operators that match, with or without their overload."""
    if not (matches := _any_of(patterns)):
        return ()
    names: list[str] = sorted(torch._C._dispatch_get_all_op_names())
    dotted = ((name, *name.replace("::", ".").split(".")) for name in names)
    return tuple(
        name
        for name, space, operator, *overload in dotted
        if matches(f"{space}.{operator}") or matches(f"{space}.{operator}.{(overload or ['default'])[0]}")
    )


def _functions(patterns: Iterable[str]) -> tuple[str, ...]:
    """Names of the functions that match, themselves or by the class they are a method of."""
    if not (matches := _any_of(patterns)):
        return ()
    return tuple(
        name for name in sorted(torch_functions()) if matches(name) or matches(name.rpartition(".")[0])
    )


def _any_of(patterns: Iterable[str]) -> Callable[[str], object] | None:
    wanted = tuple(patterns)
    return re.compile("|".join(map(translate, wanted))).match if wanted else None


def shown(refused: str) -> str:
    """A refused name as a student knows it."""
    space, is_operator, rest = refused.partition("::")
    if not is_operator:
        return refused
    operator = rest.partition(".")[0]
    known = space == "aten" and hasattr(torch, operator)
    return f"torch.{operator}" if known else f"the operator {space}.{operator}"
