"""Other graders, each in an environment of its own, set up as its documentation says.

Their environments lie beside this project's, as `.venv-NAME`, and torch alone is taken from it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import msgspec

from autograder.course import Course, CourseError
from bench.course import ASSIGNMENT, NOTEBOOK, ROOM

PROJECT = Path(__file__).parents[1]
_LONGEST = 600
"""Seconds that a peer may take for one submission."""
_SHARED = ("torch", "torchgen", "functorch", "torch-*.dist-info")
_TORCH_NEEDS = (
    "numpy",
    "filelock",
    "fsspec",
    "typing-extensions",
    "sympy",
    "networkx",
    "jinja2",
    "setuptools",
)


@dataclass(frozen=True)
class Peer:
    """A grader that is installed by pip."""

    name: str
    requirements: tuple[str, ...]

    @property
    def folder(self) -> Path:
        return PROJECT / f".venv-{self.name}"

    @property
    def bin(self) -> Path:
        return self.folder / "bin"

    def install(self) -> None:
        """Make its environment where there is none of these requirements. CourseError where that fails."""
        done, wanted = self.folder / ".installed", "\n".join(self.requirements)
        if done.is_file() and done.read_text() == wanted:
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        self._run([sys.executable, "-m", "venv", str(self.folder)])
        wheels = [*self.requirements, *_TORCH_NEEDS]
        self._run([str(self.bin / "python"), "-m", "pip", "install", "--quiet", *wheels])
        ours = Path(sysconfig.get_paths()["purelib"])
        own = next((self.folder / "lib").glob("python3*")) / "site-packages"
        for pattern in _SHARED:
            for path in ours.glob(pattern):
                (own / path.name).symlink_to(path)
        done.write_text(wanted)

    def _run(self, command: list[str]) -> None:
        ran = subprocess.run(command, capture_output=True, text=True)
        if ran.returncode:
            said = (ran.stderr.strip().splitlines() or ["no message"])[-1]
            raise CourseError(f"{self.name} cannot be installed ({said}): is there a network?")


OTTER = Peer("otter", ("otter-grader[grading]==7.0.0",))
# It imports the last three and does not ask for them.
PRAIRIELEARN = Peer(
    "prairielearn",
    ("pytest-prairielearn-grader[notebook]==0.3.1", "networkx", "pandas", "plot-serializer"),
)


class OtterGrader:
    """`otter run`, which is `otter grade` without its containers: a kernel for each submission."""

    def __init__(self, course: Course, folder: Path) -> None:
        OTTER.install()
        self._course, self._folder = course, folder
        shutil.copytree(ROOM / "otter", folder / "tests", ignore=shutil.ignore_patterns("__pycache__"))
        self._otter("generate", "-t", str(folder / "tests"), "-o", str(folder / "autograder.zip"))

    def grade(self, student: str) -> float:
        """The submission's share of the points."""
        to = self._folder / student
        to.mkdir()
        submission = self._course.submission_folder(student, ASSIGNMENT) / f"{NOTEBOOK}.ipynb"
        autograder = str(self._folder / "autograder.zip")
        self._otter("run", str(submission), "-a", autograder, "-o", str(to), "--no-logo")
        tests = msgspec.json.decode((to / "results.json").read_bytes())["tests"]
        scored = [test for test in tests if test.get("max_score")]
        return float(sum(test["score"] for test in scored) / sum(test["max_score"] for test in scored))

    def _otter(self, *arguments: str) -> None:
        _run([str(OTTER.bin / "otter"), *arguments], self._folder, OTTER)


class PrairieLearnGrader:
    """pytest with the plug-in, on a folder that is laid out as in PrairieLearn's container."""

    def __init__(self, course: Course, folder: Path) -> None:
        PRAIRIELEARN.install()
        self._course, self._folder = course, folder

    def grade(self, student: str) -> float:
        """The submission's share of the points."""
        place = self._folder / student
        data = place / "test_student"
        data.mkdir(parents=True)
        shutil.copy(ROOM / "prairielearn" / "test_student.py", place)
        shutil.copy(ROOM / "prairielearn" / "trailing_code.py", data)
        (place / "pytest.ini").write_text("[pytest]\n")
        notebook = self._course.submission_folder(student, ASSIGNMENT) / f"{NOTEBOOK}.ipynb"
        shutil.copy(notebook, data / "student_code.ipynb")
        python = str(PRAIRIELEARN.bin / "python")
        _run([python, "-m", "pytest", "-q", "test_student.py"], place, PRAIRIELEARN, codes=(0, 1))
        return float(msgspec.json.decode((place / "autograder_results.json").read_bytes())["score"])


def grade_copies(grader: OtterGrader | PrairieLearnGrader, students: list[str], workers: int) -> None:
    """Grade correct submissions, so many at a time; CourseError where one does not get full marks."""
    with ThreadPoolExecutor(workers) as pool:
        for student, share in zip(students, pool.map(grader.grade, students), strict=True):
            if share < 1 - 1e-9:
                raise CourseError(
                    f"{type(grader).__name__} gave {share:.0%} for a correct submission, {student}'s"
                )


def _run(command: list[str], folder: Path, peer: Peer, codes: tuple[int, ...] = (0,)) -> None:
    search = f"{peer.bin}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    environment = {**os.environ, "PATH": search}
    environment.pop("PYTHONPATH", None)
    ran = subprocess.run(
        command, capture_output=True, text=True, cwd=folder, env=environment, timeout=_LONGEST
    )
    if ran.returncode not in codes:
        lines = (ran.stderr.strip() or ran.stdout.strip()).splitlines() or ["no message"]
        raise CourseError(f"{peer.name} failed with exit code {ran.returncode}: {lines[-1]}")
