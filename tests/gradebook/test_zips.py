"""`nbgrader zip_collect` with hostile archives among honest ones: the honest arrive, nothing is written elsewhere."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from autograder.course import Course
from autograder.gradebook.archives import archive_problem
from tests.gradebook.conftest import ASSIGNMENT, NOTEBOOK


def archive(folder: Path, name: str, members: dict[str, str], link: str = "") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.zip"
    with zipfile.ZipFile(path, "w") as opened:
        for member, text in members.items():
            opened.writestr(member, text)
        if link:
            info = zipfile.ZipInfo(link)
            info.external_attr = 0o120777 << 16
            opened.writestr(info, "/etc/passwd")
    return path


@pytest.mark.parametrize(
    ("member", "says"),
    [
        ("../../outside.txt", "outside"),
        ("/tmp/outside.txt", "outside"),
        ("a/../../outside.txt", "outside"),
        ("..\\outside.txt", "outside"),
        ("C:/outside.txt", "outside"),
    ],
)
def test_paths_that_point_outside(tmp_path: Path, member: str, says: str) -> None:
    assert says in (archive_problem(archive(tmp_path, "x", {member: "!"})) or "")


def test_links_and_fakes(tmp_path: Path) -> None:
    assert "symbolic link" in (archive_problem(archive(tmp_path, "link", {}, link="x.ipynb")) or "")
    fake = tmp_path / "fake.zip"
    fake.write_text("no zip")
    assert "not a zip" in (archive_problem(fake) or "")
    assert archive_problem(archive(tmp_path, "fine", {"a/b.ipynb": "{}"})) is None


def test_zip_collect_takes_the_honest_and_skips_the_hostile(course: Course) -> None:
    downloads = course.root / "downloaded" / ASSIGNMENT / "archive"
    notebook = (course.release / ASSIGNMENT / f"{NOTEBOOK}.ipynb").read_text()
    archive(downloads, "ada", {f"ada_{NOTEBOOK}.ipynb": notebook})
    archive(downloads, "eve", {"../../../../escaped.ipynb": "!", f"eve_{NOTEBOOK}.ipynb": notebook})
    archive(downloads, "mal", {}, link=f"mal_{NOTEBOOK}.ipynb")
    with open(course.root / "nbgrader_config.py", "a") as config:
        config.write(
            "c.FileNameCollectorPlugin.named_regexp = r'.*/(?P<student_id>[^/_]+)_(?P<file_id>[^/]+)\\.ipynb$'\n"
        )
    command = [sys.executable, "-m", "nbgrader", "zip_collect", ASSIGNMENT]
    done = subprocess.run(
        command, cwd=course.root, capture_output=True, text=True, env=os.environ, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert course.students(ASSIGNMENT) == ["ada"]
    assert "outside" in done.stderr and "symbolic link" in done.stderr
    assert not list(course.root.parent.rglob("escaped.ipynb"))
