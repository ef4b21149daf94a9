"""What counts as the machinery that grades: all that grading imports, without its prose."""

from __future__ import annotations

from pathlib import Path

import pytest

import autograder
from autograder.audit import reads

ROOT = Path(autograder.__file__).parent.parent


def test_what_grades_is_in_and_nothing_else() -> None:
    found = reads.engine(ROOT)
    for name in (
        *(
            "autograder.wire.peer",
            "autograder.grading.suite",
            "autograder.jail.host.worker",
            "selfcheck.compare",
        ),
        *(
            "autograder.jail.inside.server",
            "selfcheck.random",
            "autograder.grading.scopes",
            "selfcheck.cells",
        ),
    ):
        assert name in found
    folders = {".".join(name.split(".")[:2]) for name in found if name.startswith("autograder.")}
    assert folders <= {
        f"autograder.{room}" for room in ("wire", "jail", "grading", "testing", "course", "audit")
    }
    assert {name for name in found if ".audit." in name} == {"autograder.audit.facts"}
    assert not {"selfcheck.card", "selfcheck.cli", "selfcheck.check", "selfcheck.data"} & set(found)


def test_what_cells_and_tests_import_is_told(tmp_path: Path) -> None:
    """A new assignment's data change no other assignment's digests, and its own data file changes its own."""
    folder = tmp_path / "selfcheck"
    (folder / "datasets").mkdir(parents=True)
    (folder / "data.py").write_text("x = 1")
    (folder / "series.py").write_text("name = 'spots.csv'")
    for name in ("spots.csv", "other.csv"):
        (folder / "datasets" / name).write_text("1")
    texts = ["from selfcheck.series import load", "import numpy"]
    found = reads.material(texts, tmp_path)
    assert set(found) == {"series", "selfcheck/datasets/spots.csv"}
    (folder / "data.py").write_text("x = 2")
    (folder / "datasets" / "other.csv").write_text("2")
    assert reads.material(texts, tmp_path) == found
    (folder / "datasets" / "spots.csv").write_text("2")
    assert reads.material(texts, tmp_path) != found
    assert set(reads.material(["import selfcheck.data as data"], tmp_path)) == {"data"}


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ("x = 1", "x = 1  # one", True),
        ('"""A."""\nx = 1', '"""B."""\nx = 1', True),
        ('def f():\n    """A."""', 'def f():\n    """B."""', True),
        ('class A:\n    x = 1\n    """A."""', "class A:\n    x = 1", True),
        ("x = 1", "x = 2", False),
        ("x = 'a'", "x = 'b'", False),
    ],
)
def test_prose_is_no_part_of_it(tmp_path: Path, before: str, after: str, same: bool) -> None:
    digests = []
    for number, text in enumerate((before, after)):
        module = tmp_path / str(number) / "autograder" / "grading" / "grade.py"
        module.parent.mkdir(parents=True)
        module.write_text(text)
        digests.append(reads.engine(tmp_path / str(number)))
    assert digests[0] and (digests[0] == digests[1]) is same


def test_a_modules_imports_are_followed(tmp_path: Path) -> None:
    """Also relative ones, those inside of functions, and packages on the way."""
    files = {
        "autograder/grading/grade.py": "from . import one\ndef f():\n    from autograder.wire.two import x\n",
        "autograder/grading/one.py": "import selfcheck.three as three",
        "autograder/wire/__init__.py": "",
        "autograder/wire/two.py": "from .four import y",
        "autograder/wire/four.py": "import torch",
        "autograder/wire/unused.py": "",
        "selfcheck/__init__.py": "import selfcheck.unused",
        "selfcheck/three.py": "",
        "selfcheck/unused.py": "",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    found = {f"{name.replace('.', '/')}" for name in reads.engine(tmp_path)}
    expected = {
        name.removesuffix("/__init__.py").removesuffix(".py") for name in files if "unused" not in name
    }
    assert found == expected - {"selfcheck"}


def test_the_jail_is_a_part_of_it() -> None:
    assert reads.machinery("bubblewrap") != reads.machinery("landlock")


def test_a_notebook_runs_on_the_loaders_that_it_imports_alone(tmp_path: Path) -> None:
    package = tmp_path / "selfcheck"
    (package / "datasets").mkdir(parents=True)
    for name, text in {
        "__init__": "from selfcheck.check import check",
        "check": "def check(): from selfcheck import deep",
        "deep": "import json",
        "fixtures": "x = 1",
        "mine": "FILE = 'mine.bin'",
        "other": "y = 2",
    }.items():
        (package / f"{name}.py").write_text(text)
    (package / "datasets" / "mine.bin").write_bytes(b"1")
    cells = ["from selfcheck.mine import FILE"]
    before = reads.notebook_machinery(cells, tmp_path)
    (package / "other.py").write_text("y = 3")
    assert reads.notebook_machinery(cells, tmp_path) == before
    for path, text in {
        "deep.py": "import re",
        "mine.py": "FILE = 'mine.bin' + ''",
        "datasets/mine.bin": "2",
    }.items():
        kept = (package / path).read_bytes()
        (package / path).write_text(text)
        assert reads.notebook_machinery(cells, tmp_path) != before, path
        (package / path).write_bytes(kept)
    assert reads.notebook_machinery(cells, tmp_path) == before
