"""nbgrader's autograde with both of its conversions in one.

nbgrader converts a submission twice: it cleans the submitted notebook and writes it into autograded/, then reads that
file, grades it and writes it again. Between the two nothing happens that a jailed grading needs, since nothing is
executed. So the steps of both run one after the other, and the notebook is read, copied, checked and written once.
"""

from __future__ import annotations

from nbgrader import utils
from nbgrader.converters import Autograde
from nbgrader.converters.base import BaseConverter


class OnePass(Autograde):
    """Makes the notebook and the grades that nbgrader's own converter makes; the configuration is that one's."""

    def convert_single_notebook(self, notebook_filename: str) -> None:
        self.log.info("Cleaning and grading %s", notebook_filename)
        self._sanitizing = True  # which says that submitted/ is read
        self.exporter._preprocessors = []
        for step in (*self.sanitize_preprocessors, *self.autograde_preprocessors):
            self.exporter.register_preprocessor(step)
        with utils.setenv(NBGRADER_EXECUTION="autograde"):
            BaseConverter.convert_single_notebook(self, notebook_filename)
