"""What crosses arrives as it was sent."""

from __future__ import annotations

import json
import math
from typing import Any, cast

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from autograder.wire import messages, tensors
from autograder.wire.frames import ProtocolViolation
from autograder.wire.messages import MOST_ITEMS, DtypeNode, HandleNode, Reply
from autograder.wire.values import MOST_DEPTH, Incoming, Outgoing


class Table:
    """Objects without another side: exports are kept, handles are their nodes."""

    def __init__(self) -> None:
        self.objects: dict[int, object] = {}
        self.generators: dict[int, torch.Generator] = {}

    def export(self, value: object) -> int:
        self.objects[len(self.objects) + 1] = value
        return len(self.objects)

    def exported(self, id: int) -> object:
        return self.objects[id]

    def own_id(self, value: object) -> int | None:
        return value.id if isinstance(value, HandleNode) else None

    def handle(self, node: HandleNode) -> object:
        return node

    def generator_id(self, generator: torch.Generator) -> int:
        return id(generator)

    def generator(self, id: int, seed: int) -> torch.Generator:
        return self.generators.setdefault(id, torch.Generator().manual_seed(seed))


def across(value: object, *, differentiable: bool = False, snapshots: bool = True) -> Any:
    """The value after a message has carried it as bytes."""
    table = Table()
    outgoing = Outgoing(table, differentiable=differentiable, snapshots=snapshots)
    structure = messages.encode(Reply(1, outgoing.node(value)))
    data = tensors.pack(outgoing.tensors)
    message = messages.decode(structure)
    assert isinstance(message, Reply)
    return Incoming(table, tensors.unpack(data), lambda _, t: t.requires_grad_()).value(message.value)


def equal(one: Any, other: Any) -> bool:
    if isinstance(one, Tensor):
        same = type(other) is Tensor and one.dtype == other.dtype and one.shape == other.shape
        return same and torch.equal(one.nan_to_num(), other.nan_to_num())
    if isinstance(one, float):
        return type(other) is float and (one == other or (math.isnan(one) and math.isnan(other)))
    if isinstance(one, (list, tuple)):
        same = type(one) is type(other) and len(one) == len(other)
        return same and all(equal(a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, dict):
        return type(other) is dict and list(one) == list(other) and all(equal(one[k], other[k]) for k in one)
    return type(one) is type(other) and one == other


DTYPES = list(tensors.NAMES)


@st.composite
def some_tensor(draw: st.DrawFn) -> Tensor:
    dtype = draw(st.sampled_from(DTYPES))
    shape = draw(st.lists(st.integers(0, 4), max_size=4))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**32)))
    tensor = (torch.randn(shape, generator=generator) * 50).to(dtype)
    layout = draw(st.sampled_from(["plain", "transposed", "expanded", "strided"]))
    if layout == "transposed" and tensor.dim() > 1:
        return tensor.transpose(0, -1)
    if layout == "expanded":
        return tensor.unsqueeze(0).expand(3, *shape)
    if layout == "strided" and tensor.dim() and tensor.shape[0] > 1:
        return tensor[::2]
    return tensor


keys = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(max_size=5),
    st.tuples(st.integers(), st.text(max_size=2)),
)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(2**300), 2**300),
    st.floats(),
    st.text(),
    some_tensor(),
)
nested = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(keys, inner, max_size=4),
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(nested)
def test_a_value_arrives_as_it_was_sent(value: object) -> None:
    assert equal(value, across(value))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (0,), (3, 0, 2), (1,), (2, 3)])
def test_every_dtype_and_shape_crosses(dtype: torch.dtype, shape: tuple[int, ...]) -> None:
    tensor = (torch.arange(math.prod(shape)).reshape(shape) % 2).to(dtype)
    arrived = across(tensor)
    assert arrived.dtype == dtype and arrived.shape == tensor.shape and torch.equal(arrived, tensor)


def test_a_tensor_given_twice_arrives_as_one() -> None:
    tensor = torch.ones(3)
    one, other = across((tensor, [tensor]))
    assert one is other[0]


def test_a_parameter_arrives_as_a_leaf_with_its_gradient() -> None:
    parameter = nn.Parameter(torch.arange(3.0))
    parameter.grad = torch.ones(3)
    arrived = across(parameter)
    assert type(arrived) is Tensor and arrived.is_leaf and arrived.requires_grad
    assert torch.equal(arrived, parameter.detach()) and torch.equal(cast(Tensor, arrived.grad), torch.ones(3))


def test_a_tensor_on_the_meta_device_keeps_shape_and_dtype() -> None:
    arrived = across(torch.empty(5, 10**6, dtype=torch.float64, device="meta"))
    assert arrived.is_meta and arrived.shape == (5, 10**6) and arrived.dtype == torch.float64


