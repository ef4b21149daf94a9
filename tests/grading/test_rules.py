"""What rules.toml may say, what it comes to, and that every named set catches what it names."""

from __future__ import annotations

import importlib
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
import torch

from autograder.course import CourseError
from autograder.grading.api_sets import API_SETS, DISPATCHER
from autograder.grading.forbidden import forbidden_in
from autograder.grading.refusals import refusals_of
from autograder.grading.rules import Rule, load_rule, load_rules

ROOT = Path(__file__).parents[2]
GIVEN = "import torch\nimport torch.nn.functional as F\nfrom torch import nn"
USES = {  # one ordinary use of each named set, and one piece of ordinary work beside it
    "activations": ("F.gelu(x)", "torch.tanh(x)"),
    "attention": ("nn.MultiheadAttention(4, 2)(x, x, x)", "torch.softmax(x @ x.T, -1)"),
    "autograd": ("torch.autograd.grad(x.sum(), x)", "x * 2"),
    "convolution": ("nn.Conv2d(1, 1, 3)(x)", "x.unfold(2, 3, 1)"),
    "distributions": ("torch.distributions.Normal(0, 1).sample()", "torch.randn(3)"),
    "divergences": ("F.kl_div(x, x)", "F.mse_loss(x, x)"),
    "dropout": ("F.dropout2d(x)", "torch.rand_like(x)"),
    "fold": ("F.fold(x, 3, 3)", "F.unfold(x, 3)"),
    "gradient_clipping": ("nn.utils.clip_grad_norm_([x], 1)", "x.clamp(max=1)"),
    "initialisation": ("nn.init.kaiming_normal_(x)", "x.normal_()"),
    "linear_algebra": ("torch.linalg.svd(x)", "torch.linalg.vector_norm(x) + torch.linalg.norm(x)"),
    "log_softmax": ("x.log_softmax(-1)", "x.logsumexp(-1)"),
    "losses": ("nn.CrossEntropyLoss()(x, x)", "F.one_hot(x)"),
    "normalisation": ("F.layer_norm(x, (3,))", "x.var(0)"),
    "optimisers": ("torch.optim.Adam([x])", "x.sub_(1)"),
    "pooling": ("F.max_pool2d(x, 2)", "x.amax(-1)"),
    "ready_made_networks": ("torch.hub.load('a', 'b')", "nn.Linear(2, 3)"),
    "recurrent": ("nn.GRUCell(2, 3)(x)", "torch.tanh(x)"),
    "resampling": ("F.interpolate(x, 4)", "x.repeat_interleave(2, -1)"),
    "schedules": ("torch.optim.lr_scheduler.StepLR(x, 1)", "torch.optim.Adam([x])"),
    "softmax": ("x.softmax(-1)", "x.exp() / x.exp().sum()"),
    "spectral_norm": ("nn.utils.parametrizations.spectral_norm(x)", "x @ x"),
    "weight_averaging": ("torch.optim.swa_utils.AveragedModel(x)", "x.lerp_(x, 0.1)"),
}


def test_each_set_has_a_use_here():
    assert USES.keys() == API_SETS.keys()


@pytest.mark.parametrize("name", API_SETS)
def test_a_set_catches_its_use_and_nothing_beside_it(name, tmp_path):
    path = tmp_path / "rules.toml"
    path.write_text(f'forbids = ["{name}"]')
    rule, (caught, clean) = load_rule(path), USES[name]
    assert forbidden_in([GIVEN, f"def f(x): return {caught}"], ["f"], rule)
    assert forbidden_in([GIVEN, f"def f(x): return {clean}"], ["f"], rule) == ()
    assert rule.says.startswith(API_SETS[name].says) and rule.says.endswith(DISPATCHER.says)
    assert rule.autograd is (name == "autograd")


def operators() -> set[str]:
    """Every operator of the dispatcher as namespace.name.overload."""
    names = (name.replace("::", ".") for name in torch._C._dispatch_get_all_op_names())
    return {name if name.count(".") > 1 else f"{name}.default" for name in names}


@pytest.mark.parametrize("name", API_SETS)
def test_each_pattern_of_operators_names_some_that_there_are(name):
    there = operators()
    for pattern in API_SETS[name].operators:
        rule = Rule(operators=(pattern,))
        assert any(map(rule.forbids_operator, there)), pattern


PLUMBING = (
    *("resolve_conj", "resolve_neg", "view", "reshape", "permute", "transpose", "expand", "clone", "copy_"),
    *("detach", "to", "_to_copy", "contiguous", "item", "index", "select", "slice", "cat", "stack", "where"),
    *("add", "mul", "div", "sub", "neg", "exp", "log", "sqrt", "sum", "mean", "amax", "argmax", "eq", "lt"),
    *("matmul", "mm", "bmm", "addmm", "baddbmm", "linear", "einsum", "dot", "mv", "linalg_vector_norm"),
    *(
        "unique",
        "_unique2",
        "sort",
        "topk",
        "cumsum",
        "gather",
        "scatter",
        "rand",
        "randn",
        "normal_",
        "uniform_",
    ),
)
"""Operators that ordinary work runs, whoever wrote it: a matrix product resolves conjugates first."""


@pytest.mark.parametrize("name", API_SETS)
def test_no_set_refuses_what_ordinary_work_runs(name):
    chosen = API_SETS[name]
    refusals = refusals_of(Rule(names=chosen.names, operators=chosen.operators, says=chosen.says))
    assert refusals is not None
    refused = refusals.always
    bare = {operator.removeprefix("aten::").partition(".")[0] for operator in refused.operators}
    assert bare.isdisjoint(PLUMBING)
    ordinary = ("torch.functional._return", "torch.nn.RNNBase.all_weights")
    allowed = {"recurrent"} & {name}
    assert [f for f in refused.functions if f.startswith(ordinary) and not allowed] == []


