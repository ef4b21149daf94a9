"""The whole life of an assignment by stock nbgrader commands, graded in the real jail."""

from __future__ import annotations

import csv
import json
import os
import re
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import nbformat
import pytest

from autograder.course import Course
from autograder.gradebook.gradebook import read_grades
from autograder.grading.result import Result, Verdict, decode
from bench.course import ASSIGNMENT, NOTEBOOK, make_course, submit_copies

WRONG = "def softmax(logits):\n    return torch.exp(logits) / torch.exp(logits).sum(dim=1, keepdim=True)"
HIDDEN = ("Logits of 1000", "assert_close", "test_softmax", "1000.0))", "autograder.testing")


def run(*command: str, cwd: Path, home: Path) -> str:
    environment = {**os.environ, "HOME": str(home), "JUPYTER_DATA_DIR": str(home / "jupyter")}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def nbgrader(*arguments: str, cwd: Path, home: Path) -> str:
    return run(sys.executable, "-m", "nbgrader", *arguments, cwd=cwd, home=home)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The timing course with an exchange folder; its assignment is in the gradebook."""
    root = tmp_path_factory.mktemp("course")
    exchange = root / "exchange"
    exchange.mkdir(mode=0o777)
    exchange.chmod(0o777)
    course = make_course(root / "dl", jailed=True)
    with open(course.root / "nbgrader_config.py", "a") as config:
        config.write(f"c.Exchange.root = {str(exchange)!r}\nc.CourseDirectory.course_id = 'dl'\n")
    return course


def stored(course: Course) -> list[Result]:
    return [decode(path.read_bytes()) for path in course.results.rglob("*.json")]


def db_url(course: Course) -> str:
    return f"sqlite:///{course.gradebook}"


def test_release_fetch_submit_collect_autograde_feedback_export(course: Course, home: Path) -> None:
    for command in ("generate_assignment", "release_assignment"):
        nbgrader(command, ASSIGNMENT, cwd=course.root, home=home)
    release = (course.release / ASSIGNMENT / f"{NOTEBOOK}.ipynb").read_text()
    assert "BEGIN SOLUTION" not in release and "powers" not in release

    desk = home / "desk"
    desk.mkdir()
    config = f"c = get_config()\nc.Exchange.root = {str(course.root.parent / 'exchange')!r}\n"
    (desk / "nbgrader_config.py").write_text(config + "c.CourseDirectory.course_id = 'dl'\n")
    nbgrader("fetch_assignment", ASSIGNMENT, cwd=desk, home=home)
    path = desk / ASSIGNMENT / f"{NOTEBOOK}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    solved = nbformat.read(course.source_notebook(ASSIGNMENT, NOTEBOOK), as_version=4)
    for mine, theirs in zip(notebook.cells, solved.cells, strict=True):
        if mine.metadata.get("nbgrader", {}).get("solution"):
            mine.source = theirs.source
        if mine.metadata.get("nbgrader", {}).get("grade_id") == "softmax_solution":
            mine.source = WRONG
    nbformat.write(notebook, path)
    nbgrader("submit", ASSIGNMENT, cwd=desk, home=home)

    nbgrader("collect", ASSIGNMENT, cwd=course.root, home=home)
    (student,) = course.students(ASSIGNMENT)
    log = nbgrader("autograde", ASSIGNMENT, cwd=course.root, home=home)
    assert "kernel" not in log.lower() and "failed" not in log, log

    (result,) = stored(course)
    assert result.jail.backend != "none" and result.jail.proofs
    grades = read_grades(db_url(course), ASSIGNMENT, student)
    assert {name: grade.auto for name, grade in grades.items()} == {e.id: e.score for e in result.exercises}
    assert grades["softmax"].auto == 2.0 and grades["fit_line"].auto == 10.0

    nbgrader("generate_feedback", ASSIGNMENT, cwd=course.root, home=home)
    page = (course.feedback / student / ASSIGNMENT / f"{NOTEBOOK}.html").read_text()
    assert ">softmax</a> 2 of 4 points" in page and "the result is not finite" in page
    assert ".ansi-green-fg{" in page and page.rstrip().endswith("</html>")
    assert [secret for secret in HIDDEN[1:3] + HIDDEN[4:] if secret in page] == []

    by_zip = course.feedback / "0 by zip" / ASSIGNMENT / f"{NOTEBOOK}.html"
    by_zip.parent.mkdir(parents=True)
    by_zip.write_text(page)
    log = nbgrader("release_feedback", ASSIGNMENT, cwd=course.root, home=home)
    assert "0 by zip did not hand in through the exchange" in log
    nbgrader("fetch_feedback", ASSIGNMENT, cwd=desk, home=home)
    assert list((desk / ASSIGNMENT / "feedback").rglob("*.html"))

    nbgrader("export", "--to", "grades.csv", cwd=course.root, home=home)
    (row,) = list(csv.DictReader((course.root / "grades.csv").open()))
    assert float(row["raw_score"]) == result.score == 18.0


def test_the_command_fills_the_store_and_nbgrader_records_it(course: Course, home: Path) -> None:
    students = submit_copies(course, 3)
    (course.submission_folder("broken one", ASSIGNMENT)).mkdir(parents=True)
    (course.submission_folder("broken one", ASSIGNMENT) / f"{NOTEBOOK}.ipynb").write_text("{")
    command = [sys.executable, "-m", "autograder", "grade", ASSIGNMENT, "--jobs", "1"]
    environment = {**os.environ, "HOME": str(home), "COLUMNS": "160"}
    done = subprocess.run(
        command, cwd=course.root, env=environment, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 2, done.stdout + done.stderr
    assert "broken one: the file is not JSON" in done.stdout and "Traceback" not in done.stderr
    for student in students:
        grades = read_grades(db_url(course), ASSIGNMENT, student)
        assert sum(grade.auto or 0 for grade in grades.values()) == 20.0
    assert {grade.auto for grade in read_grades(db_url(course), ASSIGNMENT, "broken one").values()} == {None}

    before = {path: path.stat().st_mtime_ns for path in course.results.rglob("*.json")}
    again = subprocess.run(
        command, cwd=course.root, env=environment, capture_output=True, text=True, timeout=240
    )
    assert again.returncode == 2
    assert {path: path.stat().st_mtime_ns for path in course.results.rglob("*.json")} == before


def test_formgraders_button_takes_the_jailed_path(course: Course, home: Path) -> None:
    """The REST call behind the button, to a real server with nbgrader's extension."""
    (student,) = submit_copies(course, 1)
    known = {result.key for result in stored(course)}
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = secrets.token_hex(16)
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root", f"--port={port}"),
            *("--ip=127.0.0.1", f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={course.root}"),
            "--ServerApp.jpserver_extensions=nbgrader.server_extensions.formgrader=True",
        ],
        cwd=course.root,
        env={**os.environ, "HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        base = f"http://127.0.0.1:{port}/formgrader/api"
        for _ in range(150):
            try:
                ask(f"{base}/status", token)
                break
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.2)
        report = ask(f"{base}/submission/{ASSIGNMENT}/{student}/autograde", token, post=True)
        assert report["success"], report
        summary = ask(f"{base}/submission/{ASSIGNMENT}/{student}", token)
        assert summary["score"] == 20.0 and not summary["needs_manual_grade"]
    finally:
        server.terminate()
        server.wait(20)
    (result,) = [result for result in stored(course) if result.key not in known]
    assert result.score == 20.0 and result.verdict is Verdict.PASSED


def ask(url: str, token: str, post: bool = False) -> dict[str, object]:
    headers = {"Authorization": f"token {token}"}
    request = urllib.request.Request(url, data=b"" if post else None, headers=headers)
    with urllib.request.urlopen(request, timeout=120) as answer:
        said: dict[str, object] = json.loads(re.sub(rb"^\s+", b"", answer.read()))
    return said
