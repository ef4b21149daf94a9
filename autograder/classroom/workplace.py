"""Where a process grades: one proven jail, kept warm from submission to submission."""

from __future__ import annotations

import atexit
from pathlib import Path

import torch

from autograder.classroom.options import JailChoice
from autograder.classroom.stages import stage
from autograder.course import Course, CourseError
from autograder.course.secret import course_secret
from autograder.grading.assignment import Assignment, files_stamp, packaged_suite
from autograder.grading.diagnosis import Diagnosis
from autograder.grading.grade import grade
from autograder.grading.parse_notebook import Submission
from autograder.grading.pytest_session import EVERYTHING, Selection
from autograder.grading.result import Result
from autograder.jail.host.backends import choose
from autograder.jail.host.doctor import failures, prove
from autograder.jail.host.visibility import JailUnavailable
from autograder.jail.host.worker import Worker


class Workplace:
    """A worker whose jail has been proved in this process.

    Raises:
        JailUnavailable: no jail works here, or one that does fails a proof.
    """

    def __init__(self, choice: JailChoice) -> None:
        torch.set_num_threads(1)
        backend = choose(choice.backend, private=choice.private, unsafe=choice.unsafe_no_jail)
        self.proofs: tuple[str, ...] = ()
        self._diagnoses: dict[str, Diagnosis] = {}
        self._private, self._answers = choice.private, choice.answers
        self._worker = Worker(backend)
        if not choice.unsafe_no_jail:
            try:
                self.proofs = self._prove()
            except BaseException:
                self._worker.close()
                raise

    def grade(
        self, submission: Submission, assignment: Assignment, seed: int, selection: Selection = EVERYTHING
    ) -> Result:
        """Grade one submission; see `autograder.grading.grade.grade`.

        Raises:
            CourseError: somebody edited the hidden suite meanwhile, so that no digest says what was run.
        """
        if assignment.suite_digest not in self._diagnoses:
            self._diagnoses[assignment.suite_digest] = Diagnosis(assignment, self._answers)
        diagnosis = self._diagnoses[assignment.suite_digest]
        before = files_stamp(assignment.suite)
        result = grade(submission, assignment, seed, self._worker, self.proofs, diagnosis, selection)
        if files_stamp(assignment.suite) != before:
            raise CourseError(f"{assignment.suite} was edited during grading; run the command again")
        return result

    def close(self) -> None:
        self._worker.close()

    def _prove(self) -> tuple[str, ...]:
        proofs = prove(self._worker.backend, quick=True, worker=self._worker, private=self._private)
        if failed := failures(proofs):
            listed = "; ".join(f"{proof.name}: {proof.detail}" for proof in failed)
            raise JailUnavailable(
                f"the jail does not hold ({listed}); run `autograder doctor`. Nothing was graded."
            )
        return tuple(proof.name for proof in proofs)


_here: dict[JailChoice, Workplace] = {}


def workplace(choice: JailChoice) -> Workplace:
    """This process's workplace for that choice, made on first use and closed when the process ends."""
    if choice not in _here:
        with stage("jail"):
            _here[choice] = Workplace(choice)
        atexit.register(_here[choice].close)
    return _here[choice]


def load_assignment(course: Course, assignment: str) -> Assignment:
    """The assignment as a class is graded: its hidden inputs follow from the course's secret.

    Raises:
        CourseError: it is missing or has several notebooks, or the secret cannot be used.
    """
    stated, secret = stated_assignment(course, assignment), course_secret(course)
    known = _under.get(assignment)
    # By identity: an assignment whose tests were edited equals the one before, and its digest does not.
    if known is None or known[0] is not stated or known[1].secret != secret:
        known = _under[assignment] = stated, stated.under(secret)
    return known[1]


def stated_assignment(course: Course, assignment: str) -> Assignment:
    """The assignment as an audit sees it: its hidden inputs follow from the seed alone, and anybody can repeat them.

    Raises:
        CourseError: it is missing or has several notebooks.
    """
    notebooks = course.notebooks(assignment)
    if len(notebooks) != 1:
        raise CourseError(
            f"{assignment} has {len(notebooks)} notebooks, {', '.join(notebooks)}; one is supported"
        )
    own = course.suites / assignment
    return _load(assignment, course.source_notebook(assignment, notebooks[0]), own if own.is_dir() else None)


_under: dict[str, tuple[Assignment, Assignment]] = {}
_loaded: dict[tuple[str, Path], tuple[object, Assignment]] = {}


def _load(name: str, source: Path, suite: Path | None) -> Assignment:
    """The assignment as it is on disk now: a server that runs for weeks meets edits of the notebook and the suite."""
    suite = suite or packaged_suite(name)
    version = (source.stat().st_mtime_ns, files_stamp(suite))
    known = _loaded.get((name, source))
    if known is None or known[0] != version:
        known = _loaded[name, source] = version, Assignment.load(name, source, suite)
    return known[1]
