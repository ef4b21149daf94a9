"""The one place that starts a process for a backend."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

DEBUG = "AUTOGRADER_JAIL_DEBUG"


def spawn(
    argv: Sequence[str], pass_fds: tuple[int, ...], env: dict[str, str], cwd: str
) -> subprocess.Popen[bytes]:
    """Start a process in a session of its own, with an empty input and no output unless `env` asks for it."""
    output = sys.__stderr__ if env.get(DEBUG) and sys.__stderr__ is not None else subprocess.DEVNULL
    return subprocess.Popen(
        list(argv),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        close_fds=True,
        pass_fds=pass_fds,
        env=env,
        cwd=cwd,
        start_new_session=True,
    )
