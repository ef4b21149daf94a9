"""nbgrader records the grades; the jail finds them. One line of configuration joins the two, nothing is
patched.

`configure` puts `JailedGrade` where nbgrader's `Execute` was, so ``nbgrader autograde``,
`NbGraderAPI.autograde` and formgrader's button all read results made in the jail and start no Jupyter kernel.
"""

from autograder.gradebook.config import configure
from autograder.gradebook.grade import JailedGrade, SaveGrades
from autograder.gradebook.restore import RestoreCells
from autograder.gradebook.submission import SubmissionExporter

__all__ = ["JailedGrade", "RestoreCells", "SaveGrades", "SubmissionExporter", "configure"]
