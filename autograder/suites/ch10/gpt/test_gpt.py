"""Hidden suite of `gpt`: against a model of PyTorch's layers with the same weights, counts on the meta device, and the
statistics of its start.
"""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from autograder.testing import assert_close, assert_raises

pytestmark = [pytest.mark.exercise("gpt"), pytest.mark.shares(runs=6, plain=44, options=30, invariants=20)]

V, CONTEXT, W, H, L = 13, 7, 8, 2, 3


def tanh_gelu(x):
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


class Model(nn.Module):
    """GPT-2 by its description."""

    def __init__(self, vocab_size=V, context=CONTEXT, width=W, heads=H, layers=L):
        super().__init__()
        self.token, self.position = nn.Embedding(vocab_size, width), nn.Embedding(context, width)
        self.blocks = nn.ModuleList(
            nn.TransformerEncoderLayer(
                width, heads, 4 * width, 0.0, tanh_gelu, batch_first=True, norm_first=True
            )
            for _ in range(layers)
        )
        self.norm = nn.LayerNorm(width)

    def forward(self, ids):
        length = ids.shape[1]
        x = self.token(ids) + self.position(torch.arange(length))
        for block in self.blocks:
            x = block(x, torch.ones(length, length, dtype=torch.bool).triu(1))
        return F.linear(self.norm(x), self.token.weight)


def random_state(rng, model, dtype=torch.float64):
    state = {}
    for name, value in model.state_dict().items():
        drawn = rng.randn(*value.shape, dtype=dtype)
        state[name] = drawn / 3 if value.dim() > 1 else 0.4 * drawn + ("norm" in name and "weight" in name)
    return state


def filled(theirs, state):
    """The student's model with these weights; a tied output layer of its own has the table's."""
    theirs.double()
    names = [name for name, _ in theirs.named_parameters()]
    assert set(names) == set(state), f"the parameters are {sorted(names)}"
    known = dict(state)
    for name in dict(theirs.state_dict()):
        known.setdefault(name, state["token.weight"])
    theirs.load_state_dict(known)


def pair(student, rng, **sizes):
    ours = Model(**sizes).double()
    state = random_state(rng, ours)
    ours.load_state_dict(state)
    given = {"vocab_size": V, "context": CONTEXT, "width": W, "heads": H, "layers": L} | sizes
    theirs = student.GPT(*given.values())
    filled(theirs, state)
    return theirs, ours


def published(rng, v, context, w, layers, dtype=torch.float32):
    """A dictionary as GPT-2 was published, and the same weights by the names of here."""
    matrices = {
        "attn.c_attn": (w, 3 * w),
        "attn.c_proj": (w, w),
        "mlp.c_fc": (w, 4 * w),
        "mlp.c_proj": (4 * w, w),
    }
    own_names = {
        "attn.c_attn": "self_attn.in_proj_",
        "attn.c_proj": "self_attn.out_proj.",
        "mlp.c_fc": "linear1.",
        "mlp.c_proj": "linear2.",
        "ln_1": "norm1.",
        "ln_2": "norm2.",
    }
    state = {"wte.weight": rng.randn(v, w, dtype=dtype), "wpe.weight": rng.randn(context, w, dtype=dtype)}
    own = {"token.weight": state["wte.weight"], "position.weight": state["wpe.weight"]}
    for layer in range(layers):
        for part, here in own_names.items():
            rows, columns = matrices.get(part, (w, w))
            weight = rng.randn(rows, columns, dtype=dtype) if part in matrices else rng.randn(w, dtype=dtype)
            bias = rng.randn(columns, dtype=dtype)
            state |= {f"h.{layer}.{part}.weight": weight, f"h.{layer}.{part}.bias": bias}
            own[f"blocks.{layer}.{here}weight"] = weight.T if part in matrices else weight
            own[f"blocks.{layer}.{here}bias"] = bias
    state |= {"ln_f.weight": rng.randn(w, dtype=dtype), "ln_f.bias": rng.randn(w, dtype=dtype)}
    own |= {"norm.weight": state["ln_f.weight"], "norm.bias": state["ln_f.bias"]}
    return state, own


def loads(student, state, own, v, context, w, heads, layers):
    model = student.GPT(v, context, w, heads, layers)
    student.load_gpt2(model, state)
    got = {name: value.detach() for name, value in model.named_parameters()}
    assert set(got) == set(own), f"the parameters are {sorted(got)}"
    for name, want in own.items():
        assert_close(got[name], want, rtol=0, atol=0, name=name)
    return model


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shape(student, rng):
    """Logits are (N, T, V)."""
    logits = student.GPT(V, CONTEXT, W, H, L)(rng.randint(0, V, (2, 5)))
    assert tuple(logits.shape) == (2, 5, V), f"for ids (2, 5) the logits have shape {tuple(logits.shape)}"


