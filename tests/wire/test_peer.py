"""A call across the boundary behaves like a call in one process."""

from __future__ import annotations

import gc
from typing import Any

import pytest
import torch
from torch import nn

from autograder.wire.handles import MOST_ITEMS, EndlessIterator
from autograder.wire.peer import ArgumentChanged
from selfcheck.errors import StudentError

from .conftest import Pair
from .notebook import gradient_penalty


def randn(*shape: int, dtype: torch.dtype = torch.float32, seed: int = 0) -> Any:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype).requires_grad_()


# Values and calls ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.int64, torch.bool])
def test_tensors_of_every_kind_come_back_equal(pair: Pair, dtype: torch.dtype) -> None:
    x = torch.tensor([[0, 1], [1, 0]]).to(dtype)
    got = pair.student.same(x)
    assert got.dtype == dtype and torch.equal(got, x)


def test_several_outputs_and_any_argument_name(pair: Pair) -> None:
    x = randn(4)
    got = pair.student.kinds(x, target=1, op="op", peer=(2,), self=None)
    assert list(got) == ["x2", "pair", "named", "flag"] and got["named"] == [1, "op", (2,), None]
    assert torch.equal(got["flag"], x > 0) and int(got["pair"][1]) == int(x.argmax())
    (got["x2"].sum() + got["pair"][0]).backward()
    assert torch.equal(x.grad, torch.full((4,), 3.0))


def test_plain_values_are_read_as_they_are(pair: Pair) -> None:
    assert pair.student.constants == {"pi": 3.14, "sizes": (1, 2), "names": ["a", "b"], 3: None}
    assert pair.student.big == 2**200


def test_an_argument_given_twice_is_one_object_there(pair: Pair) -> None:
    x, model = randn(2), pair.student.Linear(2, 1)
    assert pair.student.is_same(x, x) and not pair.student.is_same(x, x.clone())
    assert pair.student.is_same(model, model) and pair.student.same(model) is model


def test_views_and_expanded_tensors_as_arguments_and_results(pair: Pair) -> None:
    for x in (randn(3, 4).t(), randn(1, 4).expand(3, 4), randn(6)[::2], randn(0, 3), randn()):
        assert torch.equal(pair.student.same(x), x)


def test_grad_mode_crosses(pair: Pair) -> None:
    assert pair.student.grad_enabled() is True
    with torch.no_grad():
        assert pair.student.grad_enabled() is False
        assert not pair.student.cubed(randn(2)).requires_grad


# Gradients -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["pair", "apart"])
def test_gradcheck_first_and_second_order(request: pytest.FixtureRequest, place: str) -> None:
    student = request.getfixturevalue(place).student
    x, w = randn(1, 2, 4, 3, dtype=torch.float64), randn(3, 2, 2, 2, dtype=torch.float64, seed=1)
    assert torch.autograd.gradcheck(student.conv2d, (x, w))
    assert torch.autograd.gradgradcheck(student.conv2d, (x, w))


def test_double_backward_and_a_retained_graph(pair: Pair) -> None:
    x = randn(5, dtype=torch.float64)
    y = pair.student.cubed(x).sum()
    (first,) = torch.autograd.grad(y, x, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), x, retain_graph=True)
    (again,) = torch.autograd.grad(first.sum(), x)
    torch.testing.assert_close(first, 3 * x**2)
    torch.testing.assert_close(second, 6 * x)
    torch.testing.assert_close(again, second)


def test_a_graph_is_used_up_as_in_one_process(pair: Pair) -> None:
    x = randn(3)
    y = pair.student.cubed(x).sum()
    y.backward(retain_graph=True)
    y.backward()
    torch.testing.assert_close(x.grad, 6 * x.detach() ** 2)
    with pytest.raises(RuntimeError, match="second time"):
        y.backward()


def test_an_output_that_is_an_input_passes_its_gradient(pair: Pair) -> None:
    x = randn(3)
    (pair.student.same(x) * 2 + pair.student.same((x, x))[1]).sum().backward()
    torch.testing.assert_close(x.grad, torch.full((3,), 3.0))


def test_gradients_reach_the_parameters_there_and_the_inputs_here(apart: Pair) -> None:
    x, local = randn(2, 3, 4, 4), nn.BatchNorm2d(3)
    remote = apart.student.BatchNorm(3)
    remote.load_state_dict(local.state_dict())
    mask = randn(2, 3, 4, 4, seed=1).detach()
    (remote(x) * mask).sum().backward()
    got, x.grad = x.grad, None
    (local(x) * mask).sum().backward()
    torch.testing.assert_close(got, x.grad)
    for (name, mine), (other, theirs) in zip(
        local.named_parameters(), remote.named_parameters(), strict=True
    ):
        assert name == other and theirs.requires_grad
        torch.testing.assert_close(theirs.grad, mine.grad)
    assert torch.equal(dict(remote.named_buffers())["running_mean"], local.get_buffer("running_mean"))
    remote.zero_grad()
    assert all(parameter.grad is None for parameter in remote.parameters())


