"""``nbgrader zip_collect`` with one student's hostile archive costing only that student."""

from __future__ import annotations

import shutil
from pathlib import Path

from nbgrader.plugins.zipcollect import ExtractorPlugin

from autograder.gradebook.archives import archive_problem, is_archive, stem, unpack


class CheckedExtractor(ExtractorPlugin):
    """Unpacks nothing outside its folder, no link and no bomb; skips such an archive with a warning.

    nbgrader's own extractor raises at the first member that points outside, and the whole class's collection
    stops.
    """

    def extract(self, archive_path: str, extracted_path: str) -> None:
        archives = sorted(path for path in Path(archive_path).rglob("*") if path.is_file())
        if not archives:
            self.log.warning("No files found in directory: %s", archive_path)
        for archive in archives:
            target = Path(extracted_path) / archive.parent.relative_to(archive_path)
            target.mkdir(parents=True, exist_ok=True)
            if archive.is_symlink():
                self.log.error("Skipped %s: it is a symbolic link", archive)
            elif not is_archive(archive):
                shutil.copy(archive, target / archive.name)
            elif problem := archive_problem(archive):
                self.log.error("Skipped %s: %s. Ask the student to submit again.", archive, problem)
            else:
                self.log.info("Extracting from: %s", archive)
                for inner in unpack(archive, target / stem(archive)):
                    self.log.error("Left packed in %s: %s", archive, inner)
