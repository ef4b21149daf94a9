"""What counts as using a forbidden name, and what does not."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from autograder.grading.forbidden import forbidden_names, suspicious_names
from autograder.grading.grade import grade
from autograder.grading.result import Verdict
from autograder.grading.rules import Rule
from autograder.jail.host.worker import Worker

from . import toy

GIVEN = "import torch\nimport torch.nn.functional as F\nfrom torch import nn"
RULE = Rule(
    ("torch.nn.functional.relu", "torch.relu*", "torch.nn.ReLU*", "torch.Tensor.relu*"), ("aten.relu*",)
)
FOUND = {
    "by its name": "def f(x): return F.relu(x)",
    "by its full name": "def f(x): return torch.nn.functional.relu(x)",
    "imported inside": "def f(x):\n    from torch.nn.functional import relu as gate\n    return gate(x)",
    "imported with a star": "from torch.nn.functional import *\ndef f(x): return relu(x)",
    "under another name": "G = F\ngate = G.relu\ndef f(x): return gate(x)",
    "as the definition": "f = F.relu",
    "getattr": "def f(x): return getattr(F, 'relu')(x)",
    "vars": "def f(x): return vars(F)['relu'](x)",
    "__dict__": "def f(x): return F.__dict__['relu'](x)",
    "importlib": "import importlib\ndef f(x): return importlib.import_module('torch.nn.functional').relu(x)",
    "__import__": "def f(x): return __import__('torch').relu(x)",
    "a class": "class f(nn.Module):\n    def forward(self, x): return nn.ReLU()(x)",
    "a method": "def f(x): return x.relu()",
    "in place": "def f(x): return torch.relu_(x.clone())",
    "through another module": "def f(x): return F.torch.relu(x)",
    "through a module's own alias": "import torch.nn.modules.conv as c\ndef f(x): return c.F.relu(x)",
    "through the self-check": "from selfcheck.compare import torch as t\ndef f(x): return t.relu(x)",
    "as a default": "def f(x, gate=F.relu): return gate(x)",
    "decorated": "def through(g): return lambda x: F.relu(g(x))\n@through\ndef f(x): return x",
    "through another function": "def g(x): return F.relu(x)\ndef f(x): return g(x)",
    "after a magic": "%time 3\ndef f(x): return F.relu(x)",
    "in a branch": "if True:\n    def f(x): return F.relu(x)",
    "imported as the definition": "from torch.nn.functional import relu as f",
    "the table of modules": "import sys\ndef f(x): return sys.modules['torch'].relu(x)",
    "put onto a class": "torch.Tensor.gate = F.relu\ndef f(x): return x.gate()",
    "put onto a class by setattr": "setattr(torch.Tensor, 'gate', F.relu)\ndef f(x): return x.gate()",
    "put there by a function": "def prepare():\n    torch.Tensor.gate = F.relu\nprepare()\ndef f(x): return x.gate()",
    "declared global": "def prepare():\n    global f\n    f = F.relu\nprepare()",
    "written into globals()": "globals()['f'] = F.relu",
    "by a walrus": "print(f := F.relu)",
    "by a loop": "for gate in [F.relu]: pass\ndef f(x): return gate(x)",
    "with its alias bound anew": "def f(x): return F.relu(x)\nimport math as F",
    "a local variable beside it": "def f(x):\n    def g():\n        F = 1\n        return F\n    return F.relu(x)",
    "among a shell command": "files = !ls\ndef f(x): return F.relu(x)",
    "beside a question": "x?\ndef f(x): return F.relu(x)",
    "beside a quoted call": ",print a b\ndef f(x): return F.relu(x)",
    "below many shell commands": "x = !ls\n" * 3000 + "def f(x): return F.relu(x)",
}
SUSPICIOUS = {
    "vars, searched": "def f(x): return next(v for k, v in vars(F).items() if k == 're' + 'lu')(x)",
    "members": "import inspect\ndef f(x): return dict(inspect.getmembers(F))['re' + 'lu'](x)",
    "IPython's builtins": "def f(x): return __builtin__.eval('F.re' + 'lu')(x)",
    "a function's globals": "def f(x): return f.__globals__['F'].relu6(x)",
    "eval": "def f(x): return eval('F.re' + 'lu')(x)",
    "exec outside": "exec('def g(x): ...')\ndef f(x): return globals()['g'](x)",
    "a computed name": "def f(x): return getattr(F, 're' + 'lu')(x)",
    "a computed key": "def f(x): return vars(torch)['re' + 'lu'](x)",
    "attrgetter": "import operator\ndef f(x): return operator.attrgetter('re' + 'lu')(torch)(x)",
    "the frames": "import inspect\ndef f(x): return inspect.currentframe().f_back",
    "the switch of the trace": "import torch.utils._python_dispatch as d\n"
    "def f(x):\n    with d._disable_current_modes(): return x",
    "beyond reading": "def f(x): return " + "-" * 5000 + "x",
    "behind too many stars": "".join(f"from m{i} import *\n" for i in range(60)) + "def f(x): return x",
    "beyond following": "if 1: pass\n" + "elif 1: pass\n" * 1500 + "def f(x): return x",
    "a dispatcher's library": "from torch.library import Library\ndef f(x): return Library('aten', 'IMPL')",
    "a kernel kept": "k = torch.library.get_kernel('aten::relu', 'CPU')\ndef f(x): return k.call_boxed(x)",
    "a private name": "def f(x): return torch._dynamo.disable(x)",
    "everything that there is": "import gc\ndef f(x): return gc.get_objects()",
    "native code": "import ctypes\ndef f(x): return ctypes.CDLL(None)",
    "a handler of signals": "import signal\ndef f(x): signal.setitimer(signal.ITIMER_REAL, 1)",
    "the memory behind an array": "def f(x): return x.numpy().__array_interface__['data']",
    "the grader's own modules": "import autograder.jail.inside.guard as g\ndef f(x): return g",
}
CLEAN = {
    "a class of one's own with a method backward": "class Layer:\n    def backward(self, g): return g\n"
    "def f(x): return Layer().backward(x)",
    "a star, and one's own function": "from torch.nn.functional import *\ndef relu(x): return x.clamp(min=0)\n"
    "def f(x): return relu(x)",
    "a class named like torch's": "from torch.nn import *\nclass ReLU(Module):\n"
    "    def __init__(self): super(ReLU, self).__init__()\ndef f(x): return ReLU()(x)",
    "an attribute that no tensor has": "def f(x): return x.relu_slope",
    "one's own attributes as a table": "def f(x): return vars(x), x.__dict__",
    "a thread": "from threading import Thread\ndef f(x):\n    t = Thread(target=x.mul, args=(2,))\n    t.start()",
    "an operator of a private name": "def f(x): return torch._foreach_add([x], 1)[0]",
    "a stopwatch and a partial": "import timeit, functools\ndef f(x): return functools.partial(torch.mul, x)",
    "clamp": "def f(x): return x.clamp(min=0)",
    "compared below": "def f(x): return x.clamp(min=0)\nassert torch.equal(f(torch.ones(2)), F.relu(torch.ones(2)))",
    "another function of the cell": "def check_mine(x): return F.relu(x)\ndef f(x): return x.clamp(min=0)",
    "a name alike": "def f(x, relu=2): return x * relu",
    "its own method": "class f(nn.Module):\n  def relu(self, x): return x\n  def forward(self, x): return self.relu(x)",
    "a local variable of an experiment's name": "y = F.relu(torch.ones(2))\n"
    "def f(x):\n    y = x.clamp(min=0)\n    return y",
    "an argument of an alias's name": "gate = F.relu\ndef f(x, gate=None): return x if gate is None else gate(x)",
    "a comprehension's variable": "z = F.relu(torch.ones(2))\ndef f(x): return [z for z in x]",
    "a handler's name": "error = F.relu(torch.ones(2))\n"
    "def f(x):\n    try: return x\n    except ValueError as error: raise error",
    "an attribute by name": "class f(nn.Module):\n"
    "  def forward(self, x): return [getattr(self, f'w{i}') for i in range(2)]",
    "a function of one's own called compile": "def compile(x): return x\ndef f(x): return compile(x)",
    "an attribute of a result": "w = torch.ones(2)\nw.gate = F.relu(w)\ndef f(x): return x.gate",
    "a text": "def f(x):\n    'like F.relu'\n    return x.clamp(min=0)  # torch.relu",
}


@pytest.mark.parametrize("source", FOUND.values(), ids=FOUND)
def test_found(source: str) -> None:
    """A forbidden name is found however it is reached."""
    assert forbidden_names([GIVEN, source], ["f"], RULE)


@pytest.mark.parametrize("source", SUSPICIOUS.values(), ids=SUSPICIOUS)
def test_suspicious(source: str) -> None:
    """What could lift a refusal, or keeps from being read, is not taken for proof, and not passed over."""
    assert forbidden_names([GIVEN, source], ["f"], RULE) == ()
    assert suspicious_names([GIVEN, source], ["f"])


@pytest.mark.parametrize("source", CLEAN.values(), ids=CLEAN)
def test_clean(source: str) -> None:
    """What the exercise's names do not reach costs nothing, nor does what only looks like a forbidden name."""
    assert forbidden_names([GIVEN, source], ["f"], RULE) == ()
    assert suspicious_names([GIVEN, source], ["f"]) == ()


