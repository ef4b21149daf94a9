"""The instructor's command line: grade a class, prove the jail, audit an assignment, show a misconception, make
notebooks and what students receive, enter the class, show deadlines, export grades."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from typer.core import TyperGroup

from autograder.classroom.options import JOBS_HELP, GradingOptions
from autograder.course import Course, CourseError
from autograder.jail.host.visibility import JailUnavailable

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

MACHINE_ADVICE = {
    errno.ENOSPC: "free some disk space, then run the command again",
    errno.EDQUOT: "free some disk space, then run the command again",
    errno.EROFS: "the course needs a writable folder",
    errno.EACCES: "make it readable and writable for you",
    errno.EPERM: "make it readable and writable for you",
    errno.EMFILE: "raise the limit of open files (`ulimit -n 4096`)",
}


class OneLineErrors(TyperGroup):
    """Ends every error with one line that says what to do, and exit code 1; ``--debug`` shows where it came
    from."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (typer.TyperException, typer.Exit, typer.Abort):
            raise
        except KeyboardInterrupt as stopped:
            fail(str(stopped) or "stopped; what is graded is kept, run the command again to go on", code=130)
        except Exception as error:
            if ctx.params.get("debug"):
                raise
            fail(one_line(error))


app = typer.Typer(
    cls=OneLineErrors,
    help="Grade deep-learning assignments without letting student code near the hidden tests.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)

PASS_ON = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []}
"""Settings of a command whose options another module declares."""

AssignmentArgument = Annotated[str, typer.Argument(help="The assignment's folder name under source/.")]
CourseOption = Annotated[
    Path,
    typer.Option("--course", help="The course folder.", file_okay=False, show_default="the current folder"),
]


