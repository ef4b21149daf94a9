"""What is not laid out as asked is taken where one notebook alone can be meant, and it is said; nothing is lost."""

from __future__ import annotations

import io
import os
import shutil
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbgrader.apps import NbGraderAPI

from autograder.classroom.grade_class import unconvertible
from autograder.course import Course
from autograder.course.submission import BYTE_ORDER_MARK
from autograder.gradebook.gradebook import read_grades
from autograder.gradebook.intake import intake_notes, settle
from autograder.grading.result import Result
from tests.classroom.test_grade_class import by_student, grade
from tests.gradebook.conftest import ASSIGNMENT, NOTEBOOK, Submit, cell_of, make_result

ASKED = f"{NOTEBOOK}.ipynb"
Lay = Callable[[Path, bytes], None]


def worked(notebook: nbformat.NotebookNode) -> None:
    cell_of(notebook, "double_solution").source = "def double(x):\n    return x + x"


def differently(notebook: nbformat.NotebookNode) -> None:
    cell_of(notebook, "double_solution").source = "def double(x):\n    return 2 * x"


@pytest.fixture
def folder(course: Course, submit: Submit) -> Path:
    """eve's submission, with work in it."""
    return submit("eve", worked).parent


def renamed(folder: Path, work: bytes) -> None:
    (folder / f"{NOTEBOOK} (1).ipynb").write_bytes(work)


def deeper(folder: Path, work: bytes) -> None:
    (folder / "my work").mkdir()
    (folder / "my work" / ASKED).write_bytes(work)


def zipped(folder: Path, work: bytes) -> None:
    with zipfile.ZipFile(folder / "hand in.zip", "w") as archive:
        archive.writestr(f"lines/{ASKED}", work)
        archive.writestr(f"__MACOSX/lines/._{ASKED}", b"\0\5\x16\7")
        archive.writestr(f"lines/.ipynb_checkpoints/{NOTEBOOK}-checkpoint.ipynb", work + b" ")


def twice_packed(folder: Path, work: bytes) -> None:
    inner = io.BytesIO()
    with tarfile.open(fileobj=inner, mode="w:gz") as archive:
        member = tarfile.TarInfo("final.ipynb")
        member.size = len(work)
        archive.addfile(member, io.BytesIO(work))
    with zipfile.ZipFile(folder / "outer.zip", "w") as archive:
        archive.writestr("inner.tar.gz", inner.getvalue())


def two_copies(folder: Path, work: bytes) -> None:
    renamed(folder, work)
    (folder / "copy.ipynb").write_bytes(work)


