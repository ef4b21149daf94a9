"""The attempts of a hostile submission, one small function per denial.

They run in two places: inside the jail, where the doctor has a student process import them, and once outside any
jail, to see which attempts would succeed there and so mean something. They do no harm there: signals have number 0,
system calls carry arguments that the kernel refuses, victims are decoys. Standard library only.

A probe returns what it got hold of, or lets the OSError pass that stopped it.
"""

from autograder.jail.inside.probes import kernel, network, processes, reading, resource_limits, writing  # noqa: F401  they register
from autograder.jail.inside.probes.allowed import allowed
from autograder.jail.inside.probes.bombs import bomb
from autograder.jail.inside.probes.registry import PROBES, attempt, attempt_all

__all__ = ["PROBES", "allowed", "attempt", "attempt_all", "bomb"]
