"""`make demo`: invented classes hand in, the jail grades, and every grade is compared with what it must be.

Ends with the grade tables and the paths of gradebook and feedback; exit code 1 if any grade is not the expected one.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from autograder.cli.main import one_line
from autograder.course import CourseError
from autograder.demo import classes
from autograder.demo.run import run
from autograder.demo.students import Student


def demo(
    folder: Annotated[Path, typer.Argument(help="Where the course is made.")] = Path("demo"),
    assignment: Annotated[list[str] | None, typer.Option(help="Only this one; may be repeated.")] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Grading processes.")] = os.cpu_count() or 1,
    backend: Annotated[str, typer.Option(help="bubblewrap or landlock.")] = "",
) -> None:
    """Make a course of invented students, grade it, and compare every grade with the expected one."""
    try:
        wrong = run(folder, _classes(assignment), jobs=jobs, backend=backend, out=Console(highlight=False))
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    except Exception as error:
        Console(stderr=True, highlight=False).print(f"error {one_line(error)}", markup=False, soft_wrap=True)
        raise typer.Exit(1) from None
    raise typer.Exit(1 if wrong else 0)


def _classes(wanted: list[str] | None) -> dict[str, list[Student]]:
    """The class of each assignment that has one."""
    there = sorted(module.name for module in pkgutil.iter_modules(classes.__path__))
    for name in wanted or ():
        if name not in there:
            raise CourseError(f"nobody in the demo hands in {name!r}; there are {', '.join(there)}")
    return {
        name: importlib.import_module(f"{classes.__name__}.{name}").the_class() for name in wanted or there
    }


if __name__ == "__main__":
    typer.run(demo)