def test_numpy_numbers_and_torch_dtypes_cross() -> None:
    values = (np.float32(1.5), np.int64(3), np.bool_(True), torch.float64, torch.Size([2, 3]))
    assert across(values) == (1.5, 3, True, torch.float64, (2, 3))


def test_a_subclass_of_tensor_arrives_plain() -> None:
    class Mine(Tensor):
        pass

    assert type(across(torch.ones(2).as_subclass(Mine))) is Tensor


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (torch.zeros(1, dtype=torch.complex64), TypeError),
        (torch.zeros(()).expand(10**12), ValueError),
        (torch.zeros(2, 2).to_sparse(), Exception),
        (2**50_000, ValueError),
        ([0] * (MOST_ITEMS + 1), ValueError),
        ([[()] * 400] * 400, ValueError),
    ],
    ids=["complex", "expanded", "sparse", "integer", "list", "lists"],
)
def test_what_cannot_cross_is_refused_where_it_is_sent(value: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        across(value)


def test_nesting_is_bounded_on_both_sides() -> None:
    value: Any = 1
    for _ in range(MOST_DEPTH):
        value = [value]
    assert equal(across(value), value)
    with pytest.raises(ValueError, match="deep"):
        across([value])
    node: Any = 1
    for _ in range(MOST_DEPTH + 5):
        node = messages.ListNode([node])
    with pytest.raises(ProtocolViolation):
        Incoming(Table(), [], lambda _, t: t).value(node)


def test_the_largest_integer_that_crosses_can_be_printed() -> None:
    largest = 2 ** (4 * messages.MOST_DIGITS) - 1
    assert across(largest) == largest and str(across(-largest))


VIEWS = {
    "transposed": torch.arange(24.0).reshape(2, 3, 4).transpose(0, 2),
    "channels last": torch.arange(120.0).reshape(2, 3, 4, 5).to(memory_format=torch.channels_last),
    "every second": torch.arange(24.0).reshape(4, 6)[:, ::2],
    "expanded": torch.arange(3.0).reshape(3, 1).expand(3, 4),
    "bools": torch.arange(6).reshape(2, 3).T > 2,
}


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_a_view_lies_in_memory_as_it_was_sent(view: Tensor) -> None:
    """Code that works on contiguous tensors alone meets one that is not, and its changes in place are noticed."""
    data = tensors.pack([torch.zeros(2), view])
    plain, arrived = tensors.unpack(data, as_views=True)
    assert torch.equal(arrived, view) and not arrived.is_contiguous() and plain.is_contiguous()
    assert not arrived._is_view() and arrived.is_leaf
    dense = view.numel() == view.untyped_storage().nbytes() // view.element_size()
    assert not dense or arrived.stride() == view.stride()
    assert tensors.changed(data, [plain, arrived]) == set()
    arrived[-1, 0] = ~arrived[-1, 0] if arrived.dtype is torch.bool else -1
    assert tensors.changed(data, [plain, arrived]) == {1}
    assert all(tensor.is_contiguous() for tensor in tensors.unpack(data)), (
        "what a student sends is taken as values"
    )


@pytest.mark.parametrize(
    "layouts",
    [
        "{",
        "[]",
        '{"0": [0]}',
        '{"0": [2, 1, 0]}',
        '{"0": [0, 0, 0]}',
        '{"0": [true, 1, 0]}',
        '{"7": [0, 1, 0]}',
    ],
)
def test_a_layout_that_lies_is_a_violation(layouts: str) -> None:
    good = tensors.pack([torch.arange(6.0).reshape(2, 3).T])
    size = int.from_bytes(good[:8], "little")
    header = json.loads(good[8 : 8 + size])
    header["__metadata__"]["layouts"] = layouts
    text = json.dumps(header).encode()
    forged = len(text).to_bytes(8, "little") + text + good[8 + size :]
    with pytest.raises(ProtocolViolation):
        tensors.unpack(forged, as_views=True)


def test_a_dtypes_name_is_looked_up_in_a_table_and_never_in_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def load(
        name: str,
    ) -> Any:  # torch imports whole packages where it is asked for a name that it does not have
        asked.append(name)
        raise AttributeError(name)

    monkeypatch.setitem(vars(torch), "__getattr__", load)
    for name in ("_inductor", "_dynamo", "onnx", "nn", "no_such", "__loader__"):
        with pytest.raises(ProtocolViolation, match="dtype"):
            Incoming(Table(), [], lambda place, tensor: tensor).value(DtypeNode(name))
    assert not asked
