"""The author's commands: new, missing, notebooks, sync, scan, answers.

The instructor's command line takes them from here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.authoring.chapter import AuthoringError, Chapter, chapter, chapters

app = typer.Typer(help="Make notebooks and releases from the text in solutions/.", add_completion=False)

CourseOption = Annotated[Path, typer.Option("--course", help="The course folder.")]
ChapterArgument = Annotated[str | None, typer.Argument(help="One assignment; all if not given.")]


def _chosen(course: Path, assignment: str | None) -> list[Chapter]:
    found = [chapter(course, assignment)] if assignment else chapters(course)
    if not found:
        raise AuthoringError(f"there is no text in {course.resolve() / 'solutions'}: go to the course folder")
    return found


def _fail(error: AuthoringError) -> typer.Exit:
    typer.echo(f"autograder: {error}", err=True)
    return typer.Exit(1)


@app.command()
def notebooks(
    assignment: ChapterArgument = None,
    course: CourseOption = Path(),
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; fail if anything is out of date.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite edits made in source/.")] = False,
) -> None:
    """Make source/ from solutions/ and release/ from source/, if nothing in it would leak."""
    from autograder.authoring.build import make_notebooks, outdated

    try:
        chosen = _chosen(course, assignment)
        if not check:
            for path in make_notebooks(chosen, force):
                typer.echo(f"wrote {path}")
            _tell_what_is_to_come(chosen)
            typer.echo(f"{', '.join(chapter.id for chapter in chosen)}: source/ and release/ are up to date")
            return
        problems = outdated(chosen)
        _tell_what_is_to_come(chosen)
    except AuthoringError as error:
        raise _fail(error) from None
    for problem in problems:
        typer.echo(problem, err=True)
    if problems:
        typer.echo("run `make notebooks` and commit what it changes", err=True)
        raise typer.Exit(1)
    typer.echo(f"{', '.join(chapter.id for chapter in chosen)}: source/ and release/ are up to date")


def _tell_what_is_to_come(chosen: list[Chapter]) -> None:
    from autograder.authoring.agreement import points_to_come

    for one in chosen:
        if points := points_to_come(one):
            typer.echo(f"{one.id}: {points:g} points are still to come, as its table says")


@app.command()
def new(
    assignment: Annotated[str, typer.Argument(help="The assignment: ch and the two digits of its chapter.")],
    exercise: Annotated[
        str | None,
        typer.Argument(help="A new exercise in it, such as graph_conv; not given: a new assignment."),
    ] = None,
    title: Annotated[str, typer.Option(help="The title of the chapter or of the exercise's section.")] = "",
    points: Annotated[int, typer.Option(min=1, max=100, help="Of the exercise.")] = 8,
    minutes: Annotated[int, typer.Option(min=1, help="Of a student's work on it, with reading.")] = 20,
    course: CourseOption = Path(),
) -> None:
    """Write every file and cell of a new assignment or exercise, for you to fill in; see docs/authoring.md."""
    from autograder.authoring.scaffold import new_chapter, new_exercise

    try:
        if exercise is None:
            written = new_chapter(course, assignment, title)
        else:
            written = new_exercise(course, assignment, exercise, title, points, minutes)
    except AuthoringError as error:
        raise _fail(error) from None
    for path in written:
        typer.echo(f"wrote {path}")
    more = "" if exercise else f"add exercises with `autograder new {assignment} EXERCISE`, "
    typer.echo(
        f"{more}replace every TO WRITE (`autograder missing {assignment}` lists them), then run `make notebooks`"
    )


@app.command()
def missing(assignment: ChapterArgument = None, course: CourseOption = Path()) -> None:
    """List what an assignment still lacks: places to write, misconceptions, alternatives, points."""
    from autograder.authoring.missing import missing as missing_in

    try:
        found = [sentence for one in _chosen(course, assignment) for sentence in missing_in(one)]
    except AuthoringError as error:
        raise _fail(error) from None
    for sentence in found:
        typer.echo(sentence, err=True)
    if found:
        raise typer.Exit(1)
    typer.echo("nothing is missing")


@app.command()
def sync(assignment: ChapterArgument = None, course: CourseOption = Path()) -> None:
    """Carry edits made in JupyterLab on source/ back to solutions/."""
    from autograder.authoring.sync import sync as carry_back

    try:
        for one in _chosen(course, assignment):
            carried = carry_back(one)
            told = ", ".join(map(str, carried)) or "nothing to carry back"
            typer.echo(f"{one.id}: {told}")
    except AuthoringError as error:
        raise _fail(error) from None


@app.command()
def scan(assignment: ChapterArgument = None, course: CourseOption = Path()) -> None:
    """Look through release/ for anything that must not reach students."""
    from autograder.authoring.leaks import scan as leaks_in

    try:
        found = [leak for one in _chosen(course, assignment) for leak in leaks_in(one.release, one)]
    except AuthoringError as error:
        raise _fail(error) from None
    for leak in found:
        typer.echo(str(leak), err=True)
    if found:
        raise typer.Exit(1)
    typer.echo("no leak found")


@app.command()
def answers(
    assignment: Annotated[str, typer.Argument(help="The assignment.")],
    course: CourseOption = Path(),
) -> None:
    """Run the solved notebook and write the answer key to answers/."""
    from autograder.authoring.answers import make_answers

    try:
        for path in make_answers(chapter(course, assignment)):
            typer.echo(f"wrote {path}")
    except AuthoringError as error:
        raise _fail(error) from None
