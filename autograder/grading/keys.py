"""What of a stored result still holds: the digests of what decides each exercise.

A submission's document is found by `address`, which names the submission, the assignment, the environment and the seed.
Inside it every exercise carries two digests of its own, so that an edited suite costs only what it touches.

*The score's* covers all that the score of an exercise can depend on:

- the engine's code, the environment, the seed and the course's secret;
- the exercise's id and points, and the files of its room in the suite: hidden tests and rules, and files that stand in
  no exercise's room, which every test may read. Misconceptions and alternatives are left out: no test reads them;
- the source notebook's code: given cells are run, the solutions answer where a failed test is tried on the reference;
- the submission's cells in the order in which they run, how many of them run before the exercise, and the notes.

Nothing else reaches it. A test module is imported by path and sees no other room (a test of ours holds the suites to
that), its inputs follow from the seed and its own file, and the student's code answers in a process that was forked
for this exercise, in which cells have run and no other exercise's tests have called anything. The exception is a
submission whose cells compute so long that they are not run again for each exercise (`Session.shared`), or that slept
away the time that all exercises have together: there one exercise can meet what another one left, and each carries
`whole`, the digest over all scores' digests.

*The hints'* covers the names and the code of the exercise's misconceptions besides. Where it alone differs, the score
stands; the exercise's hidden tests run again for new hints, and until then the old ones are not shown. The wording of a
hint is in neither: it is looked up by the misconception's name whenever a result is read.
"""

from __future__ import annotations

import ast
import hashlib
from dataclasses import dataclass

import msgspec

from autograder.grading.assignment import Assignment, engine_digest, environment_digest
from autograder.grading.result import SCHEMA_VERSION, ExerciseResult, Verdict, result_key
from autograder.grading.run_order import RunOrder
from autograder.grading.variants import load_misconceptions

_MOST_KEPT = 8


def address(assignment: Assignment, submission_digest: str, seed: int) -> str:
    """Where a submission's document is kept, whatever becomes of the suite."""
    return result_key(
        submission_digest, f"{assignment.name}/{assignment.notebook}", environment_digest(), seed
    )


@dataclass(frozen=True)
class ScoreKeys:
    """The digests that decide a submission's scores, by exercise, and `whole` over all of them."""

    exercises: dict[str, str]
    whole: str

    def hold(self, exercise: str, key: str) -> bool:
        """Whether what was graded under that digest would be graded alike now."""
        return key in (self.exercises.get(exercise), self.whole)


def score_keys(assignment: Assignment, program: RunOrder, seed: int) -> ScoreKeys:
    """The digests of a submission's scores."""
    code = [(cell.role, cell.grade_id, cell.source) for cell in assignment.cells if cell.kind == "code"]
    steps = [(step.label, step.source, step.exercise) for step in program.steps]
    machinery = (SCHEMA_VERSION, engine_digest(), environment_digest())
    common = _digest(machinery, assignment.name, assignment.secret_digest, seed, code, steps, program.notes)
    keys = {
        exercise.id: _digest(
            common,
            exercise.id,
            exercise.points,
            program.ready[exercise.id],
            assignment.tests_digest(exercise.id),
        )
        for exercise in assignment.exercises
    }
    return ScoreKeys(keys, _digest("whole", keys))


class Hints:
    """An assignment's misconceptions as far as hints need them; an exercise's are read where something failed in it."""

    def __init__(self, assignment: Assignment) -> None:
        self._assignment = assignment
        self._known: dict[str, tuple[str, dict[str, str]]] = {}

    def digest(self, exercise: str) -> str:
        """SHA-256 over the names and the code of the exercise's misconceptions, not over what their hints say."""
        return self._read(exercise)[0]

    def hold(self, result: ExerciseResult, digest: str) -> bool:
        """Whether a diagnosis made under that digest would come out alike now; a full score has none."""
        return not wants_hints(result) or digest == self.digest(result.id)

    def worded(self, result: ExerciseResult) -> ExerciseResult:
        """The result with its hints as they are worded now."""
        if not any(test.misconception for test in result.tests):
            return result
        wording = self._read(result.id)[1]
        tests = (
            msgspec.structs.replace(test, hint=wording.get(test.misconception, ""))
            if test.misconception
            else test
            for test in result.tests
        )
        return msgspec.structs.replace(result, tests=tuple(tests))

    def _read(self, exercise: str) -> tuple[str, dict[str, str]]:
        if exercise not in self._known:
            found = load_misconceptions(self._assignment, exercise)
            digest = _digest([(variant.name, _code(variant.source)) for variant in found])
            self._known[exercise] = digest, {variant.name: variant.hint for variant in found}
        return self._known[exercise]


_known: dict[str, Hints] = {}


def hints_of(assignment: Assignment) -> Hints:
    """This process's `Hints` of an assignment, as its suite is now."""
    if assignment.suite_digest not in _known:
        if len(_known) >= _MOST_KEPT:
            del _known[next(iter(_known))]
        _known[assignment.suite_digest] = Hints(assignment)
    return _known[assignment.suite_digest]


def wants_hints(result: ExerciseResult) -> bool:
    """Whether something failed that a misconception may explain."""
    return any(test.verdict is not Verdict.PASSED and test.ran for test in result.tests)


def _code(source: str) -> str:
    """Code without comments and without the docstring that may hold a hint."""
    body = ast.parse(source).body
    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:]
    return "\n".join(map(ast.dump, body))


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()
