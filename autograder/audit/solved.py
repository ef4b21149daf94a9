"""The solved notebook, run from the top: that it runs to its end, in its time, and prints what its text says."""

from __future__ import annotations

import resource
from pathlib import Path

import nbformat

from autograder.audit import reads
from autograder.audit.facts import Facts
from autograder.audit.ledger import Ledger
from autograder.audit.trials import Trial
from autograder.authoring.chapter import AuthoringError
from autograder.authoring.claims import CLAIMS, ClaimError, contradicted, read_claims
from autograder.authoring.execute import execute
from autograder.grading.parse_notebook import parse

NOTEBOOK_SECONDS = 120.0
"""CPU seconds on one thread, which are at least the seconds of a machine that does nothing else."""


def check_solved(
    path: Path, suite: Path, ledger: Ledger, again: bool = False
) -> tuple[float, bool, list[str]]:
    """Hold the solved notebook to its end, its time and its text; it is run where the ledger has no record of it.

    Args:
        suite: the folder in which the claims of the text stand.

    Returns:
        CPU seconds, whether it was run now, and what is wrong with it.
    """
    code = [cell.source for cell in parse(path.read_bytes()) if cell.kind == "code"]
    beside = [p for p in path.parent.glob("*") if p.is_file() and p.suffix != ".ipynb"]
    claims = [suite / CLAIMS] if (suite / CLAIMS).is_file() else []
    trial = Trial(
        "notebook",
        "",
        0,
        reads.digest(code, {**reads.files(beside, path.parent), **reads.files(claims, suite)}),
    )
    tests = [p.read_text(encoding="utf-8") for p in beside if p.suffix == ".py"]
    machinery = reads.notebook_machinery([*code, *tests])
    record = None if again else ledger.find(trial, machinery)
    if record is not None and record.machinery == machinery:
        return record.facts.seconds, False, []
    seconds, wrong = run_solved(path, suite)
    if not wrong:
        ledger.put(trial, machinery, Facts(share=1.0, seconds=float(f"{seconds:.2g}")))
    return seconds, True, wrong


def run_solved(path: Path, suite: Path) -> tuple[float, list[str]]:
    """Run a solved notebook; the CPU seconds it took, and what is wrong with it."""
    wrong = []
    before = _children_seconds()
    notebook = nbformat.read(path, as_version=4)
    try:
        claims = read_claims(suite)
        execute(notebook, path.parent, path.name, 10 * NOTEBOOK_SECONDS, threads=1)
        wrong += contradicted(claims, notebook.cells)
    except (AuthoringError, ClaimError) as error:
        wrong.append(str(error))
    seconds = _children_seconds() - before
    if seconds > NOTEBOOK_SECONDS:
        wrong.append(
            f"the solved notebook takes {seconds:.0f} CPU seconds, and {NOTEBOOK_SECONDS:.0f} are allowed"
        )
    return seconds, wrong


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
