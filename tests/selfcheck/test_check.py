"""The check cell: in this process, in a real kernel, under nbgrader validate, in the grading jail."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from selfcheck import check
from selfcheck.card import html_card, text_card
from selfcheck.check import CheckFailed
from selfcheck.run_tests import Outcome, TestsError, run_tests
from tests.selfcheck.assignment import RIGHT, write


def names(**solutions: str) -> dict[str, object]:
    namespace: dict[str, object] = {}
    exec("import torch", namespace)
    for source in solutions.values():
        exec(source, namespace)
    return namespace


def outcomes(folder: Path, source: str) -> list[Outcome]:
    write(folder)
    return run_tests(folder, namespace=names(double=source), exercise="double")


def test_a_right_solution_passes_every_rung(tmp_path):
    assert [o.passed for o in outcomes(tmp_path, RIGHT)] == [True] * 3


def test_a_wrong_value_is_explained(tmp_path):
    found = outcomes(tmp_path, RIGHT.replace("* 2", "* 3"))
    assert [o.passed for o in found] == [True, False, True]
    assert "6 of 6 values differ; the first at [0]" in found[1].message
    assert "(2 of 2 cases fail; this is the first)" in found[1].message and found[1].cases == 2
    assert found[1].hint == "Every value is 1.5 times what it should be."
    assert found[1].statement == "Every value doubles."


def test_a_failed_gate_stops_the_ladder(tmp_path):
    found = outcomes(tmp_path, "def double(x):\n    return x[0]")
    assert [(o.passed, o.ran) for o in found] == [
        (False, True),
        (False, False),
        (False, False),
    ]


def test_a_skeleton_is_called_unwritten(tmp_path):
    found = outcomes(tmp_path, "def double(x):\n    raise NotImplementedError()")
    assert found[0].unwritten and "not written yet" in text_card("double", found)


def test_an_endless_loop_costs_its_own_rung(tmp_path):
    found = outcomes(tmp_path, RIGHT.replace("raise TypeError", "\n        while True: pass\n"))
    assert [o.passed for o in found] == [True, True, False]
    assert "took more than 1 seconds" in found[2].message


def test_running_twice_and_elsewhere_leaves_nothing_behind(tmp_path):
    outcomes(tmp_path / "a", RIGHT)
    write(tmp_path / "b")
    changed = (
        (tmp_path / "b" / "test_public.py").read_text().replace("Every value doubles.", "Another sentence.")
    )
    (tmp_path / "b" / "test_public.py").write_text(changed)
    found = run_tests(tmp_path / "b", namespace=names(double=RIGHT), exercise="double")
    assert found[1].statement == "Another sentence."
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == [
        "conftest.py",
        "hw.ipynb",
        "test_public.py",
    ]
    assert "test_public" not in sys.modules


def test_missing_or_broken_tests_say_so(tmp_path):
    with pytest.raises(TestsError, match="keep it beside the notebook"):
        run_tests(tmp_path, namespace={})
    (tmp_path / "test_public.py").write_text("import nothing_of_that_name\n")
    with pytest.raises(TestsError, match="nothing_of_that_name"):
        run_tests(tmp_path, namespace={})


def test_check_outside_a_notebook(tmp_path, monkeypatch, capsys):
    write(tmp_path)
    monkeypatch.chdir(tmp_path)
    namespace = names(double=RIGHT) | {"check": check}
    exec("check('double')", namespace)
    assert "double: all 3 checks pass" in capsys.readouterr().out
    namespace["double"] = lambda x: x
    with pytest.raises(CheckFailed, match="double: of 3 public tests 2 fail$"):
        exec("check('double')", namespace)
    namespace["double"] = lambda x: x[0]
    with pytest.raises(CheckFailed, match="double: of 3 public tests 1 fails, 2 not run"):
        exec("check('double')", namespace)
    assert "double: 0 of 3 checks pass, 1 fails, 2 not run" in capsys.readouterr().out
    with pytest.raises(ValueError, match="no exercise 'tripel'"):
        exec("check('tripel')", namespace)


def test_check_does_nothing_in_the_jail(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AUTOGRADER_JAIL", "1")
    check("double")


def test_the_card_escapes_and_cuts_what_the_student_wrote():
    hostile = "<script>alert(1)</script>" + "x" * 10_000
    card = html_card("a", [Outcome("a", "<b>s</b>", False, message=hostile, hint="<i>")])
    assert "<script" not in card and "<b>s" not in card and len(card) < 6000
    assert "more characters" in card


def test_the_card_names_no_colour_that_only_one_theme_can_show():
    style = html_card("a", [Outcome("a", "s", True)]).split("</style>")[0]
    assert not re.search(r"[^-]color:\s*(#000|#fff|black|white)|background:\s*(#|white|black)", style)
    assert "<script" not in style and "http" not in style


def test_a_real_kernel_shows_the_card_and_one_line_of_error(tmp_path):
    notebook = nbformat.read(write(tmp_path, module="class Counter: pass"), as_version=4)
    notebook.cells = [cell for cell in notebook.cells if "demo" not in cell.metadata.get("tags", [])]
    client = NotebookClient(notebook, resources={"metadata": {"path": str(tmp_path)}}, kernel_name="python3")
    client.execute()
    shown = {cell.source.rpartition("\n")[2]: cell.get("outputs", []) for cell in notebook.cells}
    card = shown['check("module")'][0]["data"]
    assert 'class="selfcheck failed"' in card["text/html"]
    assert card["text/plain"].startswith("module: 0 of 1 checks pass")
    error = shown['check("module")'][1]
    assert error["ename"] == "CheckFailed" and len(error["traceback"]) == 1
    assert "all 3 checks pass" in shown['check("double")'][0]["data"]["text/plain"]


def test_a_new_kernel_is_told_to_begin_at_the_top_and_a_later_one_which_cell(tmp_path):
    notebook = nbformat.read(write(tmp_path), as_version=4)
    given, solution, _, check_cell, *_ = notebook.cells
    again = new_code_cell(check_cell.source, metadata=check_cell.metadata)
    notebook.cells = [check_cell, given, again, solution]
    NotebookClient(notebook, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert len(check_cell.outputs) == 1
    assert "run the cells from the top first" in check_cell.outputs[0]["evalue"]
    assert "`double` is not defined: run its cell first" in again.outputs[0]["data"]["text/plain"]


def test_what_is_not_written_is_one_line_and_other_exceptions_are_shown_as_ever(tmp_path):
    cells = [
        "from selfcheck import check\ndef part(x):\n    raise NotImplementedError()",
        "print(part(1))",
        "raise NotImplementedError('another kind')",
        "import json, numbers\nnumbers.Complex.__abs__(1)",
        "1 / 0",
        "class Layer:\n    def __init__(self):\n        raise NotImplementedError()\nLayer()",
    ]
    tags = {"tags": ["raises-exception"]}
    notebook = new_notebook(cells=[new_code_cell(source, metadata=tags) for source in cells])
    NotebookClient(notebook).execute()
    told = [cell.outputs[-1]["traceback"] for cell in notebook.cells[1:]]
    assert told[0] == ["NotImplementedError: `part` is not written yet, and this cell waits for it"]
    assert "another kind" in told[1][-1] and len(told[1]) > 1
    assert len(told[2]) > 1 and len(told[3]) > 1
    assert "`Layer` is not written yet" in told[4][0]


def test_a_cell_that_lacks_what_a_waiting_cell_makes_waits_for_the_same_function(tmp_path):
    cells = [
        "from selfcheck import check\ndef part(x):\n    raise NotImplementedError()",
        "whole = part(1)\nfor piece in whole:\n    print(piece)",
        "def draw():\n    return piece\nsize = len(whole)",
        "print(draw())",
        "print(size)",
        "print(hole)",
        "whole = [1]",
        "print(len(whole), misspelt)",
    ]
    tags = {"tags": ["raises-exception"]}
    notebook = new_notebook(cells=[new_code_cell(source, metadata=tags) for source in cells])
    NotebookClient(notebook).execute()
    told = [cell.outputs[-1].get("traceback") for cell in notebook.cells if cell.outputs]
    waits = "waits for `part`, which is not written yet"
    assert told[1] == [f"NameError: `whole` is made by a cell above that {waits}"]
    assert told[2] == [f"NameError: `piece` is made by a cell above that {waits}"]
    assert told[3] == [f"NameError: `size` is made by a cell above that {waits}"]
    assert len(told[4]) > 1 and len(told[5]) > 1


def test_a_card_with_something_to_do_leads_to_the_hints():
    failed = html_card("a", [Outcome("a", "s", False, message="wrong")])
    assert '<a href="#hints-a">' in failed
    assert '<a href="#hints-a">' in html_card("a", [Outcome("a", "s", False, unwritten=True)])
    assert "href" not in html_card("a", [Outcome("a", "s", True)])


def test_the_run_costs_a_fraction_of_what_a_student_waits_for(tmp_path):
    """Measured once warm, in CPU time: 0.15 s alone, and up to 0.5 s beside other work in a process full of modules."""
    write(tmp_path)
    namespace = names(double=RIGHT)
    run_tests(tmp_path, namespace=namespace, exercise="double")
    spent = []
    for _ in range(3):
        before = time.thread_time()
        run_tests(tmp_path, namespace=namespace, exercise="double")
        spent.append(time.thread_time() - before)
    assert min(spent) < 2


def test_nbgrader_validate_sees_success_and_failure(tmp_path):
    def validate(path: Path) -> str:
        notebook = nbformat.read(path, as_version=4)
        notebook.cells = [cell for cell in notebook.cells if "demo" not in cell.metadata.get("tags", [])]
        nbformat.write(notebook, path)
        command = [sys.executable, "-m", "nbgrader", "validate", path.name]
        done = subprocess.run(command, cwd=path.parent, capture_output=True, text=True, timeout=120)
        return done.stdout + done.stderr

    assert "Success! Your notebook passes all the tests." in validate(write(tmp_path / "good"))
    said = validate(write(tmp_path / "bad", double=RIGHT, module="class Counter: pass"))
    assert "VALIDATION FAILED ON 1 CELL(S)" in said and "CheckFailed" in said
