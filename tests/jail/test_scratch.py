"""A submission's folder goes, whatever was built in it."""

from __future__ import annotations

import os
from pathlib import Path

from autograder.jail.host.watchdog import folder_is_over, unlinked_bytes
from autograder.jail.inside import scratch


def deep(folder: Path, levels: int) -> None:
    """A tree deeper than any path or stack may be."""
    here = os.open(folder, os.O_RDONLY)
    for _ in range(levels):
        os.mkdir("d" * 50, dir_fd=here)
        below = os.open("d" * 50, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)


def test_everything_goes(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").write_text("kept")
    folder = Path(scratch.make(str(tmp_path)))
    assert os.listdir(folder) == [] and folder.stat().st_mode & 0o777 == 0o700
    deep(folder, 1100)
    (folder / "wide").mkdir()
    for number in range(500):
        (folder / "wide" / f"{number}").write_text("x")
    (folder / "link").symlink_to(kept)
    (folder / "wide" / "dangling").symlink_to("/nonexistent")
    os.mkfifo(folder / "pipe")
    scratch.clear(str(folder))
    assert not folder.exists() and (kept / "file").read_text() == "kept"
    scratch.clear(str(folder))  # a second time is fine


def test_contents_only(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    scratch.clear(str(tmp_path), keep=True)
    assert tmp_path.exists() and os.listdir(tmp_path) == []


def test_a_folder_over_its_bounds(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(100_000))
    assert not folder_is_over(tmp_path, 200_000, 10)
    assert folder_is_over(tmp_path, 50_000, 10)
    assert folder_is_over(tmp_path, 200_000, 0)
    (tmp_path / "hole").touch()
    os.truncate(tmp_path / "hole", 1 << 30)  # takes no room
    assert not folder_is_over(tmp_path, 200_000, 10)
    (tmp_path / "link").symlink_to("/usr")  # not followed
    assert not folder_is_over(tmp_path, 200_000, 10)
    deep(tmp_path, 40)
    assert folder_is_over(tmp_path, 10**9, 10**6)


def test_files_that_are_removed_while_open_are_counted(tmp_path: Path) -> None:
    before = unlinked_bytes(os.getpid())
    with open(tmp_path / "file", "wb", buffering=0) as file:
        file.write(bytes(100_000))
        assert unlinked_bytes(os.getpid()) == before
        (tmp_path / "file").unlink()
        again = os.dup(file.fileno())
        assert unlinked_bytes(os.getpid()) >= before + 100_000
        assert unlinked_bytes(os.getpid()) < before + 200_000
        os.close(again)
    assert unlinked_bytes(os.getpid()) == before
