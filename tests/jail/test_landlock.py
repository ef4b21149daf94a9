"""A ruleset of every version that a kernel may have, as far as this kernel goes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.jail.inside import landlock

TRY = """
import os, sys
from autograder.jail.inside import landlock
version, own, other = int(sys.argv[1]), sys.argv[2], sys.argv[3]
landlock.abi = lambda: version
assert landlock.restrict([(own, landlock.SCRATCH), ("/nonexistent", landlock.READ)], oldest=1) == version
os.makedirs(f"{own}/folder/below")
with open(f"{own}/folder/file", "w") as file:
    file.write("own")
os.rename(f"{own}/folder/file", f"{own}/folder/moved")
os.rmdir(f"{own}/folder/below")
for denied in (
    lambda: open(f"{other}/file"),
    lambda: open(f"{other}/file", "a"),
    lambda: open(f"{other}/new", "w"),
    lambda: os.listdir(other),
    lambda: os.unlink(f"{other}/file"),
    lambda: os.mkdir(f"{other}/folder"),
    lambda: os.rename(f"{own}/folder/moved", f"{other}/moved"),
    lambda: os.symlink("/", f"{own}/link"),
    lambda: os.mkfifo(f"{own}/pipe"),
    lambda: os.execv("/bin/true", ["true"]),
):
    try:
        denied()
    except OSError:
        continue
    raise SystemExit("not denied")
if version >= 3:
    try:
        os.truncate(f"{other}/file", 0)
    except OSError:
        pass
    else:
        raise SystemExit("truncated")
"""


@pytest.mark.parametrize("version", range(1, landlock.abi() + 1))
def test_each_version(tmp_path: Path, version: int) -> None:
    own, other = tmp_path / "own", tmp_path / "other"
    own.mkdir()
    other.mkdir()
    (other / "file").write_text("other")
    project = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", TRY, str(version), str(own), str(other)],
        env={**os.environ, "PYTHONPATH": project},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert (other / "file").read_text() == "other"