def test_modules_answer_like_modules(pair: Pair) -> None:
    model = pair.student.Linear(3, 2)
    assert model.training is True and model.eval() is model and model.training is False
    model.train()
    assert model.training is True and model.weight.shape == (2, 3) and len(list(model.parameters())) == 2
    state = {name: torch.ones_like(value) for name, value in model.state_dict().items()}
    model.load_state_dict(state)
    assert torch.equal(model(torch.ones(1, 3)), torch.full((1, 2), 4.0))
    with pytest.raises(StudentError) as caught:
        model.load_state_dict({})
    assert caught.value.is_a("RuntimeError")


def test_a_model_without_inputs_that_require_grad_still_trains(pair: Pair) -> None:
    model = pair.student.Linear(2, 1)
    model(torch.ones(3, 2)).sum().backward()
    assert torch.equal(model.weight.grad, torch.full((1, 2), 3.0))


def test_asking_for_the_gradient_of_an_input_leaves_none_in_the_parameters_there(pair: Pair) -> None:
    model, x = pair.student.Linear(3, 1), randn(2, 3)
    (slope,) = torch.autograd.grad(model(x).sum(), x)
    torch.testing.assert_close(slope, model.weight.detach().expand(2, 3))
    (again,) = torch.autograd.grad(model(x).sum(), x, create_graph=True)
    torch.testing.assert_close(again.detach(), slope)
    model(x).sum().backward(inputs=[x])
    torch.testing.assert_close(x.grad, slope)
    assert all(parameter.grad is None for parameter in model.parameters())
    for _ in range(2):
        model(x).sum().backward()
    torch.testing.assert_close(model.bias.grad, torch.tensor([4.0]))


def test_a_students_gradient_through_a_callback_accumulates_where_backward_is_called_alone(
    pair: Pair,
) -> None:
    critic, x = nn.Linear(3, 1), randn(2, 3)
    want = critic.weight.detach().expand(2, 3)
    torch.testing.assert_close(pair.student.slope(critic, x), want)
    assert critic.weight.grad is None and critic.bias.grad is None and x.grad is None
    torch.testing.assert_close(pair.student.slope_by_backward(critic, x), want)
    torch.testing.assert_close(critic.bias.grad, torch.tensor([2.0]))


# Iterators, callbacks, generators ----------------------------------------------------------------------------------


def test_iterators_end_or_are_cut(pair: Pair) -> None:
    assert list(pair.student.count(5)) == [0, 1, 2, 3, 4]
    with pytest.raises(EndlessIterator, match=str(MOST_ITEMS)):
        list(pair.student.count())


def test_a_gradient_penalty_through_a_critic_of_the_test(pair: Pair) -> None:
    torch.manual_seed(0)
    critic, x = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 1)), randn(5, 4)
    got = pair.student.penalty(critic, x)
    got.backward()
    gradients, x_grad, x.grad = [p.grad for p in critic.parameters()], x.grad, None
    critic.zero_grad()
    want = gradient_penalty(critic, x)
    want.backward()
    torch.testing.assert_close(got, want)
    torch.testing.assert_close(x_grad, x.grad)
    for mine, parameter in zip(gradients, critic.parameters(), strict=True):
        torch.testing.assert_close(mine, parameter.grad)


def test_callbacks_may_call_back(pair: Pair) -> None:
    def factorial(n: int) -> int:
        return 1 if n <= 1 else n * pair.student.apply(factorial, n - 1)

    assert pair.student.apply(factorial, 8) == 40320


def test_a_callback_that_raises_reveals_nothing(pair: Pair) -> None:
    def secret(x: object) -> None:
        raise ValueError("the hidden value is 41.5")

    with pytest.raises(StudentError) as caught:
        pair.student.apply(secret, 1)
    assert "41.5" not in str(caught.value) and "hidden" not in str(caught.value)
    assert pair.student.same(3) == 3


def test_what_a_test_gave_can_only_be_called(pair: Pair) -> None:
    class Secretive:
        answer = 42

        def __call__(self) -> int:
            return 1

    given = Secretive()
    assert pair.student.apply(given) == 1
    for operation in ("getattr", "getitem", "iter", "listed"):
        assert operation not in pair.peer._operations


def test_what_a_test_gave_is_as_any_function_in_all_else(pair: Pair) -> None:
    """Code that asks a model whether it has `eval` is honest: it gets the answer of a function, and may go on."""
    asked = [False] * 3 + ["TypeError"] * 3 + ["AttributeError"] * 2
    assert pair.student.look_at(lambda n: n + 1) == [*asked, 3, 4]


def test_a_seeded_generator_is_one_stream(pair: Pair) -> None:
    generator, local = torch.Generator().manual_seed(7), torch.Generator().manual_seed(7)
    for n in (3, 4):
        assert torch.equal(pair.student.draw(generator, n), torch.randn(n, generator=local))
    assert torch.equal(
        pair.student.draw(torch.Generator().manual_seed(7)), torch.randn(3, generator=local.manual_seed(7))
    )
    generator.manual_seed(8)
    assert torch.equal(pair.student.draw(generator), torch.randn(3, generator=local.manual_seed(8)))
    large = 2**64 - 3
    generator, local = torch.Generator().manual_seed(large), torch.Generator().manual_seed(large)
    assert torch.equal(pair.student.draw(generator), torch.randn(3, generator=local))


