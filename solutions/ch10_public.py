"""The tests you are given: run by the check cells of the notebook, or by `pytest` in this folder.

Each exercise has a ladder: shape, a value worked out by hand, PyTorch or a closed form as the oracle, a small run.
Your work is graded by more tests than these, on other shapes and other numbers. `student` is your notebook.
"""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from selfcheck import assert_close, assert_own, assert_raises, gradcheck
from selfcheck.translation import SOURCE_SIZE, TARGET_SIZE, number_pairs

# -------------------------------------------------------------------------------------------------- bpe_train
bpe_train = pytest.mark.exercise("bpe_train")
THE = [([116, 104, 101], 1), ([32, 116, 104, 101, 110], 1), ([32, 116, 104, 101, 114, 101], 1)]


@bpe_train
@pytest.mark.gate
def test_bpe_count(student):
    """In "the then there" the pair (t, h) comes three times, (space, t) twice, (r, e) once."""
    counts = student.count_pairs(THE)
    assert counts[(116, 104)] == 3 and counts[(32, 116)] == 2 and counts[(114, 101)] == 1, (
        f"the counts are {counts}"
    )
    assert (101, 32) not in counts, "a pair reaches from one word into the next"


@bpe_train
def test_bpe_count_often(student):
    """A word that occurs seven times adds seven to each of its pairs; a a a has two places for the pair a a."""
    counts = student.count_pairs([([5, 5, 5], 7), ([5, 6], 2), ([9], 4)])
    assert dict(counts) == {(5, 5): 14, (5, 6): 2}, f"the counts are {dict(counts)}"


@bpe_train
def test_bpe_merge(student):
    """Merging goes from left to right and takes each token once; the list handed in stays as it is."""
    ids = [1, 1, 1, 2, 1, 1]
    got = student.merge_pair(ids, (1, 1), 300)
    assert list(got) == [300, 1, 2, 300], f"1 1 1 2 1 1 with the pair 1 1 becomes {got}"
    assert ids == [1, 1, 1, 2, 1, 1], "the list handed in was changed"


@bpe_train
def test_bpe_train_example(student):
    """The example: he, the, _the; the smallest of the most frequent pairs is merged."""
    got = [tuple(pair) for pair in student.train_bpe("the then there", 3)]
    assert got == [(104, 101), (116, 256), (32, 257)], f"the first three merges of the example are {got}"


@bpe_train
def test_bpe_train_ends(student):
    """Training ends where no word has two tokens left."""
    got = [tuple(pair) for pair in student.train_bpe("ab ab", 50)]
    assert got == [(97, 98), (32, 256)], f'"ab ab" allows two merges, {len(got)} came back'


# ------------------------------------------------------------------------------------------------- bpe_encode
bpe_encode = pytest.mark.exercise("bpe_encode")
MERGES = [(98, 99), (97, 98), (104, 101), (116, 258), (32, 259)]  # bc, ab, he, the, _the


@bpe_encode
@pytest.mark.gate
def test_bpe_encode_order(student):
    """The merge that was learned first goes first: abc is a bc, and not ab c."""
    assert list(student.bpe_encode("abc", MERGES)) == [97, 256], "abc, where bc was learned before ab"
    assert list(student.bpe_encode("the the", MERGES)) == [259, 260], "the the"


@bpe_encode
def test_bpe_round_trip(student):
    """Decoding gives the text back: empty, with runs of spaces, and in other scripts."""
    for text in ("", "  the   abc \n\n ", "naïve 数学 🙂 the"):
        got = student.bpe_decode(student.bpe_encode(text, MERGES), MERGES)
        assert got == text, f"{text!r} comes back as {got!r}"


@bpe_encode
def test_bpe_decode_bytes(student):
    """Bytes of one character may lie in two tokens; bytes that are no text become the replacement sign."""
    assert student.bpe_decode([0xC3, 0xA9], []) == "é", "the two bytes of é"
    assert student.bpe_decode([97, 0xC3], []) == "a\ufffd", "the first of two bytes alone"
    assert_raises(ValueError, student.bpe_decode, [261], MERGES)


@bpe_encode
def test_bits_per_byte(student):
    """The example: 8 bytes in 4 tokens of 1/4, or in 2 tokens of 1/16, are 1 bit per byte."""
    for tokens, share in ((4, 4), (2, 16)):
        got = student.bits_per_byte(torch.full((tokens,), -math.log(share), dtype=torch.float64), "the note")
        assert abs(float(got) - 1) < 1e-9, (
            f"{tokens} tokens of probability 1/{share} give {got} bits per byte"
        )


# ------------------------------------------------------------------------------------------------------ norms
norms = pytest.mark.exercise("norms")


@norms
@pytest.mark.gate
def test_norms_by_hand(student):
    """The example: (1, 3) becomes (-1, 3) by layer norm and (0.447, 2.683) by RMSNorm."""
    x, weight = torch.tensor([[1.0, 3.0]]), torch.tensor([1.0, 2.0])
    got = student.layer_norm(x, weight, torch.tensor([0.0, 1.0]), 0.0)
    assert_close(got, torch.tensor([[-1.0, 3.0]]), name="layer norm of (1, 3)")
    got = student.rms_norm(x, weight, 0.0)
    assert_close(got, torch.tensor([[1.0, 6.0]]) / 5**0.5, name="RMSNorm of (1, 3)")


