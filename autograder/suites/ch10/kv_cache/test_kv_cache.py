"""Hidden suite of `kv_cache`: against PyTorch's attention over the whole sequence, with a rotation of its own."""

import pytest
import torch
import torch.nn.functional as F

from autograder.testing import assert_close

pytestmark = [
    pytest.mark.exercise("kv_cache"),
    pytest.mark.shares(runs=6, plain=40, options=32, invariants=22),
]


def turn(x, positions):
    """Channels of the two halves are pairs; pair i turns by 0.7 / (i + 1) a position."""
    u, v = x.chunk(2, dim=-1)
    speeds = 0.7 / torch.arange(1, u.shape[-1] + 1, dtype=x.dtype)
    angles = positions.to(x.dtype)[:, None] * speeds
    cos, sin = angles.cos(), angles.sin()
    return torch.cat([u * cos - v * sin, u * sin + v * cos], dim=-1)


def stay(x, positions):
    return x.clone()


def arguments(rng, n, length, width, dtype=torch.float64):
    scale = width**-0.5
    shapes = ((3 * width, width), (width, width))
    return rng.randn(n, length, width, dtype=dtype), *(
        scale * 1.5 * rng.randn(*s, dtype=dtype) for s in shapes
    )


def heads_of(y, heads):
    return y.reshape(*y.shape[:2], heads, -1).transpose(1, 2)


def whole(x, w_qkv, w_out, heads, rotate):
    """All at once, by PyTorch's attention; keys and values too."""
    width = x.shape[2]
    q, k, v = (heads_of(x @ w_qkv[i * width : (i + 1) * width].T, heads) for i in range(3))
    positions = torch.arange(x.shape[1])
    q, k = rotate(q, positions), rotate(k, positions)
    y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    return y.transpose(1, 2).reshape(x.shape) @ w_out.T, (k, v)


def in_pieces(student, x, w_qkv, w_out, heads, rotate, sizes):
    cache, pieces = None, []
    for piece in x.split(sizes, dim=1):
        y, cache = student.cached_attention(piece, w_qkv, w_out, heads, rotate, cache)
        pieces.append(y)
    return torch.cat(pieces, 1), cache


def same(got, want, name):
    y, (k, v) = got
    want_y, (want_k, want_v) = want
    assert_close(y, want_y, rtol=1e-6, atol=1e-9, name=f"output {name}")
    assert_close(k, want_k, rtol=1e-6, atol=1e-9, name=f"keys {name}")
    assert_close(v, want_v, rtol=1e-6, atol=1e-9, name=f"values {name}")


class Counter:
    """A model that wants the token after the sum of all it has seen, which lives in its caches."""

    def __init__(self, size):
        self.size, self.calls = size, []

    def __call__(self, ids, caches):
        self.calls.append((ids.clone(), None if caches is None else caches.clone()))
        before = torch.zeros(ids.shape[0], dtype=torch.int64) if caches is None else caches
        sums = before[:, None] + ids.cumsum(1)
        return F.one_hot((sums + 1) % self.size, self.size).float(), sums[:, -1]


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shapes(student, rng):
    """The output is (N, T, W), keys and values (N, H, T, d), the text (N, M + length)."""
    y, (k, v) = student.cached_attention(*arguments(rng, 2, 3, 8), 2, turn)
    assert tuple(y.shape) == (2, 3, 8), f"the output has shape {tuple(y.shape)}"
    assert tuple(k.shape) == tuple(v.shape) == (2, 2, 3, 4), f"keys have shape {tuple(k.shape)}"
    ids = student.greedy(Counter(5), torch.tensor([[1, 2]]), 2)
    assert tuple(ids.shape) == (1, 4), f"two tokens and two more have shape {tuple(ids.shape)}"


@pytest.mark.level("plain")
@pytest.mark.weight(3)
def test_without_a_cache(student, rng):
    """Without a cache it is PyTorch's causal attention over the turned queries and keys."""
    given = *arguments(rng, 2, 5, 12), 3, turn
    same(student.cached_attention(*given), whole(*given), "without a cache")


@pytest.mark.level("plain")
@pytest.mark.weight(6)
def test_one_by_one(student, rng):
    """Token by token it gives what it gives at once, and so does the cache."""
    x, w_qkv, w_out = arguments(rng, 2, 5, 12)
    got = in_pieces(student, x, w_qkv, w_out, 3, turn, 1)
    same(got, whole(x, w_qkv, w_out, 3, turn), "token by token")


