"""Hidden suite of `train_rbm`: saturated machines show the loop's every step; a trained one is judged exactly.

The grader permutes the pixels of bars and stripes, so that no weights made beforehand fit, and computes the exact
likelihood of the parameters that come back, by enumeration of the hidden layer.
"""

import itertools
import math

import pytest
import torch

from autograder.testing import assert_close

pytestmark = [
    pytest.mark.exercise("train_rbm"),
    pytest.mark.shares(runs=10, plain=35, options=20, invariants=15, converges=20),
]


def table(n):
    """Every state of n units, float64."""
    return torch.tensor(list(itertools.product([0.0, 1.0], repeat=n)), dtype=torch.float64)


def machine(rng, visible, hidden, scale=0.1):
    """Weight, visible bias and hidden bias, float64."""
    sizes = ((visible, hidden), (visible,), (hidden,))
    return tuple(scale * rng.randn(*size, dtype=torch.float64) for size in sizes)


def log_likelihood(v, weight, a, c):
    """Exact log-likelihood (N,) in double precision, the hidden layer listed."""
    v, weight, a, c = v.double(), weight.double(), a.double(), c.double()
    h = table(len(c))
    log_z = torch.logsumexp(h @ c + torch.nn.functional.softplus(h @ weight.T + a).sum(1), 0)
    return v @ a + torch.nn.functional.softplus(v @ weight + c).sum(1) - log_z


def bars(side):
    """Every image of full rows or full columns, once."""
    rows = table(side)[:, :, None].expand(-1, side, side)
    return torch.cat([rows, rows.transpose(1, 2)]).flatten(1).unique(dim=0)


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shapes(student, rng):
    """Three parameters come back, with the shapes of those handed in."""
    trained = student.train_rbm(table(4)[:5], machine(rng, 4, 3), 3, 2, generator=rng.generator())
    assert len(trained) == 3, "weight, visible bias and hidden bias come back"
    assert [tuple(p.shape) for p in trained] == [(4, 3), (4,), (3,)], "parameters keep their shapes"


@pytest.mark.level("plain")
@pytest.mark.weight(5)
@pytest.mark.parametrize("persistent", [True, False])
def test_rates(student, rng, persistent):
    """Data of 1 and chains of 0 move the visible bias by the sum of the falling rates, the others with it."""
    c = rng.uniform(-1.0, 1.0, 2, dtype=torch.float64)
    parameters = torch.zeros(3, 2, dtype=torch.float64), torch.full((3,), -1000.0, dtype=torch.float64), c
    n, lr = 5, 0.02
    weight, a, c_end = student.train_rbm(
        torch.ones(13, 3).double(), parameters, n, 4, lr, 1, persistent, rng.generator()
    )
    total = lr * sum(1 - i / n for i in range(n))
    assert_close(
        a, torch.full((3,), -1000.0 + total, dtype=torch.float64), rtol=0, atol=1e-9, name="visible bias"
    )
    w, b = torch.zeros(3, 2).double(), c.clone()
    for i in range(n):
        rate, on, off = lr * (1 - i / n), torch.sigmoid(w.sum(0) + b), torch.sigmoid(b)
        w, b = w + rate * on, b + rate * (on - off)
    assert_close(weight, w, rtol=1e-6, atol=1e-9, name="weight")
    assert_close(c_end, b, rtol=1e-6, atol=1e-9, name="hidden bias")


@pytest.mark.level("plain")
@pytest.mark.weight(5)
def test_chains_persist(student, rng):
    """Persistent chains keep their states; restarted ones begin at the batch in each update."""
    # Hidden unit j joins visible units j and j + 1 and is on where one of them is: what is on grows by a place a step.
    # Chains that begin anew at the one image come to place 1; those that go on are at place 2 in the second update.
    weight, a, c = (
        400 * (torch.eye(4, 3) + torch.eye(4, 3).roll(1, 0)).double(),
        torch.full((4,), -200.0, dtype=torch.float64),
        torch.full((3,), -200.0, dtype=torch.float64),
    )
    image = torch.tensor([[1.0, 0.0, 0.0, 0.0]], dtype=torch.float64)
    for persistent in (True, False):
        weight_end, a_end, _ = student.train_rbm(
            image, (weight, a, c), 3, 6, 1e-3, 1, persistent, rng.generator()
        )
        moved = max(abs(float(a_end[2] - a[2])), abs(float(weight_end[2, 0]))) > 1e-6
        if persistent:
            assert moved, "persistent chains do not keep their states"
        else:
            assert not moved, "chains are not restarted at the batch"


