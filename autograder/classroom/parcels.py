"""What a grader and a cluster's workers send each other: bytes, in forms that run nothing where they are read.

dask pickles what it moves. It pickles a name of ours and these bytes, so that nothing that comes from a student is ever
unpickled: a submission travels as JSON, a result as the document that the store keeps.
"""

from __future__ import annotations

import dataclasses
import json
import platform
from importlib import metadata
from pathlib import Path

import msgspec

from autograder.classroom.pool import Task
from autograder.classroom.workplace import JailChoice
from autograder.course import Course, CourseError
from autograder.grading import assignment as engine
from autograder.grading.assignment import Assignment, engine_digest, environment_digest, packaged_suite
from autograder.grading.parse_notebook import Cell, cells_of
from autograder.grading.pytest_session import Selection

PIP = "pip install -c constraints.txt -e '.[cluster]'"
"""The line that installs what a cluster needs, in a checkout."""


class AssignmentParcel(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that decides grades besides the submission, but the suite, which is on each worker.

    Attributes:
        suite: the course's own suite, a path that every machine must see; empty: the one in the package.
        secret_file: the course's secret as the grader sees it. Where a worker reads the same secret there, course and
            worker share a file system, and our own solutions' answers are kept in the course.
        digests: what must be alike, by its name for a person. versions: of the software that decides scores.
    """

    name: str
    notebook: str
    cells: bytes
    suite: str
    secret: str
    secret_file: str
    digests: dict[str, str]
    versions: dict[str, str]
    backend: str
    unsafe_no_jail: bool
    private: tuple[str, ...]
    answers: str


class TaskParcel(msgspec.Struct, frozen=True, kw_only=True):
    """One submission. `exercises` and `slow` are those of its `Selection`."""

    cells: bytes
    seed: int
    exercises: list[str] | None
    slow: list[str] | None


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a task: a result document, or why this submission waits, or why the whole run stops.

    Attributes:
        proofs: what the worker's jail was proved to deny, where that was all that was asked.
        unjailed: it stops because no jail is proven.
    """

    document: bytes = b""
    waits: str = ""
    stops: str = ""
    unjailed: bool = False
    proofs: tuple[str, ...] = ()


def pack_assignment(course: Course, assignment: Assignment, jail: JailChoice) -> bytes:
    """An assignment and the jail to grade it in, for any worker."""
    own = assignment.suite.resolve() != packaged_suite(assignment.name).resolve()
    return msgspec.msgpack.encode(
        AssignmentParcel(
            name=assignment.name,
            notebook=assignment.notebook,
            cells=_pack_cells(assignment.cells),
            suite=str(assignment.suite) if own else "",
            secret=assignment.secret,
            secret_file=str(course.secret),
            digests=_digests(assignment),
            versions=_versions(),
            backend=jail.backend or "",
            unsafe_no_jail=jail.unsafe_no_jail,
            private=tuple(map(str, jail.private)),
            answers=str(jail.answers or ""),
        )
    )


def unpack_assignment(parcel: bytes) -> tuple[Assignment, JailChoice]:
    """The assignment with this machine's suite.

    Raises:
        CourseError: something here that decides scores differs from the grader's; it says what, and what to do.
    """
    said = msgspec.msgpack.decode(parcel, type=AssignmentParcel)
    suite = Path(said.suite) if said.suite else packaged_suite(said.name)
    if not suite.is_dir():
        raise CourseError(
            f"there is no suite of {said.name} in {suite} here: a course's own suites must lie in a folder that every "
            "machine mounts at the same place, others come with the package"
        )
    assignment = Assignment(said.name, said.notebook, _unpack_cells(said.cells), suite, said.secret)
    here = _digests(assignment)
    different = [name for name, digest in said.digests.items() if here.get(name) != digest]
    if different:
        versions = _versions()
        listed = [
            f"{name} {versions.get(name, 'missing')} here, {version} there"
            for name, version in said.versions.items()
            if versions.get(name) != version
        ]
        what = ", ".join(different) + (f" ({'; '.join(listed)})" if listed else "")
        raise CourseError(
            f"it would not grade as you do, for these differ: {what}. Install there what you have, start the worker "
            "again, or take it out of the cluster"
        )
    answers = Path(said.answers) if said.answers and _shares_files(said) else None
    private = tuple(map(Path, said.private))
    return assignment, JailChoice(said.backend or None, said.unsafe_no_jail, private, answers)


def pack_task(task: Task) -> bytes:
    """One submission. SubmissionError where it is no notebook."""
    chosen = task.selection
    return msgspec.msgpack.encode(
        TaskParcel(
            cells=_pack_cells(cells_of(task.submission)),
            seed=task.seed,
            exercises=None if chosen.exercises is None else sorted(chosen.exercises),
            slow=None if chosen.slow is None else sorted(chosen.slow),
        )
    )


def unpack_task(parcel: bytes) -> tuple[tuple[Cell, ...], int, Selection]:
    """The submission's cells, the seed, and what is to be graded."""
    said = msgspec.msgpack.decode(parcel, type=TaskParcel)
    chosen = Selection(
        exercises=None if said.exercises is None else frozenset(said.exercises),
        slow=None if said.slow is None else frozenset(said.slow),
    )
    return _unpack_cells(said.cells), said.seed, chosen


def _pack_cells(cells: tuple[Cell, ...]) -> bytes:
    # A student's ids may hold half a surrogate pair, which no encoding can; in ASCII JSON it is an escape.
    return json.dumps([dataclasses.astuple(cell) for cell in cells], ensure_ascii=True).encode()


def _unpack_cells(document: bytes) -> tuple[Cell, ...]:
    return tuple(Cell(*fields) for fields in json.loads(document))


def _digests(assignment: Assignment) -> dict[str, str]:
    return {
        "the version of autograder": engine_digest(),
        "Python or a package that decides scores": environment_digest(),
        f"the suite of {assignment.name}": assignment.suite_digest,
    }


def _versions() -> dict[str, str]:
    # The engine's own list: another one here could fall behind it.
    packages = {name: metadata.version(name) for name in engine._DECIDING_PACKAGES}
    return {"Python": platform.python_version(), "machine": platform.machine(), **packages}


def _shares_files(said: AssignmentParcel) -> bool:
    try:
        return Path(said.secret_file).read_text(encoding="ascii").strip() == said.secret
    except (OSError, UnicodeDecodeError):
        return False
