"""One submission's life: its cells run in a student process, which is forked again when an exercise kills it."""

from __future__ import annotations

import functools
import re
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from autograder.grading.recording import MOST_WEIGHTS, Recorder
from autograder.grading.replaying import students_seed
from autograder.grading.result import Verdict
from autograder.grading.run_order import RunOrder, Step
from autograder.jail.host.guarded import Refusals, Report
from autograder.jail.host.worker import StudentProcess, Worker
from autograder.wire.frames import PeerGone, ProtocolViolation
from autograder.wire.handles import Handle
from selfcheck.errors import StudentError

CELL_SECONDS = 20.0
"""CPU time one cell may use."""
CELLS_SECONDS = 600.0
"""Time in which all cells of a submission must have run, those that are run again after a crash included."""
_CHEAP_CELLS = 3.0
"""CPU time that a notebook's cells may take to be run again for each exercise."""
_TOO_LONG = "The notebook's cells take too long together; the later ones were left out."
_GUARD_SECONDS = 20.0
"""CPU time in which a process must refuse what an exercise forbids; a loaded machine needs a tenth of a second."""
_MOST_ANSWERED = 2 << 30
"""Bytes that the answers of one test may take together, since the test may keep them all."""
_IDLE_FACTOR, _IDLE_SLACK = 3.0, 10.0
_MOST_IDLE, _LEAST_IDLE = 300.0, 1.0
"""Seconds that one submission may sleep in all, and a single call once that is used up: a class waits behind it."""

_PLACE = re.compile(r"cell (?P<label>.+?), line (?P<line>\d{1,6})(:|$)")
_WORD = re.compile(r"[^\W\d]\w*")
_BY_CAUSE = {
    "threads": (Verdict.CRASHED, "started more threads than a submission may"),
    "processes": (Verdict.CRASHED, "started more processes than a submission may"),
    "memory": (Verdict.OUT_OF_MEMORY, "used more memory than a submission may"),
    "disk": (Verdict.CRASHED, "wrote more files than a submission may"),
    "cpu": (
        Verdict.TIMEOUT,
        "did not finish in time: is there a loop that never ends, or one that is far too slow?",
    ),
    "wall": (Verdict.TIMEOUT, "did not finish in time: does it wait for something?"),
}


def idle_seconds(cpu_seconds: float) -> float:
    """How long a call with so much CPU time may sleep: generous, since reading a file or printing is not a fault."""
    return _IDLE_FACTOR * cpu_seconds + _IDLE_SLACK


@dataclass(frozen=True)
class Fault:
    """A student process that ended or misbehaved."""

    verdict: Verdict
    message: str