# In-place changes --------------------------------------------------------------------------------------------------


def test_a_change_in_place_is_noticed_or_mirrored(pair: Pair) -> None:
    x = torch.zeros(3)
    with pytest.raises(ArgumentChanged):
        pair.student.add_in_place(x)
    assert torch.equal(x, torch.zeros(3))
    pair.peer.mirror = True
    assert torch.equal(pair.student.add_in_place(x), torch.ones(3)) and torch.equal(x, torch.ones(3))
    view = torch.zeros(2, 3)
    pair.student.add_in_place(view[:, 1])
    assert torch.equal(view, torch.tensor([[0.0, 1, 0], [0, 1, 0]]))


@pytest.mark.parametrize("way", ["pop", "reverse", "replace", "deep", "dict"])
def test_a_list_or_dictionary_that_no_longer_holds_what_it_held_is_noticed(pair: Pair, way: str) -> None:
    given = [[1, 2], {"key": 3}, torch.zeros(2)]
    with pytest.raises(ArgumentChanged, match="lists or dictionaries"):
        pair.student.rearrange(given, way)
    assert given[:2] == [[1, 2], {"key": 3}]
    pair.student.rearrange(given, "nothing")
    pair.peer.mirror = True
    pair.student.rearrange(given, way)


@pytest.mark.parametrize("way", ["data", "detached", "numpy", "without_grad", "copied", "exchanged"])
def test_a_change_past_the_version_counter_is_noticed(pair: Pair, way: str) -> None:
    x = torch.zeros(2, 3, requires_grad=True)
    with pytest.raises(ArgumentChanged):
        pair.student.change(x, way)
    assert torch.equal(x, torch.zeros(2, 3))


def test_what_is_only_read_is_not_changed(pair: Pair) -> None:
    kinds = [torch.tensor(2.0), torch.zeros(0, 3), torch.tensor([True]), torch.full((2,), float("nan"))]
    kinds += [torch.arange(3), torch.ones(2, dtype=torch.bfloat16), -torch.zeros(2)]
    for tensor in kinds:
        pair.student.change(tensor, "nothing")


def test_another_shape_in_place_is_an_error_of_the_code(pair: Pair) -> None:
    with pytest.raises(StudentError, match="another shape"):
        pair.student.change(torch.zeros(3), "reshaped")
    pair.student.change(torch.zeros(3), "nothing")


# Errors ------------------------------------------------------------------------------------------------------------


def test_an_exception_arrives_with_its_types_and_text(pair: Pair) -> None:
    with pytest.raises(StudentError) as caught:
        pair.student.fail("too small")
    assert caught.value.type_names[:2] == ("ValueError", "Exception") and caught.value.message == "too small"
    with pytest.raises(StudentError) as caught:
        _ = pair.student.missing
    assert caught.value.is_a("AttributeError")


@pytest.mark.parametrize(
    ("how", "name"),
    [
        ("hostile text", "HostileText"),
        ("nameless", "Exception"),
        ("exit", "SystemExit"),
        ("interrupt", "KeyboardInterrupt"),
        ("recursion", "RecursionError"),
        ("surrogate", "ValueError"),
        ("long", "ValueError"),
        ("syntax", "SyntaxError"),
    ],
)
def test_no_exception_is_too_odd_to_arrive(pair: Pair, how: str, name: str) -> None:
    with pytest.raises(StudentError) as caught:
        pair.student.fail_as(how)
    assert caught.value.is_a(name) and len(caught.value.message) <= 2000
    assert pair.student.same(1) == 1


@pytest.mark.parametrize(
    "ask",
    [
        lambda student: student.enormous(),
        lambda student: student.many_tensors(),
        lambda student: student.complex_(),
        lambda student: student.nested(100),
        lambda student: student.itself(),
        lambda student: student.long_text,
        lambda student: student.long_list,
        lambda student: student.too_big,
        lambda student: student.lone_surrogate,
    ],
    ids=["enormous", "many", "complex", "nested", "itself", "text", "list", "integer", "surrogate"],
)
def test_what_cannot_cross_back_is_the_students_error(pair: Pair, ask: Any) -> None:
    with pytest.raises(StudentError):
        ask(pair.student)
    assert pair.student.same(1) == 1


# Upkeep ------------------------------------------------------------------------------------------------------------


def test_nothing_piles_up_on_the_other_side(pair: Pair) -> None:
    x, w = randn(1, 1, 3, 3), randn(1, 1, 2, 2, seed=1)
    f = pair.student.conv2d
    for _ in range(2000):
        f(x, w).sum().backward()
    for _ in range(200):
        pair.student.Linear(2, 2).eval()
    gc.collect()
    pair.student.same(None)
    assert pair.remote is not None
    assert (
        len(pair.remote._graphs._graphs) < 5
        and len(pair.remote._exports) < 20
        and pair.remote._graphs._bytes < 10_000
    )
