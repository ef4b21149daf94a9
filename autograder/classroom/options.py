"""How a class is graded: what the command line, nbgrader's configuration and the demo may choose."""

from __future__ import annotations

from dataclasses import dataclass


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
    """

    seed: int = 0
    backend: str = ""
    unsafe_no_jail: bool = False
    jobs: int = 1
    cluster: str = ""
    force: bool = False
    wait: bool = True


DEFAULT = GradingOptions()
