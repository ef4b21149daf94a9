"""Does one record of a test answer like another, where the truth is known too?

A tolerance is relative to the difference that matters. A student's answer is 0.001 from the truth: then another answer
that is 0.0001 from the student's shows another mistake, though any absolute tolerance would take it. Rounding alone
decides how near is near enough (`_ROUNDING`); where a test judges differences as small as that, it is made finer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

import torch

from autograder.grading.recording import Box, Event, Frozen, Numbers, Trace, leaves

_ROUNDING = {"float64": 1e-9, "float32": 1e-5, "float16": 1e-2, "bfloat16": 3e-2}
"""What another order of summing makes of a number, relative to it and to the typical number beside it."""
_NUMBER = 1e-6
"""The same of a Python float, which may have been a float32."""
_SMALL = 1e-3
"""The same of the largest difference from the truth: beside a large mistake cancellation leaves roundings anywhere."""
_SHARE, _CHAOS = 0.01, 0.1
"""How much of the difference from the truth two answers of the same mistake may differ; the second where many steps of
training have made a rounding large."""
_REFUSAL = "ValueError"
"""Code that refuses what it should answer raises this by hand: in which words is style. Other classes are PyTorch's and
Python's, and their words say what went wrong."""
_FINER = (1.0, 1e-2, 1e-4)
_MOST_ROWS = 100
_FARTHER = 1.05
_CLEAR = 30.0
"""So many roundings from the truth an answer is clearly another one."""


@dataclass(frozen=True)
class Judgement:
    """How another answer stands to a student's.

    Attributes:
        like: it is the student's, and the student's is not the truth.
        contradicts: the student answered the truth where the other clearly does not.
        farther: where the student first leaves the truth, the truth is nearer than the other answer.
    """

    like: bool
    contradicts: bool
    farther: bool


def judge(student: Trace, other: Trace, truth: Trace, chaotic: bool = False) -> Judgement:
    """Compare a student's record of a test with another one, seen from the truth."""
    share = _CHAOS if chaotic else _SHARE
    plain = [regrouped(trace) for trace in (student, other, truth)]
    return Judgement(
        like=_like(student, other, truth, share) or _like(plain[0], plain[1], plain[2], share),
        contradicts=not chaotic
        and _contradicts(student, other, truth)
        and _contradicts(plain[0], plain[1], plain[2]),
        farther=not chaotic and _farther(student, other, truth),
    )


def regrouped(trace: Trace) -> Trace:
    """A record in which it makes no difference whether a function of the test's is asked once for two batches or
    twice, and in which order: what is asked between two answers is a set of rows.

    What cannot be cut into rows stands as it was. Gradients asked for come as often as the function was, so they go.
    """
    found: list[Event] = []
    rows: list[tuple[Frozen, ...]] = []

    def flush() -> None:
        found.extend(Event("asked", "row", Box("tuple", len(row), row)) for row in sorted(rows, key=_row_key))
        rows.clear()

    for event in trace:
        cut = _rows(event) if event.kind == "asked" else None
        if event.kind == "asked" and event.op == "backward":
            continue
        if cut is None:
            flush()
            found.append(event)
        else:
            rows.extend(cut)
    flush()
    return tuple(found)


def _rows(event: Event) -> list[tuple[Frozen, ...]] | None:
    """What is asked, one item of the batch after another; None where it has no such items."""
    tensors = [leaf for leaf in leaves(event.value) if leaf is not None]
    if not tensors or not all(isinstance(leaf, Numbers) and leaf.shape and leaf.data for leaf in tensors):
        return None
    whole = [leaf for leaf in tensors if isinstance(leaf, Numbers)]
    count = whole[0].shape[0]
    if not 0 < count <= _MOST_ROWS or any(leaf.shape[0] != count or not leaf.is_whole for leaf in whole):
        return None
    return [tuple(_row(leaf, place, count) for leaf in whole) for place in range(count)]


def _row(leaf: Numbers, place: int, count: int) -> Numbers:
    size = len(leaf.data) // count
    return Numbers(leaf.dtype, leaf.shape[1:], leaf.flows, leaf.data[place * size : (place + 1) * size])


def _row_key(row: tuple[Frozen, ...]) -> list[list[float]]:
    """An order that a rounding does not change, the short tensors (times, labels) first."""
    kept = sorted((leaf for leaf in row if isinstance(leaf, Numbers)), key=lambda leaf: len(leaf.data))
    return [[round(value, 4) for value in leaf.tensor().double().tolist()] for leaf in kept]


def same(one: Trace, other: Trace) -> bool:
    """Whether two records are the same up to rounding."""
    return len(one) == len(other) and all(
        _events_alike(a, b, None, 0.0, 1.0) for a, b in zip(one, other, strict=True)
    )


def related(one: Trace, other: Trace) -> bool:
    """Whether in every answer the same items of the batch are equal, whatever their numbers: a network that is blind to
    the time answers two times alike, whatever its weights."""
    # A tensor that is an answer by itself; a state_dict is of the network's own making.
    answers = [
        [_equals(event.value) for event in trace if isinstance(event.value, Numbers)]
        for trace in (one, other)
    ]
    return answers[0] == answers[1]


def _equals(leaf: Frozen) -> tuple[int, ...]:
    """For each item of a batch the first that equals it."""
    if not isinstance(leaf, Numbers) or len(leaf.shape) < 2 or not 1 < leaf.shape[0] <= _MOST_ROWS:
        return ()
    rows = leaf.tensor().double()
    if rows.numel() != math.prod(leaf.shape) or not rows.numel():
        return ()
    rows = rows.reshape(leaf.shape[0], -1)
    near = torch.cdist(rows, rows, p=math.inf) <= 1e-5 * rows.abs().max()
    return tuple(near.int().argmax(1).tolist())