@pytest.mark.level("plain")
@pytest.mark.weight(3)
def test_first_update(student, rng):
    """In the first update the chains start at the batch: a machine that copies its state has no gradient."""
    weight, a, c = (
        torch.full((2, 1), 400.0).double(),
        torch.full((2,), -200.0, dtype=torch.float64),
        torch.tensor([-400.0], dtype=torch.float64),
    )
    ones = torch.ones(1, 2).double()
    for data in (torch.cat([0 * ones, ones]), ones):
        for persistent in (True, False):
            trained = student.train_rbm(data, (weight, a, c), 1, 16, 0.1, 3, persistent, rng.generator())
            assert_close(trained[1], a, rtol=0, atol=0, name="visible bias after the first update")


@pytest.mark.level("plain")
@pytest.mark.weight(2)
def test_states(student, rng):
    """Visible units of the chains are 0 or 1: eight chains move the visible bias by a whole number of eighths."""
    parameters = machine(rng, 3, 2, 0.7)
    for n_steps, persistent in ((1, True), (3, True), (2, False)):
        trained = student.train_rbm(table(3), parameters, 1, 8, 1.0, n_steps, persistent, rng.generator())
        eighths = (trained[1] - parameters[1]) * 8
        assert float((eighths - eighths.round()).abs().max()) < 1e-6, (
            "the visible units of the chains are not all 0 or 1"
        )


@pytest.mark.level("options")
@pytest.mark.weight(6)
@pytest.mark.parametrize("k", [1, 4])
def test_steps(student, rng, k):
    """In an update a chain makes k steps: the mean move is that of k steps' distribution."""
    # A machine that mixes slowly: each visible unit keeps its value with a probability of about 0.8 in a step.
    weight, a, c = machine(rng, 2, 2, 0.2)
    weight, a, c = weight + 4 * torch.eye(2).double(), a - 2, c - 2
    start = torch.tensor([[1.0, 0.0]], dtype=torch.float64)
    batch = 20_000
    _, a_end, _ = student.train_rbm(start, (weight, a, c), 1, batch, 1.0, k, False, rng.generator())
    v, h = table(2), table(2)
    up, down = torch.sigmoid(v @ weight + c), torch.sigmoid(h @ weight.T + a)
    to_h = torch.stack([(up * s + (1 - up) * (1 - s)).prod(1) for s in h], 1)
    to_v = torch.stack([(down * s + (1 - down) * (1 - s)).prod(1) for s in v], 1)
    mean = torch.linalg.matrix_power(to_h @ to_v, k)[2] @ v
    # The mean of 20,000 units has a standard deviation of at most 0.0036.
    assert float((a_end - (a - (mean - start[0]))).abs().max()) < 0.02, (
        f"one update with k = {k} does not move the visible bias as chains of {k} steps do"
    )


@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_batches(student, rng):
    """Batches are drawn with replacement, anew in each update, from all rows: first and last too."""
    data = torch.eye(5).double()
    parameters = (
        torch.zeros(5, 1).double(),
        torch.full((5,), -1000.0, dtype=torch.float64),
        torch.zeros(1).double(),
    )
    seen = torch.zeros(5)
    firsts = []
    for _ in range(60):
        _, a, _ = student.train_rbm(data, parameters, 1, 3, 1.0, 1, True, rng.generator())
        times = ((a + 1000) * 3).round()
        assert int(times.sum()) == 3, "a batch has batch_size rows"
        firsts.append(times)
        seen += times
    # 180 draws of five rows: 36 expected of each, standard deviation 5.4.
    assert bool((seen > 5).all()), "some row of the data is hardly ever drawn"
    assert any(int(t.max()) > 1 for t in firsts), "rows are drawn with replacement"
    trained = student.train_rbm(data, parameters, 40, 1, 1.0, 1, True, rng.generator())
    moved = ((trained[1] + 1000) > 0.01).sum()
    assert int(moved) > 2, "each update draws a new batch"


