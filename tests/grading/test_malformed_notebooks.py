"""A submission that is spoilt in one place loses there, with a verdict that says why, and nowhere else."""

from __future__ import annotations

import copy
import time

import pytest
import torch

from autograder.course import SubmissionError
from autograder.grading.assignment import Assignment
from autograder.grading.parse_notebook import parse
from autograder.grading.result import Result, Verdict
from autograder.grading.run_order import run_order
from autograder.grading.session import Session
from autograder.jail.host.worker import Worker
from autograder.wire.frames import PeerGone

from . import toy
from .conftest import Grade

FULL = {"double": 5.0, "stats": 4.0, "layer": 3.0}


def scores(result: Result) -> dict[str, float]:
    return {exercise.id: exercise.score for exercise in result.exercises}


def only_double_lost(result: Result, verdict: Verdict, says: str = "") -> None:
    assert scores(result) == {**FULL, "double": 0.0}, [t for e in result.exercises for t in e.tests]
    double = result.exercise("double")
    assert double.verdict is verdict and double.fault == ""
    assert says in double.tests[0].message, double.tests[0].message
    assert all(toy.SECRET not in test.message for test in double.tests)


def test_the_reference_gets_everything_and_the_skeleton_nothing(each_worker: Worker, graded: Grade) -> None:
    full = graded(toy.solved(), worker=each_worker)
    assert scores(full) == FULL and full.notes == () and full.jail.backend == each_worker.backend.name
    nothing = graded(toy.skeleton(), worker=each_worker)
    assert nothing.score == 0 and nothing.points == 12
    assert {e.verdict for e in nothing.exercises} == {Verdict.FAILED}, "not the grader's fault"


# One exercise's own mistakes --------------------------------------------------------------------------------

