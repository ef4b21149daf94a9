"""Which cells an exercise can see: what is named is seen, what does more than define is seen by all."""

from __future__ import annotations

import pytest

from autograder.audit.independence import asked_by_tests, read_cell, seen

GIVEN = "import torch\nimport torch.nn.functional as F\n\ndef pair(x): return (x, x)\n"


@pytest.mark.parametrize(
    "source",
    [
        "def f(x, kind='same', scale=1 / 2): return x",
        "import math\nfrom torch import nn\nclass A(nn.Module):\n    size = 3\n    def __init__(self): self.x = 1",
        "LIMITS = {'a': (1, 2), 'b': None}\nSIZES: list[int] = [n for n in range(3)]",
        "@torch.no_grad()\ndef f(x):\n    y = x.clone()\n    y[0] = 1\n    return y",
        "def f(x):\n    g = torch.Generator()\n    g.manual_seed(0)\n    return g",
        "def f(model):\n    model.weight.data = model.weight * 2",
        "class A:\n    def __init__(self):\n        super().__init__()\n        self.register_buffer('x', None)",
    ],
)
def test_a_cell_that_only_defines(source: str) -> None:
    assert read_cell(source).only_defines


@pytest.mark.parametrize(
    "source",
    [
        "print(1)",
        "torch.manual_seed(0)",
        "def f(x):\n    torch.manual_seed(0)\n    return x",
        "def f(x):\n    global calls\n    calls = 1",
        "torch.Tensor.mean = torch.Tensor.sum",
        "def f(x):\n    torch.Tensor.mean = torch.Tensor.sum",
        "setattr(torch, 'mean', None)",
        "globals()['f'] = 1",
        "from torch import *",
        "x = prepare()",
        "def f(x=prepare()): return x",
        "@register(1)\ndef f(x): return x",
        "class A(make()): pass",
        "class A:\n    torch.Tensor.mean = None",
        "if True:\n    f = 1",
        "TABLE = {}\ndef f(x):\n    OTHERS['x'] = x",
        "(y := 1)",
        "__name__ = 'x'",
        "this is not python",
    ],
)
def test_a_cell_that_does_more(source: str) -> None:
    assert not read_cell(source).only_defines


@pytest.mark.parametrize(
    ("own", "tests", "sees"),
    [
        ("def f(x): return x", "", {"own"}),
        ("def f(x): return F.relu(x)", "", {"own", "given"}),
        ("def f(x): return pair(x)", "", {"own", "given"}),
        ("def f(x): return conv(x)", "", {"own", "other", "given"}),
        ("def f(x): return globals()['conv'](x)", "", {"own", "other", "given"}),
        ("def f(x): return x", "def test(student): student.conv(1)", {"own", "other", "given"}),
        ("def f(x): return x", "import torch.nn.functional as F\ndef test(student): F.conv(1)", {"own"}),
        (
            "def f(x): return x",
            "def test(student, name='conv'): getattr(student, name)",
            {"own", "other", "given"},
        ),
        ("import torch\ndef f(x): return torch.relu(x)", "", {"own", "given"}),
    ],
)
def test_what_is_named_is_seen(own: str, tests: str, sees: set[str]) -> None:
    """Directly, through a definition in between, as a text, or by the hidden tests; a library's own name is not."""
    cells = {"given": GIVEN, "other": "import torch\ndef conv(x): return F.relu(x)", "own": own}
    assert seen(["own"], asked_by_tests(tests), cells) == sees


def test_what_an_import_hides_is_seen() -> None:
    """A name that two cells import alike is one thing; one that another cell binds otherwise is that cell's too."""
    cells = {"given": GIVEN, "other": "import numpy as torch", "own": "def f(x): return torch.relu(x)"}
    assert seen(["own"], frozenset(), cells) == {"given", "other", "own"}


def test_what_does_more_than_define_is_seen_by_all() -> None:
    cells = {"other": "torch.set_default_dtype(torch.float64)", "own": "def f(x): return x"}
    assert seen(["own"], frozenset(), cells) == {"other", "own"}
