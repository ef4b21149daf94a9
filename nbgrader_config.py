"""nbgrader's configuration for this course: grade in the jail, record in gradebook.db."""

from pathlib import Path

from autograder.nbgrader import configure

configure(get_config(), root=Path(__file__).parent)  # noqa: F821 -- nbgrader provides get_config
