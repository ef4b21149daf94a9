"""A small course with one assignment, built once by the real tools."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from autograder.authoring.build import make_notebooks
from autograder.authoring.chapter import Chapter, chapter

TEXT = '''# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # A small chapter
#
# Equation: $y = w x$.
#
# | | exercise | points | minutes |
# |---|---|---|---|
# | 1 | `scale`: a product | 5 | 10 |
# | 2 | a written question | 3 | 5 |
# | | to come | 92 | 300 |

# %% nbgrader={"grade": false, "grade_id": "given_imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import torch

from selfcheck import check

# %% [markdown]
# ## Exercise `scale`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 5 | 10 min | 0.1 s | everything in PyTorch |
#
# **Difficulty** ●○○ · **importance** ●●○

# %% nbgrader={"grade": false, "grade_id": "scale_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def scale(x, factor=2.0):
    """`x` times the factor."""
    ### BEGIN SOLUTION
    if not torch.is_tensor(x):
        raise TypeError("scale takes a tensor")
    enlarged = torch.mul(x, factor)
    return enlarged
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "scale", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
check("scale")

# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_scale", "locked": true, "schema_version": 3, "solution": false, "task": false}
shown = scale(torch.ones(3))
shown

# %% [markdown] nbgrader={"grade": true, "grade_id": "written_why", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# Because the derivative of a product with a constant is that constant.
# ### END SOLUTION
'''

PUBLIC = '''"""The tests you are given."""

import pytest
import torch

from selfcheck import assert_close

pytestmark = pytest.mark.exercise("scale")


def test_doubles(student, rng):
    """Every value doubles."""
    x = rng.randn(2, 3)
    assert_close(student.scale(x), 2 * x)
'''

HIDDEN = '''"""Hidden suite of `scale`."""

import pytest
import torch

from autograder.testing import assert_close

pytestmark = pytest.mark.exercise("scale")


def test_negative_factor(student, rng):
    """A negative factor turns the sign."""
    stretched = rng.randn(7, 5, dtype=torch.float64)
    answer = student.scale(stretched, factor=-1.75)
    assert_close(answer, stretched * -1.75, rtol=1e-9)
'''

MISTAKE = "    mistaken_sum_of_both = torch.add(x, factor)"

MISCONCEPTIONS = """from autograder.testing import edit, misconception

BASE = "reference"

MISCONCEPTIONS = [
    misconception(
        "adds",
        hint="The factor multiplies, it is not added.",
        severity="serious",
        edits=[edit("enlarged = torch.mul", "mistaken_sum_of_both = torch.add"), edit("return enlarged", "return x")],
    ),
]
"""


def write_course(root: Path) -> Chapter:
    """Write the hand-written files of a course with the assignment ch98."""
    for name, text in {
        "solutions/ch98_scale.py": TEXT,
        "solutions/ch98_public.py": PUBLIC,
        "autograder/suites/ch98/scale/test_scale.py": HIDDEN,
        "autograder/suites/ch98/scale/misconceptions.py": MISCONCEPTIONS,
    }.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return chapter(root, "ch98")


@pytest.fixture(scope="session")
def built_course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The course with source/ and release/ made; copy it before you change it."""
    root = tmp_path_factory.mktemp("course")
    make_notebooks([write_course(root)])
    return root


@pytest.fixture
def course(built_course: Path, tmp_path: Path) -> Chapter:
    """A fresh copy of the built course's assignment."""
    root = tmp_path / "course"
    shutil.copytree(built_course, root)
    return chapter(root, "ch98")
