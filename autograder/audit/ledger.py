"""The ledger: what trials came to, kept in git beside the suite as `EXERCISE/ledger.jsonl`, one line a record.

A record holds where what its trial reads is what the trial reads now, and the machinery that made it grades now. The
file is written anew as a whole after every trial, so a kill loses one trial and no line. Records are sorted, and equal
outcomes of several seeds share a line, so that a change of one misconception changes one line. Where two branches are
merged, git keeps the lines of both (`merge=union` in .gitattributes); of two records the one that holds is taken.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from autograder.audit.facts import Facts
from autograder.audit.trials import KINDS, Trial
from autograder.course import CourseError

NAME = "ledger.jsonl"


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a ledger: what was tried and what it read; the `Facts` stand between them."""

    trial: str
    seeds: str
    """Such as 0-2,5."""
    subject: str
    machinery: str


@dataclass(frozen=True)
class Record:
    """The outcome of one trial at one seed, and what made it."""

    subject: str
    machinery: str
    facts: Facts


class Ledger:
    """The records of an assignment's suite.

    Raises:
        CourseError: a line is damaged; it names file and line.
    """

    def __init__(self, suite: Path) -> None:
        self._suite = suite
        self._records: dict[str, dict[tuple[str, int], list[Record]]] = {}

    def find(self, trial: Trial, machinery: str) -> Record | None:
        """The record of a trial that reads what it reads now: one of that machinery if there is one, else of any."""
        records = self._of(trial.exercise).get((trial.label, trial.seed), ())
        same = [record for record in records if record.subject == trial.subject]
        return next((r for r in same if r.machinery == machinery), same[0] if same else None)

    def put(self, trial: Trial, machinery: str, facts: Facts) -> None:
        """Record an outcome in the place of what stood there, and write it down."""
        with self._writing(trial.exercise) as records:
            records[trial.label, trial.seed] = [Record(trial.subject, machinery, facts)]

    def forget(self, trial: Trial) -> None:
        """Strike out what is recorded of a trial."""
        if (trial.label, trial.seed) in self._of(trial.exercise):
            with self._writing(trial.exercise) as records:
                records.pop((trial.label, trial.seed), None)

    def keep(self, exercise: str, subjects: dict[str, set[str]]) -> None:
        """Strike out the records of an exercise that no trial asks for: its trials' labels, with their subjects."""
        stale = [
            key
            for key, records in self._of(exercise).items()
            if any(r.subject not in subjects.get(key[0], ()) for r in records)
        ]
        if stale:
            with self._writing(exercise) as records:
                for key in stale:
                    left = [r for r in records.get(key, ()) if r.subject in subjects.get(key[0], ())]
                    if left:
                        records[key] = left
                    else:
                        records.pop(key, None)

    def void(self, machinery: str) -> int:
        """Strike out all that a machinery recorded in this suite; how many records that were."""
        count = 0
        for path in sorted(self._suite.glob(f"*/{NAME}")):
            exercise = path.parent.name
            if any(r.machinery == machinery for kept in self._of(exercise).values() for r in kept):
                with self._writing(exercise) as records:
                    for key in list(records):
                        left = [r for r in records[key] if r.machinery != machinery]
                        count += len(records[key]) - len(left)
                        records[key] = left
                        if not left:
                            del records[key]
        return count

    def _of(self, exercise: str) -> dict[tuple[str, int], list[Record]]:
        if exercise not in self._records:
            self._records[exercise] = read(self._suite / exercise / NAME)
        return self._records[exercise]

    @contextlib.contextmanager
    def _writing(self, exercise: str) -> Iterator[dict[tuple[str, int], list[Record]]]:
        """The records of an exercise to change; they are read again first, since another audit may have written."""
        room = self._suite / exercise
        room.mkdir(exist_ok=True)
        descriptor = os.open(room, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            self._records[exercise] = read(room / NAME)
            yield self._records[exercise]
            write(room / NAME, self._records[exercise])
        finally:
            os.close(descriptor)


def read(path: Path) -> dict[tuple[str, int], list[Record]]:
    """A ledger file's records by label and seed; none where there is no file.

    Raises:
        CourseError: a line is damaged.
    """
    records: dict[tuple[str, int], list[Record]] = {}
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return records
    for number, text in enumerate(lines, start=1):
        try:
            line, facts = msgspec.json.decode(text, type=Line), msgspec.json.decode(text, type=Facts)
            seeds = list(_seeds(line.seeds))
        except (msgspec.MsgspecError, ValueError) as error:
            raise CourseError(
                f"{path}, line {number} is not a record ({error}): delete the line, and what it held is run again"
            ) from None
        for seed in seeds:
            record = Record(line.subject, line.machinery, facts)
            if record not in records.setdefault((line.trial, seed), []):
                records[line.trial, seed].append(record)
    return records


def write(path: Path, records: dict[tuple[str, int], list[Record]]) -> None:
    """Write a ledger file whole; equal outcomes share a line, with the larger of what was measured."""
    grouped: defaultdict[tuple[object, ...], list[int]] = defaultdict(list)
    facts: dict[tuple[object, ...], Facts] = {}
    for (label, seed), kept in records.items():
        for record in kept:
            f = record.facts
            key = (label, record.subject, record.machinery, *f.outcome)
            grouped[key].append(seed)
            facts[key] = facts[key].joined(f) if key in facts else f
    lines = [
        (
            Line(
                trial=str(key[0]),
                seeds=_text(sorted(seeds)),
                subject=str(key[1]),
                machinery=str(key[2]),
            ),
            facts[key],
        )
        for key, seeds in grouped.items()
    ]
    lines.sort(key=lambda pair: _order(pair[0]))
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_bytes(b"".join(_encoded(line, found) for line, found in lines))
    os.replace(temporary, path)


def _encoded(line: Line, facts: Facts) -> bytes:
    """A line without what is empty; the share always stands there."""
    found = msgspec.structs.asdict(facts)
    kept = {name: value for name, value in found.items() if value or name == "share"}
    read = {"subject": line.subject, "machinery": line.machinery}
    return msgspec.json.encode({"trial": line.trial, "seeds": line.seeds, **kept, **read}) + b"\n"


def _order(line: Line) -> tuple[int, str, int, str]:
    return KINDS.index(line.trial.split()[0]), line.trial, next(_seeds(line.seeds)), line.subject


def _text(seeds: list[int]) -> str:
    runs: list[list[int]] = []
    for seed in seeds:
        if runs and seed == runs[-1][1] + 1:
            runs[-1][1] = seed
        else:
            runs.append([seed, seed])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)


def _seeds(text: str) -> Iterator[int]:
    for run in text.split(","):
        first, _, last = run.partition("-")
        yield from range(int(first), int(last or first) + 1)
