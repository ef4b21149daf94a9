"""What `selfcheck --hand-in` and the check cell's card say before a notebook is handed in."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell
from typer.testing import CliRunner

from selfcheck import beside
from selfcheck.cli import app
from selfcheck.handin import CELLS, Finding, handed_out, look
from selfcheck.notebook import NotebookError
from tests.selfcheck.assignment import RIGHT, write

ROOT = Path(__file__).parents[2]
RELEASED = sorted(ROOT.glob("release/ch*/*.ipynb"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A notebook with the good solutions, and the list of its cells beside it."""
    made = write(tmp_path / "hw")
    cells = {made.name: handed_out(json.loads(made.read_text()))}
    (made.parent / CELLS).write_text(json.dumps(cells))
    return made


def edit(path: Path, change: Callable[[list[dict[str, Any]]], object]) -> None:
    document = json.loads(path.read_text())
    change(document["cells"])
    path.write_text(json.dumps(document))


def place(cells: list[dict[str, Any]], id: str) -> int:
    return next(i for i, c in enumerate(cells) if c["metadata"].get("nbgrader", {}).get("grade_id") == id)


def costly(path: Path) -> list[str]:
    return [finding.text for finding in look(path) if finding.costs]


def notes(path: Path) -> list[str]:
    return [finding.text for finding in look(path) if not finding.costs]


def test_a_notebook_that_is_as_asked_has_nothing_to_tell(path):
    assert look(path) == []
    result = CliRunner().invoke(app, [str(path), "--hand-in"])
    assert result.exit_code == 0 and "ready to be handed in" in result.output


@pytest.mark.parametrize("released", RELEASED, ids=lambda path: path.parent.name)
def test_of_a_released_notebook_it_says_only_what_is_not_written(released):
    found = look(released)
    assert found and not any(finding.costs for finding in found), found
    assert all(finding.text.startswith(("not written yet", "not answered yet")) for finding in found)


def test_another_name_is_told(path):
    moved = path.with_name("hw (1).ipynb")
    path.rename(moved)
    assert notes(moved) == ["hw (1).ipynb is to be called hw.ipynb: rename it"] and not costly(moved)
    shutil.copy(moved, path)
    assert costly(moved) == ["hw.ipynb lies beside hw (1).ipynb: hand in one of them, as hw.ipynb"]
    assert notes(path) == ["graded is hw.ipynb alone, and not hw (1).ipynb beside it"]


def test_the_notebook_of_the_asked_name_is_taken_of_several(path):
    shutil.copy(path, path.with_name("copy.ipynb"))
    result = CliRunner().invoke(app, [str(path.parent), "--hand-in"])
    assert result.output.startswith("hw.ipynb, as it was saved on ")


def test_the_notebook_of_another_assignment_is_refused(path, tmp_path):
    shutil.copy(RELEASED[0], path.with_name("other.ipynb"))
    with pytest.raises(NotebookError, match="none of the cells of hw.ipynb"):
        look(path.with_name("other.ipynb"))


@pytest.mark.parametrize(
    ("id", "words", "costs"),
    [
        ("double_solution", "the solution cell `double_solution` is missing", True),
        ("why", "the answer cell `why` is missing, and with it your answer", True),
        ("double", "the check cell `double` is missing: the grader puts it back", False),
        ("given", "the given cell `given` is missing: the grader puts it back", False),
    ],
)
def test_a_missing_cell_is_told(path, id, words, costs):
    edit(path, lambda cells: cells.pop(place(cells, id)))
    (finding,) = look(path)
    assert words in finding.text and finding.costs is costs


def test_a_cell_that_is_there_twice_is_told_with_its_places(path):
    edit(path, lambda cells: cells.append(dict(cells[place(cells, "double_solution")])))
    (text,) = costly(path)
    assert (
        text
        == "the solution cell `double_solution` is there 2 times (cells 2, 9): put what you mean into one"
    )


def test_a_solution_that_became_text_is_told_with_the_keys(path):
    edit(path, lambda cells: cells[place(cells, "double_solution")].update(cell_type="markdown"))
    (text,) = costly(path)
    assert "`double_solution` (cell 2) has become text and is not run: click it, press Esc and then Y" in text
    edit(path, lambda cells: cells[place(cells, "why")].update(cell_type="code"))
    assert any("`why` (cell 8) has become code" in text and "then M" in text for text in costly(path))


def test_what_is_not_to_be_changed_and_was(path):
    edit(path, lambda cells: cells[place(cells, "given")].update(source="import torch, math"))
    edit(path, lambda cells: cells[place(cells, "double")].update(source="check('double')  # fine"))
    assert costly(path) == ["the given cell `given` was changed (cell 1): it is graded as it was handed out"]
    assert notes(path) == ["the check cell `double` was changed (cell 4): it is graded as it was handed out"]


