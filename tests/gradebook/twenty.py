"""A class of twenty, each student with a way of their own to hand in; as Canvas lists it and lets it be downloaded."""

from __future__ import annotations

import csv
import io
import tarfile
import unicodedata
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat.v4 import new_markdown_cell

from autograder.course import Course
from bench.course import ASSIGNMENT, NOTEBOOK, make_course

ASKED = f"{NOTEBOOK}.ipynb"
WRITTEN = "written_stable"
POINTS = {"softmax": 4.0, "linear_backward": 6.0, "fit_line": 10.0, WRITTEN: 5.0}
SCHEME = "the largest power is one"
UNSTABLE = "def softmax(logits):\n    return torch.exp(logits) / torch.exp(logits).sum(dim=1, keepdim=True)"
EXIT = "def fit_line(x, y, steps=100, lr=0.1):\n    import os\n    os._exit(0)"

DEADLINES = f"""
timezone = "Europe/Berlin"
percent_per_day = 10
percent_cap = 50
[{ASSIGNMENT}]
due = 2026-11-20 23:59:00
[{ASSIGNMENT}.extensions]
lee = 2026-11-25 23:59:00
"""
IN_TIME, TWO_DAYS_LATE, EXTENDED = (
    (2026, 11, 20, 12, 0, 0),
    (2026, 11, 22, 10, 0, 0),
    (2026, 11, 24, 9, 30, 0),
)

Files = Mapping[str, bytes]


@dataclass(frozen=True)
class Student:
    """One of the class.

    Attributes:
        login: the id in the course. name: as Canvas writes it, last name first. number: Canvas's own.
        files: what was handed in, by the name under which Canvas keeps it; none for nobody's hand-in.
        by_hand: points that a person gives for the written answer; None: nobody has read it yet.
        lost: points that the hidden tests take. note: words of the note that student and instructor read.
        waits: words of the reason why nothing could be graded. days: late.
    """

    login: str
    name: str
    number: int
    files: Files
    by_hand: float | None = None
    lost: float = 0.0
    note: str = ""
    waits: str = ""
    time: tuple[int, int, int, int, int, int] = IN_TIME
    days: int = 0

    @property
    def raw(self) -> float | None:
        """Points before lateness; None where the grade is not final."""
        if self.by_hand is None or self.waits or not self.files:
            return None
        return 20.0 - self.lost + self.by_hand

    @property
    def final(self) -> float | None:
        return None if self.raw is None else self.raw * (1 - 0.1 * self.days)

    @property
    def canvas_name(self) -> str:
        """The beginning of the names in Canvas's download: last and first name without accents, spaces and commas."""
        plain = unicodedata.normalize("NFKD", self.name).encode("ascii", "ignore").decode()
        return "".join(character for character in plain.lower() if character.isalnum()) or "student"


def make_class_course(root: Path) -> Course:
    """The timing course with a written question, its mark scheme and deadlines; nothing is released yet."""
    course = make_course(root, jailed=True)
    path = course.source_notebook(ASSIGNMENT, NOTEBOOK)
    notebook = nbformat.read(path, as_version=4)
    question = f"Why is it stable?\n\n=== BEGIN MARK SCHEME ===\n{SCHEME}\n=== END MARK SCHEME ==="
    marks = {"schema_version": 3, "grade_id": WRITTEN, "task": False, "grade": True, "solution": True}
    marks |= {"locked": False, "points": POINTS[WRITTEN]}
    notebook.cells.append(new_markdown_cell(question, id="stable", metadata={"nbgrader": marks}))
    nbformat.write(notebook, path)
    (root / "deadlines.toml").write_text(DEADLINES)
    return course


