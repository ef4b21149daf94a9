"""Forged solutions, one file each in `forgeries/`: right answers computed by what their exercise forbids.

A file's first lines say what must come out:

    # Attack: what it tries
    # Exercise: slide                  the exercise that it is a solution of; its rules.toml is in `ruled/`
    # Verdict: forbidden or failed     one of which it must be

None of them earns a point, whatever it tries the other exercises keep theirs, and an honest copy graded in the same
worker afterwards gets the same bytes as before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.grading.assignment import Assignment
from autograder.grading.grade import grade
from autograder.grading.parse_notebook import parse
from autograder.grading.result import Verdict
from autograder.jail.host.backends import choose
from autograder.jail.host.worker import Worker

from .test_corpus import notebook

HERE = Path(__file__).parent
FORGERIES = sorted((HERE / "forgeries").glob("*.py"))
SLIDE = """import torch


def slide(x, w):
    kh, kw = w.shape[2:]
    return torch.einsum("ncijkl,ockl->noij", x.unfold(2, kh, 1).unfold(3, kw, 1), w)
"""
HONEST = {
    "slide": SLIDE,
    "slope": "def slope(x):\n    return 3 * x**2",
    "smooth": "def smooth(x, g, rate):\n    return x - rate * g",
    "recall": "import torch\n\n\ndef recall(x, h, c, w_x, w_h):\n"
    "    i, f, g, o = (x @ w_x.T + h @ w_h.T).chunk(4, 1)\n"
    "    c = f.sigmoid() * c + i.sigmoid() * g.tanh()\n    return o.sigmoid() * c.tanh(), c",
}
HONEST_TOO = {
    "compared with torch's own below the solution": f"{SLIDE}\n\nimport torch.nn.functional as F\n"
    "a, b = torch.randn(1, 2, 5, 5), torch.randn(3, 2, 2, 2)\n"
    "assert torch.allclose(slide(a, b), F.conv2d(a, b), atol=1e-4)",
    "with a loop over taps": "def slide(x, w):\n    h, v = x.shape[2] - w.shape[2] + 1, x.shape[3] - w.shape[3] + 1\n"
    "    return sum(torch.einsum('ncij,oc->noij', x[:, :, i:i + h, j:j + v], w[:, :, i, j])\n"
    "               for i in range(w.shape[2]) for j in range(w.shape[3]))",
    "with one's own gradient": SLIDE.replace("def slide", "def forward")
    + "\n\nclass Slide(torch.autograd.Function):\n    @staticmethod\n    def forward(ctx, x, w):\n"
    "        ctx.save_for_backward(x, w)\n        return forward(x, w)\n\n    @staticmethod\n"
    "    def backward(ctx, g):\n        x, w = ctx.saved_tensors\n        kh, kw = w.shape[2:]\n"
    "        padded = torch.nn.functional.pad(g, (kw - 1, kw - 1, kh - 1, kh - 1))\n"
    "        return forward(padded, w.flip(2, 3).transpose(0, 1)), None\n\n\nslide = Slide.apply",
    "by matrices": "import torch.nn.functional as F\n\n\ndef slide(x, w):\n    n, _, h, v = x.shape\n"
    "    y = w.flatten(1) @ F.unfold(x, w.shape[2:])\n    return y.view(n, len(w), h - w.shape[2] + 1, -1)",
    "by transforms": "def slide(x, w):\n    h, v = x.shape[2:]\n"
    "    X, W = torch.fft.rfft2(x), torch.fft.rfft2(w, (h, v))\n"
    "    y = torch.fft.irfft2(torch.einsum('ncij,ocij->noij', X, W.conj()), (h, v))\n"
    "    return y[:, :, : h - w.shape[2] + 1, : v - w.shape[3] + 1]",
    "in a class with a method backward": SLIDE.replace("def slide(", "def plain(")
    + "\n\nclass Slide:\n    def forward(self, x, w):\n        return plain(x, w)\n\n    def backward(self, g):\n"
    "        return g\n\n\ndef slide(x, w):\n    layer = Slide()\n"
    "    layer.backward(x)\n    return layer.forward(x, w)",
    "in threads": "from concurrent.futures import ThreadPoolExecutor\n"
    + SLIDE.replace("def slide(", "def plain(")
    + "\n\ndef slide(x, w):\n    with ThreadPoolExecutor(1) as pool:\n        return pool.submit(plain, x, w).result()",
}


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with Worker(choose()) as worker:
        yield worker


@pytest.fixture(scope="module")
def assignment() -> Assignment:
    return Assignment("ruled", "ruled", parse(notebook(HONEST)), HERE / "ruled")


@pytest.fixture(scope="module")
def honest(worker: Worker, assignment: Assignment) -> bytes:
    """The scored bytes of an honest copy, graded before any forgery."""
    result = grade(notebook(HONEST), assignment, 1, worker)
    assert all(exercise.share == 1 for exercise in result.exercises), result
    return result.scored_bytes()


def expected(forgery: Path) -> dict[str, str]:
    return dict(re.findall(r"^# (Attack|Exercise|Verdict): (.*)$", forgery.read_text(), re.MULTILINE))


@pytest.mark.parametrize("forgery", FORGERIES, ids=lambda path: path.stem)
def test_forgery_earns_nothing(forgery: Path, worker: Worker, assignment: Assignment, honest: bytes) -> None:
    want = expected(forgery)
    result = grade(notebook({**HONEST, want["Exercise"]: forgery.read_text()}), assignment, 1, worker)
    forged = result.exercise(want["Exercise"])
    assert forged.verdict.value in want["Verdict"].split(" or "), forged
    assert forged.share == 0
    assert grade(notebook(HONEST), assignment, 1, worker).scored_bytes() == honest


@pytest.mark.parametrize("solution", HONEST_TOO.values(), ids=HONEST_TOO)
def test_honest_solution_is_not_refused(solution: str, worker: Worker, assignment: Assignment) -> None:
    source = solution if solution.startswith("import torch\n") else f"import torch\n{solution}"
    result = grade(notebook({**HONEST, "slide": source}), assignment, 1, worker)
    assert result.exercise("slide").verdict is Verdict.PASSED, result.exercise("slide")


def test_every_forgery_says_what_must_come_out() -> None:
    assert len(FORGERIES) > 60
    for forgery in FORGERIES:
        assert {"Attack", "Exercise", "Verdict"} <= expected(forgery).keys(), forgery