@norms
def test_norms_match_torch(student, rng):
    """Both equal PyTorch's, over the last axis, with any axes before it."""
    for shape in ((3, 5), (2, 4, 5), (5,)):
        x, weight, bias = rng.randn(*shape) * 2 + 1, rng.randn(5), rng.randn(5)
        assert_close(
            student.layer_norm(x, weight, bias), F.layer_norm(x, (5,), weight, bias), name="layer norm"
        )
        assert_close(student.rms_norm(x, weight), F.rms_norm(x, (5,), weight, 1e-6), name="RMSNorm")


@norms
def test_norms_bfloat16(student, rng):
    """In bfloat16 the result is that of float32, rounded once."""
    x, weight, bias = (t.bfloat16() for t in (rng.randn(60, 7), rng.randn(7), rng.randn(7)))
    for got, want in (
        (student.layer_norm(x, weight, bias), F.layer_norm(x.float(), (7,), weight.float(), bias.float())),
        (student.rms_norm(x, weight), F.rms_norm(x.float(), (7,), weight.float(), 1e-6)),
    ):
        assert got.dtype == torch.bfloat16, f"the result has dtype {got.dtype}"
        same = (got == want.bfloat16()).double().mean().item()
        assert same >= 0.99, f"{100 * same:.0f}% of the numbers are those of float32, rounded once"


@norms
def test_norms_gradients(student, rng):
    """Gradients reach x, weight and bias, with finite differences as the judge."""
    x, weight, bias = (rng.randn(*s, dtype=torch.float64, requires_grad=True) for s in ((2, 4), (4,), (4,)))
    assert gradcheck(student.layer_norm, (x, weight, bias))
    assert gradcheck(student.rms_norm, (x, weight))


@norms
def test_norms_are_your_own(student, not_allowed):
    """The norms are written by hand."""
    assert_own(student.layer_norm, not_allowed)
    assert_own(student.rms_norm, not_allowed)


# ----------------------------------------------------------------------------------------------- feed_forward
feed_forward = pytest.mark.exercise("feed_forward")


@feed_forward
@pytest.mark.gate
def test_feed_forward_by_hand(student):
    """GELU(1) is 0.8413 and GELU(-1) is -0.1587; the example of SwiGLU is 5.285."""
    got = student.gelu(torch.tensor([1.0, -1.0]))
    assert_close(got, torch.tensor([0.841345, -0.158655]), rtol=1e-4, atol=1e-5, name="GELU of 1 and -1")
    one = torch.ones(1, 1)
    assert_close(student.swiglu(one, 2 * one, 3 * one, one), torch.tensor([[5.284782]]), rtol=1e-4, atol=1e-5)


@feed_forward
def test_gelu_matches_torch(student, rng):
    """Both forms equal PyTorch's, and are finite for large numbers."""
    x = torch.cat([2 * rng.randn(20), torch.tensor([100.0, -100.0, 0.0])]).requires_grad_()
    for approximate in (False, True):
        got = student.gelu(x, approximate)
        want = F.gelu(x, approximate="tanh" if approximate else "none")
        assert_close(got, want, rtol=1e-4, atol=1e-5, name=f"GELU with approximate={approximate}")


@feed_forward
def test_swiglu_matches_silu(student, rng):
    """SiLU acts on the gate alone, for any axes before the last."""
    x, gate, up, down = rng.randn(2, 3, 4), rng.randn(5, 4), rng.randn(5, 4), rng.randn(4, 5)
    want = F.linear(F.silu(F.linear(x, gate)) * F.linear(x, up), down)
    assert_close(student.swiglu(x, gate, up, down), want, rtol=1e-4, atol=1e-4, name="SwiGLU")


@feed_forward
def test_feed_forward_gradients(student, rng):
    """Gradients reach all arguments, with finite differences as the judge."""
    shapes = ((2, 3), (4, 3), (4, 3), (3, 4))
    assert gradcheck(student.swiglu, [rng.randn(*s, dtype=torch.float64, requires_grad=True) for s in shapes])
    assert gradcheck(student.gelu, (rng.randn(4, dtype=torch.float64, requires_grad=True),))


@feed_forward
def test_feed_forward_is_your_own(student, not_allowed):
    """The functions are written by hand."""
    assert_own(student.gelu, not_allowed)
    assert_own(student.swiglu, not_allowed)


# ----------------------------------------------------------------------------------------------------- rotary
rotary = pytest.mark.exercise("rotary")


@rotary
@pytest.mark.gate
def test_rotary_by_hand(student):
    """The example: (1, 0) at position 3 is turned by 3 radians."""
    got = student.rotary(torch.tensor([1.0, 0.0]).reshape(1, 1, 1, 2), torch.tensor([3]))
    assert tuple(got.shape) == (1, 1, 1, 2), f"the shape is {tuple(got.shape)}"
    assert_close(got.flatten(), torch.tensor([math.cos(3), math.sin(3)]), rtol=1e-4, atol=1e-5, name="turned")


