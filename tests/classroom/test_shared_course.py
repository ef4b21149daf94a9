"""Two instructors share a course: each can grade what the other has graded, and students see nothing of it."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.classroom.store import ResultStore
from autograder.course import CourseError
from autograder.course.lock import grading_lock
from autograder.course.sharing import share
from autograder.grading.result import encode
from tests.gradebook.conftest import make_result

ADA, BOB, EVE, TEACHERS = 12345, 12346, 12347, 12399
STARTER = Path(__file__).parents[1] / "jail" / "as_user.py"
needs_root = pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="acts as several users")

GRADE = """
import sys
from pathlib import Path
from autograder.classroom.store import ResultStore
from autograder.course.lock import grading_lock
from autograder.grading.result import decode
root = Path(sys.argv[1])
with grading_lock(root, wait=False):
    store = ResultStore(root / "results")
    before = store.get("k")
    store.put(decode(bytes.fromhex(sys.argv[2])))
print(before.exercises[0].share if before else None)
"""
RECORD = """
import sys
from pathlib import Path
from autograder.course import Course
from autograder.gradebook.grade import JailedGrade
from autograder.gradebook.record import Recorder
from autograder.grading.result import decode
JailedGrade.find = lambda *of: decode(bytes.fromhex(sys.argv[2]))
recorder = Recorder(Course(Path(sys.argv[1])))
if not recorder.course.gradebook.exists():
    assert recorder.api.generate_assignment("toy")["success"]
print(recorder.record("toy", "zoe"), recorder.grades("toy", "zoe")["double"].auto)
recorder.queue("toy", "zoe", "it was spoilt")
"""


def document(share_of_points: float) -> str:
    """A result as a command's argument."""
    return encode(make_result(double=share_of_points, square=1.0)).hex()


@pytest.fixture
def shared() -> Iterator[Path]:
    """A course folder of Ada's, in which the teachers' group may write."""
    root = Path(tempfile.mkdtemp(prefix="shared-"))
    os.chown(root, ADA, TEACHERS)
    root.chmod(0o2770)
    yield root
    shutil.rmtree(root, ignore_errors=True)


def run(user: int, program: str, *arguments: object, groups: tuple[int, ...] = (TEACHERS,)) -> str:
    home = Path(tempfile.mkdtemp(prefix="home-"))
    shutil.chown(home, user, user)
    who = ":".join(map(str, (user, *groups)))
    command = [sys.executable, str(STARTER), who, str(home), "-c", program, *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, env=environment)
    shutil.rmtree(home)
    return done.stdout.strip() if done.returncode == 0 else done.stderr[-3000:]


@needs_root
def test_two_instructors_grade_one_course(shared: Path) -> None:
    assert run(ADA, GRADE, shared, document(0.25)) == "None"
    assert run(BOB, GRADE, shared, document(0.5)) == "0.25"
    assert run(ADA, GRADE, shared, document(1.0)) == "0.5"
    assert "cannot be written by you" in run(EVE, GRADE, shared, document(1.0), groups=())
    for path in shared.rglob("*"):
        assert path.stat().st_gid == TEACHERS
    for path in shared.rglob("*.json"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o660


@needs_root
def test_two_instructors_record_in_one_gradebook(shared: Path, template: Path) -> None:
    shutil.copytree(template / "source", shared / "source")
    shutil.copy(template / "nbgrader_config.py", shared)
    shutil.copytree(template / "release" / "toy", shared / "submitted" / "zoe" / "toy")
    for path in (shared / "source", shared / "submitted", *shared.rglob("*")):
        os.chown(path, ADA, TEACHERS)
        path.chmod(path.stat().st_mode | (0o2070 if path.is_dir() else 0o060))
    for user, share_of_points in ((ADA, 0.25), (BOB, 0.5), (ADA, 1.0)):
        assert run(user, RECORD, shared, document(share_of_points)) == f"None {4 * share_of_points}"
    assert (shared / "autograded" / "zoe" / "toy").stat().st_uid == ADA


@needs_root
def test_a_lock_of_somebody_else_is_named_with_what_to_do(tmp_path: Path) -> None:
    root = Path(tempfile.mkdtemp(prefix="private-"))
    try:
        os.chown(root, ADA, ADA)
        root.chmod(0o755)
        assert run(ADA, GRADE, root, document(1.0), groups=()) == "None"
        assert "chgrp -R" in run(BOB, GRADE, root, document(1.0), groups=())
    finally:
        shutil.rmtree(root)


def test_a_course_of_ones_own_stays_closed(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    store = ResultStore(tmp_path / "results")
    store.put(make_result(double=1.0, square=1.0))
    with grading_lock(tmp_path):
        pass
    assert stat.S_IMODE(store.path("k").stat().st_mode) == 0o600
    assert not (tmp_path / ".autograder.lock").stat().st_mode & stat.S_IWGRP


def test_sharing_follows_no_link(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("mine")
    outside.chmod(0o600)
    course = tmp_path / "course"
    course.mkdir()
    course.chmod(0o2770)
    (course / "link").symlink_to(outside)
    share(course / "link", course)
    assert stat.S_IMODE(outside.stat().st_mode) == 0o600


def test_patience_ends(tmp_path: Path) -> None:
    with (
        grading_lock(tmp_path),
        pytest.raises(CourseError, match="wait until it is done"),
        grading_lock(tmp_path, patience=0.3),
    ):
        pass