@pytest.mark.level("plain")
@pytest.mark.weight(9)
def test_matches(student, rng):
    """With equal weights the logits are those of PyTorch's layers: causal, pre-norm, the tied table at the end."""
    theirs, ours = pair(student, rng)
    ids = rng.randint(0, V, (2, 6))
    # The two forms of GELU differ by 0.0005, which here does not matter; other sizes below are compared exactly.
    assert_close(theirs(ids), ours(ids), rtol=0.02, atol=0.02, name="logits")


@pytest.mark.level("plain")
@pytest.mark.weight(3)
def test_count(student):
    """The small model has as many parameters as the formula says, GPT-2 small 124,439,808."""
    total = sum(value.numel() for _, value in student.GPT(V, CONTEXT, W, H, L).named_parameters())
    want = sum(value.numel() for value in Model().parameters())
    assert total == want, f"the small model has {total} parameters instead of {want}"
    model = student.on_meta(student.GPT, 50_257, 1024, 768, 12, 12)
    total = sum(math.prod(value.shape) for value in model.parameters())
    assert total == 124_439_808, f"GPT-2 small has 124,439,808 parameters, yours {total:,}"


@pytest.mark.level("plain")
@pytest.mark.weight(3)
def test_start(student, rng):
    """Matrices and tables start with 0.02, those that write into the stream with less, biases at 0, norms at 1."""
    for layers in (2, 5):
        model = student.GPT(90, 40, 64, 4, layers)
        for name, value in model.named_parameters():
            numbers = value.detach()
            if value.dim() > 1:
                writes = name.endswith(("out_proj.weight", "linear2.weight"))
                want = 0.02 / math.sqrt(2 * layers) if writes else 0.02
                # The spread of a sample of n has a standard error of 1 / sqrt(2 n); 6 of them, for some 40 matrices.
                slack = 6 / math.sqrt(2 * value.numel())
                got = float(numbers.std())
                assert abs(got / want - 1) < slack, (
                    f"{name} starts with a spread of {got:.4f} instead of {want:.4f}"
                )
                mean = abs(float(numbers.mean()))
                assert mean < 6 * want / math.sqrt(value.numel()), f"{name} starts with a mean of {mean:.4f}"
            else:
                want = 1.0 if "norm" in name and name.endswith("weight") else 0.0
                assert_close(
                    numbers, torch.full_like(numbers, want), rtol=0, atol=0, name=f"{name} at the start"
                )


@pytest.mark.level("plain")
@pytest.mark.weight(3)
def test_published_weights(student, rng):
    """Weights with GPT-2's names come to their places, turned where they are stored inputs first."""
    loads(student, *published(rng, 9, 6, 8, 2), 9, 6, 8, 2, 2)


@pytest.mark.level("options")
@pytest.mark.weight(3)
@pytest.mark.parametrize(
    "sizes",
    [
        {"vocab_size": 5, "context": 3, "width": 6, "heads": 1, "layers": 1},
        {"vocab_size": 20, "context": 12, "width": 4, "heads": 4, "layers": 2},
    ],
)
def test_sizes(student, rng, sizes):
    """Other sizes: one layer, one head, sequences from one token to the whole context."""
    theirs, ours = pair(student, rng, **sizes)
    for n, length in ((1, 1), (3, sizes["context"]), (2, 2)):
        ids = rng.randint(0, sizes["vocab_size"], (n, length))
        assert_close(theirs(ids), ours(ids), name="logits")