@rotary
def test_rotary_relative(student, rng):
    """The product of a query and a key depends on the distance of their positions alone."""
    q, k = rng.randn(1, 2, 1, 6, dtype=torch.float64), rng.randn(1, 2, 1, 6, dtype=torch.float64)
    products = [
        (student.rotary(q, torch.tensor([a])) * student.rotary(k, torch.tensor([b]))).sum(-1)
        for a, b in ((2, 5), (11, 14), (300, 303))
    ]
    for other in products[1:]:
        assert_close(other, products[0], rtol=1e-4, atol=1e-5, name="product at the same distance")


@rotary
def test_rotary_speeds(student):
    """The pairs turn at the speeds 1, 1/10, 1/100 and 1/1000 where d is 8."""
    turned = student.rotary(torch.eye(8, dtype=torch.float64)[None, :, None], torch.tensor([1]))
    got = torch.diagonal(turned[0, :, 0]).sort().values
    want = torch.tensor([1.0, 1.0, 0.1, 0.1, 0.01, 0.01, 0.001, 0.001], dtype=torch.float64).cos()
    assert_close(got, want, rtol=1e-6, atol=1e-9, name="cosines of the angles at position 1")


@rotary
def test_rotary_positions(student, rng):
    """Each sequence may have positions of its own; position 0 changes nothing, and norms are kept."""
    x = rng.randn(2, 3, 4, 6)
    positions = torch.tensor([[0, 1, 2, 3], [7, 0, 9, 30]])
    got = student.rotary(x, positions)
    assert_close(got[0:1], student.rotary(x[0:1], positions[0]), rtol=1e-4, atol=1e-5, name="first sequence")
    assert_close(got[1:2], student.rotary(x[1:2], positions[1]), rtol=1e-4, atol=1e-5, name="second sequence")
    assert_close(got[1, :, 1], x[1, :, 1], rtol=1e-4, atol=1e-5, name="token at position 0")
    assert_close(got.norm(dim=-1), x.norm(dim=-1), rtol=1e-4, atol=1e-5, name="norms")


@rotary
def test_rotary_gradient(student, rng):
    """A gradient reaches x; an odd width is refused."""
    x = rng.randn(1, 2, 3, 4, dtype=torch.float64, requires_grad=True)
    assert gradcheck(lambda y: student.rotary(y, torch.tensor([4, 5, 6])), (x,))
    assert_raises(ValueError, student.rotary, rng.randn(1, 1, 1, 3), torch.tensor([0]))


# ------------------------------------------------------------------------------------------------------ block
block = pytest.mark.exercise("block")


def two_blocks(student, rng, norm_first, cross):
    """The student's block and PyTorch's with the same weights."""
    kind = nn.TransformerDecoderLayer if cross else nn.TransformerEncoderLayer
    ours = kind(8, 2, 12, 0.0, F.gelu, batch_first=True, norm_first=norm_first)
    state = {name: value + 0.3 * rng.randn(*value.shape) for name, value in ours.state_dict().items()}
    ours.load_state_dict(state)
    theirs = student.Block(8, 2, 12, norm_first=norm_first, cross=cross)
    theirs.load_state_dict(state)
    return theirs, ours


@block
@pytest.mark.gate
def test_block_shape(student, rng):
    """A block gives (N, T, W) for (N, T, W)."""
    y = student.Block(8, 2, 12)(rng.randn(3, 5, 8))
    assert tuple(y.shape) == (3, 5, 8), f"for (3, 5, 8) the block gives {tuple(y.shape)}"


@block
@pytest.mark.parametrize("norm_first", [True, False])
def test_block_matches_encoder_layer(student, rng, norm_first):
    """Without cross-attention it is PyTorch's encoder layer, in pre-norm and in post-norm."""
    theirs, ours = two_blocks(student, rng, norm_first, cross=False)
    x = rng.randn(2, 5, 8)
    assert_close(theirs(x), ours(x), rtol=1e-3, atol=1e-4, name="output")


@block
@pytest.mark.parametrize("norm_first", [True, False])
def test_block_matches_decoder_layer(student, rng, norm_first):
    """With cross-attention it is PyTorch's decoder layer, causal, in pre-norm and in post-norm."""
    theirs, ours = two_blocks(student, rng, norm_first, cross=True)
    x, memory = rng.randn(2, 4, 8), rng.randn(2, 6, 8)
    hidden = torch.ones(4, 4, dtype=torch.bool).triu(1)
    assert_close(theirs(x, memory, causal=True), ours(x, memory, hidden), rtol=1e-3, atol=1e-4, name="output")


