"""The folder that a student receives works by itself: unpacked, installed without a network, one check run."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from autograder.authoring.bundle import CONDA, PIP, START, Bundle, make_bundle
from autograder.authoring.chapter import AuthoringError, Chapter, chapter
from autograder.cli.main import app

ROOT = Path(__file__).parents[2]
FIRST = min(path.parent.name for path in ROOT.glob("release/*/*.ipynb"))

STUDENT = """
import runpy, socket, sys
site, libraries, *arguments = sys.argv[1:]
sys.path[:0] = [site]
sys.path.append(libraries)
def refuse(*_, **__): raise OSError("there is no network")
socket.socket.connect = socket.getaddrinfo = socket.create_connection = refuse
import selfcheck
assert selfcheck.__file__.startswith(site), selfcheck.__file__
try:
    import autograder
except ImportError:
    pass
else:
    raise SystemExit("the grader is in reach")
sys.argv = ["selfcheck", *arguments]
runpy.run_module("selfcheck", run_name="__main__")
"""
"""A student's terminal: no `.pth` file is read, so of this project it has what the wheel brought and nothing else."""


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return make_bundle(chapter(ROOT, FIRST), tmp_path_factory.mktemp("bundles"))


@pytest.fixture(scope="module")
def unpacked(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive in an empty place, with a space in its name."""
    place = tmp_path_factory.mktemp("a student")
    with zipfile.ZipFile(bundle.archive) as archive:
        archive.extractall(place)
    return place / FIRST


def test_it_holds_what_a_student_needs_and_nothing_else(bundle: Bundle, unpacked: Path) -> None:
    released = {path.name for path in (ROOT / "release" / FIRST).iterdir() if not path.name.startswith(".")}
    (wheel,) = [name for name in bundle.files if name.endswith(".whl")]
    assert set(bundle.files) == (released - {"INSTALL.md"}) | {wheel, START, CONDA, PIP}
    assert {path.name for path in unpacked.iterdir()} == set(bundle.files)
    assert {path.name for path in bundle.folder.iterdir()} == set(bundle.files)
    with zipfile.ZipFile(unpacked / wheel) as archive:
        assert any(name.startswith("selfcheck/datasets/") for name in archive.namelist())
        assert not any(name.startswith("autograder") for name in archive.namelist())


def test_unpacked_it_installs_and_checks_without_a_network(unpacked: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    install = [sys.executable, "-m", "pip", "install", "-q", "--no-index", "--no-deps", "--target", str(site)]
    done = subprocess.run([*install, "-r", PIP], cwd=unpacked, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    notebook = next(unpacked.glob("*.ipynb"))
    exercise = solve_one(notebook)
    libraries = sysconfig.get_path("purelib")
    command = [sys.executable, "-I", "-S", "-c", STUDENT, str(site), libraries, "-k", exercise]
    done = subprocess.run(command, cwd=unpacked, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stdout + done.stderr
    assert exercise in done.stdout and "all pass" in done.stdout
    hand_in = [sys.executable, "-I", "-S", "-c", STUDENT, str(site), libraries, "--hand-in"]
    done = subprocess.run(hand_in, cwd=unpacked, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0 and "ready to be handed in" in done.stdout, done.stdout + done.stderr


def solve_one(notebook: Path) -> str:
    """Write the right solution of the shortest exercise into a student's notebook; the exercise's id."""
    source = json.loads((ROOT / "source" / FIRST / notebook.name).read_text())
    right = {
        cell["metadata"]["nbgrader"]["grade_id"]: "".join(cell["source"])
        for cell in source["cells"]
        if cell["metadata"].get("nbgrader", {}).get("solution") and cell["cell_type"] == "code"
    }
    chosen = min(right, key=lambda id: len(right[id]))
    mine = json.loads(notebook.read_text())
    for cell in mine["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == chosen:
            cell["source"] = right[chosen]
    notebook.write_text(json.dumps(mine))
    return chosen.removesuffix("_solution")


def test_the_page_to_start_needs_no_network_and_names_every_file(bundle: Bundle) -> None:
    page = (bundle.folder / START).read_text()
    for name in bundle.files:
        assert f"<code>{name}</code></td><td>" in page and f"<code>{name}</code></td><td></td>" not in page, (
            name
        )
    assert "selfcheck --hand-in" in page and f"jupyter lab {next(bundle.folder.glob('*.ipynb')).name}" in page
    assert not re.search(r"(src|href)=|<script|@import", page)
    assert 'name="viewport"' in page


def test_conda_and_pip_install_the_wheel_that_is_there(bundle: Bundle) -> None:
    environment = (bundle.folder / CONDA).read_text()
    (requirement,) = (bundle.folder / PIP).read_text().split()
    assert f'  - pip:\n      - "{requirement}"\n' in environment
    assert (bundle.folder / requirement.removesuffix("[notebook]")).is_file()
    torch = re.search(r'"pytorch=([\d.]+)=cpu\*"', environment)
    assert torch is not None and f"torch=={torch[1]}" in (bundle.folder / START).read_text()


def test_the_same_release_gives_the_same_bytes(bundle: Bundle, tmp_path: Path) -> None:
    again = CliRunner().invoke(app, ["bundle", FIRST, "--course", str(ROOT), "--to", str(tmp_path)])
    assert again.exit_code == 0, again.output
    assert (tmp_path / f"{FIRST}.zip").read_bytes() == bundle.archive.read_bytes()
    (tmp_path / FIRST / "old.txt").write_text("")
    make_bundle(chapter(ROOT, FIRST), tmp_path)
    assert not (tmp_path / FIRST / "old.txt").exists()


def test_what_would_leak_or_lose_something_is_refused(course: Chapter, tmp_path: Path) -> None:
    (tmp_path / course.id).mkdir()
    (tmp_path / course.id / "mine.txt").write_text("")
    with pytest.raises(AuthoringError, match="was not made by this command"):
        make_bundle(course, tmp_path)
    (course.release / "answers.py").write_text("import autograder\n")
    with pytest.raises(AuthoringError, match="would leak"):
        make_bundle(course, tmp_path / "other")
    assert not (tmp_path / "other").exists()
    for path in course.release.glob("*.ipynb"):
        path.unlink()
    with pytest.raises(AuthoringError, match="run `make notebooks`"):
        make_bundle(course, tmp_path / "other")