class Session:
    """Grades one submission.

    Args:
        worker: makes its processes. program: its cells in order. refusals: what each exercise's code is refused.

    Attributes:
        refusals: as given.
        faults: the faults of each exercise so far. notes: faults of cells that belong to no exercise.
        broken_cells: what an exercise's solution cell raised when it ran.
        stopped: every cell that raised when it ran, and what it raised.
        recorder: what the current test has asked and been answered.
    """

    def __init__(
        self, worker: Worker, program: RunOrder, refusals: Mapping[str, Refusals] = MappingProxyType({})
    ) -> None:
        self.faults: dict[str, list[Fault]] = {}
        self.notes: list[str] = []
        self.broken_cells: dict[str, StudentError] = {}
        self.stopped: dict[str, StudentError] = {}
        self.recorder = Recorder()
        self.waited = 0.0
        self._ended_seconds = self._process_seconds = 0.0
        self._worker = worker
        self._program = program
        self.refusals = refusals
        self._refused: Refusals | None = None
        self._process: StudentProcess | None = None
        self._weights = 0
        self._done = 0
        self._asked = False
        self._culprits: set[int] = set()
        self._spent = 0.0
        self._exercise: str | None = None
        self._costly = self._mixed = False
        self._threads = 1
        self._slept_before = worker.watch.slept

    def student(self, exercise: str) -> Handle | None:
        """The notebook's names with every cell up to the exercise's grade cell run; None where the exercise's own
        cell ended the process."""
        if exercise != self._exercise:
            self._exercise = exercise
            self._clear_away()
        target = self._program.ready[exercise]
        while True:
            process = self._alive()
            if self._done < target and not self._refuse(process, None):
                self.fault()
                continue
            while self._done < target:
                if not self._run(process, self._done):
                    break
                self._done += 1
            else:
                if not self._asked and process.cpu_seconds > _CHEAP_CELLS:
                    self._costly = True
                blamed = any(
                    self._program.steps[c].exercise == exercise for c in self._culprits if c < target
                )
                if blamed:
                    return None
                if self._refuse(process, self.refusals.get(exercise)):
                    return process.student
                fault = self.fault()
                assert fault is not None
                self.faults.setdefault(exercise, []).append(fault)
                if len(self.faults[exercise]) > 1:
                    return None

    def place(self, where: str) -> str:
        """Where an exception says it comes from, in words of ours: the place is checked, the line is looked up."""
        found = _PLACE.match(where)
        if found is None:
            return ""
        label, number = found["label"], int(found["line"])
        lines = next((s.source.splitlines() for s in self._program.steps if s.label == label), [])
        return (
            f" in cell {label}, line {number}: {lines[number - 1].strip()[:100]}"
            if number in range(1, len(lines) + 1)
            else ""
        )

    @functools.cached_property
    def names(self) -> frozenset[str]:
        """Every word in the cells of the submission."""
        return frozenset(word for step in self._program.steps for word in _WORD.findall(step.source))

    def stopped_cell(self, name: str) -> str:
        """Which cell that mentions a name had stopped, and why; nothing where none has."""
        for step in self._program.steps:
            if step.label in self.stopped and name in _WORD.findall(step.source):
                return f"{step.label} had stopped: {self.stopped[step.label]}"
        return ""

    def begin(
        self, seed: int, cpu_seconds: float, mutates: bool, notice: Callable[[str], None] | None = None
    ) -> None:
        """A test begins: seed the student's process, give it that much CPU time, record what it answers.

        Args:
            mutates: arguments may be changed in place. notice: is told of those that are and may not.
        """
        process = self._alive()
        self._asked = True
        process.peer.mirror, process.peer.notice = mutates, notice
        process.peer.allowance = _MOST_ANSWERED
        self._allow(process, cpu_seconds)
        self._weights += self.recorder.kept
        self.recorder = Recorder(MOST_WEIGHTS - self._weights)
        process.peer.request("seed", 1, students_seed(seed))
        process.peer.recorder = self.recorder

    def report(self) -> Report:
        """What the current exercise's code was refused so far, and what it did that could have lifted the refusal;
        nothing where its process is gone."""
        process = self._process
        if process is None or process.peer.broken is not None:
            return Report((), ())
        process.peer.recorder = None
        process.allow(_GUARD_SECONDS, idle_seconds(_GUARD_SECONDS))
        try:
            return process.guard.report()
        except (PeerGone, ProtocolViolation):
            return Report((), ())
        finally:
            process.rest()

    @property
    def cpu_seconds(self) -> float:
        """CPU time that the student's processes have used so far, in all."""
        if self._process is not None:
            self._process_seconds = max(self._process_seconds, self._process.cpu_seconds)
        return self._ended_seconds + self._process_seconds

    def rest(self) -> None:
        """Nothing is asked of the student's process for now."""
        if self._process is not None:
            self._process.peer.recorder = None
        if self._process is not None and self._process.peer.broken is None:
            self._process.rest()

    def fault(self) -> Fault | None:
        """Why the student's process can no longer be asked, or None; the process is then gone for good."""
        process = self._process
        if process is None or process.peer.broken is None:
            return None
        code = self._end(process)
        if isinstance(process.peer.broken, ProtocolViolation):
            return Fault(Verdict.PROTOCOL_VIOLATION, "answered in a way that no notebook does")
        if process.cause_of_death is not None:
            return Fault(*_BY_CAUSE[process.cause_of_death])
        if code in (
            0,
            -signal.SIGKILL,
        ):  # which of them, where it only hung up, is a matter of who was faster
            how = "ended before it answered"
        else:
            how = f"was ended by signal {-code}" if code < 0 else f"ended itself with exit code {code}"
        return Fault(Verdict.CRASHED, f"crashed: the Python process {how}")

    def close(self) -> None:
        """End the student's process."""
        if self._process is not None:
            self._end(self._process)

    def _allow(self, process: StudentProcess, cpu_seconds: float) -> None:
        left = _MOST_IDLE - (self._worker.watch.slept - self._slept_before)
        process.allow(cpu_seconds, min(idle_seconds(cpu_seconds), max(left, _LEAST_IDLE)))

    def _refuse(self, process: StudentProcess, what: Refusals | None) -> bool:
        """Have a process refuse this and nothing else; False where it ended of it."""
        if what == self._refused:
            return True
        process.allow(_GUARD_SECONDS, idle_seconds(_GUARD_SECONDS))
        try:
            if what is None:
                process.guard.lift()
            else:
                process.guard.refuse(what)
        except (PeerGone, ProtocolViolation):
            return False
        self._refused = what
        process.rest()
        return True

    def _alive(self) -> StudentProcess:
        if self._process is None:
            self._process, self._refused = self._worker.fork(), None
            self._done, self._asked = 0, False
        return self._process

    def _end(self, process: StudentProcess) -> int:
        """End the student's process and note what it used; its exit code."""
        self._ended_seconds, self._process_seconds = self.cpu_seconds, 0.0
        code = process.end()
        self.waited += process.waited
        self._process = None
        return code

    def _run(self, process: StudentProcess, number: int) -> bool:
        """Run one step; False where it ended the process, which then has to be forked again without it."""
        step = self._program.steps[number]
        if number in self._culprits:
            return True
        if self._spent > CELLS_SECONDS:
            self._leave_out(number)
            return True
        start = time.monotonic()
        self._allow(process, CELL_SECONDS)
        try:
            process.run_cell(step.source, step.label)
        except StudentError as error:
            self.stopped[step.label] = told = self._told(error)
            if step.exercise:
                self.broken_cells[step.exercise] = told
        except (PeerGone, ProtocolViolation):
            self._culprits.add(number)
            self._blame(step)
            return False
        finally:
            self._spent += time.monotonic() - start
        process.rest()
        self._threads = process.threads
        return True

    def _told(self, error: StudentError) -> StudentError:
        """A cell's exception without what its code may have written into it, where that has seen hidden inputs."""
        if not self._asked:
            return error
        return StudentError([error.kind], "", self.place(error.where).strip())

    def _clear_away(self) -> None:
        """Fork again, so that what one exercise's calls left behind, in a variable or still running, neither costs
        another exercise anything nor helps it. Where the cells compute long, only what still runs is reason enough."""
        process = self._process
        if process is None:
            return
        if (self._asked and not self._costly) or not 0 < process.threads <= self._threads:
            self._end(process)
        elif self._asked:
            self._mixed = True

    @property
    def shared(self) -> bool:
        """Whether one exercise can have met what another one left behind: its variables, or too little time."""
        slept = self._worker.watch.slept - self._slept_before
        return self._mixed or slept >= _MOST_IDLE or self._spent > CELLS_SECONDS

    def _leave_out(self, number: int) -> None:
        self._culprits.add(number)
        exercise = self._program.steps[number].exercise
        if exercise:
            fault = Fault(Verdict.TIMEOUT, "was not reached: the cells before it take too long")
            self.faults.setdefault(exercise, []).append(fault)
        elif _TOO_LONG not in self.notes:
            self.notes.append(_TOO_LONG)

    def _blame(self, step: Step) -> None:
        fault = self.fault()
        assert fault is not None
        if step.exercise:
            self.faults.setdefault(step.exercise, []).append(fault)
        else:
            self.notes.append(f"A cell ({step.label}) was left out: it {fault.message}.")