SLOW = {
    "a line of blanks": "x = 1\n" + " " * 50_000 + "x\ndef f(x): return x",
    "many scopes below many names": "def f(x):\n  "
    + "=".join(f"a{i}" for i in range(6000))
    + "=0\n  return ["
    + ",".join(f"lambda b{i}: b{i}" for i in range(2000))
    + "]",
    "aliases of aliases": "import numpy as a0\n"
    + "\n".join(f"a{i + 1} = a{i}.y" for i in range(20_000))
    + "\ndef f(x): return x",
}


@pytest.mark.parametrize("source", SLOW.values(), ids=SLOW)
def test_no_text_takes_long_to_read(source: str) -> None:
    """Reading is the grader's work, which nothing bounds: it takes time in proportion to the text."""
    start = time.process_time()
    assert forbidden_names([GIVEN, source], ["f"], RULE) == ()
    assert time.process_time() - start < 5


def test_own_cells_are_searched_where_they_are_reached() -> None:
    """A forbidden call moved to a cell of one's own is found; one in an experiment is not."""
    own = "def g(x): return F.relu(x)"
    assert forbidden_names([GIVEN, own, "def f(x): return g(x)"], ["f"], RULE) == (
        "torch.nn.functional.relu",
    )
    assert forbidden_names([GIVEN, own, "def f(x): return x"], ["f"], RULE) == ()