def test_spaces_at_the_ends_of_lines_are_not_a_change(path):
    edit(path, lambda cells: cells[0].update(source="import torch  \nfrom selfcheck import check\n\n"))
    assert look(path) == []


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("from helpers import double", "imports helpers.py"),
        ("import helpers as h\ndouble = h.double", "imports helpers.py"),
        ("def double(x):\n    import parts.one\n    return x", "imports parts/"),
        ("import importlib\nh = importlib.import_module('helpers')", "imports helpers.py"),
        ("%run -i helpers.py", "runs helpers.py"),
        ("%%writefile helpers.py\ndef double(x):\n    return 2 * x", "writes its code into helpers.py"),
        ("weights = torch.load('weights.pt')", "names weights.pt"),
    ],
)
def test_what_is_taken_from_a_file_beside_the_notebook_is_told(path, source, words):
    (path.parent / "helpers.py").write_text("def double(x):\n    return 2 * x\n")
    (path.parent / "weights.pt").write_bytes(b"")
    (path.parent / "parts").mkdir()
    (path.parent / "parts" / "one.py").write_text("")
    edit(path, lambda cells: cells[place(cells, "double_solution")].update(source=source))
    assert costly(path) == [
        f"cell 2 (`double_solution`) {words}: only the notebook is handed in, so put into a cell what it needs"
    ]


def test_libraries_magics_and_await_are_nobodys_files(path):
    source = (
        "%matplotlib inline\nimport torch, math\nfrom selfcheck import assert_close\nx = !echo a\nawait f()"
    )
    edit(path, lambda cells: cells[place(cells, "double_solution")].update(source=source))
    assert look(path) == []


def test_a_cell_that_is_not_python_is_told(path):
    edit(
        path,
        lambda cells: cells[place(cells, "double_solution")].update(source="def double(x)\n    return x"),
    )
    (text,) = costly(path)
    assert text.startswith("cell 2 (`double_solution`) is not Python: expected ':'")


def test_without_the_list_of_cells_the_notebook_speaks_for_itself(path):
    (path.parent / CELLS).unlink()
    assert look(path) == []
    edit(path, lambda cells: cells.append(dict(cells[place(cells, "double_solution")])))
    assert len(costly(path)) == 1
    (path.parent / CELLS).write_text("[1]")
    assert len(costly(path)) == 1


def test_a_file_that_is_too_large_is_told(path):
    edit(path, lambda cells: cells.append({"cell_type": "raw", "metadata": {}, "source": "x" * (64 << 20)}))
    assert look(path)[0] == Finding(
        "the file has 64 MiB, and 64 are read: clear its outputs (Edit, Clear Outputs of All Cells) and save it",
        True,
    )


def test_the_command_ends_with_1_where_points_may_be_lost_and_the_table_says_it_too(path):
    edit(path, lambda cells: cells.append(dict(cells[place(cells, "double_solution")])))
    command = [sys.executable, "-m", "selfcheck", "--hand-in"]
    done = subprocess.run(command, cwd=path.parent, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1 and "mend this before you hand in" in done.stdout
    table = CliRunner().invoke(app, [str(path)], env={"COLUMNS": "300"})
    assert "before you hand in: the solution cell `double_solution` is there 2 times" in table.output
    assert "before you hand in" not in CliRunner().invoke(app, [str(path), "-k", "double"]).output


def test_the_card_says_that_code_stands_beside_the_notebook(tmp_path):
    made = write(tmp_path, double="from helpers import double, Tool")
    (tmp_path / "helpers.py").write_text(f"class Tool:\n    def run(self): pass\n\n{RIGHT}\n")
    notebook = nbformat.read(made, as_version=4)
    notebook.cells = [*notebook.cells[:2], new_code_cell("%run more.py"), notebook.cells[3]]
    (tmp_path / "more.py").write_text("def more():\n    pass\n")
    NotebookClient(notebook, resources={"metadata": {"path": str(tmp_path)}}).execute()
    card = notebook.cells[-1].outputs[0]["data"]
    assert "all 3 checks pass" in card["text/plain"]
    assert "! `helpers.py` holds `double`, `Tool`: only the notebook is handed in" in card["text/plain"]
    assert "! `more.py` holds `more`" in card["text/plain"]
    assert "<code>helpers.py</code> holds" in card["text/html"]


def test_installed_code_and_code_of_cells_stand_in_no_file_beside(tmp_path):
    installed = tmp_path / ".venv" / "lib" / "site-packages" / "tool.py"
    installed.parent.mkdir(parents=True)
    installed.write_text("")
    tool, mine = ModuleType("tool"), ModuleType("mine")
    tool.__file__, mine.__file__ = str(installed), str(tmp_path / "mine.py")
    (tmp_path / "mine.py").write_text("")
    names = {
        "tool": tool,
        "mine": mine,
        "json": json,
        "_hidden": mine,
        "f": lambda x: x,
        "n": 3,
        "Path": Path,
    }
    assert beside.used_beside(names, tmp_path) == {"mine.py": ["mine"]}