@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_other_forms_of_the_file(student, rng):
    """Names that begin with `transformer.`, a second copy of the table and masks are taken as well."""
    state, own = published(rng, 7, 5, 4, 2)
    long = {f"transformer.{name}": value for name, value in state.items()}
    long["lm_head.weight"] = state["wte.weight"].clone()
    for layer in range(2):
        long[f"transformer.h.{layer}.attn.bias"] = torch.ones(1, 1, 5, 5).tril()
        long[f"transformer.h.{layer}.attn.masked_bias"] = torch.tensor(-1e4)
    loads(student, long, own, 7, 5, 4, 2, 2)
    short = dict(reversed(state.items())) | {"h.0.attn.bias": torch.ones(1, 1, 5, 5).tril()}
    loads(student, short, own, 7, 5, 4, 2, 2)


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_many_layers(student, rng):
    """With eleven layers, layer 10 is not taken for layer 1."""
    loads(student, *published(rng, 5, 3, 4, 11), 5, 3, 4, 1, 11)


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_block_argument(student, rng):
    """The blocks are made by the argument `block`, each by a call of its own, with M = 4 W."""
    asked = []

    def maker(*args, **options):
        asked.append((args, sorted(options)))
        return student.ready_block(*args, **options)

    model = student.GPT(V, CONTEXT, W, H, L, maker)
    assert len(asked) == L, f"for {L} layers the block was made {len(asked)} times"
    assert all(W in args and 4 * W in args for args, _ in asked if len(args) >= 3), (
        "width and hidden are W and 4 W"
    )
    weights = [value.detach() for name, value in model.named_parameters() if name.endswith("linear1.weight")]
    assert len(weights) == L and not torch.equal(weights[0], weights[1]), (
        "two blocks start with equal weights"
    )


@pytest.mark.level("invariants")
@pytest.mark.weight(8)
def test_causal(student, rng):
    """No later token changes what comes before it, and each earlier one counts."""
    theirs, _ = pair(student, rng)
    ids = rng.randint(0, V, (1, 7))
    before = theirs(ids).detach()
    for place in (0, 3, 6):
        other = ids.clone()
        other[0, place] = (ids[0, place] + 1) % V
        after = theirs(other).detach()
        assert_close(after[:, :place], before[:, :place], name="logits before the change")
        change = (after - before).abs().amax(-1)[0, place:]
        assert bool((change > 1e-9).all()), "an earlier token does not count"


@pytest.mark.level("invariants")
@pytest.mark.weight(5)
def test_tied(student, rng):
    """The table has one gradient, the sum of both uses: it is that of PyTorch's layers, as are all others."""
    theirs, ours = pair(student, rng)
    ids, direction = rng.randint(0, V, (2, 5)), rng.randn(2, 5, V, dtype=torch.float64)
    (ours(ids) * direction).sum().backward()
    (theirs(ids) * direction).sum().backward()
    wanted = dict(ours.named_parameters())
    for name, value in theirs.named_parameters():
        assert value.grad is not None, f"no gradient reaches {name}"
        assert_close(value.grad, wanted[name].grad, rtol=0.02, atol=0.05, name=f"gradient in {name}")


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_loss_at_start(student, rng):
    """Before the first step the loss is log V, at any depth."""
    for layers in (1, 6):
        model = student.GPT(60, 16, 32, 4, layers)
        ids = rng.randint(0, 60, (12, 16))
        loss = F.cross_entropy(model(ids).detach().flatten(0, 1), rng.randint(0, 60, (192,))).item()
        # Over 20 starts the reference is within 0.02 of log V.
        assert abs(loss - math.log(60)) < 0.1, (
            f"the loss at the start is {loss:.2f}, log V is {math.log(60):.2f}"
        )


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_two_models(student, rng):
    """Two models share nothing, and loaded weights are copies."""
    state, own = published(rng, 7, 5, 4, 1)
    one = loads(student, state, own, 7, 5, 4, 2, 1)
    other = student.GPT(7, 5, 4, 2, 1)
    student.load_gpt2(other, {name: value + 1 for name, value in state.items()})
    got = {name: value.detach() for name, value in one.named_parameters()}
    for name, want in own.items():
        assert_close(got[name], want, rtol=0, atol=0, name=f"{name} after another model was loaded")


@pytest.mark.level("contract")
def test_type_of_the_file(student, rng):
    """A file in float64 leaves the model in float32, and stays as it is."""
    state, own = published(rng, 7, 5, 4, 1, dtype=torch.float64)
    model = student.GPT(7, 5, 4, 2, 1)
    student.load_gpt2(model, state)
    for name, value in model.named_parameters():
        assert value.dtype == torch.float32, f"{name} has dtype {value.dtype} after loading"
        assert_close(value.detach(), own[name].float(), rtol=0, atol=0, name=name)


@pytest.mark.level("contract")
def test_refusals(student, rng):
    """More tokens than the context are refused, and so is a file without one of the weights."""
    model = student.GPT(V, CONTEXT, W, H, 1)
    assert_raises(ValueError, model, rng.randint(0, V, (1, CONTEXT + 1)))
    state, _ = published(rng, 7, 5, 4, 1)
    del state["h.0.mlp.c_fc.bias"]
    assert_raises(KeyError, student.load_gpt2, student.GPT(7, 5, 4, 2, 1), state)
