"""What `autograder grade` shows while it works: a table at a terminal, a line for each submission elsewhere."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from datetime import timedelta

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from autograder.course.untrusted import clean
from autograder.grading.result import Result, Verdict

WAITING = "waiting for a person"
_MOST_LOOKED_AT = 20
_STYLES = {Verdict.PASSED: "green", Verdict.FAILED: "", Verdict.NOT_GRADABLE: "yellow"}


class Pace:
    """How soon something that comes one after the other will be done, from the last ones.

    What is stored comes in a burst, and what is graded slowly after it; the longer nothing comes, the less the burst
    counts.
    """

    def __init__(self) -> None:
        self._moments: deque[float] = deque(maxlen=_MOST_LOOKED_AT)

    def came(self, now: float) -> None:
        self._moments.append(now)

    def seconds_left(self, left: int, now: float) -> float | None:
        """Seconds until so many more have come; None where too few have."""
        if left == 0:
            return 0.0
        if len(self._moments) < 2:
            return None
        first, last, gaps = self._moments[0], self._moments[-1], len(self._moments) - 1
        usual = (last - first) / gaps
        # The one that is awaited is due after a usual gap; once it is late, its own gap counts as well.
        late = (now - first) / (gaps + 1)
        return max(max(usual, late) * left - (now - last), 0.0)


class Display:
    """Counts what is graded and recorded, and shows it; a context within which the table stands at a terminal."""

    def __init__(self, out: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self.out = out
        self.watched = out.is_terminal
        self.total = self.done = self.graded = 0
        self.outcomes: Counter[str] = Counter()
        self.verdicts: Counter[Verdict] = Counter()
        self._clock, self._begun, self._pace = clock, clock(), Pace()
        self._lock = threading.Lock()
        self._live = Live(self, console=out, refresh_per_second=4) if self.watched else None

    def __enter__(self) -> Display:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *exc: object) -> None:
        if self._live is not None:
            self._live.stop()

    def waiting(self, holder: str) -> None:
        self.out.print(f"waiting: this course is being graded by {holder}", markup=False)

    def phase(self, name: str, total: int) -> Callable[[], None]:
        self.total = max(self.total, total)
        return self._one_graded if name == "grading" else _nothing

    def recorded(self, student: str, outcome: Result | str) -> None:
        with self._lock:
            self.done += 1
            self._pace.came(self._clock())
            kind = _kind(outcome)
            self.outcomes[kind] += 1
            if isinstance(outcome, Result):
                self.verdicts.update(exercise.verdict for exercise in outcome.exercises)
            line = f"[{self.done}/{self.total}] {clean(student, 60)}: {outcome_line(outcome)}"
            if not self.watched:
                self.out.print(f"{line}; {self.total - self.done} left", markup=False, soft_wrap=True)
        # What is printed at a terminal draws the table anew, which asks for the lock.
        if self.watched and kind == WAITING:
            self.out.print(line, markup=False, soft_wrap=True)

    def _one_graded(self) -> None:
        with self._lock:
            self.graded += 1

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        with self._lock:
            yield self.table()

    def table(self) -> Table:
        """The table as it is now."""
        now = self._clock()
        table = Table.grid(padding=(0, 2))
        table.add_column(style="dim")
        table.add_column()
        left = self.total - self.done
        counts = f"{self.done} of {self.total} recorded, {left} left"
        if self.graded > self.done:
            counts += f", {self.graded - self.done} graded meanwhile"
        table.add_row("done", ProgressBar(total=max(self.total, 1), completed=self.done, width=40))
        table.add_row("", counts)
        rest = self._pace.seconds_left(left, now)
        about = f", about {_duration(rest)} more" if rest else ""
        table.add_row("time", f"{_duration(now - self._begun)}{about}")
        if self.outcomes:
            table.add_row("submissions", ", ".join(f"{n} {kind}" for kind, n in self.outcomes.most_common()))
        if self.verdicts:
            parts = [
                (f"{self.verdicts[verdict]} {verdict.value}", _STYLES.get(verdict, "red"))
                for verdict in Verdict
                if self.verdicts[verdict]
            ]
            table.add_row("exercises", Text(", ").join(Text(text, style) for text, style in parts))
        return table


def outcome_line(outcome: Result | str) -> str:
    """Points, the exercises by verdict, and the seconds that grading took; or why it waits."""
    if isinstance(outcome, str):
        return f"waits: {clean(outcome, 200)}".replace("\n", " ")
    if outcome.verdict is not Verdict.PASSED:
        return f"{outcome.verdict.value}: {clean(' '.join(outcome.notes), 200)}".replace("\n", " ")
    counted = Counter(exercise.verdict for exercise in outcome.exercises)
    verdicts = ", ".join(f"{counted[verdict]} {verdict.value}" for verdict in Verdict if counted[verdict])
    seconds = f"; {outcome.measured.seconds:.1f} s" if outcome.measured is not None else ""
    return f"{outcome.score:g} of {outcome.points:g} points, {verdicts}{seconds}"


def _kind(outcome: Result | str) -> str:
    if isinstance(outcome, str) or outcome.verdict is not Verdict.PASSED:
        return WAITING
    if any(exercise.verdict is Verdict.NOT_GRADABLE for exercise in outcome.exercises):
        return WAITING
    return "with full marks" if outcome.score == outcome.points else "below full marks"


def _duration(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))


def _nothing() -> None:
    """What is recorded is told by `recorded`."""
