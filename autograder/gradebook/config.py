"""The settings of nbgrader_config.py: the steps of nbgrader's that are replaced, and the gradebook's place."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from nbgrader.converters import Autograde, GenerateAssignment, GenerateFeedback
from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    Execute,
    GetGrades,
    OverwriteCells,
    OverwriteKernelspec,
    SaveAutoGrades,
    SaveCells,
)
from traitlets.config import Config

from autograder.course.sharing import share_what_is_made
from autograder.gradebook.changed import KeepGrades
from autograder.gradebook.exchange import Collect, ReleaseFeedback
from autograder.gradebook.export import CsvExport
from autograder.gradebook.grade import JailedGrade, SaveGrades
from autograder.gradebook.lateness import DatedPenalties, LatePenalty
from autograder.gradebook.metadata import CheckMetadata
from autograder.gradebook.page import TEMPLATES, FeedbackPage, PageGrades
from autograder.gradebook.restore import OverwriteKnownCells, RestoreCells
from autograder.gradebook.submission import SubmissionExporter
from autograder.gradebook.written import answers_with_keys
from autograder.gradebook.zips import CheckedExtractor

DATABASE_WAIT = 60
"""Seconds a writer waits for another one's lock on the gradebook before it gives up."""


def configure(config: Config, root: Path | str) -> None:
    """Make nbgrader grade by the jail, in the course under ``root``; idempotent, for nbgrader loads its file
    thrice.

    Every other step of nbgrader's default lists stays as it is.
    """
    config.CourseDirectory.root = str(Path(root).resolve())
    gradebook = Path(root).resolve() / "gradebook.db"
    share_what_is_made(Path(root).resolve(), gradebook)
    if not config.CourseDirectory.db_url:
        config.CourseDirectory.db_url = f"sqlite:///{gradebook}?timeout={DATABASE_WAIT}"

    instead = {
        Execute: JailedGrade,
        SaveAutoGrades: SaveGrades,
        OverwriteCells: OverwriteKnownCells,
        CheckCellMetadata: CheckMetadata,
        AssignLatePenalties: DatedPenalties,
    }
    stock = Autograde.class_traits()
    grading = stock["autograde_preprocessors"].default_args[0]
    sanitizing = stock["sanitize_preprocessors"].default_args[0]
    config.Autograde.autograde_preprocessors = [instead.get(step, step) for step in grading]
    config.Autograde.sanitize_preprocessors = [
        RestoreCells,  # which restores the kernel too
        *(instead.get(step, step) for step in sanitizing if step is not OverwriteKernelspec),
    ]
    making = GenerateAssignment.class_traits()["preprocessors"].default_args[0]
    config.GenerateAssignment.preprocessors = [KeepGrades if step is SaveCells else step for step in making]
    config.AssignLatePenalties.plugin_class = LatePenalty
    config.Autograde.exporter_class = SubmissionExporter
    config.HTMLExporter.filters = {"markdown2html": answers_with_keys(Path(root))}  # formgrader's pages
    config.FeedbackPage.filters = {}  # it has its own
    steps = GenerateFeedback.class_traits()["preprocessors"].default_args[0]
    config.GenerateFeedback.preprocessors = [PageGrades if step is GetGrades else step for step in steps]
    config.GenerateFeedback.exporter_class = FeedbackPage
    # nbgrader sets the template of HTMLExporter itself; a setting of the subclass goes before it.
    config.FeedbackPage.template_name = "feedback_page"
    config.FeedbackPage.extra_template_basedirs = [str(TEMPLATES)]
    config.ZipCollectApp.extractor_plugin = CheckedExtractor
    config.ExportApp.plugin_class = CsvExport
    config.ExchangeFactory.collect = Collect
    config.ExchangeFactory.release_feedback = ReleaseFeedback
    _find_alembic()


def _find_alembic() -> None:
    # nbgrader asks the `alembic` command for the database's version when it makes a gradebook; without an
    # activated environment that command is not on PATH although it is installed beside the interpreter.
    folder = str(Path(sys.executable).parent)
    search = os.environ.get("PATH", os.defpath).split(os.pathsep)
    if folder not in search:
        os.environ["PATH"] = os.pathsep.join([folder, *search])
