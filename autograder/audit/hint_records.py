"""How often an assignment's hints are right: as the ledger holds it, or measured now and recorded."""

from __future__ import annotations

from collections import Counter

from autograder.audit.facts import Facts
from autograder.audit.hints import figures, told
from autograder.audit.ledger import Ledger
from autograder.audit.trials import Plan
from autograder.grading.diagnosis import Diagnosis


def hint_figures(
    plan: Plan, ledger: Ledger, machinery: str, only: frozenset[str] | None = None, run: bool = False
) -> str:
    """A sentence for the summary: over how many exercises, and the figures.

    Args:
        run: work out what the ledger lacks, and record it. It takes minutes.
    """
    exercises = [e.id for e in plan.assignment.exercises if only is None or e.id in only]
    total: Counter[str] = Counter()
    known = 0
    for exercise in exercises:
        trial = plan.hints(exercise)
        record = ledger.find(trial, machinery)
        if record is not None and record.machinery != machinery and run:
            record = None
        if record is None and run:
            found = figures(plan.assignment, Diagnosis(plan.assignment), exercise)
            facts = Facts(share=round(found.coverage, 4), figures=found.counts)
            ledger.put(trial, machinery, facts)
            record = ledger.find(trial, machinery)
        if record is not None:
            known += 1
            total.update(record.facts.figures)
    if not known:
        return "hints: not measured; --hints measures them"
    return f"{told(total)} ({known} of {len(exercises)} exercises measured)"