@pytest.mark.parametrize(
    ("lay", "told"),
    [
        (renamed, f"`{NOTEBOOK} (1).ipynb`"),
        (deeper, f"`my work/{ASKED}`"),
        (zipped, f"`hand in/lines/{ASKED}`"),
        (twice_packed, "`outer/inner/final.ipynb`"),
        (two_copies, "`copy.ipynb`"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_one_notebook_elsewhere_is_taken_with_a_note(
    course: Course, folder: Path, lay: Lay, told: str
) -> None:
    work = (folder / ASKED).read_bytes()
    (folder / ASKED).unlink()
    lay(folder, work)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert unconvertible(course, ASSIGNMENT, "eve", [NOTEBOOK]), "without `settle` it waits"
    settle(course, ASSIGNMENT, "eve")
    assert (folder / ASKED).read_bytes() == work and unconvertible(
        course, ASSIGNMENT, "eve", [NOTEBOOK]
    ) is None
    assert all(path.read_bytes() == content for path, content in before.items()), "what was handed in stays"
    (note,) = intake_notes(course, ASSIGNMENT, "eve")
    assert told in note and f"where {ASKED} was asked for" in note
    after = sorted(path.name for path in folder.rglob("*"))
    settle(course, ASSIGNMENT, "eve")
    assert sorted(path.name for path in folder.rglob("*")) == after, "a second time changes nothing"


def test_beside_an_untouched_notebook_the_worked_one_is_graded(course: Course, folder: Path) -> None:
    work, given = (folder / ASKED).read_bytes(), (course.release / ASSIGNMENT / ASKED).read_bytes()
    (folder / "my solution.ipynb").write_bytes(work)
    (folder / ASKED).write_bytes(given)
    settle(course, ASSIGNMENT, "eve")
    assert (folder / ASKED).read_bytes() == work
    assert (folder / f"{NOTEBOOK}-untouched.ipynb").read_bytes() == given
    notes = " ".join(intake_notes(course, ASSIGNMENT, "eve"))
    assert "Graded is `my solution.ipynb`" in notes and f"`{NOTEBOOK}-untouched.ipynb` is untouched" in notes


def test_an_untouched_notebook_under_another_name_is_what_was_handed_in(
    course: Course, submit: Submit
) -> None:
    path = submit("nil")
    path.rename(path.with_name("Untitled.ipynb"))
    settle(course, ASSIGNMENT, "nil")
    assert path.is_file()


def test_where_two_can_be_meant_a_person_decides(course: Course, submit: Submit, folder: Path) -> None:
    other = submit("other", differently).read_bytes()
    (folder / ASKED).rename(folder / "first.ipynb")
    (folder / "second.ipynb").write_bytes(other)
    settle(course, ASSIGNMENT, "eve")
    assert not (folder / ASKED).exists()
    why = unconvertible(course, ASSIGNMENT, "eve", [NOTEBOOK])
    assert why is not None and "several notebooks with work" in why and "`second.ipynb`" in why

    (folder / "first.ipynb").rename(folder / ASKED)
    settle(course, ASSIGNMENT, "eve")
    assert unconvertible(course, ASSIGNMENT, "eve", [NOTEBOOK]) is None
    assert intake_notes(course, ASSIGNMENT, "eve") == (
        f"Graded is {ASKED}; `second.ipynb` beside it is not.",
    )


def another_assignments(folder: Path, work: bytes) -> None:
    notebook = nbformat.reads(work.decode(), as_version=4)
    for cell in notebook.cells:
        cell.metadata["nbgrader"]["grade_id"] = "other_" + cell.metadata["nbgrader"]["grade_id"]
    nbformat.write(notebook, folder / "ch99.ipynb")


def as_link(folder: Path, work: bytes) -> None:
    outside = folder.parents[2] / "outside.ipynb"
    outside.write_bytes(work)
    os.symlink(outside, folder / "mine.ipynb")


def bomb(folder: Path, work: bytes) -> None:
    with zipfile.ZipFile(folder / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(600):
            archive.writestr(f"{number}.ipynb", b"\0" * (1 << 20))


def points_outside(folder: Path, work: bytes) -> None:
    with tarfile.open(folder / "escape.tar.gz", "w:gz") as archive:
        member = tarfile.TarInfo("../../../escaped.ipynb")
        member.size = len(work)
        archive.addfile(member, io.BytesIO(work))


@pytest.mark.parametrize(
    "lay", [another_assignments, as_link, bomb, points_outside], ids=lambda lay: lay.__name__
)
def test_what_is_not_certain_or_hostile_is_not_taken(
    course: Course, folder: Path, tmp_path: Path, lay: Lay
) -> None:
    work = (folder / ASKED).read_bytes()
    (folder / ASKED).unlink()
    lay(folder, work)
    settle(course, ASSIGNMENT, "eve")
    assert not (folder / ASKED).exists() and unconvertible(course, ASSIGNMENT, "eve", [NOTEBOOK])
    assert not list(tmp_path.rglob("escaped.ipynb"))


def test_a_byte_order_mark_is_passed_over_and_told(
    course: Course, api: NbGraderAPI, folder: Path, results: dict[str, Result | Exception]
) -> None:
    path = folder / ASKED
    path.write_bytes(BYTE_ORDER_MARK + path.read_bytes())
    assert course.submission("eve", ASSIGNMENT, NOTEBOOK).startswith(b"{")
    results["eve"] = make_result(double=1.0, square=0.0)
    assert api.autograde(ASSIGNMENT, "eve")["success"]
    page = nbformat.read(course.autograded / "eve" / ASSIGNMENT / ASKED, as_version=4)
    assert cell_of(page, "double_solution").source.endswith("return x + x")
    assert "byte order mark" in cell_of(page, "double").outputs[0].text
    assert read_grades(api.coursedir.db_url, ASSIGNMENT, "eve")["double"].auto == 4.0


def test_student_and_instructor_read_the_note(
    course: Course, folder: Path, submit: Submit, results: dict[str, Result | Exception]
) -> None:
    """By `autograder grade`, and by nbgrader's own command on a notebook under another name."""
    (folder / ASKED).rename(folder / "Untitled1.ipynb")
    submit("ada")
    results |= {"eve": make_result(double=1.0, square=0.5), "ada": make_result(double=0.0, square=0.0)}
    rows = by_student(grade(course, results))
    assert rows["eve"].score == 7.0 and not rows["eve"].problem
    assert "Untitled1.ipynb" in rows["eve"].note and rows["ada"].note == ""
    page = nbformat.read(course.autograded / "eve" / ASSIGNMENT / ASKED, as_version=4)
    assert "Graded is `Untitled1.ipynb`" in cell_of(page, "double").outputs[0].text


def test_nbgraders_own_command_takes_it_too(
    course: Course, api: NbGraderAPI, folder: Path, results: dict[str, Result | Exception]
) -> None:
    (folder / ASKED).rename(folder / "Untitled1.ipynb")
    results["eve"] = make_result(double=1.0, square=0.5)
    assert api.autograde(ASSIGNMENT, "eve")["success"]
    assert read_grades(api.coursedir.db_url, ASSIGNMENT, "eve")["square"].auto == 3.0


def test_a_notebook_that_cannot_be_read_is_not_replaced_by_another(course: Course, folder: Path) -> None:
    (folder / "copy.ipynb").write_bytes((folder / ASKED).read_bytes())
    (folder / ASKED).write_bytes(b"{nonsense")
    settle(course, ASSIGNMENT, "eve")
    assert (folder / ASKED).read_bytes() == b"{nonsense"


def test_a_course_without_a_release_takes_nothing(course: Course, folder: Path) -> None:
    shutil.rmtree(course.release)
    (folder / ASKED).rename(folder / "Untitled1.ipynb")
    settle(course, ASSIGNMENT, "eve")
    assert not (folder / ASKED).exists()
