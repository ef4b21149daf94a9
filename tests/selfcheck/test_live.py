"""The student behind the in-process face: what crosses, how, and what is noticed."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import nn

from selfcheck.compare import Mismatch
from selfcheck.errors import StudentError
from selfcheck.ladder import cpu_limit
from selfcheck.live import LiveStudent


def face(allow_mutation: bool = False, **names) -> LiveStudent:
    return LiveStudent(names, allow_mutation)


def test_a_missing_name_says_what_to_do():
    with pytest.raises(StudentError, match="`conv2d` is not defined: run its cell first"):
        face().conv2d()


def test_gradients_pass_through_a_call():
    x = torch.randn(3, requires_grad=True)
    y = face(square=lambda x: x * x).square(x)
    y.sum().backward()
    torch.testing.assert_close(x.grad, 2 * x.detach())


def test_exceptions_arrive_by_name_with_their_line():
    def f():
        raise KeyError("lost")

    with pytest.raises(StudentError) as caught:
        face(f=f).f()
    assert caught.value.type_names == ("KeyError", "LookupError", "Exception", "BaseException")
    assert caught.value.is_a("LookupError")
    assert "of f" in caught.value.where


@pytest.mark.parametrize("error", [SystemExit(3), RecursionError(), MemoryError()])
def test_leaving_is_a_failure_like_any_other(error):
    def f():
        raise error

    with pytest.raises(StudentError) as caught:
        face(f=f).f()
    assert caught.value.is_a(type(error).__name__)


def test_an_exception_whose_text_raises():
    class Bad(Exception):
        def __str__(self):
            raise RuntimeError

    def f():
        raise Bad

    with pytest.raises(StudentError) as caught:
        face(f=f).f()
    assert caught.value.is_a("Bad")


def test_a_change_in_place_is_noticed_and_kept_from_the_caller():
    x = torch.zeros(3)
    with pytest.raises(Mismatch, match="changes argument 1 in place"):
        face(f=lambda x: x.add_(1)).f(x)
    assert not x.any()
    with pytest.raises(Mismatch, match="changes `xs` in place"):
        face(f=lambda xs: xs[1].mul_(2)).f(xs=[torch.ones(1), torch.ones(1)])


def test_a_list_or_dictionary_changed_in_place_is_noticed():
    for change in (list.pop, list.reverse, lambda xs: xs[0].update(a=2)):
        with pytest.raises(Mismatch, match="changes argument 1 in place"):
            face(f=change).f([{"a": 1}, 2])
    face(f=lambda xs: list(xs).reverse()).f([{"a": 1}, 2])
    face(allow_mutation=True, f=list.pop).f([1])


def test_a_change_in_place_is_mirrored_where_allowed():
    x = torch.zeros(3)
    face(allow_mutation=True, f=lambda x: x.add_(1)).f(x)
    assert x.tolist() == [1, 1, 1]


def test_modules_are_handles_with_snapshots():
    layer = face(Layer=lambda: nn.Linear(2, 3)).Layer()
    before = layer.state_dict()
    layer(torch.ones(4, 2)).sum().backward()
    gradients = {name: p.grad for name, p in layer.named_parameters()}
    assert gradients["bias"].tolist() == [4, 4, 4]
    layer.load_state_dict({"weight": torch.zeros(3, 2), "bias": torch.ones(3)})
    assert before["weight"].any() and not layer.weight.any()
    layer.zero_grad()
    assert all(p.grad is None for p in layer.parameters())
    assert layer.eval().training is False


def test_objects_pass_back_to_the_student_as_themselves():
    seen: list[object] = []
    student = face(make=nn.ReLU, use=seen.append)
    student.use(student.make())
    assert type(seen[0]) is nn.ReLU


def test_a_generator_keeps_its_seed_and_is_not_advanced():
    generator = torch.Generator().manual_seed(5)
    draw = face(draw=lambda g: torch.rand(2, generator=g)).draw
    assert torch.equal(draw(generator), draw(generator))
    assert torch.equal(torch.rand(2, generator=generator), draw(torch.Generator().manual_seed(5)))


def test_an_endless_iterator_ends():
    with pytest.raises(StudentError, match="more than"):
        list(face(count=itertools.count).count())
    assert list(face(gen=lambda: (i * i for i in range(4))).gen()) == [0, 1, 4, 9]


def test_an_endless_loop_ends_even_where_the_student_catches_everything():
    def f():
        while True:
            try:
                while True:
                    pass
            except Exception:
                pass

    with pytest.raises(StudentError, match="took more than 0.1 seconds"), cpu_limit(0.1):
        face(f=f).f()
