"""The check cell: `check("conv2d")` runs that exercise's public tests on the notebook as it is and shows a card."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from selfcheck.beside import sentences, used_beside
from selfcheck.card import failures, html_card, text_card
from selfcheck.kernel import in_jail, only_checks_ran, shell, tell_unwritten_in_one_line


class CheckFailed(AssertionError):
    """Some public tests of an exercise fail. Shown as one line: the card above it says the rest."""

    def _render_traceback_(self) -> list[str]:
        """IPython prints this instead of a traceback."""
        return [f"{type(self).__name__}: {self}"]


def check(exercise: str) -> None:
    """Run the exercise's public tests against this notebook and show what passes and what fails.

    Args:
        exercise: its id, as in the heading of its section.

    Raises:
        CheckFailed: where a test fails, which `nbgrader validate` sees; a tag on the cell lets Run All go on. And
            where the kernel has just been started, since nothing is there to be checked.
        ValueError: where there is no such exercise. TestsError: where the public tests are missing.
    """
    if in_jail():
        return
    from selfcheck.run_tests import run_tests  # here, so that the jail does not import pytest's engine

    kernel = shell()
    if kernel is not None and only_checks_ran(kernel):
        raise CheckFailed(
            f"{exercise}: nothing of this notebook has been run in this kernel; run the cells from the top first "
            "(menu Run, Run All Above Selected Cell)"
        )
    namespace = _notebook_namespace(sys._getframe(1).f_globals)
    folder = _tests_folder(namespace)
    outcomes = run_tests(folder, namespace=namespace, exercise=exercise)
    if not outcomes:
        raise ValueError(f"there is no exercise {exercise!r} with public tests")
    notes = sentences(used_beside(namespace, folder))
    _show(html_card(exercise, outcomes, notes), text_card(exercise, outcomes, notes))
    failed = [outcome for outcome in outcomes if not outcome.passed]
    if failed and all(outcome.unwritten for outcome in failed if outcome.ran):
        raise CheckFailed(f"{exercise} is not written yet")
    if failed:
        raise CheckFailed(f"{exercise}: of {len(outcomes)} public tests {failures(outcomes)}")


def _notebook_namespace(caller: Mapping[str, Any]) -> Mapping[str, Any]:
    kernel = shell()
    return caller if kernel is None else kernel.user_ns


def _tests_folder(namespace: Mapping[str, Any]) -> Path:
    """The folder of the notebook: where its server or editor says, else where the kernel was started."""
    from selfcheck.run_tests import TESTS

    known = [
        os.environ.get("JPY_SESSION_NAME"),
        namespace.get("__vsc_ipynb_file__"),
        namespace.get("__file__"),
    ]
    folders = [Path.cwd(), *(Path(str(path)).parent for path in known if path)]
    return next((folder for folder in folders if (folder / TESTS).is_file()), folders[0])


def _show(html: str, text: str) -> None:
    if shell() is None:
        print(text)
        return
    from IPython.display import display

    display({"text/html": html, "text/plain": text}, raw=True)


def _prepare() -> None:
    """Make a notebook's kernel ready for checks while its imports are run, where a second is not noticed."""
    kernel = shell()
    if kernel is None or in_jail():
        return
    import selfcheck.run_tests  # noqa: F401

    tell_unwritten_in_one_line(kernel)


_prepare()