@pytest.mark.level("options")
def test_defaults(student, rng):
    """Batches of 30, a first rate of 0.1, one step and persistent chains unless others are given."""
    parameters = (
        torch.zeros(3, 2).double(),
        torch.full((3,), -1000.0, dtype=torch.float64),
        torch.zeros(2).double(),
    )
    _, a, _ = student.train_rbm(torch.ones(2, 3).double(), parameters, 1, generator=rng.generator())
    assert_close(
        a,
        torch.full((3,), -999.9, dtype=torch.float64),
        rtol=0,
        atol=1e-9,
        name="visible bias after one update",
    )
    _, a, _ = student.train_rbm(torch.eye(3).double(), parameters, 1, generator=rng.generator())
    assert_close((a + 1000) * 300, ((a + 1000) * 300).round(), rtol=0, atol=1e-6, name="thirtieths")
    assert abs(float((a + 1000).sum()) - 0.1) < 1e-9, "thirty rows share a move of 0.1"


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_hidden_probabilities(student, rng):
    """Hidden units enter the gradients by their probabilities: a frozen visible layer makes the run exact."""
    weight, a, c = machine(rng, 3, 4, 0.8)
    a = torch.tensor([1000.0, -1000.0, 1000.0], dtype=torch.float64)
    data = torch.tensor([[0.0, 1.0, 1.0]], dtype=torch.float64)
    chain = torch.tensor([1.0, 0.0, 1.0], dtype=torch.float64)
    got = student.train_rbm(data, (weight, a, c), 1, 6, 0.5, 1, True, rng.generator())
    on, off = torch.sigmoid(data[0] @ weight + c), torch.sigmoid(chain @ weight + c)
    want = weight - 0.5 * (torch.outer(chain, off) - torch.outer(data[0], on))
    assert_close(got[0], want, rtol=1e-8, atol=1e-9, name="weight")
    assert_close(got[2], c - 0.5 * (off - on), rtol=1e-8, atol=1e-9, name="hidden bias")


@pytest.mark.level("invariants")
def test_nothing_happens(student, rng):
    """At rate 0, and with no update, the parameters come back as they were."""
    parameters = machine(rng, 4, 3)
    for n, lr in ((3, 0.0), (0, 0.1)):
        trained = student.train_rbm(table(4), parameters, n, 5, lr, generator=rng.generator())
        for p, q in zip(trained, parameters, strict=True):
            assert_close(p, q, rtol=0, atol=0, name=f"parameters after {n} updates at rate {lr}")


@pytest.mark.level("converges")
@pytest.mark.weight(3)
@pytest.mark.timeout(60)
def test_bars_and_stripes(student, rng):
    """Bars and stripes with permuted pixels: the exact log-likelihood is one that CD-1 does not reach."""
    data = bars(4)[:, rng.perm(16)].float()
    parameters = 0.01 * rng.randn(16, 16), torch.zeros(16), torch.zeros(16)
    trained = student.train_rbm(data, parameters, 8000, 100, 0.1, 1, True, rng.generator())
    reached = float(log_likelihood(data, *trained).mean())
    # Persistent chains, 20 seeds: mean -3.75, standard deviation 0.09, worst -4.01. CD-1, 8 seeds: -4.72 at best.
    assert reached > -4.3, (
        f"the mean log-likelihood is {reached:.2f} nats, the best possible {-math.log(30):.2f}"
    )


@pytest.mark.level("contract")
def test_generator_and_dtype(student, rng):
    """The generator draws everything, the global one if None; float32 stays float32, and the start as it was."""
    parameters, seed = tuple(p.float() for p in machine(rng, 4, 3)), rng.seed()
    runs = [
        student.train_rbm(table(4).float(), parameters, 4, 3, generator=torch.Generator().manual_seed(seed))
        for _ in range(2)
    ]
    for one, two in zip(*runs, strict=True):
        assert one.dtype == torch.float32, "parameters keep their dtype"
        assert_close(one, two, rtol=0, atol=0, name="two runs from one seed")
    student.torch.manual_seed(seed)
    first = student.train_rbm(table(4).float(), parameters, 4, 3)
    student.torch.manual_seed(seed)
    again = student.train_rbm(table(4).float(), parameters, 4, 3)
    assert_close(first[0], again[0], rtol=0, atol=0, name="two runs from one global seed")
