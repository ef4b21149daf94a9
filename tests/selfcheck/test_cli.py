"""`selfcheck` in a terminal and plain `pytest` in the assignment's folder."""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from selfcheck.cli import app
from selfcheck.notebook import NotebookRun, read_notebook
from tests.selfcheck.assignment import write


def selfcheck(*arguments: object):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "300"})


def test_the_table_and_the_points(tmp_path):
    result = selfcheck(write(tmp_path, module="class Counter: pass"))
    assert result.exit_code == 1
    assert "3/3" in result.output and "0/1" in result.output
    assert "in reach: 4 of 10 points" in result.output and "5 more are graded by hand" in result.output
    assert "certain:  none before grading" in result.output
    assert "The module counts its calls." in result.output


def test_every_failure_of_the_card_is_told(tmp_path):
    path = write(tmp_path, double="def double(x):\n    return x + 1 if hasattr(x, 'sum') else x")
    output = " ".join(selfcheck(path, "-k", "double").output.replace("│", " ").split())
    assert "Every value doubles." in output and "values differ" in output
    assert "Text is refused." in output and "TypeError" in output
    gone = " ".join(selfcheck(write(tmp_path, double="def double(x):\n    return x[0]")).output.split())
    assert "The shape stays." in gone and "2 not run, since a step above has to pass first" in gone


def test_one_exercise_in_a_folder(tmp_path):
    write(tmp_path, module="class Counter: pass")
    result = selfcheck(tmp_path, "-k", "double")
    assert result.exit_code == 0
    assert "module" not in result.output


def test_a_broken_cell_costs_its_own_exercise_and_is_named(tmp_path):
    result = selfcheck(write(tmp_path, double="def double(x)\n    return x"))
    assert "1/1" in result.output and "SyntaxError" in result.output and "cell 2" in result.output


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "there is no file"),
        ("{", "is damaged"),
        ("[]", "not a notebook"),
        ('{"cells": []}', "no check cells"),
    ],
)
def test_clear_errors(tmp_path, content, words):
    path = tmp_path / "hw.ipynb"
    if content is not None:
        path.write_text(content)
    result = selfcheck(path)
    assert result.exit_code == 2
    assert words in " ".join(result.output.split())


def test_no_notebook_two_notebooks_no_such_exercise(tmp_path):
    assert "there is no notebook" in " ".join(selfcheck(tmp_path).output.split())
    write(tmp_path)
    assert "no exercise 'x'" in " ".join(selfcheck(tmp_path, "-k", "x").output.split())
    write(tmp_path, "copy.ipynb")
    assert "there are 2 notebooks" in " ".join(selfcheck(tmp_path).output.split())


def test_cells_run_only_as_far_as_the_exercise(tmp_path):
    path = write(tmp_path, module="%matplotlib inline\n!false\ndouble = None")
    run = NotebookRun(read_notebook(path))
    assert callable(run.up_to("double")["double"])
    assert run.up_to("module")["double"] is None
    assert callable(run.up_to("double")["double"])


def test_plain_pytest_in_the_folder(tmp_path):
    write(tmp_path, module="class Counter: pass")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert "1 failed, 4 passed" in done.stdout


def test_plain_pytest_is_short_about_what_is_not_written(tmp_path):
    skeleton = "def double(x):\n    raise NotImplementedError()"
    write(tmp_path, double=skeleton, module="class Counter:\n    calls = 0\n    def __call__(self): pass")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir", str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert "1 failed, 3 skipped, 1 not written yet" in done.stdout
    assert "not written yet: double\n" in done.stdout
    assert "NotImplementedError" not in done.stdout, "no traceback of what is not written"
    assert "two calls count two" in done.stdout, "one of what is wrong"