@pytest.mark.level("plain")
@pytest.mark.weight(7)
def test_greedy(student):
    """The likeliest token follows each time; the caches of each call go into the next."""
    prompt, want = torch.tensor([[1, 0, 2]]), [1, 0, 2]
    for _ in range(6):
        want.append((sum(want) + 1) % 7)
    got = student.greedy(Counter(7), prompt, 6)
    assert got.tolist() == [want], f"the tokens are {got.tolist()[0]} instead of {want}"


@pytest.mark.level("options")
@pytest.mark.weight(5)
@pytest.mark.parametrize("sizes", [(3, 4), (1, 6), (6, 1), (2, 2, 3), (4, 1, 2)])
def test_any_split(student, rng, sizes):
    """In pieces of any sizes it gives what it gives at once."""
    x, w_qkv, w_out = arguments(rng, 2, 7, 8)
    got = in_pieces(student, x, w_qkv, w_out, 2, turn, sizes)
    same(got, whole(x, w_qkv, w_out, 2, turn), f"in pieces of {sizes}")


@pytest.mark.level("options")
@pytest.mark.weight(4)
def test_long_text(student, rng):
    """Of 70 tokens each sees all before it."""
    x, w_qkv, w_out = arguments(rng, 1, 70, 4)
    got = in_pieces(student, x, w_qkv, w_out, 2, turn, (40, 1, 29))
    same(got, whole(x, w_qkv, w_out, 2, turn), "of 70 tokens")


@pytest.mark.level("options")
@pytest.mark.weight(2)
@pytest.mark.parametrize(("n", "width", "heads"), [(1, 4, 1), (3, 6, 3), (1, 10, 5)])
def test_sizes(student, rng, n, width, heads):
    """One head or many, one sequence or many, with a rotation and with none."""
    x, w_qkv, w_out = arguments(rng, n, 4, width)
    for rotate in (turn, stay):
        got = in_pieces(student, x, w_qkv, w_out, heads, rotate, (1, 3))
        same(got, whole(x, w_qkv, w_out, heads, rotate), "in two pieces")


@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_what_is_turned(student, rng):
    """Queries and keys are turned by the positions from S to S + T - 1, each once; values are not."""
    asked: dict[int, int] = {}

    def watch(y, positions):
        for position in positions.flatten().tolist():
            asked[position] = asked.get(position, 0) + y.numel() // positions.numel()
        return turn(y, positions)

    x, w_qkv, w_out = arguments(rng, 2, 5, 8)
    _, cache = student.cached_attention(x[:, :3], w_qkv, w_out, 2, watch)
    for piece, want in ((x[:, 3:], [0, 1, 2]), (None, [3, 4])):
        # A token's queries and keys are twice 8 numbers in each of two sequences, in one call or in several.
        assert sorted(asked) == want, f"positions {sorted(asked)} were turned instead of {want}"
        assert set(asked.values()) == {32}, (
            "a query or a key was turned twice or not at all, or a value was turned"
        )
        asked.clear()
        if piece is not None:
            student.cached_attention(piece, w_qkv, w_out, 2, watch, cache)


@pytest.mark.level("options")
@pytest.mark.weight(4)
def test_greedy_calls(student):
    """The prompt goes in once, each new token once and alone, the last one not at all."""
    for length in (4, 1):
        model = Counter(9)
        got = student.greedy(model, torch.tensor([[2, 5], [1, 1]]), length)
        given = [ids for ids, _ in model.calls]
        assert [tuple(ids.shape) for ids in given] == [(2, 2)] + [(2, 1)] * (length - 1), (
            f"the model was called with {[tuple(ids.shape) for ids in given]}"
        )
        assert_close(torch.cat(given, 1), got[:, :-1], name="what the model was given")
        assert model.calls[0][1] is None, "there is a cache before anything was read"