def test_the_operators_of_a_convolution_are_named_in_every_namespace():
    convolution = Rule(operators=API_SETS["convolution"].operators)
    caught = set(filter(convolution.forbids_operator, operators()))
    assert {operator.partition(".")[0] for operator in caught} >= {"aten", "mkldnn", "quantized", "onednn"}
    assert not [operator for operator in caught if "convert" in operator]
    left = [o for o in operators() - caught if "conv" in o and "convert" not in o]
    assert not left, left


MODULES = ("torch", "torch.nn", "torch.nn.functional", "torch.Tensor", "torch.linalg", "torch.optim")


@pytest.mark.parametrize("name", API_SETS)
def test_each_public_name_is_one_that_there_is(name):
    """A misspelt name would forbid nothing and never be noticed; a name with a star may cover later versions."""
    for pattern in API_SETS[name].names:
        place, _, last = pattern.rpartition(".")
        if "*" in pattern or not pattern.startswith("torch") or last.startswith("_"):
            continue
        owner = torch.Tensor if place == "torch.Tensor" else importlib.import_module(place)
        assert hasattr(owner, last) or "linear_algebra" in name, pattern


@pytest.mark.parametrize("name", API_SETS)
def test_each_card_phrase_is_true_of_the_names(name):
    """What the card writes in code marks as `F.x`, `nn.x` or `torch.x` is what the set forbids."""
    short = {"F.": "torch.nn.functional.", "nn.": "torch.nn."}
    for word in API_SETS[name].says.split("`")[1::2]:
        full = next((real + word[len(mark) :] for mark, real in short.items() if word.startswith(mark)), word)
        if full.startswith("torch.") and (name, word) != ("linear_algebra", "torch.linalg"):
            stem = full.rstrip("*")
            covered = [p for p in API_SETS[name].names if p.startswith(stem) or fnmatchcase(full, p)]
            assert covered, (word, full)


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "suite" / "conv2d" / "rules.toml"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return path


def test_a_rule_is_the_union_of_its_sets_and_its_own(tmp_path):
    write(
        tmp_path,
        'forbids = ["dropout", "fold"]\n'
        '[also]\nsays = "`torch.trace`"\nnames = ["torch.trace"]\noperators = ["*.trace*"]\n',
    )
    (rule,) = load_rules(tmp_path / "suite").values()
    assert {"torch.trace", "torch.nn.Fold", "torch.*dropout*", "torch.ops.*"} <= set(rule.names)
    assert rule.forbids_operator("aten.trace.default") and rule.forbids_operator("aten.col2im.default")
    dropout, fold = API_SETS["dropout"].says, API_SETS["fold"].says
    assert rule.says == f"{dropout}, {fold}, `torch.trace`, {DISPATCHER.says}"


def test_what_one_function_may_not_use_another_may(tmp_path):
    write(tmp_path, 'forbids = ["pooling"]\n[within.backward]\nforbids = ["autograd"]\n')
    rule = load_rules(tmp_path / "suite")["conv2d"]
    uses = "return torch.autograd.grad(x.sum(), x)[0]"
    cells = [GIVEN, f"def forward(x): {uses}\ndef backward(x): return x"]
    assert forbidden_in(cells, ["forward", "backward"], rule) == ()
    cells = [GIVEN, f"def forward(x): return x\ndef backward(x): {uses}"]
    assert forbidden_in(cells, ["forward", "backward"], rule) == ("torch.autograd.grad",)
    assert rule.of("backward").autograd and not rule.of("forward").autograd and not rule.autograd
    assert set(rule.of("forward").names) < set(rule.of("backward").names)
    assert rule.says.endswith("; autograd (`backward`, `torch.autograd`, `torch.func`) in `backward`")


def test_an_exercise_that_forbids_nothing_has_no_rule(tmp_path):
    write(tmp_path, "forbids = []\n")
    assert load_rules(tmp_path / "suite") == {} and not Rule()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[conv2d\n", "rules.toml is malformed: .*line 1"),
        (
            '# convolutions\nforbids = [\n  "convolutions",\n]',
            ":[13]: `convolutions` is not a named set: did you mean `convolution`",
        ),
        ('forbids = ["nonsense"]', ":1: `nonsense` is not a named set: there are activations, "),
        ('forbids = "dropout"', ":1: `forbids` must be a list of texts"),
        ('forbids = ["dropout"]\nforbidden = []', ":2: `forbidden` is not known here; there are forbids"),
        ('[within]\nf = "dropout"', ":2: `f` must be a table"),
        ('[within.f]\nalso = ["dropout"]', ":2: `also` is not known here"),
        ('\n[also]\nnames = ["torch.trace"]', ":2: `also` needs `says`"),
        ('\n[also]\nsays = "`trace`"', ":2: `also` needs `says`, .* and `names`"),
    ],
)
def test_a_rule_that_cannot_be_understood_stops_grading(text, words, tmp_path):
    """It would otherwise allow everything."""
    path = write(tmp_path, text)
    with pytest.raises(CourseError, match=words) as told:
        load_rules(tmp_path / "suite")
    assert str(path) in str(told.value)


@pytest.mark.parametrize("assignment", sorted(path.name for path in ROOT.glob("source/ch*")))
def test_the_rules_of_the_assignments_can_be_read(assignment):
    for rule in load_rules(ROOT / "autograder" / "suites" / assignment).values():
        assert rule.says and rule.names