@block
def test_block_padding(student, rng):
    """Padding in the tokens and in the memory changes nothing elsewhere."""
    theirs, _ = two_blocks(student, rng, True, cross=True)
    x, memory = rng.randn(1, 4, 8), rng.randn(1, 6, 8)
    padding, memory_padding = torch.arange(4)[None] >= 3, torch.arange(6)[None] >= 4
    before = theirs(x, memory, padding=padding, memory_padding=memory_padding)
    x2, memory2 = x.clone(), memory.clone()
    x2[:, 3:], memory2[:, 4:] = 9.0, -7.0
    after = theirs(x2, memory2, padding=padding, memory_padding=memory_padding)
    assert_close(after[:, :3], before[:, :3], rtol=1e-4, atol=1e-5, name="tokens that are no padding")


@block
def test_block_gradients(student, rng):
    """Every parameter gets a gradient, and so do the tokens and the memory."""
    theirs, _ = two_blocks(student, rng, True, cross=True)
    x, memory = rng.randn(2, 3, 8, requires_grad=True), rng.randn(2, 4, 8, requires_grad=True)
    (theirs(x, memory) * rng.randn(2, 3, 8)).sum().backward()
    for name, value in theirs.named_parameters():
        assert value.grad is not None and bool((value.grad != 0).any()), f"no gradient reaches {name}"
    assert x.grad is not None and memory.grad is not None, "no gradient reaches the tokens or the memory"


@block
def test_block_needs_its_memory(student, rng):
    """A block with cross-attention and no memory says so."""
    assert_raises(ValueError, student.Block(8, 2, 12, cross=True), rng.randn(1, 3, 8))


@block
def test_block_is_your_own(student, not_allowed):
    """The block is written by hand."""
    assert_own(student.Block, not_allowed)


# -------------------------------------------------------------------------------------------------------- gpt
gpt = pytest.mark.exercise("gpt")


@gpt
@pytest.mark.gate
def test_gpt_shape(student, rng):
    """Logits are (N, T, V), for the whole context and for one token."""
    model = student.GPT(11, 6, 8, 2, 3)
    for shape in ((2, 6), (1, 1)):
        logits = model(rng.randint(0, 11, shape))
        assert tuple(logits.shape) == (*shape, 11), f"for ids {shape} the logits are {tuple(logits.shape)}"


@gpt
def test_gpt_parameters(student):
    """Few enough to count: V = 10, context 8, W = 4 and one layer have 324, since the table is tied."""
    total = sum(value.numel() for _, value in student.GPT(10, 8, 4, 2, 1).named_parameters())
    assert total == 324, f"the model has {total} parameters instead of 324"


@gpt
def test_gpt_start(student, rng):
    """The loss at the start is log V; what writes into the stream starts smaller, the more layers there are."""
    model = student.GPT(50, 16, 64, 4, 8)
    ids = rng.randint(0, 50, (8, 16))
    loss = float(F.cross_entropy(model(ids).detach().flatten(0, 1), rng.randint(0, 50, (128,))))
    assert abs(loss - math.log(50)) < 0.1, f"the loss at the start is {loss:.2f}, log V is {math.log(50):.2f}"
    for name, value in model.named_parameters():
        if value.dim() == 2 and value.numel() > 2000:
            want = 0.005 if name.endswith(("out_proj.weight", "linear2.weight")) else 0.02
            got = float(value.detach().std())
            assert 0.85 * want < got < 1.15 * want, (
                f"{name} starts with a spread of {got:.4f} instead of {want}"
            )


@gpt
def test_gpt_causal(student, rng):
    """A later token changes nothing before it; more tokens than the context are refused."""
    model = student.GPT(11, 6, 8, 2, 2)
    ids = rng.randint(0, 11, (1, 6))
    before = model(ids).detach()
    ids[0, 4] = (ids[0, 4] + 1) % 11
    assert_close(
        model(ids).detach()[:, :4], before[:, :4], rtol=1e-4, atol=1e-6, name="logits before the change"
    )
    assert_raises(ValueError, model, rng.randint(0, 11, (1, 7)))


@gpt
def test_gpt_published_names(student, rng):
    """Every parameter gets its value from a file with GPT-2's names; matrices are stored inputs first."""
    w, v, context = 4, 7, 5
    shapes = {"wte.weight": (v, w), "wpe.weight": (context, w), "ln_f.weight": (w,), "ln_f.bias": (w,)}
    for layer, (rows, columns) in {
        "attn.c_attn": (w, 3 * w), "attn.c_proj": (w, w), "mlp.c_fc": (w, 4 * w), "mlp.c_proj": (4 * w, w)
    }.items():  # fmt: skip
        shapes |= {f"h.0.{layer}.weight": (rows, columns), f"h.0.{layer}.bias": (columns,)}
    for norm in ("ln_1", "ln_2"):
        shapes |= {f"h.0.{norm}.weight": (w,), f"h.0.{norm}.bias": (w,)}
    state = {name: rng.randn(*shape) for name, shape in shapes.items()}
    model = student.GPT(v, context, w, 2, 1)
    student.load_gpt2(model, state)
    own = {name: value.detach() for name, value in model.named_parameters()}
    assert_close(own["token.weight"], state["wte.weight"], name="token.weight")
    for here, there in (("self_attn.out_proj", "attn.c_proj"), ("linear2", "mlp.c_proj")):
        assert_close(own[f"blocks.0.{here}.weight"], state[f"h.0.{there}.weight"].T, name=f"{here}.weight")
        assert_close(own[f"blocks.0.{here}.bias"], state[f"h.0.{there}.bias"], name=f"{here}.bias")


