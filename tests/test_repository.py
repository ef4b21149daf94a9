"""The files that a project is known by: licences, what git leaves out, the hooks before a commit, the pages' links."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from autograder.course import Course

ROOT = Path(__file__).parents[1]
PAGES = sorted(ROOT.glob("*.md")) + sorted((ROOT / "docs").rglob("*.md"))


def test_each_distribution_ships_the_licence_that_it_names():
    for folder in (ROOT, ROOT / "selfcheck"):
        project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
        assert project["license"] == "MIT"
        for name in project["license-files"]:
            assert (folder / name).read_text() == (ROOT / name).read_text()
    assert "MIT License" in (ROOT / "LICENSE").read_text()
    prose = (ROOT / "LICENSE-PROSE").read_text()
    assert "Creative Commons Attribution 4.0 International Public License" in prose
    assert all(f"\nSection {number} -- " in prose for number in range(1, 9))


@pytest.mark.parametrize(
    "path",
    [
        *(
            f"{getattr(Course(ROOT), folder).name}/ada/ch05/x.ipynb"
            for folder in ("submitted", "autograded", "feedback", "results")
        ),
        Course(ROOT).gradebook.name,
        f"{Course(ROOT).gradebook.name}-journal",
        "downloaded/ch05/archive/ada.zip",
        "downloaded/ch05/extracted/ada/ch05_cnn.ipynb",
        "grades.csv",
        "roster.csv",
        "gradescope/ada/results.json",
        Course(ROOT).secret.name,
        ".autograder.lock",
        "demo/gradebook.db",
        "release/ch05/.nbgrader.log",
        "answers/ch05.html",
    ],
)
def test_students_work_is_never_committed(path: str):
    assert subprocess.run(["git", "check-ignore", "-q", path], cwd=ROOT).returncode == 0


def test_what_belongs_to_the_project_is_committed():
    done = subprocess.run(
        ["git", "ls-files", "--cached", "--ignored", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == ""
    for path in ("source/ch05/prices.csv", "autograder/suites/ch05/conv2d/expected.json"):
        assert subprocess.run(["git", "check-ignore", "-q", path], cwd=ROOT).returncode == 1


def test_the_hooks_run_the_linters_that_ci_runs():
    hooks = (ROOT / ".pre-commit-config.yaml").read_text()
    entries = re.findall(r"entry: (.+)", hooks)
    lint = re.search(r"^lint:.*\n((?:\t.+\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert lint is not None
    linters = [line.strip().lstrip("@").replace("$(BIN)", ".venv/bin") for line in lint[1].splitlines()]
    assert linters and set(linters) <= set(entries)
    assert "repo: local" in hooks and "http" not in re.sub(r"#.*", "", hooks)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_points_at_what_exists(page: Path):
    text = page.read_text()
    targets = re.findall(r"\]\(([^)\s]+)\)|(?:src|srcset)=\"([^\"]+)\"", text)
    for target in (one or other for one, other in targets):
        if "://" in target or target.startswith("mailto:"):
            continue
        name, _, place = target.partition("#")
        goal = page.parent / name if name else page
        assert goal.exists(), f"{page.name}: {target}"
        if place:
            assert place in anchors(goal.read_text()), f"{page.name}: {target}"


def anchors(text: str) -> set[str]:
    """The names that GitHub and the site give to a page's headings."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def test_every_page_of_the_documentation_is_in_the_site_and_reached_from_readme() -> None:
    index = (ROOT / "docs" / "index.md").read_text()
    listed = [name for tree in re.findall(r"```\{toctree\}(.*?)```", index, re.S) for name in tree.split()]
    pages = {path.stem for path in (ROOT / "docs").glob("*.md")} - {"index"}
    assert pages == {name for name in listed if not name.startswith(":")} & pages
    assert "docs/index.md" in (ROOT / "README.md").read_text()


def test_the_changelog_knows_the_version():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    headings = re.findall(
        r"^## \[(.+?)\](?: - \d{4}-\d{2}-\d{2})?$", (ROOT / "CHANGELOG.md").read_text(), re.M
    )
    assert headings[0] == "Unreleased" and project["version"] in headings
