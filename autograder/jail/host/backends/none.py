"""No jail: for `--unsafe-no-jail`, on a Linux that has none and for submissions whose author is trusted."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from autograder.jail.host.backends.platform import only_linux
from autograder.jail.host.backends.spawn import spawn
from autograder.jail.inside.policy import Limits, Policy


class Unjailed:
    """Student code runs with the grader's own rights. Nothing is denied; only the limits that Python can set
    hold."""

    name = "none"
    generations = 0

    def unavailable(self) -> str | None:
        """Why it cannot work here: it denies nothing, but the grader's side of it is Linux's too."""
        return only_linux()

    def policy(self, *, guest: Path, scratch: Path, limits: Limits) -> Policy:
        """A policy that denies nothing."""
        return Policy(scratch=str(scratch), limits=limits, landlock=None, seccomp=False)

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
