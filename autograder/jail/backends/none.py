"""No jail: for `--unsafe-no-jail`, on systems that have none and on submissions whose author is trusted."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from autograder.jail.backends.spawn import spawn
from autograder.jail.limits import Limits, Policy


class Unjailed:
    """Student code runs with the grader's own rights. Nothing is denied; only the limits that Python can set
    hold."""

    name = "none"
    generations = 0

    def unavailable(self) -> str | None:
        """None: it denies nothing, so nothing can be missing."""
        return None

    def policy(self, *, guest: Path, scratch: Path, limits: Limits) -> Policy:
        """A policy that denies nothing."""
        return Policy(scratch=str(scratch), limits=limits, landlock="off", seccomp=False)

    def popen(
        self,
        argv: Sequence[str],
        *,
        policy: Policy,
        guest: Path,
        pass_fds: tuple[int, ...],
        env: dict[str, str],
    ) -> subprocess.Popen[bytes]:
        """Start `argv` as an ordinary process."""
        return spawn(argv, pass_fds, env, policy.scratch)
