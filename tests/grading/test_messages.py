"""What a student is told of an exception: its kind and its line, and nothing that could carry a hidden input out."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from autograder.gradebook.feedback import exercise_text
from autograder.grading.assignment import Assignment
from autograder.grading.grade import grade
from autograder.grading.suite import seed_of
from autograder.jail.host.worker import Worker

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


@pytest.mark.parametrize("raised", ["ValueError(str(KEPT))", "type('Holds' + str(KEPT), (Exception,), {})"])
def test_no_input_leaves_by_a_later_cell(raised: str, assignment: Assignment, worker: Worker) -> None:
    """A cell that runs after another exercise's tests cannot tell what those tests asked."""
    double = "KEPT = []\ndef double(x):\n    KEPT.append(x.tolist())\n    return 2 * x"
    content = toy.document(toy.solved(double=double, stats=f"raise {raised}\ndef stats(x): pass"))
    stats = grade(content, assignment, 0, worker).exercise("stats")
    assert toy.SECRET[:4] not in exercise_text(stats)
    assert stats.tests[0].message.startswith("Your cell stopped: ") and "line 1" in stats.tests[0].message


def test_no_input_leaves_by_the_wrong_exception(tmp_path: Path, worker: Worker) -> None:
    """Where another exception was wanted, the text of the one that came is not told."""
    assignment = toy.write(tmp_path, "raising", double="def double(x): raise ValueError")
    (assignment.suite / "test_double.py").write_text(
        "import pytest\nfrom autograder.testing import assert_raises\npytestmark = pytest.mark.exercise('double')\n"
        f"def test_it(student): assert_raises(ValueError, student.double, {toy.SECRET})\n"
    )
    solution = "def double(x): raise type('T' + str(x), (KeyError,), {})(x)"
    double = grade(toy.document(toy.solved(double=solution)), assignment, 0, worker).exercise("double")
    assert double.tests[0].message == "the call should raise ValueError, but raised KeyError."


def test_kind_and_line_are_told(assignment: Assignment, worker: Worker) -> None:
    """An honest mistake is told by the exception's kind and the line it happened in."""
    solution = "def double(x):\n    y = x\n    return y + torch.ones(7, 7, 7)"
    test = grade(toy.document(toy.solved(double=solution)), assignment, 0, worker).exercise("double").tests[0]
    assert test.message == (
        "Your code raised RuntimeError in cell double_solution, line 3: return y + torch.ones(7, 7, 7). Python says: "
        "The size of tensor a (3) must match the size of tensor b (7) at non-singleton dimension 2."
    )


def test_the_cell_that_stopped_is_named_as_the_cause(assignment: Assignment, worker: Worker) -> None:
    """A helper is missing since the cell of the student's own that defines it had raised."""
    helper = "factor = 1 / 0\ndef twice(x):\n    return 2 * x"
    content = toy.with_own_cell(helper, content=toy.solved(double="def double(x):\n    return twice(x)"))
    message = grade(toy.document(content), assignment, 0, worker).exercise("double").tests[0].message
    assert "Python says: name 'twice' is not defined." in message
    assert "The cell of your own, number 2 had stopped: ZeroDivisionError: division by zero" in message


@pytest.mark.parametrize(
    ("solution", "words"),
    [
        ("def double(x): return None", "is None instead of a torch.Tensor. Is a `return` missing?"),
        ("def double(x): return (2 * x).sum(0)", "has shape (3,) instead of (2, 3)"),
    ],
)
def test_an_answer_of_another_kind_is_called_so(
    solution: str, words: str, assignment: Assignment, worker: Worker
) -> None:
    message = (
        grade(toy.document(toy.solved(double=solution)), assignment, 0, worker)
        .exercise("double")
        .tests[0]
        .message
    )
    assert words in message


@pytest.mark.parametrize(
    ("body", "solution", "words"),
    [
        ("student.double(x).sum().backward()", "return (2 * x).detach()", "No gradient flows back"),
        ("assert (student.double(x) - 2 * x).abs().max() < 1", "return torch.ones(7)", "another shape"),
        ("assert student.double(x).sum() < 1e9", "x + x", "gave None"),
        ("y = student.double(x); y['y'] if isinstance(y, dict) else y", "return {'z': x}", "lacks a key"),
        ("assert len(student.double(x)[1]) == 3", "return [x]", "another shape or number of parts"),
    ],
)
def test_what_a_test_stumbles_over_is_told(
    tmp_path: Path, worker: Worker, body: str, solution: str, words: str
) -> None:
    """A missing gradient, a shape, a key: each is called what it is."""
    assignment = toy.write(tmp_path, "stumbling")
    (assignment.suite / "test_double.py").write_text(
        "import pytest\npytestmark = pytest.mark.exercise('double')\n"
        f"def test_it(student, rng):\n    x = rng.randn(2, 3, requires_grad=True)\n    {body}\n"
    )
    content = toy.document(toy.solved(double=f"def double(x):\n    {solution}"))
    assert words in grade(content, assignment, 0, worker).exercise("double").tests[0].message


def test_a_missing_function_is_named(assignment: Assignment, worker: Worker) -> None:
    """A function that was renamed is missed by its name."""
    content = toy.document(toy.solved(double="def doubled(x):\n    return 2 * x"))
    test = grade(content, assignment, 0, worker).exercise("double").tests[0]
    assert test.message == "`double` is not defined in the notebook."


def test_hidden_inputs_depend_on_the_secret_and_the_hidden_test(tmp_path: Path) -> None:
    """Who knows this code and the suite, but not the course's secret, cannot draw a test's inputs; no other file
    matters."""

    def drawn(content: str, secret: str = "one") -> int:
        (tmp_path / "test_double.py").write_text(content)
        marker = SimpleNamespace(args=("double",))
        item = SimpleNamespace(
            name="test_doubles", path=tmp_path / "test_double.py", get_closest_marker=lambda _: marker
        )
        return seed_of(secret, 0, item)[0]  # type: ignore[arg-type]

    first = drawn("one")
    (tmp_path / "test_layer.py").write_text("another exercise's")
    assert first == drawn("one") != drawn("other")
    assert drawn("one", secret="other") != first