CALLS = {
    "hang": ("while True: pass", Verdict.TIMEOUT, "in time"),
    "sleep": ("import time; time.sleep(1000)", Verdict.TIMEOUT, "in time"),
    "exit": ("import os; os._exit(0)", Verdict.CRASHED, "before it answered"),
    "segfault": ("import ctypes; ctypes.string_at(0)", Verdict.CRASHED, "signal 11"),
    "memory": ("hog = [torch.empty(2**27) for _ in range(1000)]; return x", Verdict.OUT_OF_MEMORY, "memory"),
    "a large list": ("return [0] * 10**10", Verdict.OUT_OF_MEMORY, "memory"),
    "threads": (
        "import threading, time; threading.stack_size(2**16)\n"
        "    for _ in range(500): threading.Thread(target=time.sleep, args=(9,)).start()\n"
        "    time.sleep(1)",
        Verdict.CRASHED,
        "threads",
    ),
    "fork": ("import os\n    while True: os.fork()", Verdict.FAILED, "PermissionError"),
    "kill": (
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
        Verdict.CRASHED,
        "before it answered",
    ),
    "close the connection": (
        "import os; os.closerange(3, 99); return 2 * x",
        Verdict.CRASHED,
        "before it answered",
    ),
    "sys.exit": ("import sys; sys.exit(0)", Verdict.FAILED, "SystemExit"),
    "deep recursion": ("return double(x)", Verdict.FAILED, "RecursionError"),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_call_that_goes_wrong(graded: Grade, name: str) -> None:
    body, verdict, says = CALLS[name]
    only_double_lost(graded(toy.solved(double=f"def double(x):\n    {body}\n")), verdict, says)


@pytest.mark.parametrize("name", ["hang", "exit", "segfault"])
def test_a_call_that_goes_wrong_in_the_other_jail(graded: Grade, each_worker: Worker, name: str) -> None:
    body, verdict, says = CALLS[name]
    result = graded(toy.solved(double=f"def double(x):\n    {body}\n"), worker=each_worker)
    only_double_lost(result, verdict, says)


CELLS = {
    "hang": ("while True: pass", Verdict.TIMEOUT, "in time"),
    "exit": ("import os; os._exit(7)", Verdict.CRASHED, "exit code 7"),
    "segfault": ("import ctypes; ctypes.string_at(0)", Verdict.CRASHED, "signal 11"),
    "syntax": ("def double(x:\n    return", Verdict.FAILED, "SyntaxError"),
    "raises": ("1 / 0\ndef double(x): return 2 * x", Verdict.FAILED, "ZeroDivisionError"),
    "missing": ("pass", Verdict.FAILED, "`double` is not defined"),
    "renamed": ("def Double(x): return 2 * x", Verdict.FAILED, "`double` is not defined"),
    "deleted": ("del torch, check", Verdict.FAILED, "`double` is not defined"),
    "no function": ("double = 3", Verdict.FAILED, ""),
}


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_that_goes_wrong(graded: Grade, name: str) -> None:
    source, verdict, says = CELLS[name]
    content = toy.solved(double=source, layer="import torch\n" + toy.LAYER)
    only_double_lost(graded(content), verdict, says)


RETURNS = {
    "None": ("None", "None"),
    "another dtype": ("(2 * x).double()", "float64"),
    "NaN": ("2 * x * float('nan')", "NaN"),
    "another shape": ("(2 * x)[None]", "shape"),
    "a list": ("(2 * x).tolist()", "list"),
    "numpy": ("(2 * x).detach().numpy()", ""),
    "a generator": ("(v for v in x)", ""),
    "a module": ("torch.nn.Identity()", ""),
    "a huge tensor": ("torch.zeros(2**25 + 1, dtype=torch.float64)", "too large"),
    "an endless view": ("x.sum().expand(10**12)", "too large"),
    "complex numbers": ("(2 * x).to(torch.complex64)", "complex numbers"),
    "sparse": ("(2 * x).to_sparse()", ""),
    "a meta tensor": ("x.to('meta')", ""),
    "a deep list": ("eval('[' * 80 + ']' * 80)", "deep"),
    "itself": ("double", ""),
}


@pytest.mark.parametrize("name", RETURNS)
def test_an_answer_that_is_no_answer(graded: Grade, name: str) -> None:
    expression, says = RETURNS[name]
    only_double_lost(
        graded(toy.solved(double=f"def double(x):\n    return {expression}\n")), Verdict.FAILED, says
    )


RIGHT = {
    "a view": "(2 * x).t().contiguous().t()",
    "expanded": "(2 * x)[None].expand(4, *x.shape)[1]",
    "a subclass": "(2 * x).as_subclass(type('Mine', (torch.Tensor,), {}))",
    "a parameter's product": "x * torch.nn.Parameter(torch.tensor(2, dtype=x.dtype))",
}


@pytest.mark.parametrize("name", RIGHT)
def test_an_unusual_right_answer_is_right(graded: Grade, name: str) -> None:
    assert graded(toy.solved(double=f"def double(x):\n    return {RIGHT[name]}\n")).score == 12


# Habits that are nobody's mistake ---------------------------------------------------------------------------

HABITS = {
    "prints": "import sys, warnings\nprint('x' * 10**6)\nprint('!', file=sys.stderr)\nwarnings.warn('careful')",
    "a gigabyte of output": "for _ in range(1024): print('x' * 2**20)",
    "magics": "%matplotlib inline\n%time 1 + 1\n%load_ext autoreload\n%autoreload 2\n"
    "!ls\n%pip install torch\nfiles = !ls",
    "await": "import asyncio\nawait asyncio.sleep(0.01)\nasyncio.get_event_loop_policy()",
    "loader": "from torch.utils.data import DataLoader\n"
    "assert len(list(DataLoader(range(10), batch_size=2, num_workers=2, persistent_workers=True))) == 5",
    "seeds": "torch.manual_seed(0); torch.use_deterministic_algorithms(True); torch.set_grad_enabled(False)",
    "monkeypatch": "import pytest, builtins\ntorch.allclose = torch.equal = lambda *a, **k: True\n"
    "torch.Tensor.__eq__ = lambda *a: True\nbuiltins.abs = lambda x: 0",
    "a figure": "import matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.show(); plt.savefig('here.png')",
    "other checks": "def check(*_): raise SystemExit",
    "shows a value": "_ = 3\n_",
    "a file": "open('data.txt', 'w').write('1'); assert open('data.txt').read() == '1'",
    "raises": "raise RuntimeError('an experiment that failed')",
    "a thread": "import threading\nthreading.Thread(target=print, args=('x',)).start()",
    "exits": "exit()",
}


@pytest.mark.parametrize("name", HABITS)
def test_a_cell_of_their_own_costs_nothing(graded: Grade, name: str) -> None:
    result = graded(toy.with_own_cell(HABITS[name]))
    assert scores(result) == FULL, [t.message for e in result.exercises for t in e.tests]


@pytest.mark.parametrize("name", ["magics", "await", "loader"])
def test_habits_inside_a_solution_cell(graded: Grade, each_worker: Worker, name: str) -> None:
    result = graded(toy.solved(double=f"{HABITS[name]}\n{toy.DOUBLE}"), worker=each_worker)
    assert scores(result) == FULL, [t.message for e in result.exercises for t in e.tests]


def test_a_default_dtype_stays_in_the_notebook(graded: Grade) -> None:
    result = graded(toy.with_own_cell("torch.set_default_dtype(torch.float64)"))
    assert result.exercise("double").score == 5 and result.exercise("stats").score == 4
    assert torch.get_default_dtype() == torch.float32 and torch.is_grad_enabled()


def test_monkeypatching_does_not_make_wrong_code_right(graded: Grade) -> None:
    wrong = toy.solved(double="def double(x): return 3 * x")
    only_double_lost(graded(toy.with_own_cell(HABITS["monkeypatch"], content=wrong)), Verdict.FAILED)


LEFTOVERS = {
    "ends later": "import os, threading; threading.Timer(0.3, os._exit, (3,)).start(); return 2 * x",
    "computes on": "import threading\n    def on():\n        while True: pass\n"
    "    threading.Thread(target=on).start(); return 2 * x",
    "ends at once": "import os, threading; threading.Timer(0.01, os._exit, (3,)).start(); return 2 * x",
}


@pytest.mark.parametrize("name", LEFTOVERS)
def test_what_a_call_leaves_running_costs_no_other_exercise(
    worker: Worker, assignment: Assignment, name: str
) -> None:
    document = toy.document(toy.solved(double=f"def double(x):\n    {LEFTOVERS[name]}\n"))
    session = Session(worker, run_order(assignment, parse(document)))
    assert (student := session.student("double")) is not None
    session.begin(0, 1.0, False)
    assert student.double(2) == 4
    for exercise, ask in (("stats", lambda s: s.stats(torch.ones(3))), ("layer", lambda s: s.Scale(2))):
        time.sleep(0.1)
        assert (student := session.student(exercise)) is not None
        session.begin(0, 1.0, False)
        time.sleep(0.3)
        ask(student)
        assert session.fault() is None
    session.close()


@pytest.mark.parametrize("source", ["import os; os._exit(1)", "while True: pass"])
def test_a_cell_of_their_own_that_ends_the_process_is_left_out(graded: Grade, source: str) -> None:
    result = graded(toy.with_own_cell(source))
    assert scores(result) == FULL and "left out" in result.notes[0]


def test_cells_of_their_own_cannot_hold_the_grader_for_ever(
    graded: Grade, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autograder.grading.session.CELLS_SECONDS", 3.0)
    monkeypatch.setattr("autograder.grading.session.CELL_SECONDS", 0.2)
    content = toy.solved()
    for _ in range(30):
        content = toy.with_own_cell("while True: pass", before="stats_solution", content=content)
    result = graded(content)
    assert result.exercise("double").score == 5
    assert result.exercise("stats").verdict is Verdict.TIMEOUT and result.measured is not None
    assert result.measured.seconds < 30 and len(result.notes) < 40


def test_half_characters_in_a_source_are_the_students_own(graded: Grade) -> None:
    result = graded(toy.with_own_cell("text = '\ud800'"))
    assert scores(result) == FULL
    broken = graded(toy.solved(double="raise ValueError('\\ud800')"))
    only_double_lost(broken, Verdict.FAILED, "ValueError")


# Cells moved, copied, removed, forged -----------------------------------------------------------------------


def edited(change: object) -> toy.Notebook:
    content = copy.deepcopy(toy.solved())
    assert callable(change)
    change(content)
    return content


def remove(*ids: str) -> object:
    def change(content: toy.Notebook) -> None:
        content["cells"] = [
            c for c in content["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") not in ids
        ]

    return change


def forge(content: toy.Notebook) -> None:
    for cell in content["cells"]:
        marks = cell["metadata"].get("nbgrader")
        if marks:
            marks.update(
                points=10**400, grade=not marks["grade"], solution=not marks["solution"], locked="yes"
            )
            cell["metadata"]["tags"] = ["demo"]
            cell["outputs"] = [{"output_type": "execute_result", "data": {"text/plain": "5"}, "metadata": {}}]


def turned(kind: str) -> object:
    return lambda c: toy.by_id(c, "double_solution").update(cell_type=kind)


def beside(where: str, source: str, skeleton_first: bool = False) -> object:
    """Another copy of double's solution cell, right after it or at the end."""

    def change(content: toy.Notebook) -> None:
        cell = toy.by_id(content, "double_solution")
        place = content["cells"].index(cell) + 1 if where == "after" else len(content["cells"])
        content["cells"].insert(place, {**cell, "source": source})
        if skeleton_first:
            cell["source"], content["cells"][place]["source"] = source, cell["source"]

    return change


def split(content: toy.Notebook) -> None:
    """JupyterLab gives both halves of a cell the marks of the whole."""
    change = beside("after", "def double(x):\n    return twice(x)")
    assert callable(change)
    change(content)
    toy.by_id(content, "double_solution").update(source="def twice(x):\n    return 2 * x")


SKELETON = "def double(x):\n    # YOUR CODE HERE\n    raise NotImplementedError()"


def strange(content: toy.Notebook) -> None:
    cells = content["cells"]
    cells[0]["source"] = [cells[0]["source"], 3, None]
    cells.extend([None, 3, {}, {"cell_type": "code"}, {"cell_type": ["x"], "source": {}, "metadata": 3}])
    cells.append(
        {"cell_type": "code", "source": "", "metadata": {"nbgrader": {"grade_id": ["double"]}, "tags": 3}}
    )


def grade_cells_first(content: toy.Notebook) -> None:
    content["cells"].sort(key=lambda c: not c["metadata"].get("nbgrader", {}).get("grade", False))


EDITS = {
    "grade cell deleted": (remove("double"), "check cell `double` was missing"),
    "all grade cells deleted": (remove("double", "stats", "layer"), "check cell `layer` was missing"),
    "given cell deleted": (remove("given_imports"), "`given_imports` was missing"),
    "given cell made text": (
        lambda c: toy.by_id(c, "given_imports").update(cell_type="markdown"),
        "`given_imports` was missing or no code",
    ),
    "given cell edited": (lambda c: toy.by_id(c, "given_imports").update(source="raise SystemExit"), ""),
    "grade cell edited": (lambda c: toy.by_id(c, "double").update(source="import os; os._exit(0)"), ""),
    "grade cell twice": (lambda c: c["cells"].append(toy.by_id(c, "double")), "more than once"),
    "solution cell twice": (lambda c: c["cells"].append(toy.by_id(c, "double_solution")), "more than once"),
    "solution cell made text": (turned("markdown"), "is markdown in the file; it ran as code"),
    "solution cell made raw": (turned("raw"), "is raw in the file; it ran as code"),
    "skeleton after the solution": (beside("after", SKELETON), "left out: it is not written"),
    "skeleton before the solution": (beside("after", SKELETON, True), "left out: it is not written"),
    "skeleton at the end": (beside("end", SKELETON), "left out: it is not written"),
    "wrong copy after the check": (beside("end", "def double(x):\n    return x"), "after its check"),
    "solution only after the check": (beside("end", SKELETON, True), "left out: it is not written"),
    "solution cell split": (split, "more than once"),
    "order reversed": (lambda c: c.update(cells=[c["cells"][0], *c["cells"][:0:-1]]), ""),
    "grade cells first": (grade_cells_first, ""),
    "metadata forged": (forge, ""),
    "strange cells": (strange, ""),
    "no metadata of its own": (lambda c: c.pop("metadata"), ""),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edited_notebook_keeps_its_score(graded: Grade, name: str) -> None:
    change, note = EDITS[name]
    result = graded(edited(change))
    assert scores(result) == FULL, [t.message for e in result.exercises for t in e.tests]
    assert any(note in text for text in result.notes) if note else result.notes == ()


def test_a_missing_solution_cell_costs_its_exercise(graded: Grade) -> None:
    result = graded(edited(remove("double_solution")))
    only_double_lost(result, Verdict.FAILED, "`double` is not defined")
    assert any("`double_solution` is missing" in note for note in result.notes)


def test_another_assignments_notebook(graded: Grade) -> None:
    result = graded(toy.notebook([toy.cell("x = 1", "other_solution", solution=True)]))
    assert result.score == 0 and "not the notebook of toy" in result.notes[0]
    assert {e.verdict for e in result.exercises} == {Verdict.FAILED}


def test_a_notebook_without_cells(graded: Grade) -> None:
    assert graded(toy.notebook([])).score == 0


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"not JSON", "not JSON"),
        (b"\xff\xfe{}", "UTF-8"),
        (b"[" * 200_000, "not JSON"),
        (b"[1, 2]", "no notebook"),
        (b'{"cells": 3}', "no notebook"),
        (b'{"worksheets": []}', "no notebook"),
        (b'{"cells": [' + b"9" * 10_000 + b"]}", "not JSON"),
        (b'{"cells": [{"cell_type": "code", "source": "' + b"a=1;" * 300_000 + b'"}]}', "characters of code"),
        (b'{"cells": [' + b'{"cell_type": "code"},' * 3000 + b"{}]}", "3,001 cells"),
        (b'{"cells": [{"cell_type": "markdown", "source": "' + b"$a" * 200_000 + b'"}]}', "lines and marks"),
    ],
    ids=[
        "empty",
        "blank",
        "text",
        "bytes",
        "deep",
        "list",
        "cells",
        "format 3",
        "number",
        "code",
        "many cells",
        "many marks",
    ],
)
def test_a_file_that_is_no_notebook(graded: Grade, document: bytes, says: str) -> None:
    with pytest.raises(SubmissionError, match=says):
        graded(document)


def test_calls_that_sleep_cannot_hold_the_grader_for_ever(
    worker: Worker, assignment: Assignment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each nap is short enough; what a submission may sleep in all is bounded as well."""
    monkeypatch.setattr("autograder.grading.session._MOST_IDLE", 2.0)
    monkeypatch.setattr("autograder.grading.session._LEAST_IDLE", 0.3)
    source = "import time\ndef double(x):\n    time.sleep(0.8)\n    return 2 * x\n"
    document = toy.document(toy.solved(double=source))
    for _ in range(2):  # the next submission has its own time
        session = Session(worker, run_order(assignment, parse(document)))
        answered = 0
        while (student := session.student("double")) is not None and session.fault() is None:
            session.begin(0, 10.0, False)
            try:
                assert student.double(2) == 4
            except PeerGone:
                break
            answered += 1
            session.rest()
        fault = session.fault()
        session.close()
        assert 2 <= answered <= 3 and fault is not None and fault.verdict is Verdict.TIMEOUT
