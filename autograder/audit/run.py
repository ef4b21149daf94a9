"""An audit's trials: held by the ledger, run through the real pipeline, or run again to see whether the ledger lies."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from autograder.audit import reads
from autograder.audit.facts import Facts, facts_of, first_failure
from autograder.audit.judge import Verdicts
from autograder.audit.ledger import Ledger, Record
from autograder.audit.trials import Batch, Plan, Trial, batches
from autograder.classroom.pool import Task, grade_all
from autograder.classroom.workplace import JailChoice
from autograder.grading.result import Result


@dataclass(frozen=True)
class Wanted:
    """What an audit is asked to do.

    Attributes:
        again: run everything, whatever the ledger holds.
        check: take what an earlier machinery recorded where a light audit with this one comes to the same, run the
            reference of every exercise once, and run a sample of the records again.
        sample: how many records that is. choice: a text that decides which, such as the commit's hash.
        right: leave misconceptions out.
    """

    only: frozenset[str] | None = None
    again: bool = False
    check: bool = False
    sample: int = 0
    choice: str = ""
    right: bool = False


@dataclass
class Tally:
    """Where an audit's trials came from.

    Attributes:
        held: taken from the ledger; earlier: those of them that an earlier machinery recorded.
        ran: run since the ledger had no record that holds. sampled: run again although it had.
        cpu_seconds: what all that was run took.
    """

    held: int = 0
    earlier: int = 0
    ran: int = 0
    sampled: int = 0
    cpu_seconds: float = 0.0

    def told(self) -> str:
        earlier = f" ({self.earlier} made before the engine changed)" if self.earlier else ""
        total = self.held + self.ran + self.sampled
        return (
            f"{total} trials: {self.held} from the ledger{earlier}, {self.ran} run, {self.sampled} sampled and run "
            f"again; {self.cpu_seconds / 60:.1f} CPU minutes"
        )


@dataclass
class Audit:
    """One audit of an assignment.

    Attributes:
        jail: with the backend named, since the records are of one.
        progress: told how many trials are done of how many are to be run, and each new defect.
    """

    plan: Plan
    ledger: Ledger
    jail: JailChoice
    jobs: int
    wanted: Wanted
    progress: Callable[[int, int, list[str]], None] = lambda done, total, told: None
    grade: Callable[[list[Task], int], Iterable[tuple[Task, Result | str]]] = grade_all
    verdicts: Verdicts = field(default_factory=Verdicts)
    tally: Tally = field(default_factory=Tally)
    _before: dict[Trial, Record] = field(default_factory=dict)
    _sampled: set[Trial] = field(default_factory=set)
    _changed: set[str] = field(default_factory=set)
    _lies: list[str] = field(default_factory=list)
    _recorded: list[Trial] = field(default_factory=list)

    def __post_init__(self) -> None:
        assert self.jail.backend is not None
        self.machinery = reads.machinery(self.jail.backend)

    def run(self) -> Verdicts:
        """Judge every trial, from its record or by running it, and record what was run."""
        to_run: list[Trial] = []
        earlier: list[Trial] = []
        current: list[Trial] = []
        for trial in self.plan.trials(self.wanted.only):
            if self.wanted.right and trial.kind == "misconception":
                continue
            record = None if self.wanted.again else self.ledger.find(trial, self.machinery)
            if record is not None:
                self._before[trial] = record
            if record is not None and record.machinery == self.machinery:
                current.append(trial)
            elif record is not None and self.wanted.check and not trial.is_light:
                earlier.append(trial)
            else:
                to_run.append(trial)
        self._sampled = self._sample(current)
        held = [trial for trial in current if trial not in self._sampled]
        self._run([*to_run, *self._sampled])
        # An engine that changes an outcome may change them all: what the earlier one recorded there proves nothing.
        doubtful = [trial for trial in earlier if trial.exercise in self._changed]
        self._run(doubtful)
        for trial in held:
            self.verdicts.add(trial, self._before[trial].facts)
        trusted = [trial for trial in earlier if trial.exercise not in self._changed]
        for trial in trusted:
            self.verdicts.add(trial, self._before[trial].facts)
        self.tally.held, self.tally.earlier = len(held) + len(trusted), len(trusted)
        self._tell_lies()
        self._strike_out_edited()
        for exercise in {t.exercise for t in (*to_run, *current, *earlier)}:
            self.ledger.keep(exercise, self.plan.subjects(exercise))
        return self.verdicts

    def _sample(self, current: list[Trial]) -> set[Trial]:
        """Records to run again: the reference of every exercise at one seed, and as many of the others as wanted."""
        if not self.wanted.check:
            return set()
        seeds = sorted({t.seed for t in current if t.kind == "reference"})
        seed = seeds[_number(self.wanted.choice) % len(seeds)] if seeds else None
        references = {t for t in current if t.kind == "reference" and t.seed == seed}
        others = sorted(
            (t for t in current if t not in references),
            key=lambda t: _number(f"{self.wanted.choice} {t.name}"),
        )
        return references | set(others[: self.wanted.sample])

    def _run(self, trials: Iterable[Trial]) -> None:
        todo = {str(n): batch for n, batch in enumerate(batches(self.plan.notebooks, trials))}
        total, done = sum(len(b.trials) for b in todo.values()), 0
        tasks = [
            Task(key, b.document, self.plan.assignment, b.seed, self.jail, b.selection)
            for key, b in todo.items()
        ]
        for task, outcome in self.grade(tasks, self.jobs):
            told = len(self.verdicts.defects)
            self._finished(todo[task.key], outcome)
            done += len(todo[task.key].trials)
            self.progress(done, total, self.verdicts.defects[told:])

    def _finished(self, batch: Batch, outcome: Result | str) -> None:
        if not isinstance(outcome, str) and outcome.measured is not None:
            self.tally.cpu_seconds += outcome.measured.cpu_seconds
        for trial in batch.trials:
            problems: tuple[str, ...]
            if isinstance(outcome, str):
                facts, problems = Facts(share=0.0), (outcome,)
            else:
                facts, problems = facts_of(outcome, trial.exercise, trial.kind == "reference")
                if trial.kind != "skeleton":
                    problems += outcome.notes
                if trial.kind in ("reference", "alternative", "beside") and facts.fails:
                    problems += (first_failure(outcome.exercise(trial.exercise)),)
            self._compare(trial, facts)
            if self.verdicts.add(trial, facts, problems):
                self.ledger.put(trial, self.machinery, facts)
                self._recorded.append(trial)
            else:
                self.ledger.forget(trial)
            if trial in self._sampled:
                self.tally.sampled += 1
            else:
                self.tally.ran += 1

    def _compare(self, trial: Trial, facts: Facts) -> None:
        """Hold what came now to what the ledger says of the same trial."""
        record = self._before.get(trial)
        if record is None or record.facts.same_as(facts):
            return
        if record.machinery == self.machinery:
            self._lies.append(
                f"{trial.name}: the ledger says {record.facts.told()}; run again it was {facts.told()}"
            )
        else:
            self._changed.add(trial.exercise)

    def _strike_out_edited(self) -> None:
        """What was recorded while somebody edited what it read may be of the text before, or of the one after."""
        edited = self.plan.edited()
        if reads.machinery(self.jail.backend or "") != self.machinery:
            doubtful, what = self._recorded, "the engine"
        else:
            doubtful = [trial for trial in self._recorded if trial.exercise in edited]
            what = ", ".join(sorted({trial.exercise for trial in doubtful}))
        for trial in doubtful:
            self.ledger.forget(trial)
        if doubtful:
            self.verdicts.defects.append(
                f"{what} was edited while the audit ran: the {len(doubtful)} records made meanwhile are struck "
                "out, run it again"
            )

    def _tell_lies(self) -> None:
        if not self._lies:
            return
        count = self.ledger.void(self.machinery)
        self.verdicts.defects += self._lies
        self.verdicts.defects.append(
            f"a record does not repeat, so all {count} records of its engine are struck out: run "
            f"`autograder audit {self.plan.assignment.name}`, and commit what it records"
        )


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])
