"""Hidden suite of `kernel_attention`; the oracle computes each weight by itself, in Python's own floats.

Tolerance: weights are at most 1 and sums of a few terms; float32 agrees with float64 to 1e-5 while scores
stay below 100.
"""

import math

import pytest
import torch

from autograder.testing import assert_close, gradcheck

pytestmark = [
    pytest.mark.exercise("kernel_attention"),
    pytest.mark.shares(runs=5, plain=33, options=39, invariants=23),
]

FLOAT32 = {"rtol": 1e-4, "atol": 2e-5}
FLOAT64 = {"rtol": 1e-9, "atol": 1e-12}


def by_hand(queries, keys, width, leave_own_out=False):
    """Weights, one at a time, the nearest key's score taken off first."""
    rows = []
    for i, q in enumerate(queries.tolist()):
        scores = [
            -math.inf
            if leave_own_out and i == j
            else -sum((a - b) ** 2 for a, b in zip(q, k, strict=True)) / (2 * width**2)
            for j, k in enumerate(keys.tolist())
        ]
        most = max(scores)
        terms = [math.exp(score - most) for score in scores]
        rows.append([term / sum(terms) for term in terms])
    return torch.tensor(rows, dtype=torch.float64)


def agrees(student, rng, m, l_keys, d, e, width, own=False, dtype=torch.float32):
    """Weights and answers against the ones by hand."""
    keys, values = 1.5 * rng.randn(l_keys, d, dtype=dtype), rng.randn(l_keys, e, dtype=dtype)
    queries = keys.clone() if own else 1.5 * rng.randn(m, d, dtype=dtype)
    want, close = by_hand(queries, keys, width, own), FLOAT64 if dtype == torch.float64 else FLOAT32
    args = (width, True) if own else (width,)
    assert_close(student.kernel_weights(queries, keys, *args), want.to(dtype), **close, name="weights")
    answer = student.kernel_attention(queries, keys, values, *args)
    assert_close(answer, (want @ values.double()).to(dtype), **close, name="answers")


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shape(student, rng):
    """Weights are (M, L), answers (M, E)."""
    q, k, v = rng.randn(3, 2), rng.randn(5, 2), rng.randn(5, 4)
    weights, answers = student.kernel_weights(q, k, 1.0), student.kernel_attention(q, k, v, 1.0)
    for tensor, shape, name in ((weights, (3, 5), "weights"), (answers, (3, 4), "answers")):
        assert isinstance(tensor, torch.Tensor), f"the {name} must be a tensor"
        assert tensor.shape == shape, f"the {name} have shape {shape}, not {tuple(tensor.shape)}"


@pytest.mark.level("plain")
def test_by_hand(student):
    """Keys 1 and 4 with the width 1.5: a query at 2 has weights in the ratio of exp(-1/4.5) to exp(-4/4.5)."""
    near, far = math.exp(-1 / 4.5), math.exp(-4 / 4.5)
    want = torch.tensor([[near, far]]) / (near + far)
    q, k = torch.tensor([[2.0]]), torch.tensor([[1.0], [4.0]])
    assert_close(student.kernel_weights(q, k, 1.5), want, **FLOAT32, name="weights")


@pytest.mark.level("plain")
@pytest.mark.parametrize(
    ("m", "l_keys", "d", "e", "width"), [(4, 6, 2, 3, 1.0), (5, 3, 1, 2, 0.7), (2, 7, 3, 1, 2.5)]
)
def test_against_loops(student, rng, m, l_keys, d, e, width):
    """Weights and answers are those of a calculation key by key, at several widths."""
    agrees(student, rng, m, l_keys, d, e, width)


