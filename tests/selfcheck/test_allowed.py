"""The names a solution uses, against those that its exercise does not allow."""

from __future__ import annotations

import ast
import linecache
from pathlib import Path

import pytest

from autograder.grading.rules import load_rules
from selfcheck import assert_own
from selfcheck.allowed import NOT_ALLOWED, NotAllowed, read_not_allowed
from selfcheck.live import LiveStudent
from selfcheck.notebook import NotebookRun, read_notebook

ROOT = Path(__file__).parents[2]
CONV = NotAllowed(
    (
        *("torch.nn.functional.conv*", "torch.conv*", "torch.nn.Conv*"),
        *("torch.Tensor.backward", "torch.optim.*", "torch.*dropout*"),
    )
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


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_the_lists_are_those_of_the_grader(assignment):
    rules = load_rules(ROOT / "autograder" / "suites" / assignment)
    for kind in ("source", "release"):
        folder = ROOT / kind / assignment
        assert (folder / NOT_ALLOWED).is_file() or not rules
        for exercise, rule in rules.items():
            told = read_not_allowed(folder, exercise)
            assert told.names == rule.names
            assert told.within == {name: inner.names for name, inner in rule.within.items()}


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_the_reference_uses_nothing_of_it(assignment):
    (path,) = (ROOT / "source" / assignment).glob("*.ipynb")
    notebook, rules = read_notebook(path), load_rules(ROOT / "autograder" / "suites" / assignment)
    solutions = {cell.id: cell.source for cell in notebook.cells}
    last = [cell.id for cell in notebook.cells if cell.id in rules][-1]
    student = LiveStudent(NotebookRun(notebook).up_to(last))
    for exercise in rules:
        body = ast.parse(solutions[f"{exercise}_solution"]).body
        defined_there = [n.name for n in body if isinstance(n, (ast.FunctionDef, ast.ClassDef))]
        assert defined_there
        for name in defined_there:
            assert_own(getattr(student, name), read_not_allowed(path.parent, exercise))


def test_one_function_may_be_forbidden_more_than_another():
    rule = NotAllowed(within={"solution": ("torch.conv*",)})
    uses = "def {}(x, w):\n    return torch.conv2d(x, w)"
    with pytest.raises(AssertionError, match=r"uses `torch.conv2d`"):
        assert_own(defined(uses.format("solution")), rule)
    assert_own(defined(uses.format("other") + "\nsolution = other"), rule)


def test_a_missing_or_foreign_list_says_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match="keep it beside the notebook"):
        read_not_allowed(tmp_path, "conv2d")
    for text in ("[", "[]", "{}", '{"conv2d": {}}', '{"conv2d": {"names": 3, "within": {}}}'):
        (tmp_path / NOT_ALLOWED).write_text(text)
        with pytest.raises(ValueError, match="take the file that you were given"):
            read_not_allowed(tmp_path, "conv2d")
