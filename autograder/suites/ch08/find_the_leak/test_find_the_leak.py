"""Hidden suite of `find_the_leak`. The models are functions of the tests whose dependence is known, place by place."""

import pytest
import torch

from autograder.testing import assert_close

pytestmark = [
    pytest.mark.exercise("find_the_leak"),
    pytest.mark.shares(runs=4, plain=46, options=34, invariants=16),
]


class Known:
    """A model of known dependence: the score at t is a weighted sum of a table's rows of the characters at s."""

    def __init__(self, rng, mask, table):
        self.weights = torch.where(mask, rng.uniform(0.5, 2.0, *mask.shape), torch.zeros(mask.shape))
        self.table, self.seen = table, []

    def __call__(self, ids):
        self.seen.append(ids.clone())
        return torch.einsum("ts,msv->mtv", self.weights.to(self.table.dtype), self.table[ids])


def masks(steps):
    """Dependences by name."""
    ones = torch.ones(steps, steps, dtype=torch.bool)
    return {
        "autoregressive": ones.tril(-1),
        "reads the answer": ones.tril(),
        "masked": ~torch.eye(steps, dtype=torch.bool),
        "everything": ones,
        "backwards": ones.triu(1),
        "leaks one place ahead": ones.tril(1),
    }


@pytest.mark.level("runs")
def test_shapes(student, rng):
    """Both functions run; what is read is a bool tensor (T, T), what stands on both sides (N, T, H + K)."""
    found = student.reads(Known(rng, masks(4)["masked"], rng.randn(3, 5)), torch.tensor([0, 1, 2, 1]), 3)
    assert isinstance(found, torch.Tensor) and tuple(found.shape) == (4, 4), "what is read has shape (T, T)"
    assert found.dtype == torch.bool, "what is read is True or False"
    assert tuple(student.two_sided(rng.randn(3, 5, 2), rng.randn(3, 5, 4)).shape) == (3, 5, 6), (
        "(N, T, H + K)"
    )


@pytest.mark.level("plain")
@pytest.mark.parametrize("name", list(masks(2)))
@pytest.mark.weight(5)
def test_reads(student, rng, name):
    """What each place reads is found, for models that look back, around, ahead, and at the answer."""
    mask = masks(6)[name]
    model = Known(rng, mask, rng.randn(4, 3))
    assert_close(student.reads(model, rng.randint(0, 4, (6,)), 4).bool(), mask, name="what is read")


@pytest.mark.level("plain")
@pytest.mark.parametrize(("n", "steps", "h", "k"), [(3, 5, 2, 2), (2, 4, 3, 3)])
@pytest.mark.weight(2.5)
def test_before(student, rng, n, steps, h, k):
    """The first half at t is the forward output of t - 1, and zero at the beginning."""
    forwards, backwards = rng.randn(n, steps, h), rng.randn(n, steps, k)
    want = torch.stack([torch.zeros(n, h), *forwards.unbind(1)[:-1]], 1)
    assert_close(student.two_sided(forwards, backwards)[:, :, :h], want, name="forward half")


@pytest.mark.level("plain")
@pytest.mark.parametrize(("n", "steps", "h", "k"), [(3, 5, 2, 2), (2, 4, 3, 3)])
@pytest.mark.weight(3.2)
def test_after(student, rng, n, steps, h, k):
    """The second half at t is the backward output of t + 1, and zero at the end."""
    forwards, backwards = rng.randn(n, steps, h), rng.randn(n, steps, k)
    want = torch.stack([*backwards.unbind(1)[1:], torch.zeros(n, k)], 1)
    assert_close(student.two_sided(forwards, backwards)[:, :, h:], want, name="backward half")


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_characters_of_equal_effect(student, rng):
    """Characters that act alike do not hide a dependence: one that differs is enough, whichever it is."""
    for odd in range(4):
        table = torch.zeros(4, 2)
        table[odd] = torch.tensor([0.0, 1.5])
        text = torch.tensor([(odd + 1) % 4, (odd + 2) % 4, (odd + 3) % 4])
        mask = masks(3)["everything"]
        assert_close(student.reads(Known(rng, mask, table), text, 4).bool(), mask, name="what is read")


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_one_score_of_many(student, rng):
    """A dependence of a single score is found, whichever score it is and however small beside the vocabulary."""
    mask = masks(4)["reads the answer"]
    for place, size in ((0, 1.0), (4, 1.0), (17, 4e-6)):
        table = torch.zeros(3, 5 if size == 1.0 else 40, dtype=torch.float64)
        table[:, place] = size * torch.tensor([0.0, 1.0, -1.0], dtype=torch.float64)
        found = student.reads(Known(rng, mask, table), torch.tensor([0, 2, 1, 0]), 3)
        assert_close(found.bool(), mask, name="what is read")


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_both_signs(student, rng):
    """Changes downwards count like changes upwards, and cancel nothing."""
    table = torch.tensor([[1.0, -1.0], [-1.0, 1.0]])
    mask = masks(5)["autoregressive"]
    for text in ([0, 0, 0, 0, 0], [1, 1, 1, 1, 1]):
        assert_close(
            student.reads(Known(rng, mask, table), torch.tensor(text), 2).bool(), mask, name="what is read"
        )


