"""The instructor's command line: every error is one line that says what to do, and nothing is printed as markup."""

from __future__ import annotations

import errno
import io
import os
import signal
import threading
import time
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from autograder.classroom.grade_class import ClassReport, Row
from autograder.classroom.options import GradingOptions
from autograder.cli import main as cli
from autograder.cli.grade import STOP_SECONDS, grade_table, run_grade
from autograder.cli.live import Display
from autograder.course import Course, CourseError
from autograder.jail.host.doctor import Proof
from autograder.jail.host.visibility import JailUnavailable


@pytest.fixture
def errors(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    said = io.StringIO()
    monkeypatch.setattr(cli, "err", Console(file=said, width=300))
    return said


def test_help_names_every_command() -> None:
    said = CliRunner().invoke(cli.app, ["--help"]).output
    instructors = ("grade", "doctor", "export", "roster", "deadlines", "collect", "report")
    for command in (*instructors, "audit", "variant", "notebooks", "sync", "scan", "answers"):
        assert command in said


def test_a_folder_that_is_no_course(tmp_path: Path, errors: io.StringIO) -> None:
    result = CliRunner().invoke(cli.app, ["grade", "ch05", "--course", str(tmp_path)])
    assert result.exit_code == 1
    line = errors.getvalue()
    assert "no assignment 'ch05'" in line and "course folder" in line
    assert len(line.splitlines()) == 1


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (CourseError("do this"), "do this"),
        (JailUnavailable("no jail works here; run `autograder doctor`"), "autograder doctor"),
        (
            OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/x/results"),
            "/x/results: No space left on device; free",
        ),
        (OSError(errno.EROFS, os.strerror(errno.EROFS)), "writable folder"),
        (PermissionError(errno.EACCES, os.strerror(errno.EACCES), "/x"), "make it readable"),
        (ZeroDivisionError("two\nlines"), "ZeroDivisionError: two lines (run `autograder --debug"),
    ],
)
def test_errors_take_one_line(
    error: Exception, says: str, errors: io.StringIO, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise error

    monkeypatch.setattr("autograder.cli.grade.run_grade", fail)
    result = CliRunner().invoke(cli.app, ["grade", "ch05", "--course", str(tmp_path)])
    assert result.exit_code == 1
    assert says in errors.getvalue() and len(errors.getvalue().splitlines()) == 1
    assert "Traceback" not in result.output + errors.getvalue()


def test_interrupted_says_that_work_is_kept(
    errors: io.StringIO, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def interrupt(*args: object, **kwargs: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("autograder.cli.grade.run_grade", interrupt)
    result = CliRunner().invoke(cli.app, ["grade", "ch05", "--course", str(tmp_path)])
    assert result.exit_code == 130 and "what is graded is kept" in errors.getvalue()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_either_signal_is_an_interruption_that_says_how_to_go_on(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cut_off: list[float] = []

    def grade(*args: object, progress: Display, **kwargs: object) -> None:
        progress.phase("recording", 3)
        progress.recorded("ada", "it holds nothing")
        os.kill(os.getpid(), number)
        time.sleep(5)

    class Timer(threading.Timer):
        def start(self) -> None:
            cut_off.append(self.interval)

    before = signal.getsignal(number)
    monkeypatch.setattr("autograder.cli.grade.grade_class", grade)
    monkeypatch.setattr("autograder.cli.grade.threading.Timer", Timer)
    monkeypatch.setattr("sys.argv", ["autograder", "grade", "ch 05"])
    with pytest.raises(
        KeyboardInterrupt, match="1 of 3 submissions are recorded.*`autograder grade 'ch 05'` goes on"
    ):
        run_grade(Course(tmp_path), "ch 05", GradingOptions(), out=Console(file=io.StringIO()))
    assert cut_off == [STOP_SECONDS] and STOP_SECONDS < 5
    assert signal.getsignal(number) is before


def test_debug_shows_the_traceback(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    result = CliRunner().invoke(cli.app, ["--debug", "grade", "ch05", "--course", str(tmp_path)])
    assert isinstance(result.exception, CourseError)


def test_a_misconception_is_shown_beside_its_base(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own lines are marked with +, those of the base in their place with -; both are coloured at a terminal."""
    said = io.StringIO()
    monkeypatch.setattr(
        cli, "out", Console(file=said, width=120, color_system="standard", force_terminal=True)
    )
    project = str(Path(__file__).parents[1])
    result = CliRunner().invoke(cli.app, ["variant", "ch05", "conv2d", "square_only", "--course", project])
    assert result.exit_code == 0
    lines = said.getvalue().splitlines()
    assert any(line.startswith("\x1b[32m+     ow = oh") for line in lines)
    assert any(line.startswith("\x1b[31m-     ow = (x.shape[3]") for line in lines)
    assert any("def conv2d(" in line and "\x1b" not in line for line in lines)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["conv2d", "squares"], "stride_swapped"),
        (["conv3d", "squares"], "conv2d_backward"),
        (["conv3d"], "lenet5"),
    ],
)
def test_an_unknown_misconception_is_told_what_there_is(
    arguments: list[str], says: str, errors: io.StringIO
) -> None:
    project = str(Path(__file__).parents[1])
    result = CliRunner().invoke(cli.app, ["variant", "ch05", *arguments, "--course", project])
    assert result.exit_code == 1 and says in errors.getvalue() and len(errors.getvalue().splitlines()) == 1


def test_an_exercises_misconceptions_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    said = io.StringIO()
    monkeypatch.setattr(cli, "out", Console(file=said, width=200))
    project = str(Path(__file__).parents[1])
    assert CliRunner().invoke(cli.app, ["variant", "ch05", "conv2d", "--course", project]).exit_code == 0
    (row,) = [line for line in said.getvalue().splitlines() if "flipped_kernel" in line]
    assert "serious" in row and "cross-correlation" in row


def test_export_without_a_gradebook(tmp_path: Path, errors: io.StringIO) -> None:
    result = CliRunner().invoke(
        cli.app, ["export", "--course", str(tmp_path), "--to", str(tmp_path / "x.csv")]
    )
    assert result.exit_code == 1 and "grade something first" in errors.getvalue()
    assert not (tmp_path / "x.csv").exists() and not (tmp_path / "gradebook.db").exists()


def test_students_names_are_not_markup() -> None:
    rows = [
        Row("[red]ada[/red]", 7.5, 10.0, {"conv2d": (1.5, 4.0)}, ("written_why",)),
        Row("Zoë\x1b[31m", None, 10.0, {}, ("conv2d",), "it is not JSON"),
        Row("Bo", 6.0, 10.0, {}, ("conv2d",), "the jail was lost", waiting_points=4.0),
    ]
    out = Console(file=io.StringIO(), width=120, force_terminal=False)
    out.print(grade_table(ClassReport("ch05", rows)))
    text = out.file.getvalue()  # type: ignore[attr-defined]
    assert "[red]ada[/red]" in text and "7.5/10" in text and "conv2d 1.5/4" in text
    assert "\x1b" not in text and "everything" in text and "not graded" in text and "0/10" not in text
    assert "conv2d (4 points)" in text


def test_doctor_names_an_unknown_backend(tmp_path: Path, errors: io.StringIO) -> None:
    result = CliRunner().invoke(cli.app, ["doctor", "--backend", "cage", "--course", str(tmp_path)])
    assert result.exit_code == 1 and "'cage'" in errors.getvalue() and "landlock" in errors.getvalue()


def test_doctor_fails_where_a_denial_does_not_hold(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    proofs = [Proof("writing", "the home folder", False, "could write", 0.1)]
    monkeypatch.setattr("autograder.cli.doctor.prove", lambda *args, **kwargs: proofs)
    result = CliRunner().invoke(cli.app, ["doctor", "--course", str(tmp_path)])
    assert result.exit_code == 1 and "not used for grading" in result.output


def test_deadlines_are_shown_as_they_are_understood(tmp_path: Path, errors: io.StringIO) -> None:
    shown = CliRunner().invoke(cli.app, ["deadlines", "--course", str(tmp_path)])
    assert shown.exit_code == 1 and "docs/deadlines.md" in errors.getvalue()
    (tmp_path / "source" / "lines").mkdir(parents=True)
    (tmp_path / "source" / "lines" / "one.ipynb").write_text("{}")
    (tmp_path / "submitted" / "ada" / "lines").mkdir(parents=True)
    (tmp_path / "deadlines.toml").write_text(
        'timezone = "Europe/Berlin"\npercent_per_day = 10\ngrace_minutes = 15\n[lines]\n'
        "due = 2026-11-20 23:59:00\n[lines.extensions]\nada = 2026-11-21 12:00:00\nadda = 2026-11-21 12:00:00\n"
        "[lnes]\ndue = 2026-06-20 12:00:00\npercent_per_day = 0\n"
    )
    shown = CliRunner().invoke(cli.app, ["deadlines", "--course", str(tmp_path)])
    assert shown.output.splitlines() == [
        "lines: due 2026-11-20 23:59 CET; each day begun costs 10% of the points earned, after 15 minutes of grace",
        "lines: until 2026-11-21 12:00 CET for ada",
        "lines: until 2026-11-21 12:00 CET for adda",
        "lines: adda is neither on the roster nor has handed in",
        "lnes: due 2026-06-20 12:00 CEST; lateness costs nothing",
        f"lnes: no assignment of this name is under {tmp_path / 'source'}",
    ]
