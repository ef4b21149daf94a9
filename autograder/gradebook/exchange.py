"""``nbgrader release_feedback`` in a class where some did not hand in through the exchange."""

from __future__ import annotations

import glob
from pathlib import Path

from nbgrader.exchange.default import ExchangeReleaseFeedback

_OF_THE_EXCHANGE = ("timestamp.txt", "submission_secret.txt")


class ReleaseFeedback(ExchangeReleaseFeedback):
    """Passes over the students whom the exchange does not know, with a warning that says where their pages are.

    nbgrader's own stops at the first of them, and nobody after that one gets feedback.
    """

    def copy_files(self) -> None:
        folders = {Path(page).parent for page in glob.glob(f"{self.src_path}/*.html")}
        unknown = [f for f in sorted(folders) if not all((f / name).is_file() for name in _OF_THE_EXCHANGE)]
        for folder in unknown:
            self.log.warning(
                "%s did not hand in through the exchange: give out %s some other way",
                folder.parent.name,
                folder,
            )
        excluded = [self.coursedir.student_id_exclude, *(folder.parent.name for folder in unknown)]
        self.coursedir.student_id_exclude = ",".join(filter(None, excluded))
        super().copy_files()
