"""The two packages, the ways to install them, and that each imports only what it may."""

from __future__ import annotations

import ast
import os
import re
import shutil
import stat
import subprocess
import sys
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
TOOLS = {name: PROJECT["optional-dependencies"][name] for name in ("dev", "docs", "browser")}
"""Extras for who works on the project; those of the product are the others."""
EXTRAS = [lines for name, lines in PROJECT["optional-dependencies"].items() if name not in TOOLS]
STUDENT = tomllib.loads((ROOT / "selfcheck" / "pyproject.toml").read_text())["project"]
STUDENTS_OWN = STUDENT["optional-dependencies"]["notebook"]


def imports(folder: Path) -> set[str]:
    """Top-level names of every absolute import in a package, in functions too."""
    found: set[str] = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                found.add(node.module.split(".")[0])
    return found


def test_the_engine_names_no_assignment():
    assignments = {path.parents[1] for path in ROOT.glob("autograder/suites/*/*/test_*.py")}
    assert {path.name for path in assignments} >= {"ch05", "ch12"}
    classes = ROOT / "autograder" / "demo" / "classes"
    engine = [
        path
        for package in ("autograder", "selfcheck")
        for path in (ROOT / package).rglob("*.py")
        if not {classes, *assignments} & set(path.parents)
    ]
    named = [path for path in engine if re.search(r"\bch\d\d", path.read_text())]
    assert len(engine) > 60 and not named


def test_both_distributions_have_our_own_names():
    assert (PROJECT["name"], STUDENT["name"]) == ("deep-assignments", "deep-assignments-selfcheck")
    assert metadata.version("deep-assignments") == PROJECT["version"]


def test_selfcheck_imports_nothing_of_the_instructors():
    assert "autograder" not in imports(ROOT / "selfcheck")


DISTRIBUTIONS = {"IPython": "ipython", "sklearn": "scikit-learn", "dask_jobqueue": "dask-jobqueue"}
"""Distributions whose name is not the module's."""
NOT_IMPORTED = {
    "dask-jobqueue": "deploy/slurm/start.py",
    "deep-assignments": "pyproject.toml",  # ours, with its extras
    "jaxtyping": "solutions",  # the notebooks' signatures
    "jupyterlab": "README.md",  # the command that a student starts
    "nbgrader": "README.md",  # the command that a student hands in with
    "furo": "docs/conf.py",
    "myst-parser": "docs/conf.py",
    "pre-commit": "CONTRIBUTING.md",
    "ruff": "Makefile",
    "sphinx": "Makefile",
    "mypy": "Makefile",
    "pytest-timeout": "pyproject.toml",  # the tests' time limit
    "pytest-xdist": "Makefile",  # the tests in as many processes as there are cores
}
"""What is declared for another reason than an import, and where it is used."""
OUR_OWN = {"autograder", "selfcheck", "bench", "tests"}

PEERS = {"otter", "pytest_prairielearn_grader"}
"""Other graders that the benchmark runs, each in an environment of its own."""


def declared(*lists: list[str]) -> set[str]:
    return {Requirement(line).name for lines in lists for line in lines}


def imported(*folders: str) -> set[str]:
    """The distributions that these packages import, beside ours and Python's own modules."""
    modules = set().union(*(imports(ROOT / folder) for folder in folders)) - OUR_OWN - PEERS
    return {DISTRIBUTIONS.get(name, name) for name in modules - set(sys.stdlib_module_names)}


@pytest.mark.parametrize(
    ("folders", "lists"),
    [
        (("selfcheck",), [STUDENT["dependencies"]]),
        (("selfcheck", "autograder", "bench"), [PROJECT["dependencies"], *EXTRAS]),
        (("tests",), [PROJECT["dependencies"], *EXTRAS, TOOLS["dev"], TOOLS["browser"]]),
    ],
    ids=["student", "project", "developer"],
)
def test_what_is_imported_is_declared(folders, lists):
    assert imported(*folders) - declared(*lists) == set()


@pytest.mark.parametrize(
    ("folders", "lists"),
    [
        (("selfcheck",), [STUDENT["dependencies"], *STUDENT["optional-dependencies"].values()]),
        (("selfcheck", "autograder", "bench"), [PROJECT["dependencies"], *EXTRAS]),
        (("tests", "docs"), list(TOOLS.values())),
    ],
    ids=["student", "project", "developer"],
)
def test_what_is_declared_is_used(folders, lists):
    unused = declared(*lists) - imported(*folders)
    assert unused <= set(NOT_IMPORTED)
    for name in unused:
        place = ROOT / NOT_IMPORTED[name]
        texts = place.glob("*.py") if place.is_dir() else [place]
        assert any(
            re.search(rf"\b{name.removeprefix('pytest-')}\b", text.read_text(), re.I) for text in texts
        ), name