def _like(student: Trace, other: Trace, truth: Trace, share: float) -> bool:
    if len(student) != len(other):
        return False
    seen = list(zip_longest(student, truth[: len(student)]))
    for finer in _FINER:
        unseen = all(
            a is not None and b is not None and _events_alike(a, b, None, 0.0, finer) for a, b in seen
        )
        if unseen and len(student) == len(truth):
            continue  # the student's answer shows no difference from the truth at this fineness
        return all(
            _events_alike(mine, its, right, share, finer)
            for mine, its, right in zip_longest(student, other, truth[: len(student)])
        )
    return False


def _contradicts(student: Trace, other: Trace, truth: Trace) -> bool:
    """Whether, before the records part, the student answers the truth and the other something else."""
    for mine, its, right in zip(student, other, truth, strict=False):
        right_here = _events_alike(mine, right, right, 0.0, 1.0)
        if right_here and not _events_alike(its, right, right, 0.0, _CLEAR):
            return True
        if not right_here and not _events_alike(mine, its, right, _SHARE, 1.0):
            return False  # from here on the two are asked other things
    return False


def _farther(student: Trace, other: Trace, truth: Trace) -> bool:
    for mine, its, right in zip(student, other, truth, strict=False):
        if _events_alike(mine, right, None, 0.0, 1.0):
            continue
        apart = [_distance(mine.value, its.value), _distance(mine.value, right.value)]
        return all(math.isfinite(one) for one in apart) and apart[0] > _FARTHER * apart[1]
    return False


def _distance(one: Frozen, other: Frozen) -> float:
    """How far two values are apart, NaN where they are not of a kind."""
    pairs = list(zip_longest(leaves(one), leaves(other)))
    total = 0.0
    for a, b in pairs:
        if (
            isinstance(a, Numbers)
            and isinstance(b, Numbers)
            and (a.shape, len(a.data)) == (b.shape, len(b.data))
        ):
            total += float((a.tensor().double() - b.tensor().double()).square().sum())
        elif isinstance(a, float) and isinstance(b, float):
            total += (a - b) ** 2
        elif type(a) is not type(b) or a != b:
            return math.nan
    return math.sqrt(total) if total >= 0 else math.nan


def _events_alike(one: Event, other: Event, truth: Event | None, share: float, rounding: float) -> bool:
    if one.kind != other.kind or one.op != other.op:
        return False
    if one.kind == "raised" and truth is not None and truth.kind == "raised":
        return _class_of(one) == _class_of(other)  # the exercise asks for an exception: its text is style
    if one.kind == "raised" and _class_of(one) == _REFUSAL == _class_of(other):
        return True
    right = truth.value if truth is not None and (truth.kind, truth.op) == (one.kind, one.op) else None
    return _values_alike(one.value, other.value, right, share, rounding)


def _class_of(event: Event) -> Frozen:
    return event.value.items[0] if isinstance(event.value, Box) and event.value.items else None


def _values_alike(one: Frozen, other: Frozen, truth: Frozen, share: float, rounding: float) -> bool:
    if isinstance(one, Numbers) and isinstance(other, Numbers):
        return _tensors_alike(one, other, truth, share, rounding)
    if isinstance(one, Box) and isinstance(other, Box):
        if (one.kind, one.length, len(one.items)) != (other.kind, other.length, len(other.items)):
            return False
        right: Sequence[Frozen] = (None,) * len(one.items)
        if isinstance(truth, Box) and (truth.kind, len(truth.items)) == (one.kind, len(one.items)):
            right = truth.items
        return all(
            _values_alike(a, b, c, share, rounding)
            for a, b, c in zip(one.items, other.items, right, strict=True)
        )
    if isinstance(one, float) and isinstance(other, float):
        wanted = truth if isinstance(truth, float) else math.nan
        return _floats_alike(one, other, wanted, share, rounding)
    return type(one) is type(other) and one == other


def _floats_alike(one: float, other: float, truth: float, share: float, rounding: float) -> bool:
    if not (math.isfinite(one) and math.isfinite(other)):
        return one == other or (one != one and other != other)
    off = abs(one - truth) if math.isfinite(truth) else 0.0
    return abs(one - other) <= rounding * _NUMBER * max(abs(one), abs(other)) + share * off


def _tensors_alike(one: Numbers, other: Numbers, truth: Frozen, share: float, rounding: float) -> bool:
    if (one.dtype, one.shape, one.flows) != (other.dtype, other.shape, other.flows):
        return False
    if one.data == other.data:
        return True
    if len(one.data) != len(other.data):
        return False
    a, b = one.tensor(), other.tensor()
    if not (a.is_floating_point() or a.is_complex()):
        return False
    unit = _ROUNDING.get(one.dtype, _ROUNDING["float32"]) * rounding
    wide = torch.complex128 if a.is_complex() else torch.float64
    a, b = a.to(wide), b.to(wide)
    odd = ~a.isfinite()
    if not torch.equal(odd, ~b.isfinite()):
        return False
    if bool(odd.any()) and not torch.equal(
        a[odd].nan_to_num(2.0, 1.0, -1.0), b[odd].nan_to_num(2.0, 1.0, -1.0)
    ):
        return False
    size = a.abs()
    ordinary = size[~odd]
    typical = float(ordinary.median()) if ordinary.numel() else 0.0
    allowed = unit * (size + typical)
    if isinstance(truth, Numbers) and share and (truth.dtype, truth.shape) == (one.dtype, one.shape):
        right = truth.tensor()
        if right.numel() == a.numel():
            off = (a - right.to(wide)).abs()
            off = off.nan_to_num(0.0, 0.0, 0.0)
            allowed = allowed + share * off + _SMALL * off.max()
    return bool(((a - b).abs() <= allowed)[~odd].all())
