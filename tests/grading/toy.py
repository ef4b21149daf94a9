"""A small assignment: three exercises, their solutions, and a hidden suite with a marker value nobody may see."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from autograder.grading.assignment import Assignment

SECRET = "41.527134"
"""Stands for everything hidden: an input, an expected value, a line of the suite."""

DOUBLE = """def double(x):
    return 2 * x
"""
STATS = """def stats(x, scale=1):
    return scale * x.mean(), x.argmax()
"""
LAYER = """class Scale(torch.nn.Module):
    def __init__(self, start):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.tensor(float(start)))

    def forward(self, x):
        return self.weight * x
"""
SOLUTIONS = {"double": DOUBLE, "stats": STATS, "layer": LAYER}
POINTS = {"double": 5, "stats": 4, "layer": 3}

TESTS = {
    "test_double.py": f'''
import pytest
import torch
from autograder.testing import assert_close, gradcheck
pytestmark = pytest.mark.exercise("double")
SECRET = {SECRET}

@pytest.mark.gate
@pytest.mark.timeout(1)
def test_doubles(student, rng):
    """Every value is doubled."""
    x = rng.randn(2, 3)
    x[1, 2] = SECRET
    assert_close(student.double(x), 2 * x)

@pytest.mark.timeout(1)
def test_gradient(student, rng):
    """The gradient is right."""
    gradcheck(student.double, (rng.randn(3, dtype=torch.float64, requires_grad=True),))
''',
    "test_layer.py": f'''
import pytest
from autograder.testing import assert_close
pytestmark = [pytest.mark.exercise("layer"), pytest.mark.timeout(1)]

def test_module(student, rng):
    """The weight learns."""
    layer, x = student.Scale({SECRET}), rng.randn(4)
    layer(x).sum().backward()
    assert_close(layer.weight.grad, x.sum())
''',
    "test_stats.py": f'''
import pytest
from autograder.testing import assert_close
pytestmark = [pytest.mark.exercise("stats"), pytest.mark.timeout(1)]

@pytest.mark.weight(3)
@pytest.mark.parametrize("scale", [1, 2, {SECRET}])
def test_mean(student, rng, scale):
    """The mean is scaled."""
    x = rng.randn(5)
    mean, _ = student.stats(x, scale=scale)
    assert_close(mean, scale * x.mean())

def test_largest(student, rng):
    """The second value is the place of the largest."""
    x = rng.randn(5)
    assert_close(student.stats(x)[1], x.argmax())
''',
}

Notebook = dict[str, Any]


def cell(source: str, grade_id: str | None = None, kind: str = "code", **flags: object) -> dict[str, Any]:
    marks = {"grade": False, "locked": False, "solution": False, "task": False, "schema_version": 3, **flags}
    metadata = {"nbgrader": {"grade_id": grade_id, **marks}} if grade_id else {}
    outputs: dict[str, Any] = {"outputs": [], "execution_count": None} if kind == "code" else {}
    return {"cell_type": kind, "metadata": metadata, "source": source, **outputs}


def notebook(cells: list[dict[str, Any]]) -> Notebook:
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def solved(**solutions: str) -> Notebook:
    """The source notebook, with some solutions replaced."""
    cells = [cell("import torch\nfrom selfcheck import check", "given_imports", locked=True)]
    for name, solution in SOLUTIONS.items():
        cells.append(cell(f"# {name}", kind="markdown"))
        cells.append(cell(solutions.get(name, solution), f"{name}_solution", solution=True))
        cells.append(cell(f'check("{name}")', name, grade=True, locked=True, points=POINTS[name]))
    demo = cell("raise SystemExit", "demo_plot", locked=True)
    demo["metadata"]["tags"] = ["demo"]
    return notebook([*cells, demo])


def skeleton() -> Notebook:
    return solved(
        **{name: code.split("\n")[0] + "\n    raise NotImplementedError" for name, code in SOLUTIONS.items()}
    )


def by_id(content: Notebook, grade_id: str) -> dict[str, Any]:
    found: dict[str, Any] = next(
        c for c in content["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == grade_id
    )
    return found


def with_own_cell(source: str, before: str = "double_solution", content: Notebook | None = None) -> Notebook:
    """A notebook with a cell of the student's own before a known one."""
    content = copy.deepcopy(content or solved())
    content["cells"].insert(content["cells"].index(by_id(content, before)), cell(source))
    return content


_HALF_RIGHT = ("detached", "smallest")


def write_misconceptions(suite: Path, exercise: str, hinted: Mapping[str, str]) -> None:
    """The exercise's `misconceptions.py`: by name, a whole cell that begins with its hint as a docstring."""
    listed = []
    for name, source in hinted.items():
        _, hint, cell_source = source.split('"""', 2)
        severity = "partial" if name in _HALF_RIGHT else "serious"
        listed.append(
            f"misconception({name!r}, hint={hint!r}, severity={severity!r}, cell={cell_source.strip()!r}),"
        )
    path = suite / exercise / "misconceptions.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ["from autograder.testing import misconception", "MISCONCEPTIONS = [", *listed, "]"]
    path.write_text("\n".join(lines) + "\n")


def document(content: object) -> bytes:
    return json.dumps(content).encode()


def write(
    folder: Path, name: str = "toy", tests: dict[str, str] | None = None, **reference: str
) -> Assignment:
    """The assignment on disk, with some of the reference's solutions replaced."""
    source, suite = folder / "source" / name / f"{name}.ipynb", folder / "suite" / name
    source.parent.mkdir(parents=True, exist_ok=True)
    suite.mkdir(parents=True, exist_ok=True)
    source.write_bytes(document(solved(**reference)))
    for file, text in (TESTS if tests is None else tests).items():
        (suite / file).write_text(text)
    return Assignment.load(name, source, suite)


def forbid(
    assignment: Assignment, names: Sequence[str] = (), operators: Sequence[str] = (), sets: Sequence[str] = ()
) -> None:
    """Let the exercise `double` forbid something."""
    room = assignment.suite / "double"
    room.mkdir()
    also = (
        f"[also]\nsays = 'something'\nnames = {list(names)}\noperators = {list(operators)}\n" if names else ""
    )
    (room / "rules.toml").write_text(f"forbids = {list(sets)}\n{also}")
