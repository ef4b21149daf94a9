"""`make demo`: invented classes hand in, the jail grades, and every grade is compared with what it must be.

Ends with the grade tables and the paths of gradebook and feedback; exit code 1 if any grade is not the expected one.
"""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from autograder.classroom.admission import workers
from autograder.classroom.options import JOBS_HELP
from autograder.cli.main import one_line
from autograder.course import Course, CourseError
from autograder.demo import classes
from autograder.demo.run import PROJECT, run
from autograder.demo.students import Student, any_class


def demo(
    folder: Annotated[Path, typer.Argument(help="Where the course is made.")] = Path("demo"),
    assignment: Annotated[list[str] | None, typer.Option(help="Only this one; may be repeated.")] = None,
    jobs: Annotated[int, typer.Option(min=0, help=JOBS_HELP)] = 0,
    backend: Annotated[str, typer.Option(help="bubblewrap or landlock.")] = "",
) -> None:
    """Make a course of invented students, grade it, and compare every grade with the expected one."""
    try:
        chosen, out = classes_of(assignment), Console(highlight=False)
        wrong = run(folder, chosen, jobs=jobs or workers(), backend=backend, out=out)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    except Exception as error:
        Console(stderr=True, highlight=False).print(f"error {one_line(error)}", markup=False, soft_wrap=True)
        raise typer.Exit(1) from None
    raise typer.Exit(1 if wrong else 0)


def classes_of(wanted: list[str] | None) -> dict[str, list[Student]]:
    """The class of each assignment: the one written for it, else the one that suits any."""
    there = Course(PROJECT).assignments()
    for name in wanted or ():
        if name not in there:
            raise CourseError(f"there is no assignment {name!r} for the demo; there are {', '.join(there)}")
    written = {module.name for module in pkgutil.iter_modules(classes.__path__)}
    return {
        name: importlib.import_module(f"{classes.__name__}.{name}").the_class()
        if name in written
        else any_class()
        for name in wanted or there
    }


if __name__ == "__main__":
    typer.run(demo)
