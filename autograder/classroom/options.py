"""How a class is graded: what the command line, nbgrader's configuration and the demo may choose, and in which jail."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from autograder.course import Course

JOBS_HELP = "Grading processes; 0: one for each core, as far as the memory goes."
"""Of the option `--jobs`, wherever there is one."""


@dataclass(frozen=True)
class GradingOptions:
    """One set of choices, passed on unchanged from whoever made them.

    Attributes:
        seed: of the hidden tests' random inputs.
        backend: the jail's name; empty: the first one proven to work on this machine.
        unsafe_no_jail: grade without a proven jail; student code can then do anything that its grader can.
        jobs: grading processes on this machine.
        cluster: the address of a dask scheduler whose workers grade instead; empty: this machine does.
        force: grade again what has a result already.
        wait: wait where another grader holds the course, else give up with a CourseError.
        profile: folder in which grading processes write where their time went, or None.
    """

    seed: int = 0
    backend: str = ""
    unsafe_no_jail: bool = False
    jobs: int = 1
    cluster: str = ""
    force: bool = False
    wait: bool = True
    profile: Path | None = None


DEFAULT = GradingOptions()


@dataclass(frozen=True)
class JailChoice:
    """The jail to grade in, and where our own solutions' answers are kept from run to run.

    Attributes:
        private: folders that no submission may read. answers: inside one of them, or None to keep them in memory.
    """

    backend: str | None = None
    unsafe_no_jail: bool = False
    private: tuple[Path, ...] = ()
    answers: Path | None = None

    @classmethod
    def of(cls, course: Course, options: GradingOptions = DEFAULT) -> JailChoice:
        hidden = (course.source, course.suites, course.results, course.gradebook, course.secret)
        private = (*hidden, course.submitted, course.autograded)
        return cls(options.backend or None, options.unsafe_no_jail, private, course.results / "answers")