def test_broken_cells_do_not_stop_the_search() -> None:
    """A cell with a syntax error hides nothing in the others."""
    assert forbidden_names([GIVEN, "def f(:", "def f(x): return F.relu(x)"], ["f"], RULE)


def test_operator_patterns_match_with_and_without_overload() -> None:
    """`aten.relu*` is aten.relu.default and aten.relu_.default, and not aten.prelu."""
    assert RULE.forbids_operator("aten.relu.default") and RULE.forbids_operator("aten.relu_.default")
    assert not RULE.forbids_operator("aten.prelu.default")


# "relu" spelled so that no reading of the text finds it
DISGUISED = "NAME = ''.join(map(chr, (114, 101, 108, 117)))\n"
DISGUISED += "def double(x): return 2 * x + 0 * getattr(type(x), NAME)(x)"
OPEN = "def double(x): return 2 * x + 0 * torch.relu(x)"
HONEST = "def double(x): return x + x\nprint(torch.relu(double(torch.ones(2))))"


LOOK = "import sys\nNAME = ''.join(map(chr, (114, 101, 108, 117)))\nKEPT = {}\n"
HIDDEN = "2 * x + 0 * getattr(type(x), NAME)(x)"
WATCHED = "sys.getprofile() is not None"
EVASIVE = {
    "ends": f"{LOOK}import os\ndef double(x):\n    if {WATCHED}: os._exit(0)\n    return {HIDDEN}",
    "raises": f"{LOOK}def double(x):\n    if {WATCHED}: raise KeyError\n    return {HIDDEN}",
    "answers otherwise": f"{LOOK}def double(x): return x if {WATCHED} else {HIDDEN}",
    "changes for good": f"{LOOK}def double(x):\n    KEPT[{WATCHED}] = 1\n    return x if 1 in KEPT else {HIDDEN}",
}
TAMPERING = {
    "patches the server": "import sys\nm = sys.modules['autograder.jail.inside.server']\n"
    "m.sys = type('S', (), {'audit': staticmethod(lambda *a: None)})\ndef double(x): return x + x",
    "answers for the guard": "import sys\nm = sys.modules['autograder.jail.inside.server']\n"
    "m.sys = type('S', (), {'audit': staticmethod(lambda e, n, c, s, a: a.append((c, s)))})\n"
    "def double(x): return x + x",
    "keeps a function's code": "KEPT = getattr(torch.special.expit, '__co' + 'de__', None)\n"
    "KEPT = getattr(torch.nn.functional.relu, '__co' + 'de__')\ndef double(x): return x + x",
    "looks at frames": "def double(x):\n    try: raise KeyError\n"
    "    except KeyError as e: return x + x if getattr(getattr(e, '__trace' + 'back__'), 'tb_' + 'frame') else x",
    "searches": "import gc as g\ndef double(x):\n    try: getattr(g, 'get_' + 'objects')()\n"
    "    except RuntimeError: pass\n    return x + x",
    "commands the guard": "import sys\ndef double(x):\n"
    "    getattr(sys, 'au' + 'dit')('autograder.guard', 99, 'lift', '', [])\n"
    "    return x + x",
    "native code": "import ctypes as c\ndef double(x):\n    getattr(c, 'CD' + 'LL')(None)\n    return x + x",
}
"""Right answers from code that could have lifted the refusal. Their cells run before the exercise is asked."""
REMEMBERS = f"""{LOOK}def double(x):
    key = x.detach().numpy().tobytes()
    if key not in KEPT:
        KEPT[key] = {HIDDEN}
    return KEPT[key]
"""
NUMPY = """import numpy
class Twice(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x): return torch.from_numpy(x.numpy() * 2)
    @staticmethod
    def backward(ctx, g): return 2 * g
double = Twice.apply
"""