@pytest.mark.level("options")
@pytest.mark.weight(4)
def test_greedy_ends(student):
    """With nothing to write the prompt comes back; of equal logits the smaller token is taken; rows are apart."""
    prompt = torch.tensor([[3, 1], [0, 2], [1, 1]])
    assert student.greedy(Counter(6), prompt, 0).tolist() == prompt.tolist(), "with nothing to write"
    calls = []

    def forgetful(ids, caches):
        calls.append(tuple(ids.shape))
        return F.one_hot((ids + 1) % 6, 6).float(), None

    student.greedy(forgetful, prompt, 3)
    assert calls == [(3, 2), (3, 1), (3, 1)], f"a model without caches was called with {calls}"
    flat = student.greedy(lambda ids, caches: (torch.zeros(*ids.shape, 4), torch.zeros(1)), prompt, 2)
    assert flat[:, 2:].tolist() == [[0, 0]] * 3, "of equal logits the smaller token is taken"
    together = student.greedy(Counter(6), prompt, 3)
    for row in range(3):
        alone = student.greedy(Counter(6), prompt[row : row + 1], 3)
        assert alone.tolist() == together[row : row + 1].tolist(), "a sequence alone is written otherwise"


@pytest.mark.level("invariants")
@pytest.mark.weight(4)
def test_cache_is_left_alone(student, rng):
    """Two texts go on from the same cache, and neither disturbs the other."""
    x, w_qkv, w_out = arguments(rng, 1, 6, 8)
    one = torch.cat([x[:, :4], x[:, 4:5]], 1)
    other = torch.cat([x[:, :4], x[:, 5:6]], 1)
    _, cache = student.cached_attention(x[:, :4], w_qkv, w_out, 2, turn)
    kept = tuple(value.detach().clone() for value in cache)
    first, _ = student.cached_attention(x[:, 4:5], w_qkv, w_out, 2, turn, cache)
    second, _ = student.cached_attention(x[:, 5:6], w_qkv, w_out, 2, turn, cache)
    for got, text, name in ((first, one, "first"), (second, other, "second")):
        assert_close(
            got, whole(text, w_qkv, w_out, 2, turn)[0][:, 4:], rtol=1e-6, atol=1e-9, name=f"{name} text"
        )
    for got, want, name in zip(cache, kept, ("keys", "values"), strict=True):
        assert_close(got.detach(), want, name=f"{name} of the cache that was handed in")


@pytest.mark.level("invariants")
@pytest.mark.weight(3)
def test_gradients(student, rng):
    """Gradients reach the tokens, the weights and the cache: those of the whole sequence at once."""
    x, w_qkv, w_out = arguments(rng, 2, 5, 8)
    direction = rng.randn(2, 5, 8, dtype=torch.float64)
    leaves = [[t.clone().requires_grad_() for t in (x, w_qkv, w_out)] for _ in range(2)]
    (whole(*leaves[0], 2, turn)[0] * direction).sum().backward()
    y, _ = in_pieces(student, *leaves[1], 2, turn, (2, 3))
    (y * direction).sum().backward()
    for name, got, want in zip(("x", "w_qkv", "w_out"), leaves[1], leaves[0], strict=True):
        assert got.grad is not None, f"no gradient reaches {name}"
        assert_close(got.grad, want.grad, rtol=1e-6, atol=1e-9, name=f"gradient in {name}")


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_nothing_from_later(student, rng):
    """Inside a piece no token sees a later one, and all see the whole cache."""
    x, w_qkv, w_out = arguments(rng, 1, 6, 8)
    _, cache = student.cached_attention(x[:, :2], w_qkv, w_out, 2, turn)
    before, _ = student.cached_attention(x[:, 2:], w_qkv, w_out, 2, turn, cache)
    later = x.clone()
    later[:, 4:] += 1
    after, _ = student.cached_attention(later[:, 2:], w_qkv, w_out, 2, turn, cache)
    assert_close(after[:, :2], before[:, :2], name="tokens before the change")
    assert (after[:, 2:] - before[:, 2:]).detach().abs().amax(-1).min().item() > 1e-6, (
        "a token does not see itself"
    )
    other = tuple(value.detach() + 0.5 for value in cache)
    moved, _ = student.cached_attention(x[:, 2:], w_qkv, w_out, 2, turn, other)
    assert (moved - before).detach().abs().amax(-1).min().item() > 1e-6, "a token does not see the cache"


@pytest.mark.level("contract")
def test_text_is_a_copy(student):
    """With nothing to write the text is a tensor of its own: a change of it is no change of the prompt."""
    prompt = torch.tensor([[4, 2]])
    ids = student.greedy(Counter(5), prompt, 0)
    ids += 1
    assert prompt.tolist() == [[4, 2]] and ids.dtype == torch.int64, "the text is the prompt itself"