def test_the_constraints_fit_the_requirements_and_what_is_installed():
    pinned = {}
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            requirement = Requirement(line)
            (pin,) = requirement.specifier
            assert pin.operator == "=="
            pinned[requirement.name] = pin.version
    assert pinned["torch"] == "2.13.0"
    for line in [
        *PROJECT["dependencies"],
        *(line for lines in PROJECT["optional-dependencies"].values() for line in lines),
        *STUDENT["dependencies"],
    ]:
        requirement = Requirement(line)
        if requirement.name in pinned:
            assert requirement.specifier.contains(pinned[requirement.name])
    without = declared(TOOLS["docs"], TOOLS["browser"]) - {found.name for found in metadata.distributions()}
    for name, version in pinned.items():
        if name in without:
            continue  # `make site` and `make browser` install what they need
        assert metadata.version(name).split("+")[0] == version


def test_a_student_gets_the_graders_versions():
    """In the extra that students install, in README, and in the page in their folder."""
    pins = dict(re.findall(r"^(\S+)==(\S+)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE))
    extra = {Requirement(line).name: str(Requirement(line).specifier) for line in STUDENTS_OWN}
    assert extra["torch"] == f"=={pins['torch']}" and extra["nbgrader"] == f"=={pins['nbgrader']}"
    for page in (ROOT / "README.md", *ROOT.glob("release/*/INSTALL.md")):
        assert f"pytorch={pins['torch']}=cpu*" in page.read_text(), page
        assert "selfcheck[notebook]" in page.read_text(), page
    assert len(list(ROOT.glob("release/*/INSTALL.md"))) == len(list(ROOT.glob("release/*/*.ipynb")))


def test_the_conda_environment_is_in_step():
    text = (ROOT / "environment.yml").read_text()
    python = re.search(r"python([<>=.,0-9]+)", text)
    assert python is not None
    assert SpecifierSet(python.group(1)) == SpecifierSet(PROJECT["requires-python"])
    assert SpecifierSet(STUDENT["requires-python"]) == SpecifierSet(PROJECT["requires-python"])
    assert "--editable .[dev]" in text and "--constraint constraints.txt" in text


@pytest.mark.parametrize("script", ["autograder", "selfcheck"])
def test_the_commands_are_installed_and_explain_themselves(script):
    command = [str(Path(sys.executable).parent / script), "--help"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and "Usage" in done.stdout


def test_selfcheck_builds_alone(tmp_path):
    """A wheel of the student's package holds every module of it, its series, and nothing else."""
    shutil.copytree(ROOT / "selfcheck", tmp_path / "selfcheck", ignore=shutil.ignore_patterns("__pycache__"))
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(tmp_path),
    ]
    done = subprocess.run(
        [*command, str(tmp_path / "selfcheck")], capture_output=True, text=True, timeout=200
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("deep_assignments_selfcheck-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        assert any(name.endswith(".dist-info/licenses/LICENSE") for name in archive.namelist())
        inside = {name for name in archive.namelist() if ".dist-info/" not in name}
    modules = {f"selfcheck/{path.name}" for path in (ROOT / "selfcheck").glob("*.py")}
    series = {f"selfcheck/datasets/{path.name}" for path in (ROOT / "selfcheck" / "datasets").iterdir()}
    assert series and inside == modules | series | {"selfcheck/py.typed"}


def test_importing_selfcheck_is_quiet_and_brings_no_test_engine():
    """The jail preloads it, and a notebook's first cell waits for it."""
    program = "import sys, selfcheck; print('pytest' in sys.modules, 'sklearn' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert done.stdout.split() == ["False", "False"] and done.stderr == ""


def test_ci_is_make_test():
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & stat.S_IXUSR
    assert "make test" in script.read_text()
    subprocess.run(["sh", "-n", str(script)], check=True)


def test_make_stops_where_the_install_fails(tmp_path):
    """An error of pip's is shown and fails the target; its noise about read-only places is not."""
    bin = tmp_path / ".venv" / "bin"
    bin.mkdir(parents=True)
    fake = bin / "python"
    fake.write_text(
        "#!/bin/sh\necho 'WARNING: Location /x is ignored: not there' >&2\necho 'ERROR: broken' >&2\nexit 3\n"
    )
    fake.chmod(0o755)
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    environment = {"PATH": os.environ["PATH"]}
    command = ["make", f"PYTHON={sys.executable}", "venv"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode != 0
    assert "ERROR: broken" in done.stderr and "Location" not in done.stderr
    assert not (tmp_path / ".venv" / ".installed").exists()


def test_a_command_starts_without_what_it_does_not_need() -> None:
    """Importing costs seconds: a command of a course's needs no torch, no nbgrader, and never a grammar of URIs."""
    code = (
        "import sys, autograder.cli.grade\n"
        "print([name for name in ('torch', 'nbgrader', 'nbformat') if name in sys.modules])\n"
        "import nbformat, nbformat.v4 as v4\n"
        "nbformat.validate(v4.new_notebook(cells=[v4.new_code_cell('x = 1')]))\n"
        "print('lark' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["[]", "False"]


def test_the_tests_have_every_extra() -> None:
    """What needs an extra of the product's is tested wherever the tests run."""
    (ours,) = [
        r for r in map(Requirement, PROJECT["optional-dependencies"]["dev"]) if r.name == PROJECT["name"]
    ]
    assert ours.extras == set(PROJECT["optional-dependencies"]) - set(TOOLS)
