"""The gradebook's kept connection: the same rows as by an engine of its own, and never a file that is gone."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
import threading
from pathlib import Path

import pytest
from nbgrader.api import Gradebook, Student
from sqlalchemy.exc import OperationalError

from autograder.gradebook.database import KeptDialect, KeptPool, kept_url, one_commit


@pytest.fixture(autouse=True)
def alembic_on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new gradebook asks that command for its version."""
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("made") / "gradebook.db"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
        with Gradebook(f"sqlite:///{file}") as gradebook:
            gradebook.add_student("ada")
    return file


@pytest.fixture
def plain(made: Path, tmp_path: Path) -> str:
    shutil.copy(made, tmp_path / "gradebook.db")
    return f"sqlite:///{tmp_path}/gradebook.db?timeout=1"


def names(url: str) -> list[str]:
    with Gradebook(url) as gradebook:
        return [student.id for student in gradebook.students]


def test_engines_share_one_connection_and_see_what_others_write(plain: str) -> None:
    kept = kept_url(plain)
    with Gradebook(kept) as first:
        first.add_student("ben")
    with Gradebook(plain) as other:
        other.add_student("cleo")
    with Gradebook(kept) as second:
        second.add_student("dora")
        assert isinstance(second.engine.dialect, KeptDialect)
        assert second.engine.dialect is first.engine.dialect
        assert isinstance(second.engine.pool, KeptPool) and second.engine.pool is first.engine.pool
        assert second.engine.pool.checkedin() + second.engine.pool.checkedout() == 1
    assert names(kept) == names(plain) == ["ada", "ben", "cleo", "dora"]


def test_what_was_not_committed_is_gone_when_the_next_gradebook_opens(plain: str) -> None:
    kept = kept_url(plain)
    with Gradebook(kept) as gradebook:
        gradebook.find_student("ada").first_name = "changed"
        gradebook.db.flush()
    with Gradebook(kept) as gradebook:
        assert gradebook.find_student("ada").first_name is None


def test_a_gradebook_put_in_its_place_is_used(plain: str, made: Path, tmp_path: Path) -> None:
    kept = kept_url(plain)
    assert names(kept) == ["ada"]
    shutil.copy(made, tmp_path / "new.db")
    with Gradebook(f"sqlite:///{tmp_path}/new.db") as other:
        other.add_student("zoe")
    os.replace(tmp_path / "new.db", tmp_path / "gradebook.db")
    assert names(kept) == ["ada", "zoe"]
    (tmp_path / "gradebook.db").unlink()
    assert names(kept) == [], "a gradebook that was removed is made anew, tables and all"


def test_another_thread_may_go_on(plain: str) -> None:
    kept, seen = kept_url(plain), list[list[str]]()
    assert names(kept) == ["ada"]
    thread = threading.Thread(target=lambda: seen.append(names(kept)))
    thread.start()
    thread.join()
    assert seen == [["ada"]]


def test_a_locked_gradebook_is_an_error_and_the_connection_serves_again(plain: str) -> None:
    kept = kept_url(plain)
    with Gradebook(plain) as holder:
        holder.find_student("ada").first_name = "held"
        holder.db.flush()
        with pytest.raises(OperationalError, match="locked"), Gradebook(kept) as gradebook:
            gradebook.find_student("ada").first_name = "other"
            gradebook.db.flush()
        holder.db.commit()
    with Gradebook(kept) as gradebook:
        assert gradebook.find_student("ada").first_name == "held"


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///gradebook.db", "postgresql://user:word@host/course"])
def test_other_gradebooks_keep_their_address(url: str) -> None:
    assert kept_url(url) == url


def test_the_address_keeps_its_options(tmp_path: Path) -> None:
    assert kept_url(f"sqlite:///{tmp_path}/a b.db?timeout=60").endswith(f"{tmp_path}/a b.db?timeout=60")


def test_commits_within_one_are_written_together_and_seen_by_who_makes_them(plain: str) -> None:
    kept = kept_url(plain)
    assert names(kept) == ["ada"]
    with one_commit(kept):
        with Gradebook(kept) as first:
            first.add_student("ben")
        with Gradebook(kept) as second:
            second.add_student("cleo")
            second.db.add(Student(id="dora"))
            second.db.flush()
            second.db.rollback()
        assert names(kept) == ["ada", "ben", "cleo"] and names(plain) == ["ada"]
    assert names(plain) == ["ada", "ben", "cleo"]
    with Gradebook(kept) as later:
        later.add_student("emil")
    assert names(plain) == ["ada", "ben", "cleo", "emil"], "after it every commit is written at once again"


def test_an_error_within_keeps_what_was_committed_before_it(plain: str) -> None:
    kept = kept_url(plain)
    names(kept)
    with pytest.raises(ZeroDivisionError), one_commit(kept), Gradebook(kept) as gradebook:
        gradebook.add_student("ben")
        gradebook.db.add(Student(id="cleo"))
        gradebook.db.flush()
        raise ZeroDivisionError
    assert names(plain) == ["ada", "ben"]


def test_a_kill_within_leaves_what_was_there(plain: str) -> None:
    kept = kept_url(plain)
    pid = os.fork()
    if pid == 0:
        names(kept)
        with one_commit(kept):
            with Gradebook(kept) as gradebook:
                gradebook.add_student("ben")
            os._exit(9)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 9
    assert names(plain) == ["ada"]
    with Gradebook(plain) as gradebook:
        gradebook.add_student("cleo")
    assert names(plain) == ["ada", "cleo"], "and nobody holds it"


def test_two_gradebooks_at_once_within_one_commit_do_not_wait_for_each_other(plain: str) -> None:
    kept = kept_url(plain)
    names(kept)
    with one_commit(kept), Gradebook(kept) as outer:
        outer.add_student("ben")
        assert [student.id for student in outer.students] == ["ada", "ben"]
        with Gradebook(kept) as inner:
            assert [student.id for student in inner.students] == ["ada", "ben"]
    assert names(plain) == ["ada", "ben"]


def test_a_gradebook_that_somebody_holds_is_told_at_the_beginning(plain: str) -> None:
    kept = kept_url(plain)
    names(kept)
    other = sqlite3.connect(plain.removeprefix("sqlite:///").partition("?")[0])
    other.execute("begin immediate")
    with pytest.raises(OperationalError, match="locked"), one_commit(kept):
        raise AssertionError("not begun")
    other.rollback()
    other.close()
    with one_commit(kept), Gradebook(kept) as gradebook:
        gradebook.add_student("ben")
    assert names(plain) == ["ada", "ben"]


def test_a_gradebook_that_is_not_kept_is_committed_as_ever(plain: str) -> None:
    with one_commit(plain):
        with Gradebook(plain) as gradebook:
            gradebook.add_student("ben")
        assert names(plain) == ["ada", "ben"]
