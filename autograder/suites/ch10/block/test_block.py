"""Hidden suite of `block`: against PyTorch's own layers with the same weights, in float64."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from autograder.testing import assert_close, assert_raises

pytestmark = [pytest.mark.exercise("block"), pytest.mark.shares(runs=6, plain=44, options=28, invariants=22)]

W, H, M = 12, 3, 20
ENCODER = {"self_attn", "linear1", "linear2", "norm1", "norm2"}
DECODER = ENCODER | {"multihead_attn", "norm3"}


def pair(student, rng, norm_first=True, cross=False, width=W, heads=H, hidden=M, **options):
    """The student's block and PyTorch's with the same random weights."""
    kind = nn.TransformerDecoderLayer if cross else nn.TransformerEncoderLayer
    activation, eps = options.get("activation", F.gelu), options.get("eps", 1e-5)
    ours = kind(width, heads, hidden, 0.0, activation, eps, batch_first=True, norm_first=norm_first).double()
    state = {}
    for name, value in ours.state_dict().items():
        drawn = rng.randn(*value.shape, dtype=torch.float64)
        state[name] = (
            drawn / width**0.5 if value.dim() > 1 else 0.4 * drawn + ("norm" in name and "weight" in name)
        )
    ours.load_state_dict(state)
    theirs = student.Block(width, heads, hidden, norm_first=norm_first, cross=cross, **options)
    theirs.double()
    theirs.load_state_dict(state)
    return theirs, ours


def triangle(length):
    return torch.ones(length, length, dtype=torch.bool).triu(1)


def tokens(rng, *shape, requires_grad=False):
    return rng.randn(*shape, dtype=torch.float64, requires_grad=requires_grad)


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shape(student, rng):
    """A block gives tokens of the shape that came in."""
    y = student.Block(W, H, M)(rng.randn(2, 5, W))
    assert tuple(y.shape) == (2, 5, W), f"for (2, 5, {W}) the block gives {tuple(y.shape)}"


@pytest.mark.level("plain")
@pytest.mark.weight(2)
@pytest.mark.parametrize("cross", [False, True])
def test_parts(student, cross):
    """The parts have PyTorch's names and shapes."""
    kind = nn.TransformerDecoderLayer if cross else nn.TransformerEncoderLayer
    want = {name: tuple(value.shape) for name, value in kind(W, H, M).named_parameters()}
    got = {name: tuple(value.shape) for name, value in student.Block(W, H, M, cross=cross).named_parameters()}
    assert {name.split(".")[0] for name in got} == (DECODER if cross else ENCODER), (
        f"the parts are {sorted(got)}"
    )
    assert got == want, "the parameters have other names or shapes than PyTorch's"


@pytest.mark.level("plain")
@pytest.mark.weight(4)
def test_pre_norm(student, rng):
    """In pre-norm it is PyTorch's encoder layer."""
    theirs, ours = pair(student, rng)
    x = tokens(rng, 2, 5, W)
    assert_close(theirs(x), ours(x), name="output")


@pytest.mark.level("plain")
@pytest.mark.weight(6)
def test_post_norm(student, rng):
    """In post-norm it is PyTorch's encoder layer."""
    theirs, ours = pair(student, rng, norm_first=False)
    x = tokens(rng, 2, 5, W)
    assert_close(theirs(x), ours(x), name="output")


@pytest.mark.level("plain")
@pytest.mark.weight(6)
def test_causal(student, rng):
    """Causal, each token sees itself and those before it."""
    theirs, ours = pair(student, rng)
    x = tokens(rng, 2, 6, W)
    assert_close(theirs(x, causal=True), ours(x, triangle(6)), name="output")


