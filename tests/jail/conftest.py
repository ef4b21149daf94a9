"""Both kinds of user: who runs the tests, and where that is root an ordinary user too."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ORDINARY = 12345
AsUser = Callable[..., str]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "as_user" in metafunc.fixturenames:
        users = [os.getuid()] if os.getuid() else [0, ORDINARY]
        metafunc.parametrize(
            "as_user", users, indirect=True, ids=["root" if u == 0 else "ordinary user" for u in users]
        )


@pytest.fixture
def as_user(request: pytest.FixtureRequest) -> Iterator[AsUser]:
    """Runs a Python program as that user, in a home of its own; what it printed."""
    user: int = request.param
    home = Path(tempfile.mkdtemp(prefix="home-"))  # pytest's own folders are closed to other users
    (home / "home_file").write_text("private")
    shutil.chown(home, user, user) if os.getuid() == 0 else None
    starter = (
        [str(Path(__file__).with_name("as_user.py")), str(user), str(home)] if user != os.getuid() else ["-B"]
    )

    def run(program: str, *arguments: str) -> str:
        command = [sys.executable, *starter, "-c", program, *arguments]
        environment = {**os.environ, "HOME": str(home), "PYTHONPATH": str(Path(__file__).parents[2])}
        done = subprocess.run(command, capture_output=True, text=True, timeout=200, env=environment)
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    yield run
    shutil.rmtree(home, ignore_errors=True)
