"""What processes of a pool run in these tests; imported by them, so nothing heavy."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from autograder.classroom.pool import Task
from autograder.course import CourseError, SubmissionError
from autograder.grading.result import JailRecord, Result, Verdict, encode
from autograder.jail.host.visibility import JailUnavailable


def graded(key: str) -> Result:
    return Result(
        key=key,
        assignment="toy",
        notebook="toy",
        submission_digest="a",
        suite_digest="b",
        environment_digest="c",
        seed=0,
        jail=JailRecord(backend="none"),
        verdict=Verdict.PASSED,
        exercises=(),
    )


def run(task: Task) -> bytes:
    """Does what the task's document says; tells that it ran by a file in the folder the document names."""
    assert isinstance(task.submission, bytes)
    folder, _, what = task.submission.decode().partition("|")
    (Path(folder) / f"{task.key}-{time.monotonic_ns()}").touch()
    match what:
        case "kill":
            time.sleep(0.2)
            os.kill(os.getpid(), signal.SIGKILL)
        case "once":
            if len(list(Path(folder).glob(f"{task.key}-*"))) == 1:
                os.kill(os.getpid(), signal.SIGKILL)
        case "refuse":
            raise SubmissionError("the file is not JSON")
        case "broken suite":
            raise CourseError("the hidden suite cannot be run")
        case "fault":
            raise ZeroDivisionError("a bug of ours")
        case "damaged":
            return b"{"
        case "no jail":
            raise JailUnavailable("nothing holds here")
        case "forever":
            (Path(folder) / "pid").write_text(str(os.getpid()))
            time.sleep(300)
        case "greedy":
            bytearray(10 << 30)
        case "slow":
            time.sleep(0.3)
    return encode(graded(task.key))
