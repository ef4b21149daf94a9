"""The names a solution uses, against those that its exercise does not allow."""

from __future__ import annotations

import ast
import importlib.util
import linecache
import tomllib
from pathlib import Path

import pytest

from selfcheck import assert_own
from selfcheck.live import LiveStudent
from selfcheck.notebook import NotebookRun, read_notebook

ROOT = Path(__file__).parents[2]
CONV = (
    "torch.nn.functional.conv* torch.conv* torch.nn.Conv* torch.Tensor.backward torch.optim.* torch.*dropout*"
)
IMPORTS = """import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.functional import conv2d as slide
"""


def defined(source: str):
    """`solution` of a cell with that source, as a test's student gives it."""
    namespace: dict[str, object] = {}
    name = f"<cell {hash(source)}>"
    text = IMPORTS + source
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    exec(compile(text, name, "exec"), namespace)
    return LiveStudent(namespace).solution


@pytest.mark.parametrize(
    ("source", "written"),
    [
        ("def solution(x, w):\n    return F.conv2d(x, w)", "F.conv2d"),
        ("def solution(x, w):\n    return slide(x, w)", "slide"),
        ("def solution(x, w):\n    return torch.conv2d(x, w)", "torch.conv2d"),
        (
            "def solution(x, w):\n    from torch.nn import functional as G\n    return G.conv_transpose2d(x, w)",
            "G.conv_transpose2d",
        ),
        ("def solution(x, w):\n    import torch.nn as n\n    return n.Conv2d(1, 1, 1)(x)", "n.Conv2d"),
        ("@torch.no_grad()\ndef solution(y):\n    y.sum().backward()", "y.sum().backward"),
        ("class solution(nn.Conv2d):\n    pass", "torch.nn.Conv2d"),
        ("solution = F.conv2d", "torch.conv2d"),
        ("class solution:\n    def step(self, p):\n        torch.optim.Adam(p).step()", "torch.optim.Adam"),
    ],
)
def test_what_is_used_is_named(source, written):
    with pytest.raises(AssertionError) as told:
        assert_own(defined(source), CONV)
    assert f"uses `{written}`, which this exercise does not allow" in str(told.value)


@pytest.mark.parametrize(
    "source",
    [
        "def solution(x, w):\n    conv = x.unfold(2, 3, 1)\n    return torch.einsum('nchi,oi->noch', conv, w)",
        "class solution(nn.Module):\n    def forward(self, x):\n        return x * self.dropout_rate",
        "solution = lambda x: F.pad(x, (1, 1))",
        "solution = len",
    ],
)
def test_what_is_allowed_passes(source):
    assert_own(defined(source), CONV)


ASSIGNMENTS = sorted(path.parent.name for path in ROOT.glob("source/*/test_public.py"))


def rules_of(assignment: str) -> dict[str, list[str]]:
    """The names that each exercise of an assignment forbids, where it forbids any."""
    rules = tomllib.loads((ROOT / "autograder" / "suites" / assignment / "exercises.toml").read_text())
    return {exercise: rule["forbidden"] for exercise, rule in rules.items() if rule["forbidden"]}


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_the_lists_are_those_of_the_grader(assignment):
    spec = importlib.util.spec_from_file_location(
        f"{assignment}_public", ROOT / "source" / assignment / "test_public.py"
    )
    assert spec is not None and spec.loader is not None
    public = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(public)
    told = {exercise: names.split() for exercise, names in public.NOT_ALLOWED.items()}
    assert told == rules_of(assignment)


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_the_reference_uses_nothing_of_it(assignment):
    (path,) = (ROOT / "source" / assignment).glob("*.ipynb")
    notebook, rules = read_notebook(path), rules_of(assignment)
    solutions = {cell.id: cell.source for cell in notebook.cells}
    student = LiveStudent(NotebookRun(notebook).up_to(list(rules)[-1]))
    for exercise, names in rules.items():
        body = ast.parse(solutions[f"{exercise}_solution"]).body
        defined_there = [n.name for n in body if isinstance(n, (ast.FunctionDef, ast.ClassDef))]
        assert defined_there
        for name in defined_there:
            assert_own(getattr(student, name), " ".join(names))