@gpt
def test_gpt_is_your_own(student, not_allowed):
    """No library's model is used."""
    assert_own(student.GPT, not_allowed)


# ------------------------------------------------------------------------------------------------- accounting
accounting = pytest.mark.exercise("accounting")


@accounting
@pytest.mark.gate
def test_accounting_example(student):
    """The example: 324 parameters and 496 multiplications; three tokens of it have a cache of 48 bytes."""
    assert student.gpt_parameters(10, 8, 4, 1) == 324, "parameters of the example"
    assert student.gpt_multiplications(2, 10, 4, 1) == 496, "multiplications of the example"
    assert student.cache_bytes(3, 4, 2, 1) == 48, "bytes of 3 tokens, W = 4, one layer, 16 bits"


@accounting
def test_accounting_layers(student):
    """With three layers and four tokens: what a block has comes three times, the tables once; integers come back."""
    got = (
        student.gpt_parameters(10, 8, 4, 3),
        student.gpt_multiplications(4, 10, 4, 3),
        student.cache_bytes(3, 4, 2, 3),
    )
    assert got == (812, 2848, 144), f"parameters, multiplications and bytes of three layers are {got}"
    assert all(type(number) is int for number in got), f"{got} are not all of the type int"


@accounting
def test_accounting_published(student):
    """GPT-2 small has 124,439,808 parameters and XL 1,557,611,200."""
    assert student.gpt_parameters(50257, 1024, 768, 12) == 124_439_808, "GPT-2 small"
    assert student.gpt_parameters(50257, 1024, 1600, 48) == 1_557_611_200, "GPT-2 XL"


@accounting
def test_accounting_grouped(student):
    """With a quarter of the key heads the cache is a quarter; 32-bit numbers double it."""
    whole = student.cache_bytes(100, 64, 8, 3)
    assert student.cache_bytes(100, 64, 8, 3, kv_heads=2) * 4 == whole, "2 key heads instead of 8"
    assert student.cache_bytes(100, 64, 8, 3, bytes_per_number=4) == 2 * whole, "4 bytes a number"


# --------------------------------------------------------------------------------------------------- schedule
schedule = pytest.mark.exercise("schedule")


@schedule
@pytest.mark.gate
def test_schedule_example(student):
    """The example: 0.5, 1, 1, 0.854, 0.5, 0.146, then 0."""
    got = [float(student.warmup_cosine(k, 1.0, 2, 6)) for k in range(8)]
    root = 0.5**0.5 / 2
    want = [0.5, 1.0, 1.0, 0.5 + root, 0.5, 0.5 - root, 0.0, 0.0]
    assert_close(torch.tensor(got), torch.tensor(want), rtol=1e-5, atol=1e-6, name="rates of the example")


@schedule
def test_schedule_ends(student):
    """The floor is reached at the last step and kept; without warm-up the peak comes first."""
    assert abs(student.warmup_cosine(0, 3.0, 0, 10, 1.0) - 3.0) < 1e-9, "the first rate without warm-up"
    assert abs(student.warmup_cosine(10, 3.0, 0, 10, 1.0) - 1.0) < 1e-9, "the rate after the last step"
    assert abs(student.warmup_cosine(4, 3.0, 4, 4, 0.5) - 0.5) < 1e-9, "warm-up of all steps, then the floor"


@schedule
def test_schedule_floor(student):
    """The warm-up knows no floor, the cosine leads down to it, and each rate is a float."""
    got = [student.warmup_cosine(k, 1.0, 4, 8, 0.5) for k in (0, 3, 4, 6, 8)]
    assert all(isinstance(rate, float) for rate in got), f"the rates are {got}"
    want = torch.tensor([0.25, 1.0, 1.0, 0.75, 0.5])
    assert_close(torch.tensor(got), want, rtol=1e-5, atol=1e-6, name="rates of the steps 0, 3, 4, 6 and 8")


@schedule
def test_schedule_is_your_own(student, not_allowed):
    """The schedule is written by hand."""
    assert_own(student.warmup_cosine, not_allowed)


# ------------------------------------------------------------------------------------------------------ train
train = pytest.mark.exercise("train")


@train
@pytest.mark.gate
def test_train_losses(student, rng):
    """There is one loss for each batch, a float, and it falls on a batch that comes again and again."""
    pairs = number_pairs([12, 345, 7000, 90210])
    model = student.Translator(SOURCE_SIZE, TARGET_SIZE, 16, 2, 1)
    batches = [(pairs.sources, pairs.targets)] * 30
    losses = student.fit(model, batches, student.translation_loss, lambda k: 5e-3)
    assert len(losses) == 30 and all(isinstance(loss, float) for loss in losses), "one float for each batch"
    assert losses[-1] < 0.7 * losses[0], f"the loss goes from {losses[0]:.2f} to {losses[-1]:.2f}"


