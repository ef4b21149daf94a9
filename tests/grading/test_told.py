"""What a student is told of an exception: its kind and its line, and nothing that could carry a hidden input out."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from autograder.feedback import exercise_text
from autograder.grading.assignment import Assignment
from autograder.grading.grade import grade
from autograder.grading.pytest_session import EVERYTHING
from autograder.grading.suite import SuitePlugin
from autograder.jail.worker import Worker

from . import toy

SMUGGLERS = {
    "in the message": "def double(x):\n    raise ValueError(f'the input holds {x.tolist()}')",
    "in the class's name": "def double(x):\n    raise type('Holds' + str(x.tolist()), (Exception,), {})",
    "in a missing name": "def double(x):\n    raise NameError(str(x.tolist()))",
    "in an unwritten exercise": "def double(x):\n    raise NotImplementedError(str(x.tolist()))",
    "in a warning": "import warnings\ndef double(x):\n    warnings.warn(str(x.tolist()))\n    return x",
    "in the place": "def double(x):\n    exec(compile('1/0', f'<cell {x.tolist()}>', 'exec'))",
}


@pytest.mark.parametrize("solution", SMUGGLERS.values(), ids=SMUGGLERS)
def test_no_input_leaves_by_an_exception(solution: str, assignment: Assignment, worker: Worker) -> None:
    """Whatever a student's code raises, the values it was given are not in the feedback."""
    result = grade(toy.document(toy.solved(double=solution)), assignment, 0, worker)
    double = result.exercise("double")
    assert double.share == 0
    assert toy.SECRET[:4] not in exercise_text(double, result.notes)


def test_kind_and_line_are_told(assignment: Assignment, worker: Worker) -> None:
    """An honest mistake is told by the exception's kind and the line it happened in."""
    solution = "def double(x):\n    y = x\n    return y + torch.ones(7, 7, 7)"
    test = grade(toy.document(toy.solved(double=solution)), assignment, 0, worker).exercise("double").tests[0]
    assert test.message == (
        "Your code raised RuntimeError in cell double_solution, line 3: return y + torch.ones(7, 7, 7)."
    )


def test_a_missing_function_is_named(assignment: Assignment, worker: Worker) -> None:
    """A function that was renamed is missed by its name."""
    content = toy.document(toy.solved(double="def doubled(x):\n    return 2 * x"))
    test = grade(content, assignment, 0, worker).exercise("double").tests[0]
    assert test.message == "`double` is not defined in the notebook."


def test_hidden_inputs_depend_on_the_hidden_test(assignment: Assignment, tmp_path: Path) -> None:
    """Who knows this code and a test's name, but not its file, cannot draw its inputs; no other file matters."""

    def drawn(content: str) -> int:
        (tmp_path / "test_double.py").write_text(content)
        plugin = SuitePlugin(None, assignment, 0, EVERYTHING, {})  # type: ignore[arg-type]
        marker = SimpleNamespace(args=("double",))
        item = SimpleNamespace(
            name="test_doubles", path=tmp_path / "test_double.py", get_closest_marker=lambda _: marker
        )
        return plugin._test_seed(item)  # type: ignore[arg-type]

    first = drawn("one")
    (tmp_path / "test_layer.py").write_text("another exercise's")
    assert first == drawn("one") != drawn("other")
