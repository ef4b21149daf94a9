"""`autograder doctor` at the terminal: every denial of every jail backend, tried here and now."""

from __future__ import annotations

from rich.console import Console

from autograder.classroom.workplace import JailChoice
from autograder.course import Course
from autograder.jail.host.backends import BACKENDS, choose
from autograder.jail.host.backends.platform import only_linux
from autograder.jail.host.doctor import failures, prove, report
from autograder.jail.host.visibility import JailUnavailable


def run_doctor(course: Course, *, backend: str, quick: bool, every: bool, out: Console) -> bool:
    """Print a table for each backend; True where one works and none that works lets anything through.

    Raises:
        JailUnavailable: the named backend does not exist, or this system has no jail at all.
    """
    if missing := only_linux():
        raise JailUnavailable(missing)
    private = JailChoice.of(course).private
    if backend and backend not in BACKENDS:
        choose(backend)
    usable, sound = 0, True
    for name in [backend] if backend else list(BACKENDS):
        candidate = BACKENDS[name](private=private)
        if reason := candidate.unavailable():
            out.print(f"{name}: cannot be used here. {reason}", markup=False, soft_wrap=True)
            continue
        usable += 1
        proofs = prove(candidate, quick=quick, private=private)
        broken = failures(proofs)
        sound = sound and not broken
        held = len(proofs) - len(broken)
        out.print(
            f"{name}: {held} of {len(proofs)} proofs held", style="red" if broken else "green", markup=False
        )
        report(proofs, out, every=every)
    if not usable:
        out.print(
            "No jail works here, so nothing will be graded. Each line above says what to do.", style="red"
        )
    elif not sound:
        out.print("A jail does not hold: it is not used for grading until it does.", style="red")
    return bool(usable) and sound