@app.callback()
def main(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Grade deep-learning assignments without letting student code near the hidden tests."""


@app.command()
def grade(
    assignment: AssignmentArgument,
    student: Annotated[
        list[str] | None, typer.Option("--student", "-s", help="Grade this student only; may be repeated.")
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=0, help=JOBS_HELP)] = 0,
    cluster: Annotated[
        str,
        typer.Option(
            help="Grade on the workers of this dask scheduler, as tcp://HOST:8786.", metavar="ADDRESS"
        ),
    ] = "",
    force: Annotated[
        bool, typer.Option("--force", "-f", help="Grade again what has a result already.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Seed of the hidden tests' random inputs.")] = 0,
    backend: Annotated[str, typer.Option(help="Jail backend; default: the first one proven here.")] = "",
    unsafe_no_jail: Annotated[
        bool, typer.Option("--unsafe-no-jail", help="Grade without a proven jail: only your own code.")
    ] = False,
    wait: Annotated[bool, typer.Option(help="Wait where another grader holds the course.")] = True,
    profile: Annotated[bool, typer.Option("--profile", help="Say where the time went.")] = False,
    profile_to: Annotated[
        Path | None,
        typer.Option("--profile-to", help="Write where the time went as JSON too.", dir_okay=False),
    ] = None,
    course: CourseOption = Path("."),
) -> None:
    """Grade an assignment in the jail and record the scores in nbgrader's gradebook.

    Exit code 0: everything graded; 2: graded, but some submissions wait for you; 1: nothing could be done.
    """
    from autograder.classroom.admission import workers
    from autograder.cli.grade import run_grade

    options = GradingOptions(
        seed=seed,
        backend=backend,
        unsafe_no_jail=unsafe_no_jail,
        jobs=jobs or workers(),
        cluster=cluster,
        force=force,
        wait=wait,
    )
    report = run_grade(
        Course(course),
        assignment,
        options,
        students=tuple(student or ()),
        out=out,
        profile=profile,
        profile_to=profile_to,
    )
    if report.problems:
        raise typer.Exit(2)


@app.command()
def doctor(
    backend: Annotated[str, typer.Option(help="Only this jail backend; default: each there is.")] = "",
    quick: Annotated[
        bool, typer.Option("--quick", help="What every grading proves at its start, and no more.")
    ] = False,
    every: Annotated[
        bool, typer.Option("--all", help="A line for each denial, not only for what failed.")
    ] = False,
    course: CourseOption = Path("."),
) -> None:
    """Prove each denial of the jail on this machine by trying it.

    Exit code 0: a jail works here, and none that works lets anything through.
    """
    from autograder.cli.doctor import run_doctor

    if not run_doctor(Course(course), backend=backend, quick=quick, every=every, out=out):
        raise typer.Exit(1)


@app.command(context_settings=PASS_ON)
def audit(ctx: typer.Context) -> None:
    """Put an assignment through its quality gate: reference, skeleton, misconceptions, alternatives,
    seeds."""
    from autograder.audit.command import app as audit_app

    audit_app(ctx.args, prog_name="autograder audit")


@app.command()
def variant(
    assignment: Annotated[str, typer.Argument(help="The assignment's folder name under source/.")],
    exercise: Annotated[str, typer.Argument(help="The exercise.")],
    name: Annotated[str | None, typer.Argument(help="The misconception; all are listed without it.")] = None,
    course: CourseOption = Path("."),
) -> None:
    """Show a misconception in full, coloured where it differs from a right solution; or list an exercise's."""
    from autograder.classroom.workplace import stated_assignment
    from autograder.cli.variant import list_variants, show_variant

    loaded = stated_assignment(Course(course), assignment)
    if name is None:
        list_variants(loaded, exercise, out)
    else:
        show_variant(loaded, exercise, name, out)


@app.command(context_settings=PASS_ON)
def new(ctx: typer.Context) -> None:
    """Write every file and cell of a new assignment or exercise, for its author to fill in."""
    _author("new", ctx)


@app.command(context_settings=PASS_ON)
def missing(ctx: typer.Context) -> None:
    """List what an assignment still lacks: places to write, misconceptions, alternatives, points."""
    _author("missing", ctx)


@app.command(context_settings=PASS_ON)
def notebooks(ctx: typer.Context) -> None:
    """Make source/ and release/ from solutions/; --check only compares."""
    _author("notebooks", ctx)


@app.command(context_settings=PASS_ON)
def sync(ctx: typer.Context) -> None:
    """Carry an edit made in JupyterLab on source/ back to solutions/."""
    _author("sync", ctx)


@app.command(context_settings=PASS_ON)
def scan(ctx: typer.Context) -> None:
    """Look for solutions, outputs and hidden tests in release/."""
    _author("scan", ctx)


@app.command(context_settings=PASS_ON)
def answers(ctx: typer.Context) -> None:
    """Make the executed answer key of an assignment."""
    _author("answers", ctx)


@app.command()
def bundle(
    assignment: AssignmentArgument,
    to: Annotated[
        Path, typer.Option("--to", help="Where the folder and its zip are put.", file_okay=False)
    ] = Path("bundles"),
    course: CourseOption = Path("."),
) -> None:
    """Make the folder that a student receives, and its zip: notebook, public tests, data, a page to start."""
    from autograder.authoring.bundle import make_bundle
    from autograder.authoring.chapter import AuthoringError, chapter

    try:
        made = make_bundle(chapter(course, assignment), to)
    except AuthoringError as error:
        raise CourseError(str(error)) from None
    size = made.archive.stat().st_size / 2**20
    out.print(f"{made.archive}: {len(made.files)} files, {size:.1f} MiB", markup=False, soft_wrap=True)


@app.command()
def export(
    format: Annotated[
        str, typer.Option("--format", help="csv, canvas, moodle or gradescope.", metavar="FORMAT")
    ] = "csv",
    to: Annotated[
        Path | None,
        typer.Option(
            "--to",
            help="The file to write; for gradescope a folder.",
            show_default="grades.csv, or beside --into",
        ),
    ] = None,
    into: Annotated[
        Path | None,
        typer.Option(
            help="The file that Canvas or Moodle exported; it is not changed.", dir_okay=False, exists=True
        ),
    ] = None,
    column: Annotated[str, typer.Option(help="Canvas: the title of the assignment's column.")] = "",
    scale: Annotated[
        bool, typer.Option("--scale", help="Convert to the points that the platform has.")
    ] = False,
    assignment: Annotated[
        list[str] | None, typer.Option(help="Only this assignment; may be repeated.")
    ] = None,
    student: Annotated[list[str] | None, typer.Option(help="Only this student; may be repeated.")] = None,
    only_final: Annotated[
        bool, typer.Option("--only-final", help="Write nothing while a submission waits for a person.")
    ] = False,
    course: CourseOption = Path("."),
) -> None:
    """Write the gradebook's scores as CSV, or into the file of a learning platform.

    A score that is not final is left empty, and a cell of the platform's stays as it was; the columns status and why
    say what it waits for.
    """
    from autograder.cli.export import Format, Platform, run_export, run_platform_export

    if format not in list(Format):
        raise CourseError(f"no format {format!r}: choose one of {', '.join(Format)}")
    place, chosen = Course(course), {"assignments": assignment or [], "students": student or []}
    if format != Format.CSV:
        platform = Platform(Format(format), into, column, scale)
        said = run_platform_export(place, to, platform, **chosen, only_final=only_final)
        out.print(said, markup=False, soft_wrap=True)
        return
    if into is not None or column or scale:
        raise CourseError(
            "--into, --column and --scale are for a learning platform: add --format canvas or moodle"
        )
    to = to or Path("grades.csv")
    written = run_export(place, to, **chosen, only_final=only_final)
    out.print(f"{written.summary()}, in {to}", markup=False, soft_wrap=True)


@app.command()
def roster(
    file: Annotated[Path, typer.Argument(help="The list of the class, as CSV.", dir_okay=False, exists=True)],
    id: Annotated[
        str, typer.Option("--id", help="The column that holds the names of the folders under submitted/.")
    ] = "",
    course: CourseOption = Path("."),
) -> None:
    """Enter names, emails and the platform's ids from a list that Canvas or Moodle exported, or a plain one.

    Who is missing from a later list has dropped: hidden from lists, and nothing of theirs is deleted.
    """
    from autograder.cli.roster import run_roster

    for line in run_roster(Course(course), file, column=id):
        out.print(line, markup=False, soft_wrap=True)


@app.command()
def collect(
    assignment: AssignmentArgument,
    download: Annotated[
        Path, typer.Argument(help="What the platform let you download, or a folder with it.", exists=True)
    ],
    origin: Annotated[str, typer.Option("--from", help="canvas, moodle or folders.", metavar="ORIGIN")],
    update: Annotated[
        bool, typer.Option("--update", help="Take what is newer; the old one goes to submitted/.replaced.")
    ] = False,
    times: Annotated[
        bool, typer.Option("--times", help="The archive's files have the times of the hand-ins.")
    ] = False,
    course: CourseOption = Path("."),
) -> None:
    """Put the submissions of a platform's download into submitted/.

    Exit code 0: all taken; 2: some were not, and are named; 1: nothing could be done.
    """
    from autograder.cli.collect import run_collect

    found = run_collect(Course(course), assignment, download, origin, update=update, times=times)
    for line in found.lines(assignment):
        out.print(line, markup=False, soft_wrap=True)
    if found.problems:
        raise typer.Exit(2)


@app.command()
def report(
    assignment: AssignmentArgument,
    to: Annotated[
        Path | None,
        typer.Option(
            "--to", help="The page to write.", dir_okay=False, show_default="report-ASSIGNMENT.html"
        ),
    ] = None,
    leads_to: Annotated[
        Path | None,
        typer.Option(
            "--leads-to", help="Write every student's code into this new folder, for JPlag or Dolos."
        ),
    ] = None,
    course: CourseOption = Path("."),
) -> None:
    """Write one page on the class: scores, hard exercises, misconceptions, whom to look at, who waits, who wrote
    alike."""
    from autograder.cli.report import run_report

    for line in run_report(Course(course), assignment, to, leads_to):
        out.print(line, markup=False, soft_wrap=True)


@app.command()
def deadlines(course: CourseOption = Path(".")) -> None:
    """Show what deadlines.toml says: due dates, extensions, the cost of lateness, and names that nobody has."""
    from autograder.cli.deadlines import deadline_lines

    for line in deadline_lines(Course(course)):
        out.print(line, markup=False, soft_wrap=True)


def one_line(error: BaseException) -> str:
    """One line for the person at the terminal: what went wrong and, where we know it, what to do."""
    if isinstance(error, (CourseError, JailUnavailable)):
        return str(error)
    if isinstance(error, OSError) and error.errno in MACHINE_ADVICE:
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror}; {MACHINE_ADVICE[error.errno]}"
    said = " ".join(str(error).split()) or "no message"
    return f"{type(error).__name__}: {said[:500]} (run `autograder --debug ...` to see where)"


def fail(message: str, code: int = 1) -> None:
    err.print("error", style="bold red", end=" ")
    err.print(message, markup=False, soft_wrap=True)
    raise typer.Exit(code)


def _author(command: str, ctx: typer.Context) -> None:
    from autograder.authoring.commands import app as authoring_app

    authoring_app([command, *ctx.args], prog_name="autograder")


if __name__ == "__main__":
    app()