@pytest.mark.level("plain")
@pytest.mark.weight(4)
@pytest.mark.parametrize("norm_first", [True, False])
def test_cross_attention(student, rng, norm_first):
    """With cross-attention it is PyTorch's decoder layer; queries come from the tokens, keys from the memory."""
    theirs, ours = pair(student, rng, norm_first, cross=True)
    x, memory = tokens(rng, 2, 5, W), tokens(rng, 2, 7, W)
    assert_close(theirs(x, memory), ours(x, memory), name="output")


@pytest.mark.level("options")
@pytest.mark.weight(5)
@pytest.mark.parametrize("norm_first", [True, False])
def test_padding(student, rng, norm_first):
    """Padding among the tokens hides keys of the self-attention, in each sequence its own."""
    theirs, ours = pair(student, rng, norm_first)
    x = tokens(rng, 3, 5, W)
    padding = torch.arange(5) >= torch.tensor([[5], [2], [4]])
    assert_close(theirs(x, padding=padding), ours(x, src_key_padding_mask=padding), name="output")


@pytest.mark.level("options")
@pytest.mark.weight(5)
@pytest.mark.parametrize("norm_first", [True, False])
def test_padding_beside_a_memory(student, rng, norm_first):
    """Padding among the tokens hides no key of the memory, also where both are equally long."""
    theirs, ours = pair(student, rng, norm_first, cross=True)
    padding = torch.arange(5) >= torch.tensor([[5], [2], [4]])
    for length in (4, 5):
        x, memory = tokens(rng, 3, 5, W), tokens(rng, 3, length, W)
        want = ours(x, memory, tgt_key_padding_mask=padding)
        assert_close(theirs(x, memory, padding=padding), want, name="output")


@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_memory_padding(student, rng):
    """Padding in the memory hides keys of the cross-attention, also where memory and tokens are equally long."""
    theirs, ours = pair(student, rng, cross=True)
    for length in (7, 5):
        x, memory = tokens(rng, 2, 5, W), tokens(rng, 2, length, W)
        hidden = torch.arange(length) >= torch.tensor([[length - 2], [length]])
        want = ours(x, memory, memory_key_padding_mask=hidden)
        assert_close(theirs(x, memory, memory_padding=hidden), want, name="output")


@pytest.mark.level("options")
@pytest.mark.weight(5)
@pytest.mark.parametrize("norm_first", [True, False])
def test_all_together(student, rng, norm_first):
    """Causal, with padding on both sides and cross-attention, which is never causal."""
    theirs, ours = pair(student, rng, norm_first, cross=True)
    x, memory = tokens(rng, 2, 6, W), tokens(rng, 2, 6, W)
    padding = torch.arange(6) >= torch.tensor([[4], [6]])
    hidden = torch.arange(6) >= torch.tensor([[6], [3]])
    want = ours(x, memory, triangle(6), None, padding, hidden)
    got = theirs(x, memory, causal=True, padding=padding, memory_padding=hidden)
    assert_close(got, want, name="output")


@pytest.mark.level("options")
@pytest.mark.weight(2)
@pytest.mark.parametrize(
    ("n", "length", "width", "heads", "hidden"), [(1, 1, 6, 1, 4), (3, 2, 8, 8, 5), (1, 9, 4, 2, 30)]
)
def test_sizes(student, rng, n, length, width, heads, hidden):
    """One token, one sequence, one head, as many heads as numbers, a narrow and a wide hidden layer."""
    for norm_first in (True, False):
        theirs, ours = pair(student, rng, norm_first, width=width, heads=heads, hidden=hidden)
        x = tokens(rng, n, length, width)
        assert_close(theirs(x, causal=True), ours(x, triangle(length)), name="output")


@pytest.mark.level("options")
@pytest.mark.weight(5)
def test_activation_and_eps(student, rng):
    """The activation and the norms' epsilon are those given; without them GELU and 1e-5."""
    for options in ({"activation": torch.tanh}, {"eps": 0.3}, {"activation": F.relu, "eps": 1e-2}):
        for cross in (False, True):
            theirs, ours = pair(student, rng, cross=cross, **options)
            x, memory = tokens(rng, 2, 4, W), tokens(rng, 2, 3, W)
            given = (x, memory) if cross else (x,)
            assert_close(theirs(*given), ours(*given), name="output")