@pytest.mark.level("plain")
@pytest.mark.weight(4)
@pytest.mark.parametrize(("count", "d", "e", "width"), [(6, 2, 3, 0.9), (5, 1, 1, 0.4)])
def test_own_left_out(student, rng, count, d, e, width):
    """With leave_own_out each query is answered by all keys but its own, and the others' weights sum to 1."""
    agrees(student, rng, count, count, d, e, width, own=True)


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_narrow(student, rng):
    """With a width of 0.001 the nearest key takes all, and nothing is NaN, however far the query."""
    keys = torch.tensor([[0.0], [1.0], [4.0]])
    got = student.kernel_weights(torch.tensor([[0.9], [1e3], [-50.0], [4.0]]), keys, 1e-3)
    want = torch.tensor([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    assert_close(got, want, rtol=0, atol=1e-6, name="weights of a narrow kernel")


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_equally_near(student):
    """Two keys that are equally near take half each, with a third far away."""
    got = student.kernel_weights(
        torch.tensor([[0.5, 1.0]]), torch.tensor([[0.0, 1.0], [1.0, 1.0], [4.0, 1.0]]), 0.05
    )
    assert_close(got, torch.tensor([[0.5, 0.5, 0.0]]), rtol=0, atol=1e-3, name="weights of equally near keys")


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_narrow_left_out(student):
    """A narrow kernel that leaves the own key out answers with the nearest other one."""
    keys, values = torch.tensor([[0.0], [1.0], [5.0]]), torch.tensor([[1.0], [2.0], [3.0]])
    got = student.kernel_attention(keys, keys, values, 1e-3, True)
    assert_close(got, torch.tensor([[2.0], [1.0], [2.0]]), rtol=0, atol=1e-5, name="answers")


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_far_left_out(student):
    """However far the other keys, the own one that is left out has no weight."""
    keys, values = torch.tensor([[0.0], [100.0], [500.0]]), torch.tensor([[1.0], [2.0], [3.0]])
    got = student.kernel_attention(keys, keys, values, 1e-3, True)
    assert_close(got, torch.tensor([[2.0], [1.0], [2.0]]), rtol=0, atol=1e-5, name="answers")


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_same_place_left_out(student):
    """The query's own key alone is left out: another key at the same place answers."""
    keys, values = (
        torch.tensor([[1.0, 2.0], [1.0, 2.0], [4.0, 0.0]]),
        torch.tensor([[1.0], [2.0], [3.0]]),
    )
    got = student.kernel_attention(keys, keys, values, 0.3, True)
    assert_close(got, torch.tensor([[2.0], [1.0], [1.5]]), rtol=0, atol=1e-4, name="answers")


@pytest.mark.level("options")
def test_wide(student, rng):
    """With a width of a thousand times the distances all keys weigh the same."""
    q, k, v = rng.randn(4, 2), rng.randn(6, 2), rng.randn(6, 3)
    got = student.kernel_attention(q, k, v, 1e4)
    assert_close(got, v.mean(0).expand(4, 3), **FLOAT32, name="answers of a wide kernel")


@pytest.mark.level("options")
@pytest.mark.parametrize(("m", "l_keys", "d", "e"), [(1, 4, 2, 3), (3, 1, 2, 2), (1, 1, 1, 1), (4, 3, 5, 2)])
def test_edges(student, rng, m, l_keys, d, e):
    """One query, one key, one number each."""
    agrees(student, rng, m, l_keys, d, e, 1.3)


@pytest.mark.level("options")
def test_two_keys_left_out(student, rng):
    """Of two keys, with the own one left out, the other takes all."""
    keys, values = rng.randn(2, 3), rng.randn(2, 4)
    assert_close(
        student.kernel_attention(keys, keys, values, 0.8, True), values.flip(0), **FLOAT32, name="answers"
    )


@pytest.mark.level("options")
def test_views(student, rng):
    """Transposed and expanded arguments, and a width that is a tensor, give the same."""
    q, k, v = rng.randn(2, 5).T, rng.randn(12, 2)[::2], rng.randn(3, 1).expand(3, 6).T
    want = by_hand(q, k, 0.8)
    got = student.kernel_attention(q, k, v, torch.tensor(0.8))
    assert_close(got, (want @ v.double()).float(), **FLOAT32, name="answers")


@pytest.mark.level("invariants")
def test_moved_together(student, rng):
    """Only distances count: all moved by one vector, or all and the width scaled by 3, give the same weights."""
    q, k, move = rng.randn(3, 2), rng.randn(5, 2), rng.randn(2)
    before = student.kernel_weights(q, k, 0.9)
    assert_close(
        student.kernel_weights(q + move, k + move, 0.9), before, **FLOAT32, name="weights after the move"
    )
    assert_close(
        student.kernel_weights(3 * q, 3 * k, 2.7), before, **FLOAT32, name="weights after the scaling"
    )


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
@pytest.mark.parametrize("own", [False, True])
def test_gradients(student, rng, own):
    """Gradients reach queries, keys, values and a width that is a tensor, with finite differences as the judge."""
    shapes = ((4, 2) if own else (3, 2), (4, 2), (4, 3))
    given = [rng.randn(*shape, dtype=torch.float64, requires_grad=True) for shape in shapes]
    width = torch.tensor(1.2, dtype=torch.float64, requires_grad=True)
    assert gradcheck(
        lambda q, k, v, width: student.kernel_attention(q, k, v, width, own),
        (*given, width),
        names=("queries", "keys", "values", "width"),
    )


@pytest.mark.level("invariants")
def test_gradient_on_a_key(student, rng):
    """Where a query lies exactly on a key, gradients are finite and right."""
    keys, values = rng.randn(3, 2, dtype=torch.float64), rng.randn(3, 2, dtype=torch.float64)
    queries = keys[:2].clone().requires_grad_()
    student.kernel_attention(queries, keys, values, 0.9).square().sum().backward()
    again = keys[:2].clone().requires_grad_()
    scores = -(again[:, None] - keys).square().sum(2) / (2 * 0.81)
    (scores.exp() / scores.exp().sum(1, keepdim=True) @ values).square().sum().backward()
    assert queries.grad is not None, "no gradient reaches the queries"
    assert_close(queries.grad, again.grad, rtol=1e-6, atol=1e-9, name="gradient of queries on keys")


@pytest.mark.level("contract")
def test_dtype(student, rng):
    """float64 in, float64 out, with float64's precision."""
    agrees(student, rng, 3, 5, 2, 4, 1.1, dtype=torch.float64)