@pytest.mark.parametrize(
    ("solution", "verdict"),
    [
        (OPEN, Verdict.FORBIDDEN),
        (DISGUISED, Verdict.FORBIDDEN),
        (REMEMBERS, Verdict.FORBIDDEN),
        (HONEST, Verdict.PASSED),
        (NUMPY, Verdict.PASSED),
        *((solution, Verdict.FORBIDDEN) for solution in EVASIVE.values()),
        *((solution, Verdict.NOT_GRADABLE) for solution in TAMPERING.values()),
    ],
    ids=["open", "disguised", "remembers", "honest", "numpy", *EVASIVE, *TAMPERING],
)
def test_verdict(solution: str, verdict: Verdict, worker: Worker, tmp_path: Path) -> None:
    """Forbidden API is its own verdict, costs its own exercise alone, and the message names what was used."""
    assignment = toy.write(tmp_path, "ruled")
    toy.forbid(assignment, names=["torch.relu*"], operators=["aten.relu*"])
    result = grade(toy.document(toy.solved(double=solution)), assignment, 0, worker)
    double = result.exercise("double")
    assert double.verdict is verdict
    assert double.share == (verdict is Verdict.PASSED)
    assert ("relu" in double.message) == (verdict is Verdict.FORBIDDEN)
    assert all(exercise.share == 1 for exercise in result.exercises if exercise.id != "double")


SEVERAL = "M = [torch]\n"
BY_NAME = {
    "a gradient": "return M[0].autograd.grad((a * a).sum(), a)[0]",
    "an optimizer": "a.grad = -a.detach()\n    M[0].optim.SGD([a], 1.0).step()\n    return a.detach()",
}


@pytest.mark.parametrize("body", BY_NAME.values(), ids=BY_NAME)
def test_what_is_no_operator_is_seen_where_it_runs(body: str, worker: Worker, tmp_path: Path) -> None:
    """A function of torch's that is forbidden by its name is found by whatever other name it is called."""
    assignment = toy.write(tmp_path, "ruled")
    toy.forbid(assignment, names=["torch.autograd.grad", "torch.optim.*"])
    solution = f"{SEVERAL}def double(x):\n    a = x.detach().clone().requires_grad_()\n    {body}\n"
    double = grade(toy.document(toy.solved(double=solution)), assignment, 0, worker).exercise("double")
    assert double.verdict is Verdict.FORBIDDEN, double
    honest = grade(toy.document(toy.solved(double=HONEST)), assignment, 0, worker).exercise("double")
    assert honest.verdict is Verdict.PASSED


BY_HAND = "def double(x):\n    a = x.detach().clone().requires_grad_()\n    y = (a * a).sum()\n    "
AUTOGRAD = {
    "grad": "return M[0].autograd.grad(y, a)[0]",
    "backward": "y.__getattribute__('back' + 'ward')()\n    return a.grad",
    "the engine itself": "run = M[0].autograd.Variable._execution_engine.run_backward\n"
    "    return run((y,), (torch.ones(()),), False, False, (a,), accumulate_grad=False)[0]",
    "in a thread": "import threading\n    found = []\n"
    "    t = threading.Thread(target=lambda: found.append(M[0].autograd.grad((a * a).sum(), a)[0]))\n"
    "    t.start(); t.join()\n    return found[0]",
    "torch.func": "return getattr(M[0], 'fu' + 'nc').grad(lambda v: (v * v).sum())(x.detach())",
    "forward mode": "import torch.autograd.forward_ad as ad\n    with getattr(ad, 'dual_' + 'level')():\n"
    "        return getattr(ad, 'unpack_' + 'dual')(getattr(ad, 'make_' + 'dual')(x * x, 2 * x) * 1).tangent",
}


@pytest.mark.parametrize("body", AUTOGRAD.values(), ids=AUTOGRAD)
def test_autograd_is_refused_by_hand(body: str, worker: Worker, tmp_path: Path) -> None:
    """Where a gradient is asked for by hand, no way to autograd gives one; the gradient that a test itself asks for
    still flows."""
    assignment = toy.write(tmp_path, "ruled")
    toy.forbid(assignment, sets=["autograd"])
    double = grade(toy.document(toy.solved(double=f"{SEVERAL}{BY_HAND}{body}\n")), assignment, 0, worker)
    assert double.exercise("double").verdict in (Verdict.FORBIDDEN, Verdict.FAILED), double
    assert double.exercise("double").share == 0
    honest = grade(toy.document(toy.solved(double=HONEST)), assignment, 0, worker).exercise("double")
    assert honest.verdict is Verdict.PASSED