@pytest.mark.level("invariants")
@pytest.mark.weight(4)
@pytest.mark.parametrize("norm_first", [True, False])
def test_gradients(student, rng, norm_first):
    """Gradients in the tokens, the memory and every parameter are those of PyTorch's layer."""
    theirs, ours = pair(student, rng, norm_first, cross=True)
    x, memory = tokens(rng, 2, 4, W), tokens(rng, 2, 3, W)
    given = [(x.clone().requires_grad_(), memory.clone().requires_grad_()) for _ in range(2)]
    direction = tokens(rng, 2, 4, W)
    (ours(*given[0], triangle(4)) * direction).sum().backward()
    (theirs(*given[1], causal=True) * direction).sum().backward()
    for name, got, want in zip(("tokens", "memory"), given[1], given[0], strict=True):
        assert got.grad is not None, f"no gradient reaches the {name}"
        assert_close(got.grad, want.grad, rtol=1e-6, atol=1e-9, name=f"gradient in the {name}")
    wanted = dict(ours.named_parameters())
    for name, value in theirs.named_parameters():
        assert value.grad is not None, f"no gradient reaches {name}"
        assert_close(value.grad, wanted[name].grad, rtol=1e-6, atol=1e-9, name=f"gradient in {name}")


@pytest.mark.level("invariants")
@pytest.mark.weight(3)
def test_nothing_from_later(student, rng):
    """Causal, a later token changes nothing before it; with cross-attention the whole memory counts everywhere."""
    theirs, _ = pair(student, rng, cross=True)
    x, memory = tokens(rng, 1, 5, W), tokens(rng, 1, 4, W)
    before = theirs(x, memory, causal=True)
    later = x.clone()
    later[:, 3:] += 1
    after = theirs(later, memory, causal=True)
    assert_close(after[:, :3], before[:, :3], name="tokens before the change")
    other = memory.clone()
    other[:, -1] += 1
    moved = theirs(x, other, causal=True)
    assert float((moved - before).detach().abs().amax(-1).min()) > 1e-6, (
        "the end of the memory is not seen by all"
    )


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_order_of_tokens(student, rng):
    """Not causal, tokens that change places get their outputs in the same places."""
    theirs, _ = pair(student, rng)
    x, order = tokens(rng, 2, 6, W), rng.perm(6)
    assert_close(theirs(x[:, order]), theirs(x)[:, order], rtol=1e-6, atol=1e-9, name="output")


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_two_blocks(student, rng):
    """Two blocks start with weights of their own, and share none."""
    one, other = student.Block(W, H, M, cross=True), student.Block(W, H, M, cross=True)
    first, second = dict(one.named_parameters()), dict(other.named_parameters())
    for name, value in first.items():
        if value.dim() > 1:
            assert not torch.equal(value.detach(), second[name].detach()), (
                f"{name} starts with equal numbers in both"
            )
    x, memory = rng.randn(1, 3, W), rng.randn(1, 2, W)
    before = other(x, memory).detach()
    one.load_state_dict({name: value + 1 for name, value in dict(one.state_dict()).items()})
    assert_close(
        other(x, memory).detach(), before, name="output of the second block after a change of the first"
    )


@pytest.mark.level("contract")
def test_memory_is_needed(student, rng):
    """A block with cross-attention refuses a call without a memory, after one with it too; another looks at none."""
    block, x = student.Block(W, H, M, cross=True), rng.randn(1, 3, W)
    assert_raises(ValueError, block, x)
    block(x, rng.randn(1, 2, W))
    assert_raises(ValueError, block, x)
    alone = student.Block(W, H, M)
    assert_close(
        alone(x, rng.randn(1, 2, W)),
        alone(x),
        name="output of a block without cross-attention beside a memory",
    )
