"""What our own solutions answer is computed once, kept whole or not at all, and never takes for ever."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import torch

from autograder.grading.answers import Answers
from autograder.grading.replaying import Replay, fit, observed

DOUBLE = "import torch\ndef double(x): return 2 * x\n"
NET = """
import torch
class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.{one}, self.{two} = torch.nn.Linear(3, 4), torch.nn.Linear(4, 2)
    def forward(self, x):
        return self.{two}(self.{one}(x){activation})
"""


def replay(function: Any, seconds: float = 10.0, seed: int = 5) -> Replay:
    return Replay("test", function, seed, False, (), failed=False, seconds=seconds, source="a test")


def doubles(student: Any, rng: Any) -> None:
    x = rng.randn(3)
    assert torch.equal(student.double(x), 2 * x), "it is not doubled"


def test_an_answer_is_computed_once_and_kept_on_disk(tmp_path: Path) -> None:
    first = Answers([], tmp_path)
    answer = first.of(DOUBLE, replay(doubles))
    assert not answer.failed and first.of(DOUBLE, replay(doubles)) == answer and first.replays == 1
    second = Answers([], tmp_path)
    assert second.of(DOUBLE, replay(doubles)) == answer and second.replays == 0
    wrong = second.of(DOUBLE.replace("2", "3"), replay(doubles))
    assert wrong.failed and wrong.message.startswith("it is not doubled") and second.replays == 1
    for other in (replay(doubles, seed=6), Replay("other", doubles, 5, False, (), False, source="a test")):
        second.of(DOUBLE, other)
    assert second.replays == 3, "another seed and another test are asked anew"


@pytest.mark.parametrize("damage", [b"", b"\x00" * 40, None])
def test_a_damaged_file_is_computed_again(tmp_path: Path, damage: bytes | None) -> None:
    answer = Answers([], tmp_path).of(DOUBLE, replay(doubles))
    (file,) = tmp_path.rglob("*.msgpack")
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2] if damage is None else damage)
    again = Answers([], tmp_path)
    assert again.of(DOUBLE, replay(doubles)) == answer and again.replays == 1
    assert file.read_bytes() == content and not list(tmp_path.rglob(".writing-*"))


def test_where_nothing_can_be_kept_answers_are_computed(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    answers = Answers([], tmp_path / "file")
    assert not answers.of(DOUBLE, replay(doubles)).failed


def test_what_a_solution_keeps_does_not_reach_the_next_replay() -> None:
    """Answers must not depend on which tests were asked before."""
    counting = "calls = []\ndef double(x):\n    calls.append(1)\n    return len(calls) * 2 * x\n"
    answers = Answers([])
    assert [answers.of(counting, replay(doubles, seed=seed)).failed for seed in range(3)] == [False] * 3


def test_a_solution_that_never_ends_is_stopped() -> None:
    answers, start = Answers([]), time.process_time()
    endless = "def double(x):\n    while True:\n        pass\n"
    answer = answers.of(endless, replay(doubles, seconds=0.5))
    # Every solution of ours gets five seconds at least.
    assert answer.failed and answer.stopped and time.process_time() - start < 15
    assert not answers.of(DOUBLE, replay(doubles)).stopped


def predicts(student: Any, rng: Any) -> None:
    student.Net()(rng.randn(5, 3))


def test_networks_are_compared_with_the_students_weights(tmp_path: Path) -> None:
    """Drawn in another order and under other names, the weights are the student's all the same."""
    answers = Answers([], tmp_path)
    student = "import torch\ntorch.rand(3)\n" + NET.format(one="first", two="second", activation="")
    student = student.replace("super().__init__()", "super().__init__(); torch.rand(7)")
    seen = observed(answers.namespace(student), replay(predicts))
    assert [name for name, _ in seen.weights[0]] == [
        "first.weight",
        "first.bias",
        "second.weight",
        "second.bias",
    ]
    same = answers.of(NET.format(one="a", two="b", activation=""), seen)
    other = answers.of(NET.format(one="a", two="b", activation=".tanh()"), seen)
    assert same.fitted and same.trace[-1] == seen.trace[-1] != other.trace[-1]
    alone = answers.of(NET.format(one="a", two="b", activation=""), replay(predicts))
    assert alone.trace[-1] != seen.trace[-1], "without the student's weights they are others"


@pytest.mark.parametrize("drawn", [0, 3])
def test_what_a_test_draws_for_itself_is_not_the_solutions_chance(drawn: int) -> None:
    """A solution draws on from its own last number, as it does in a process of its own, in callbacks too."""
    noise = "import torch\ndef double(x, f): return 2 * f(x) + torch.randn(())\n"

    def draws(student: Any, rng: Any) -> None:
        torch.rand(drawn)

        def same(x: Any) -> Any:
            torch.rand(drawn)
            return x

        student.double(rng.randn(3), same), torch.rand(drawn), student.double(rng.randn(3), same)

    def plain(student: Any, rng: Any) -> None:
        student.double(rng.randn(3), lambda x: x), student.double(rng.randn(3), lambda x: x)

    answers = Answers([])
    wanted = answers.of(noise, Replay("plain", plain, 5, False, (), False, source="plain"))
    found = answers.of(noise, Replay("draws", draws, 5, False, (), False, source=f"draws {drawn}"))
    numbers = [event.value for event in found.trace if event.kind == "answered"]
    assert numbers and numbers == [event.value for event in wanted.trace if event.kind == "answered"]
    assert found.chance and wanted.chance
    still = answers.of(noise.replace("torch.randn(())", "1"), replay(draws))
    assert not still.chance, "the draws of the test are not the solution's"


def learns(student: Any, rng: Any) -> None:
    student.Net(), student.learn(rng.randn(5, 3))


def test_what_a_network_learned_of_data_is_an_answer_and_no_start(tmp_path: Path) -> None:
    answers = Answers([], tmp_path)
    source = (
        NET.format(one="a", two="b", activation="")
        + """

def learn(x):
    network = Net()
    with torch.no_grad():
        network.a.weight.fill_({value})
    return network
"""
    )
    seen = observed(answers.namespace(source.replace("{value}", "7.0")), replay(learns))
    assert len(seen.weights) == 1
    assert all(not torch.any(value == 7.0) for _, value in seen.weights[0])


def test_weights_fit_by_name_by_shape_and_transposed() -> None:
    one, two, turned = torch.randn(2, 3), torch.randn(2, 3), torch.randn(3, 4)
    assert fit((("b", two), ("a", one)), (("a", one), ("b", two))) == {"a": one, "b": two}
    found = fit((("p", one), ("q", two), ("r", turned.T)), (("x", one), ("y", turned), ("z", two)))
    assert found["p"] is one and found["q"] is two and torch.equal(found["r"], turned.T)
    assert fit((("p", one),), (("x", torch.randn(5)),)) == {}


def test_whether_chance_had_a_part_is_known() -> None:
    """Where it has, two right solutions answer differently, and so do two with the same mistake."""

    def handed(student: Any, rng: Any) -> None:
        student.double(rng.generator().initial_seed())

    answers = Answers([])
    assert not answers.of(DOUBLE, replay(doubles)).chance
    assert answers.of("import torch\ndef double(x): return x + torch.rand(3)\n", replay(doubles)).chance
    assert answers.of(DOUBLE, Replay("handed", handed, 5, False, (), failed=False)).chance
