"""Grading as a function: a notebook's bytes, an assignment, a seed and a jail give a result document."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Mapping

import msgspec

from autograder.grading.assignment import Assignment, Exercise, environment_digest
from autograder.grading.diagnosis import Diagnosis
from autograder.grading.forbidden import forbidden_in, suspicious_names, tools_in
from autograder.grading.keys import Hints, ScoreKeys, address, hints_of, score_keys, wants_hints
from autograder.grading.levels import Weighed, shares
from autograder.grading.parse_notebook import Submission, cells_of, digest
from autograder.grading.pytest_session import EVERYTHING, Selection
from autograder.grading.refusals import refusals_of
from autograder.grading.result import (
    ExerciseKeys,
    ExerciseResult,
    JailRecord,
    Measured,
    Result,
    Verdict,
)
from autograder.grading.run_order import RunOrder, run_order
from autograder.grading.session import Session
from autograder.grading.suite import Outcome, run_suite
from autograder.jail.host.worker import Worker

_A_PERSON_LOOKS = (
    "Your instructor looks at this exercise: your code reaches into the interpreter or into PyTorch's own machinery, "
    "which could get around what the exercise does not allow. It has no score until then."
)
_SUSPICION = (
    "the code does what could lift the refusal of what the exercise forbids ({}): read whether it uses that, and grade "
    "it by hand"
)
_WORST_FIRST = (
    Verdict.NOT_GRADABLE,
    Verdict.FORBIDDEN,
    Verdict.PROTOCOL_VIOLATION,
    Verdict.CRASHED,
    Verdict.OUT_OF_MEMORY,
    Verdict.TIMEOUT,
    Verdict.FAILED,
)


def grade(
    submission: Submission,
    assignment: Assignment,
    seed: int,
    worker: Worker,
    proofs: tuple[str, ...] = (),
    diagnosis: Diagnosis | None = None,
    selection: Selection = EVERYTHING,
) -> Result:
    """Grade a submitted notebook in a worker's jail.

    Args:
        seed: of the hidden tests' random inputs. proofs: what was proved about the jail, for the record.
        diagnosis: the assignment's misconceptions; without it failed tests get no hint.
        selection: which tests to run; exercises of which none is run are left out of the result.

    Raises:
        SubmissionError: the bytes are not a notebook. GraderFault, JailUnavailable: the grader's own fault.
    """
    start, used_before = time.perf_counter(), time.process_time()
    cells = cells_of(submission)
    program = run_order(assignment, cells)
    forbidden, suspicions = _read(assignment, program, selection)
    refusals = {exercise: refusals_of(rule) for exercise, rule in assignment.rules.items()}
    session = Session(worker, program, {e: r for e, r in refusals.items() if r is not None})
    try:
        plugin = run_suite(session, assignment, seed, diagnosis, selection, forbidden, suspicions)
    finally:
        session.close()
    by_exercise: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in plugin.outcomes:
        by_exercise[outcome.exercise].append(outcome)
    wanted = [e for e in assignment.exercises if selection == EVERYTHING or e.id in by_exercise]
    exercises = tuple(
        _exercise(
            e,
            by_exercise[e.id],
            plugin.faults.get(e.id, ""),
            plugin.forbidden.get(e.id, ""),
            plugin.suspicions.get(e.id, ""),
            plugin.shares.get(e.id, {}),
        )
        for e in wanted
    )
    scores = score_keys(assignment, program, seed)
    hints = hints_of(assignment) if diagnosis is not None else None
    return Result(
        key=address(assignment, digest(cells), seed),
        assignment=assignment.name,
        notebook=assignment.notebook,
        submission_digest=digest(cells),
        suite_digest=assignment.suite_digest,
        environment_digest=environment_digest(),
        seed=seed,
        secret_digest=assignment.secret_digest,
        jail=JailRecord(backend=worker.backend.name, proofs=proofs),
        verdict=Verdict.PASSED,
        notes=(*program.notes, *session.notes),
        exercises=exercises,
        keys={e.id: _keys(e, scores, session.shared, hints) for e in exercises},
        measured=Measured(
            seconds=time.perf_counter() - start,
            student_seconds=session.waited,
            cpu_seconds=time.process_time() - used_before + session.cpu_seconds,
            exercises=plugin.seconds,
            tolerance=plugin.tolerance,
        ),
    )


def _keys(result: ExerciseResult, scores: ScoreKeys, shared: bool, hints: Hints | None) -> ExerciseKeys:
    """What decided an exercise; of its hints only where something asked for one."""
    told = hints.digest(result.id) if hints is not None and wants_hints(result) else ""
    return ExerciseKeys(score=scores.whole if shared else scores.exercises[result.id], hints=told)


def _read(
    assignment: Assignment, program: RunOrder, selection: Selection
) -> tuple[dict[str, str], dict[str, str]]:
    """What each exercise's code names that it may not use, and what it names that could lift a refusal."""
    sources = [step.source for step in program.steps]
    rules = {e: r for e, r in assignment.rules.items() if selection.has(e)}
    tools = tools_in(sources) if rules else ()
    forbidden, suspicions = {}, {}
    for exercise, rule in rules.items():
        roots = assignment.asks_for(exercise)
        if names := forbidden_in(sources, roots, rule):
            forbidden[exercise] = ", ".join(names[:3])
        elif names := (*suspicious_names(sources, roots), *tools):
            suspicions[exercise] = ", ".join(dict.fromkeys(names[:5]))
    return forbidden, suspicions


def _exercise(
    exercise: Exercise,
    outcomes: list[Outcome],
    fault: str,
    forbidden: str,
    suspicion: str,
    percent: Mapping[str, float],
) -> ExerciseResult:
    """The parts of the exercise that the passed tests decide; `percent` are its own shares by level."""
    parts = shares([Weighed(o.function, o.test.level, o.test.weight) for o in outcomes], percent)
    tests = tuple(
        msgspec.structs.replace(outcome.test, weight=part)
        for outcome, part in zip(outcomes, parts, strict=True)
    )
    earned = math.fsum(test.weight for test in tests if test.verdict is Verdict.PASSED)
    found = {test.verdict for test in tests}
    verdict = next((v for v in _WORST_FIRST if v in found), Verdict.PASSED)
    if not tests or fault:
        verdict, fault = Verdict.NOT_GRADABLE, fault or "the suite has no test of this exercise"
    share = 1.0 if found == {Verdict.PASSED} else earned
    message = "The grader failed here, not your code; your instructor has been told." if fault else ""
    if forbidden and not fault:
        verdict, message = (
            Verdict.FORBIDDEN,
            f"Your code uses {forbidden}, which this exercise does not allow.",
        )
    elif suspicion and not fault and share > 0:
        verdict, message, fault = Verdict.NOT_GRADABLE, _A_PERSON_LOOKS, _SUSPICION.format(suspicion)
    return ExerciseResult(
        id=exercise.id,
        points=exercise.points,
        share=0.0 if verdict in (Verdict.NOT_GRADABLE, Verdict.FORBIDDEN) else min(max(share, 0.0), 1.0),
        verdict=verdict,
        message=message,
        fault=fault[:1000],
        tests=tests,
    )