def the_class(course: Course) -> list[Student]:
    """The twenty, in the order of Canvas's list. Each hand grade is another one, so that no two scores are equal."""
    given = (course.release / ASSIGNMENT / ASKED).read_bytes()

    def work(student: str, **cells: str) -> bytes:
        return _solved(course, given, student, cells)

    jose, decomposed = "jos\N{LATIN SMALL LETTER E WITH ACUTE}", "jose\N{COMBINING ACUTE ACCENT}"
    return [
        Student("ada", "Lovelace, Ada", 101, {ASKED: work("ada")}, 0.25),
        Student(
            "ben", "Brown, Ben", 102, {"my homework.ipynb": work("ben")}, 0.5, note="`my homework.ipynb`"
        ),
        Student(
            "cho", "Cho, Min", 103, {f"{NOTEBOOK}-2.ipynb": work("cho")}, 0.75, note=f"`{NOTEBOOK}-2.ipynb`"
        ),
        Student(
            *("dee", "Dee, Di", 104, {"all.zip": zipped({f"week 5/work/{ASKED}": work("dee")})}, 1.0),
            note=f"`all/week 5/work/{ASKED}`",
        ),
        Student(
            *(
                "eli",
                "Eli, E.",
                105,
                {"outer.zip": zipped({"inner.zip": zipped({ASKED: work("eli")})})},
                1.25,
            ),
            note=f"`outer/inner/{ASKED}`",
        ),
        Student(
            *("fay", "Fay, Fia", 106, {"work.tar.gz": tarred({"final.ipynb": work("fay")})}, 1.5),
            note="`work/final.ipynb`",
        ),
        Student(
            *("gus", "Gus, Gert", 107, {ASKED: b"\xef\xbb\xbf" + work("gus")}, 1.75), note="byte order mark"
        ),
        Student(
            *("hal", "Hal, H.", 108, {ASKED: given, "final version.ipynb": work("hal")}, 2.0),
            note=f"`{NOTEBOOK}-untouched.ipynb` is untouched",
        ),
        Student(
            *(
                "ivy",
                "Ivy, I.",
                109,
                {"one.ipynb": work("ivy"), "two.ipynb": work("ivy", softmax=UNSTABLE)},
                2.25,
            ),
            waits="several notebooks with work in them (`one.ipynb`, `two.ipynb`)",
        ),
        Student("jon", "Jon, J.", 110, {ASKED: b'{"cells": [{"cell_ty'}, waits="the file is not JSON"),
        Student("kim", "Kim, K.", 111, {ASKED: work("kim")}, 2.5, time=TWO_DAYS_LATE, days=2),
        Student("lee", "Lee, L.", 112, {ASKED: work("lee")}, 2.75, time=EXTENDED),
        Student("mia", "Mia, M.", 113, {ASKED: work("mia")}, 3.0),
        Student(
            *("zoe", "\N{GREEK CAPITAL LETTER OMEGA}mega, Zoe\N{COMBINING DIAERESIS}", 114),
            {"u\N{COMBINING DIAERESIS}bung.ipynb": work("zoe")},
            3.25,
            note="bung.ipynb`",
        ),
        Student(jose, "Nunez, Jose", 115, {ASKED: work(jose)}, 3.5),
        Student(
            *(decomposed, "Nunez, Jose", 116, {ASKED: work(decomposed, softmax=UNSTABLE)}, 3.9), lost=2.0
        ),
        Student("pat", "=HYPERLINK(1), +Pat", 117, {ASKED: work("pat", fit_line=EXIT)}, 4.0, lost=10.0),
        Student("una", "Una, U.", 118, {ASKED: work("una")}),
        Student("nil", "Nil, N.", 119, {ASKED: given}, 0.0, lost=20.0),
        Student("out", "Out, O.", 120, {}),
    ]


def _solved(course: Course, given: bytes, student: str, cells: Mapping[str, str]) -> bytes:
    """The released notebook with the solutions in it, and these cells instead; no two students' bytes are alike."""
    notebook = nbformat.reads(given.decode(), as_version=4)
    source = nbformat.read(course.source_notebook(ASSIGNMENT, NOTEBOOK), as_version=4)
    for mine, theirs in zip(notebook.cells, source.cells, strict=True):
        name = mine.metadata.get("nbgrader", {}).get("grade_id", "")
        if name == WRITTEN:
            mine.source = f"No power is large: {student} says so."
        elif mine.metadata.get("nbgrader", {}).get("solution"):
            lines = cells.get(name.removesuffix("_solution"), theirs.source).splitlines()
            mine.source = "\n".join([*(line for line in lines if " SOLUTION" not in line), f"# by {student}"])
    return nbformat.writes(notebook).encode()


def zipped(files: Files) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
        archive.writestr(
            "timestamp.txt", b"2020-01-01 00:00:00 UTC"
        )  # a student's claim, which nobody believes
    return made.getvalue()


def tarred(files: Files) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return made.getvalue()


def canvas_download(path: Path, students: Iterable[Student]) -> Path:
    """Canvas's *Download Submissions* of these students."""
    with zipfile.ZipFile(path, "w") as archive:
        for student in students:
            late = "LATE_" if student.time != IN_TIME else ""
            for at, (name, content) in enumerate(student.files.items()):
                member = f"{student.canvas_name}_{late}{student.number}_{student.number}{at}_{name}"
                archive.writestr(zipfile.ZipInfo(member, student.time), content)
    return path


def canvas_gradebook(path: Path, students: Iterable[Student], entered: Mapping[str, str]) -> Path:
    """Canvas's *Grades, Export* of these students, with what was entered there by hand before."""
    with open(path, "w", newline="", encoding="utf-8-sig") as stream:
        writer = csv.writer(stream, lineterminator="\r\n")
        titles = [
            "Student",
            "ID",
            "SIS User ID",
            "SIS Login ID",
            "Section",
            f"{ASSIGNMENT} (77)",
            "Final Score",
        ]
        writer.writerow(titles)
        writer.writerow(["    Points Possible", "", "", "", "", f"{sum(POINTS.values()):.2f}", "(read only)"])
        for one in students:
            own = [one.name, one.number, f"S-{one.number}", one.login, "Deep Learning, A"]
            writer.writerow([*own, entered.get(one.login, ""), "50.0"])
        writer.writerow(["Student, Test", 199, "", "5f1c0ffee", "Deep Learning, A", "", ""])
    return path
