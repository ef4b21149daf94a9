"""The gradebook's kept connection: the same rows as by an engine of its own, and never a file that is gone."""

from __future__ import annotations

import os
import shutil
import sys
import threading
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from sqlalchemy.exc import OperationalError

from autograder.gradebook.database import KeptDialect, KeptPool, kept_url


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
