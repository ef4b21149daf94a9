"""A class is graded with the small assignment and its workers, and recorded in the small course."""

from tests.gradebook.conftest import course, results, submit, template
from tests.grading.conftest import assignment, each_worker, graded, impatient, worker, workers

__all__ = [
    "assignment",
    "course",
    "each_worker",
    "graded",
    "impatient",
    "results",
    "submit",
    "template",
    "worker",
    "workers",
]
