"""Ways to start a jailed interpreter, and the choice among them."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from autograder.jail.host.backends.bubblewrap import Bubblewrap
from autograder.jail.host.backends.landlock_seccomp import LandlockSeccomp
from autograder.jail.host.backends.none import Unjailed
from autograder.jail.host.visibility import JailUnavailable
from autograder.jail.inside.policy import Limits, Policy

__all__ = ["BACKENDS", "Backend", "Bubblewrap", "LandlockSeccomp", "Unjailed", "choose"]


class Backend(Protocol):
    """A way to start a jailed interpreter."""

    name: str
    generations: int
    """How many processes lie between the one `popen` returns and the jailed interpreter."""

    def unavailable(self) -> str | None:
        """Why this backend cannot work here and what to do about it, or None."""

    def policy(self, *, guest: Path, scratch: Path, limits: Limits) -> Policy:
        """The policy that the interpreter seals itself to. Raises `JailUnavailable` where something private would be
        readable."""

    def popen(
        self,
        argv: Sequence[str],
        *,
        policy: Policy,
        guest: Path,
        pass_fds: tuple[int, ...],
        env: dict[str, str],
    ) -> subprocess.Popen[bytes]:
        """Start `argv` in the jail. It dies with the calling thread. Standard input is empty, output is
        discarded unless `env` has AUTOGRADER_JAIL_DEBUG, which sends both outputs to the grader's standard
        error."""


BACKENDS: dict[str, type[Bubblewrap] | type[LandlockSeccomp]] = {
    Bubblewrap.name: Bubblewrap,
    LandlockSeccomp.name: LandlockSeccomp,
}


def choose(name: str | None = None, *, private: Sequence[Path] = (), unsafe: bool = False) -> Backend:
    """The named backend, or the first that works here: bubblewrap, then landlock.

    `private`: further folders (course, gradebook, submissions) that must not be readable in the jail.
    `unsafe`: no jail at all. Raises `JailUnavailable` with every backend's reason where none works.
    """
    if unsafe or name == Unjailed.name:
        if not unsafe:
            raise JailUnavailable("grading without a jail needs --unsafe-no-jail")
        if (reason := Unjailed().unavailable()) is not None:
            raise JailUnavailable(reason)
        return Unjailed()
    if name is not None and name not in BACKENDS:
        raise JailUnavailable(f"no jail backend is called {name!r}; there are {', '.join(BACKENDS)}")
    reasons = []
    for candidate in [name] if name else list(BACKENDS):
        backend = BACKENDS[candidate](private=tuple(private))
        reason = backend.unavailable()
        if reason is None:
            return backend
        reasons.append(f"{candidate}: {reason}")
    raise JailUnavailable("student code cannot be jailed here. " + " ".join(reasons))
