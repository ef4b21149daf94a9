"""`autograder collect`: downloads of Canvas and Moodle by name; nobody's work is lost or given to another."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import nbformat
import pytest
from typer.testing import CliRunner

from autograder.cli import main as cli
from autograder.course import Course, CourseError
from autograder.course.roster import Member, write_roster
from autograder.gradebook.collecting import Collected, Origin, collect

ASSIGNMENT, ASKED = "toy", "toy_lines.ipynb"
CLASS = (
    Member("ada", "Lovelace", "Ada", "", "101"),
    Member("zoe", "Ωmega", "Zoë", "", "102"),
    Member("ann1", "Smith", "Ann", "", "103"),
    Member("ann2", "Smith", "Ann", "", "104"),
)


@pytest.fixture
def course(tmp_path: Path) -> Course:
    course = Course(tmp_path / "a course")
    (course.source / ASSIGNMENT).mkdir(parents=True)
    nbformat.write(nbformat.v4.new_notebook(), course.source / ASSIGNMENT / ASKED)
    write_roster(course, CLASS)
    return course


def download(
    folder: Path, members: dict[str, bytes], time: tuple[int, ...] = (2026, 11, 20, 22, 30, 10)
) -> Path:
    path = folder / "submissions.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, time), content)  # type: ignore[arg-type]
    return path


def files(course: Course) -> dict[str, bytes]:
    return {
        path.relative_to(course.submitted).as_posix(): path.read_bytes()
        for path in sorted(course.submitted.rglob("*"))
        if path.is_file()
    }


def run(course: Course, path: Path, origin: Origin, update: bool = False, times: bool = False) -> Collected:
    found = collect(course, ASSIGNMENT, path, origin, update=update, times=times)
    assert not [path for path in course.submitted.iterdir() if path.name.startswith(".collecting")]
    return found


def zip_of(**members: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.ipynb", content)
        archive.writestr("timestamp.txt", b"2020-01-01 00:00:00 UTC")
    return made.getvalue()


def test_canvas(course: Course, tmp_path: Path) -> None:
    path = download(
        tmp_path,
        {
            "lovelaceada_101_9001_toy_lines-1.ipynb": b"ada's",
            "lovelaceada_101_9002_helpers.py": b"more",
            "omegazoe_LATE_102_9003_toy_lines.ipynb": b"zoe's",
            "omegazoe_LATE_102_9004_timestamp.txt": b"2020-01-01 00:00:00 UTC",
            "strangereve_999_9005_toy_lines.ipynb": b"eve's",
        },
    )
    found = run(course, path, Origin.CANVAS)
    assert files(course) == {
        "ada/toy/toy_lines-1.ipynb": b"ada's", "ada/toy/helpers.py": b"more", "zoe/toy/toy_lines.ipynb": b"zoe's",
    }  # fmt: skip
    assert (found.taken, found.late) == (["ada", "zoe"], ["zoe"])
    (problem,) = found.problems
    assert "strangereve (canvas 999)" in problem and "autograder roster" in problem


def test_moodle_in_folders_and_in_one_name(course: Course, tmp_path: Path) -> None:
    path = download(
        tmp_path,
        {
            "Ada Lovelace_7001_assignsubmission_file_/work/toy_lines.ipynb": b"ada's",
            "Zoe\u0308 Ωmega_7002_assignsubmission_file_toy_lines.ipynb": b"zoe's",
            "Ann Smith_7003_assignsubmission_file_/toy_lines.ipynb": b"which Ann's?",
            "Ann Smith_104_assignsubmission_file_/toy_lines.ipynb": b"the second's",
            "Ada Lovelace_7001_assignsubmission_onlinetext_/onlinetext.html": b"<p>",
        },
    )
    found = run(course, path, Origin.MOODLE)
    assert files(course) == {
        "ada/toy/work/toy_lines.ipynb": b"ada's",
        "ann2/toy/toy_lines.ipynb": b"the second's",
        "zoe/toy/toy_lines.ipynb": b"zoe's",
    }
    assert (
        len(found.problems) == 1 and "2 students on the roster have this number or name" in found.problems[0]
    )


def test_folders_archives_and_bare_notebooks(course: Course, tmp_path: Path) -> None:
    path = download(
        tmp_path,
        {
            "ada/toy_lines.ipynb": b"ada's",
            "ada/timestamp.txt": b"2026-11-20 20:00:00 UTC",
            "ada/more.zip": zip_of(old=b"old"),
            "zoe.zip": zip_of(toy_lines=b"zoe's"),
            "bob.ipynb": b"bob's",
            "__MACOSX/ada/._toy_lines.ipynb": b"\0",
            "a[1]/toy_lines.ipynb": b"!",
        },
    )
    found = run(course, path, Origin.FOLDERS)
    assert files(course) == {
        "ada/toy/more/old.ipynb": b"old",
        "ada/toy/timestamp.txt": b"2026-11-20 20:00:00 UTC",
        "ada/toy/toy_lines.ipynb": b"ada's",
        "bob/toy/bob.ipynb": b"bob's",
        "zoe/toy/toy_lines.ipynb": b"zoe's",
    }, "a time inside a student's own archive is the student's claim"
    assert ["a[1]" in problem for problem in found.problems] == [True]


def test_a_second_download_changes_nothing_unless_asked_and_keeps_the_old_one(
    course: Course, tmp_path: Path
) -> None:
    first = download(tmp_path, {"ada/toy_lines.ipynb": b"first", "zoe/toy_lines.ipynb": b"zoe's"})
    run(course, first, Origin.FOLDERS)
    second = download(tmp_path, {"ada/toy_lines.ipynb": b"second", "zoe/toy_lines.ipynb": b"zoe's"})
    found = run(course, second, Origin.FOLDERS)
    assert found.same == ["zoe"] and "--update" in found.problems[0]
    assert files(course)["ada/toy/toy_lines.ipynb"] == b"first"
    found = run(course, second, Origin.FOLDERS, update=True)
    assert found.replaced == ["ada"] and found.same == ["zoe"] and not found.problems
    assert files(course)["ada/toy/toy_lines.ipynb"] == b"second"
    assert files(course)[".replaced/ada/toy-1/toy_lines.ipynb"] == b"first"
    assert course.students(ASSIGNMENT) == ["ada", "zoe"]


def test_times_are_those_of_the_archive_where_asked_in_the_classes_zone(
    course: Course, tmp_path: Path
) -> None:
    (course.root / "deadlines.toml").write_text('timezone = "Europe/Berlin"\n')
    path = download(tmp_path, {"Ada Lovelace_101_assignsubmission_file_/toy_lines.ipynb": b"x"})
    run(course, path, Origin.MOODLE, times=True)
    assert files(course)["ada/toy/timestamp.txt"] == b"2026-11-20 21:30:10 UTC\n"
    none = download(
        tmp_path, {"Zoë Ωmega_102_assignsubmission_file_/toy_lines.ipynb": b"x"}, (1980, 1, 1, 0, 0, 0)
    )
    run(course, none, Origin.MOODLE, times=True)
    assert "zoe/toy/timestamp.txt" not in files(course), "1980 is how a zip says that it has no time"


@pytest.mark.parametrize(
    ("members", "says"),
    [
        ({"../ada/toy_lines.ipynb": b"x"}, "points outside"),
        ({"notes.txt": b"x"}, "try another --from"),
    ],
)
def test_a_download_that_is_not_what_it_should_be_changes_nothing(
    course: Course, tmp_path: Path, members: dict[str, bytes], says: str
) -> None:
    with pytest.raises(CourseError, match=says):
        run(course, download(tmp_path, members), Origin.CANVAS)
    assert files(course) == {}
    for name, content in (("fake.zip", b"no zip"), ("fake.tar.gz", b"no tar"), ("notebook.ipynb", b"{}")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(CourseError, match="not a|neither"):
            collect(course, ASSIGNMENT, tmp_path / name, Origin.FOLDERS)


def test_the_command(course: Course, tmp_path: Path) -> None:
    path = download(tmp_path, {"ada/toy_lines.ipynb": b"ada's", "a[1]/toy_lines.ipynb": b"!"})
    asked = ["collect", ASSIGNMENT, str(path), "--from", "folders", "--course", str(course.root)]
    done = CliRunner().invoke(cli.app, asked)
    assert done.exit_code == 2, "something was not taken"
    assert done.output.splitlines()[0] == "toy: 1 taken, 0 replaced, 0 as they were"
    assert "not taken: a[1]" in done.output