@pytest.mark.level("options")
@pytest.mark.parametrize("beside", [0.0, 100.0])
@pytest.mark.weight(4)
def test_small_changes(student, rng, beside):
    """A change of 1e-4 counts, also of a score of hundreds; one of 1e-9, which is rounding, does not."""
    mask = masks(4)["masked"]
    for size, want in ((1e-4, mask), (1e-9, torch.zeros(4, 4, dtype=torch.bool))):
        model = Known(rng, mask, beside + size * torch.tensor([[1.0], [2.0]], dtype=torch.float64))
        assert_close(student.reads(model, torch.tensor([0, 1, 1, 0]), 2).bool(), want, name="what is read")


@pytest.mark.level("options")
@pytest.mark.parametrize("vocab_size", [2, 3])
def test_one_place(student, rng, vocab_size):
    """A text of one character."""
    for name in ("everything", "masked"):
        mask = masks(1)[name]
        model = Known(rng, mask, rng.randn(vocab_size, 2))
        assert_close(student.reads(model, torch.tensor([1]), vocab_size).bool(), mask, name="what is read")
    assert_close(
        student.two_sided(rng.randn(2, 1, 3), rng.randn(2, 1, 2)),
        torch.zeros(2, 1, 5),
        name="both sides of one place",
    )


@pytest.mark.level("options")
def test_different_sizes_and_views(student, rng):
    """The two directions may have different sizes, and be views."""
    forwards, backwards = rng.randn(4, 3, 2).transpose(0, 1), rng.randn(3, 4, 10)[:, :, ::2]
    got = student.two_sided(forwards, backwards)
    assert_close(got[:, 1:, :2], forwards[:, :-1], name="forward half")
    assert_close(got[:, :-1, 2:], backwards[:, 1:], name="backward half")
    ids = torch.tensor([0, 9, 1, 9, 2, 9])[::2]
    mask = masks(3)["autoregressive"]
    assert_close(student.reads(Known(rng, mask, rng.randn(3, 2)), ids, 3).bool(), mask, name="what is read")


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_characters_exist(student, rng):
    """The model is shown int64 batches of characters of the vocabulary, and the text stays as it is."""
    model, ids = Known(rng, masks(4)["masked"], rng.randn(3, 2)), torch.tensor([2, 0, 1, 2])
    kept = ids.clone()
    student.reads(model, ids, 3)
    assert_close(ids, kept, name="the text handed in")
    assert all(shown.dim() == 2 and shown.shape[1] == 4 for shown in model.seen), (
        "the model is called with batches (M, T)"
    )
    assert all(int(shown.min()) >= 0 and int(shown.max()) < 3 for shown in model.seen), (
        "a character is not in the vocabulary"
    )


@pytest.mark.level("invariants")
@pytest.mark.weight(3)
def test_nothing_reads_its_answer(student, rng):
    """What a place gets depends on no output of that place, on no later forward and no earlier backward one."""
    forwards, backwards = rng.randn(2, 5, 3), rng.randn(2, 5, 3)
    before = student.two_sided(forwards, backwards)[:, 2]
    forwards[:, 2:], backwards[:, :3] = 50.0, -50.0
    assert_close(
        student.two_sided(forwards, backwards)[:, 2], before, name="what stands on both sides of place 2"
    )


@pytest.mark.level("invariants")
@pytest.mark.weight(3)
def test_gradients(student, rng):
    """Gradients reach both directions; what no place reads (the last forward and the first backward output) gets 0."""
    forwards, backwards = (
        rng.randn(2, 4, 3, dtype=torch.float64, requires_grad=True),
        rng.randn(2, 4, 2, dtype=torch.float64, requires_grad=True),
    )
    weigh = rng.randn(2, 4, 5, dtype=torch.float64)
    (student.two_sided(forwards, backwards) * weigh).sum().backward()
    zero = lambda k: torch.zeros(2, 1, k, dtype=torch.float64)  # noqa: E731
    assert forwards.grad is not None and backwards.grad is not None, "no gradient reaches a direction"
    assert_close(
        forwards.grad, torch.cat([weigh[:, 1:, :3], zero(3)], 1), name="gradient of the forward outputs"
    )
    assert_close(
        backwards.grad, torch.cat([zero(2), weigh[:, :-1, 3:]], 1), name="gradient of the backward outputs"
    )


@pytest.mark.level("contract")
def test_dtype(student, rng):
    """float64 in, float64 out."""
    found = student.two_sided(
        rng.randn(2, 3, 2, dtype=torch.float64), rng.randn(2, 3, 1, dtype=torch.float64)
    )
    assert found.dtype == torch.float64, "outputs keep their dtype"