@train
def test_train_one_step(student):
    """With a rate r the first step moves each number by r against its gradient; matrices are decayed too."""
    model = nn.Linear(2, 1)
    with torch.no_grad():
        model.weight.copy_(torch.tensor([[1.0, -2.0]]))
        model.bias.copy_(torch.tensor([3.0]))
    batch = torch.tensor([[1.0, -1.0]])
    student.fit(model, [batch], lambda m, b: m(b).sum(), lambda k: 0.1, decay=0.5)
    want = torch.tensor([[1.0, -2.0]]) * (1 - 0.1 * 0.5) - 0.1 * torch.tensor([[1.0, -1.0]])
    assert_close(model.weight.detach(), want, rtol=1e-4, atol=1e-5, name="weight after a step")
    assert_close(model.bias.detach(), torch.tensor([2.9]), rtol=1e-4, atol=1e-5, name="bias after a step")


@train
def test_train_matches_adamw(student, rng):
    """Three steps are AdamW's with betas 0.9 and 0.95 and clipped gradients, in training mode; old gradients do not count."""
    model, ours = nn.Linear(3, 2), nn.Linear(3, 2)
    ours.load_state_dict(model.state_dict())
    batches, rates, modes, want = [rng.randn(4, 3) for _ in range(3)], (0.1, 0.02, 0.05), [], []
    groups = [{"params": [ours.weight], "weight_decay": 0.3}, {"params": [ours.bias], "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.95))
    for batch, rate in zip(batches, rates, strict=True):
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.zero_grad()
        loss = ours(batch).square().sum()
        loss.backward()
        nn.utils.clip_grad_norm_(ours.parameters(), 0.5)
        optimizer.step()
        want.append(loss.item())

    def loss_of(m, batch):
        modes.append(m.training)
        return m(batch).square().sum()

    model.eval()
    model.weight.grad = torch.ones(2, 3)
    losses = student.fit(model, batches, loss_of, lambda k: rates[k], 0.3, 0.5)
    assert all(modes), "the model is trained in evaluation mode"
    assert_close(
        torch.tensor(losses), torch.tensor(want), rtol=1e-3, atol=1e-4, name="losses before each step"
    )
    for name in ("weight", "bias"):
        got, right = getattr(model, name).detach(), getattr(ours, name).detach()
        assert_close(got, right, rtol=1e-3, atol=1e-4, name=f"{name} after three steps")


@train
def test_train_rate(student):
    """The rate is asked for once a step, with the number of the step."""
    asked = []
    model, batch = nn.Linear(2, 1), torch.ones(1, 2)
    student.fit(model, iter([batch] * 4), lambda m, b: m(b).sum(), lambda k: asked.append(k) or 0.01)
    assert asked == [0, 1, 2, 3], f"the rate was asked for at the steps {asked}"


# --------------------------------------------------------------------------------------------------- decoding
decoding = pytest.mark.exercise("decoding")
FOUR = torch.tensor([[0.15, 0.5, 0.05, 0.3]], dtype=torch.float64).log()


@decoding
@pytest.mark.gate
def test_decoding_plain(student):
    """Without options it is the softmax; temperature 0 gives all to the likeliest."""
    assert_close(student.next_probs(FOUR), FOUR.exp(), rtol=1e-6, atol=1e-9, name="probabilities")
    want = torch.tensor([[0.0, 1.0, 0.0, 0.0]], dtype=torch.float64)
    assert_close(student.next_probs(FOUR, temperature=0), want, name="probabilities at temperature 0")


@decoding
def test_decoding_cuts(student):
    """The example: top-p 0.7 keeps two; top-k 2, then top-p 0.6, keeps one."""
    want = torch.tensor([[0.0, 0.625, 0.0, 0.375]], dtype=torch.float64)
    assert_close(student.next_probs(FOUR, top_p=0.7), want, rtol=1e-6, atol=1e-9, name="top-p 0.7")
    assert_close(student.next_probs(FOUR, top_k=2), want, rtol=1e-6, atol=1e-9, name="top-k 2")
    got = student.next_probs(FOUR, top_k=2, top_p=0.6)
    assert (got > 0).sum() == 1, f"top-k 2, then top-p 0.6, keeps {int((got > 0).sum())} tokens"


@decoding
def test_decoding_ties(student):
    """Of equals those with the smaller number are kept; one token at least is kept."""
    got = student.next_probs(torch.zeros(1, 4), top_k=3)
    assert_close(
        got, torch.tensor([[1.0, 1.0, 1.0, 0.0]]) / 3, rtol=1e-5, atol=1e-6, name="top-k 3 of four equals"
    )
    got = student.next_probs(torch.zeros(1, 4), top_p=0.0)
    assert_close(got, torch.tensor([[1.0, 0.0, 0.0, 0.0]]), name="top-p 0 of four equals")


@decoding
def test_generate(student):
    """A model that always wants the next number counts on, and sees at most its context."""
    seen = []

    def counter(ids):
        seen.append(ids.shape[1])
        return 50.0 * F.one_hot((ids + 1) % 7, 7).float()

    got = student.generate(counter, torch.tensor([3, 4]), 5, 3, torch.Generator().manual_seed(0))
    assert got.tolist() == [3, 4, 5, 6, 0, 1, 2], f"the numbers are {got.tolist()}"
    assert max(seen) <= 3, f"with a context of 3 the model was given {max(seen)} tokens"


# --------------------------------------------------------------------------------------------------- kv_cache
kv_cache = pytest.mark.exercise("kv_cache")


def turn(x, positions):
    """A rotation for the tests: all pairs of halves turn by half a radian a position."""
    u, v = x.chunk(2, dim=-1)
    angle = (positions.to(x.dtype) / 2)[:, None]
    return torch.cat([u * angle.cos() - v * angle.sin(), u * angle.sin() + v * angle.cos()], dim=-1)


@kv_cache
@pytest.mark.gate
def test_cache_shapes(student, rng):
    """The output is (N, T, W), the cache two tensors (N, H, S + T, d)."""
    x, w_qkv, w_out = rng.randn(2, 3, 8), rng.randn(24, 8), rng.randn(8, 8)
    y, (keys, values) = student.cached_attention(x, w_qkv, w_out, 2, turn)
    assert tuple(y.shape) == (2, 3, 8), f"the output has shape {tuple(y.shape)}"
    assert tuple(keys.shape) == tuple(values.shape) == (2, 2, 3, 4), f"keys have shape {tuple(keys.shape)}"


@kv_cache
def test_cache_first_token(student, rng):
    """The first token sees itself alone: it gets its own value."""
    x, w_qkv, w_out = rng.randn(1, 1, 8), rng.randn(24, 8), rng.randn(8, 8)
    y, _ = student.cached_attention(x, w_qkv, w_out, 2, turn)
    assert_close(y, x @ w_qkv[16:].T @ w_out.T, rtol=1e-3, atol=1e-4, name="output of the first token")


@kv_cache
def test_cache_any_split(student, rng):
    """In pieces it gives what it gives at once."""
    x, w_qkv, w_out = rng.randn(2, 5, 8), rng.randn(24, 8) / 3, rng.randn(8, 8) / 3
    whole, (keys, _) = student.cached_attention(x, w_qkv, w_out, 2, turn)
    for sizes in ((1, 4), (2, 3), (1, 1, 1, 1, 1)):
        cache, pieces = None, []
        for piece in x.split(sizes, dim=1):
            y, cache = student.cached_attention(piece, w_qkv, w_out, 2, turn, cache)
            pieces.append(y)
        assert_close(torch.cat(pieces, 1), whole, rtol=1e-3, atol=1e-4, name=f"output in pieces of {sizes}")
        assert_close(cache[0], keys, rtol=1e-3, atol=1e-4, name=f"keys in pieces of {sizes}")


@kv_cache
def test_cache_matches_torch(student, rng):
    """It is PyTorch's causal attention of turned queries and keys; the cache holds turned keys, and values as they are."""
    x, w_qkv, w_out, places = rng.randn(2, 4, 6), rng.randn(18, 6), rng.randn(6, 6), torch.arange(4)
    q, k, v = ((x @ w.T).unflatten(-1, (3, 2)).transpose(1, 2) for w in w_qkv.split(6))
    want = F.scaled_dot_product_attention(turn(q, places), turn(k, places), v, is_causal=True)
    y, (keys, values) = student.cached_attention(x, w_qkv, w_out, 3, turn)
    assert_close(y, want.transpose(1, 2).flatten(-2) @ w_out.T, rtol=1e-3, atol=1e-4, name="output")
    assert_close(keys, turn(k, places), rtol=1e-3, atol=1e-4, name="keys of the cache")
    assert_close(values, v, rtol=1e-3, atol=1e-4, name="values of the cache")


@kv_cache
def test_cache_greedy(student):
    """The prompt goes in once, then one token at a time, and the last one not at all."""
    calls = []

    def counter(ids, caches):
        calls.append((ids.tolist(), caches))
        return F.one_hot((ids + 1) % 9, 9).float(), (0 if caches is None else caches) + ids.shape[1]

    got = student.greedy(counter, torch.tensor([[3, 4, 5]]), 3)
    assert got.tolist() == [[3, 4, 5, 6, 7, 8]], f"the tokens are {got.tolist()}"
    assert calls == [([[3, 4, 5]], None), ([[6]], 3), ([[7]], 4)], f"the model was called with {calls}"


# ------------------------------------------------------------------------------------------------------- bert
bert = pytest.mark.exercise("bert")


@bert
@pytest.mark.gate
def test_bert_masks(student, rng):
    """About 15% are chosen, special tokens never; labels hold the true tokens there and -100 elsewhere."""
    ids = rng.randint(0, 50, (100, 100))
    inputs, labels = student.mask_tokens(ids, [0, 1], 1, 50, rng.generator())
    chosen = labels != -100
    assert 0.12 < chosen.double().mean().item() < 0.18, (
        f"{100 * chosen.double().mean().item():.0f}% were chosen"
    )
    assert not bool((ids[chosen] < 2).any()), "a special token was chosen"
    assert_close(labels[chosen], ids[chosen], name="labels of the chosen places")
    assert_close(inputs[~chosen], ids[~chosen], name="tokens that were not chosen")


@bert
def test_bert_three_kinds(student, rng):
    """Of the chosen, about 80% are masked, 10% stay, 10% are random."""
    ids = rng.randint(2, 500, (200, 100))
    inputs, labels = student.mask_tokens(ids, [0, 1], 1, 500, rng.generator())
    chosen = labels != -100
    masked = (inputs[chosen] == 1).double().mean().item()
    same = (inputs[chosen] == ids[chosen]).double().mean().item()
    assert 0.74 < masked < 0.86, f"{100 * masked:.0f}% of the chosen are masked"
    assert 0.06 < same < 0.14, f"{100 * same:.0f}% of the chosen stay as they are"


@bert
def test_bert_loss(student, rng):
    """The loss is the mean over chosen places; where none is chosen it is 0."""
    logits, labels = rng.randn(2, 3, 5), torch.tensor([[4, -100, 0], [-100, -100, 2]])
    want = -(logits.log_softmax(-1)[[0, 0, 1], [0, 2, 2], [4, 0, 2]]).mean()
    assert_close(student.mlm_loss(logits, labels), want, rtol=1e-4, atol=1e-5, name="loss")
    assert float(student.mlm_loss(logits, torch.full((2, 3), -100))) == 0, "the loss where nothing was chosen"


@bert
def test_bert_model(student, rng):
    """States are (N, T, W) and the pooled state (N, W); the count is that of the parts."""
    model = student.BERT(20, 8, 4, 2, 1)
    states, pooled = model(rng.randint(0, 20, (3, 6)))
    assert tuple(states.shape) == (3, 6, 4) and tuple(pooled.shape) == (3, 4), (
        "shapes of states and pooled state"
    )
    assert float(pooled.abs().max()) < 1, "the pooled state goes through tanh"
    total = sum(value.numel() for _, value in model.named_parameters())
    assert total == 392, f"V = 20, context 8, W = 4 and one layer have 392 parameters, yours {total}"


@bert
def test_bert_padding(student, rng):
    """What stands at padded places changes nothing at the others, and both directions are seen."""
    model, ids = student.BERT(20, 8, 4, 2, 2), rng.randint(0, 20, (1, 5))
    padding = torch.tensor([[False, False, False, True, True]])
    before, _ = model(ids, padding=padding)
    other = ids.clone()
    other[0, 3:] = (ids[0, 3:] + 1) % 20
    after, _ = model(other, padding=padding)
    assert_close(
        after[:, :3].detach(), before[:, :3].detach(), rtol=1e-4, atol=1e-5, name="states before the padding"
    )


@bert
def test_bert_is_your_own(student, not_allowed):
    """No library's model is used."""
    assert_own(student.BERT, not_allowed)


# -------------------------------------------------------------------------------------------------------- vit
vit = pytest.mark.exercise("vit")


@vit
@pytest.mark.gate
def test_vit_patches(student):
    """The example: 24 numbers in 4 rows make six patches of four."""
    patches = student.patchify(torch.arange(24.0).reshape(1, 1, 4, 6), 2)
    assert tuple(patches.shape) == (1, 6, 4), f"the patches have shape {tuple(patches.shape)}"
    for place, want in ((0, [0, 1, 6, 7]), (1, [2, 3, 8, 9]), (3, [12, 13, 18, 19])):
        assert patches[0, place].tolist() == want, f"patch {place} is {patches[0, place].tolist()}"


@vit
def test_vit_patches_unfold(student, rng):
    """With several channels the order is that of F.unfold; sizes that do not fit are refused."""
    x = rng.randn(2, 3, 6, 9)
    assert_close(student.patchify(x, 3), F.unfold(x, 3, stride=3).transpose(1, 2), name="patches")
    assert_raises(ValueError, student.patchify, x, 4)


@vit
def test_vit_model(student, rng):
    """Logits are (N, classes); the count is that of the parts."""
    model = student.ViT((4, 6), 2, 3, 5, 8, 2, 1)
    logits = model(rng.randn(3, 3, 4, 6))
    assert tuple(logits.shape) == (3, 5), f"the logits have shape {tuple(logits.shape)}"
    total = sum(value.numel() for _, value in model.named_parameters())
    assert total == 1101, f"the model has {total} parameters instead of 1101"


@vit
def test_vit_places(student, rng):
    """Patches that change places change the answer, and every patch counts."""
    model, x = student.ViT((4, 6), 2, 1, 5, 8, 2, 2), rng.randn(1, 1, 4, 6, requires_grad=True)
    y = model(x)
    moved = model(x.detach().roll(2, 3))
    assert not torch.allclose(y.detach(), moved.detach(), rtol=1e-5, atol=1e-7), (
        "order does not matter to the model"
    )
    (y * rng.randn(1, 5)).sum().backward()
    assert bool((x.grad != 0).all()), "some pixel does not count"


@vit
def test_vit_is_your_own(student, not_allowed):
    """No library's model is used."""
    assert_own(student.ViT, not_allowed)
