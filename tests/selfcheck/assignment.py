"""A small assignment in a folder, for the tests of check cells and of the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

PUBLIC = '''
import pytest
import torch
from selfcheck import assert_close, assert_raises

double, module = pytest.mark.exercise("double"), pytest.mark.exercise("module")

@double
@pytest.mark.gate
def test_shape(student, rng):
    """The shape stays."""
    assert student.double(rng.randn(2, 3)).shape == (2, 3)

@double
@pytest.mark.parametrize("shape", [(6,), (3, 2)])
def test_value(student, rng, shape):
    """Every value doubles."""
    x = rng.randn(*shape)
    assert_close(student.double(x), 2 * x)

@double
@pytest.mark.timeout(1)
def test_refuses(student):
    """Text is refused."""
    assert_raises(TypeError, student.double, "a")

@module
def test_module(student):
    """The module counts its calls."""
    counter = student.Counter()
    counter(), counter()
    assert counter.calls == 2, "two calls count two"
'''

RIGHT = "def double(x):\n    if isinstance(x, str): raise TypeError\n    return x * 2"

GOOD = {
    "double": RIGHT,
    "module": "class Counter:\n    calls = 0\n    def __call__(self):\n        self.calls += 1",
}


def _nbgrader(id: str, **flags: Any) -> dict[str, Any]:
    base = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    return {"nbgrader": {**base, "grade_id": id, **flags}}


def write(folder: Path, name: str = "hw.ipynb", **changed: str) -> Path:
    """Write test_public.py and a notebook with the good solutions, or the `changed` ones."""
    cells = [
        new_code_cell("import torch\nfrom selfcheck import check", metadata=_nbgrader("given", locked=True))
    ]
    for id, points in (("double", 4), ("module", 6)):
        cells.append(
            new_code_cell(changed.get(id, GOOD[id]), metadata=_nbgrader(f"{id}_solution", solution=True))
        )
        demo = {"tags": ["demo"]} | _nbgrader(f"demo_{id}", locked=True)
        cells.append(new_code_cell("raise SystemExit('a demo is not run')", metadata=demo))
        flags = {"grade": True, "points": points, "locked": True}
        made = {"tags": ["raises-exception"]} | _nbgrader(id, **flags)  # as `make notebooks` makes them
        cells.append(new_code_cell(f'from selfcheck import check\n\ncheck("{id}")', metadata=made))
    written = _nbgrader("why", grade=True, solution=True, points=5)
    cells.append(new_markdown_cell("Because.", metadata=written))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "test_public.py").write_text(PUBLIC)
    (folder / "conftest.py").write_text("from selfcheck.fixtures import *\n")
    path = folder / name
    nbformat.write(new_notebook(cells=cells), path)
    return path
