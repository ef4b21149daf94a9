"""The result of grading one submission: a versioned JSON document, a pure function of its exercises' keys.

Nothing that depends on the machine's speed is part of it, so one worker, many workers and a loaded machine write the
same bytes. Seconds and roundings are kept beside it (`Measured`), never inside the scored part.
"""

from __future__ import annotations

import enum
import hashlib
import math
from typing import Annotated

import msgspec

SCHEMA_VERSION = 3

Share = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]


class Verdict(enum.Enum):
    """The verdict on a test, an exercise or a submission."""

    PASSED = "passed"
    FAILED = "failed"
    TIMEOUT = "timeout"
    OUT_OF_MEMORY = "out_of_memory"
    CRASHED = "crashed"
    FORBIDDEN = "forbidden"
    PROTOCOL_VIOLATION = "protocol_violation"
    NOT_GRADABLE = "not_gradable"


class TestResult(msgspec.Struct, frozen=True, kw_only=True):
    """One hidden test's verdict, as the student may read it."""

    __test__ = False  # not a pytest class

    name: str
    """The test's name inside its exercise; for the instructor, never shown to students."""
    statement: str
    """The property under test, one sentence for the student."""
    level: str = ""
    """The rung of the ladder it belongs to; nothing where the suite names none."""
    weight: float
    """The part of the exercise's points that it decides; an exercise's tests together have 1."""
    verdict: Verdict
    message: str = ""
    """Where and by how much the property failed; holds no hidden input and no expected value."""
    hint: str = ""
    """The diagnosed misconception's one-sentence hint, or nothing."""
    misconception: str = ""
    """The diagnosed misconception's name, for the instructor."""
    ran: bool = True
    """False where an earlier rung failed and this test was not run."""


class ExerciseResult(msgspec.Struct, frozen=True, kw_only=True):
    """One grade cell: its hidden tests and the score they earn."""

    id: str
    points: float
    share: Share
    """Weighted share of the passed tests, between 0 and 1."""
    verdict: Verdict
    message: str = ""
    fault: str = ""
    """The fault of the grader, for the instructor; never shown to students."""
    tests: tuple[TestResult, ...] = ()

    @property
    def score(self) -> float:
        """Points earned: finite, in [0, points]."""
        score = round(self.share * self.points, 4)
        return min(max(score, 0.0), self.points) if math.isfinite(score) else 0.0


class ExerciseKeys(msgspec.Struct, frozen=True, kw_only=True):
    """The digests of what decided an exercise; `autograder.grading.keys` says what each covers."""

    score: str
    hints: str = ""
    """Of the misconceptions that the hints were chosen from; empty where nothing asked for a hint."""


class JailRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The jail that held the student's code, and what was proved about it before grading."""

    backend: str
    proofs: tuple[str, ...] = ()


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """Measurements that differ from machine to machine, kept out of the scored part."""

    seconds: float
    student_seconds: float
    """Spent waiting for the student's process."""
    cpu_seconds: float = 0.0
    """CPU time of the grader and of the student's processes: what a busy machine does not lengthen."""
    exercises: dict[str, float]
    """CPU seconds of each exercise's tests, the grader's and the student's."""
    tolerance: dict[str, float]
    """The largest share of its tolerance, 0 to 1, that a comparison of each exercise's passed tests used."""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """Everything grading one submission found out."""

    schema_version: int = SCHEMA_VERSION
    key: str
    assignment: str
    notebook: str
    submission_digest: str
    suite_digest: str
    environment_digest: str
    seed: int
    secret_digest: str = ""
    """Of the course's secret, which the hidden inputs follow from as well; nothing for an audit's stated one."""
    jail: JailRecord
    verdict: Verdict
    """PASSED where the submission could be graded (whatever its score), else why not."""
    notes: tuple[str, ...] = ()
    """The oddities of the notebook, one sentence each, for student and instructor."""
    exercises: tuple[ExerciseResult, ...]
    keys: dict[str, ExerciseKeys] = {}
    """What each exercise's score and hints follow from, by exercise."""
    measured: Measured | None = None

    @property
    def score(self) -> float:
        return round(sum(exercise.score for exercise in self.exercises), 4)

    @property
    def points(self) -> float:
        return round(sum(exercise.points for exercise in self.exercises), 4)

    def exercise(self, exercise_id: str) -> ExerciseResult:
        """The exercise of that id; KeyError names the ones there are."""
        for exercise in self.exercises:
            if exercise.id == exercise_id:
                return exercise
        raise KeyError(f"no exercise {exercise_id!r}; there are {[e.id for e in self.exercises]}")

    def scored_bytes(self) -> bytes:
        """The document without its measurements and jail record: identical wherever and however often it is graded."""
        record = msgspec.structs.replace(self, measured=None, jail=JailRecord(backend=""), keys={})
        return msgspec.json.encode(record, order="deterministic")


def result_key(submission: str, suite: str, environment: str, seed: int) -> str:
    """The content address of a result: SHA-256 over the four digests that decide it."""
    text = "\n".join((str(SCHEMA_VERSION), submission, suite, environment, str(seed)))
    return hashlib.sha256(text.encode()).hexdigest()


def encode(result: Result) -> bytes:
    return msgspec.json.format(msgspec.json.encode(result, order="deterministic"), indent=1)


def decode(document: bytes) -> Result:
    """Parse a result document; ValueError where it is damaged or of another version."""
    try:
        result = msgspec.json.decode(document, type=Result)
    except msgspec.MsgspecError as error:
        raise ValueError(f"damaged result document: {error}") from error
    if result.schema_version != SCHEMA_VERSION:
        raise ValueError(f"result schema {result.schema_version}, this grader writes {SCHEMA_VERSION}")
    return result


def json_schema() -> dict[str, object]:
    """The JSON schema of a result document."""
    return msgspec.json.schema(Result)
