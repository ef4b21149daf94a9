"""The course's secret is made once, kept from everybody else, and never silently replaced."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from autograder.course import Course, CourseError
from autograder.course.secret import course_secret


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_it_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    first = course_secret(Course(tmp_path))
    assert len(first) == 64 and course_secret(Course(tmp_path)) == first
    assert mode(tmp_path / "course_secret") == 0o600
    (tmp_path / "other").mkdir()
    assert course_secret(Course(tmp_path / "other")) != first


def test_a_group_that_shares_the_course_shares_it(tmp_path: Path) -> None:
    os.chmod(tmp_path, 0o2770)
    course_secret(Course(tmp_path))
    assert mode(tmp_path / "course_secret") == 0o640
    assert (tmp_path / "course_secret").stat().st_gid == tmp_path.stat().st_gid


def test_graders_that_start_at_once_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: course_secret(Course(tmp_path)), range(24)))
    assert len(found) == 1 and os.listdir(tmp_path) == ["course_secret"]


@pytest.mark.parametrize("content", ["", "abc", "g" * 64, "0" * 63, "é" * 64])
def test_a_damaged_one_is_said(tmp_path: Path, content: str) -> None:
    (tmp_path / "course_secret").write_text(content)
    os.chmod(tmp_path / "course_secret", 0o600)
    with pytest.raises(CourseError, match="course_secret"):
        course_secret(Course(tmp_path))
    assert (tmp_path / "course_secret").read_text() == content


def test_one_that_everybody_reads_is_refused(tmp_path: Path) -> None:
    course_secret(Course(tmp_path))
    os.chmod(tmp_path / "course_secret", 0o644)
    with pytest.raises(CourseError, match="chmod o-rwx"):
        course_secret(Course(tmp_path))


@pytest.mark.parametrize(("digest", "lost"), [("3f2a", True), ("", False)])
def test_a_lost_one_is_not_made_anew_where_results_need_it(tmp_path: Path, digest: str, lost: bool) -> None:
    stored = tmp_path / "results" / "ab"
    stored.mkdir(parents=True)
    (stored / "abc.json").write_text(f'{{\n "secret_digest": "{digest}"\n}}')
    if not lost:
        assert course_secret(Course(tmp_path))
        return
    with pytest.raises(CourseError, match="is lost.*put it back"):
        course_secret(Course(tmp_path))
    assert not (tmp_path / "course_secret").exists()
