"""Hidden suite of `masks`; the oracle asks for each pair by itself whether it is allowed."""

import itertools

import pytest
import torch

from autograder.testing import assert_close

pytestmark = [pytest.mark.exercise("masks"), pytest.mark.shares(runs=6, plain=42, options=40, invariants=12)]


def pairs(lengths, size, causal=False, window=None):
    """Every pair, asked for by itself."""
    before, after = (size, size) if window is None else window
    return torch.tensor(
        [
            [
                [
                    i < length and j < length and (not causal or j <= i) and i - before <= j <= i + after
                    for j in range(size)
                ]
                for i in range(size)
            ]
            for length in lengths
        ]
    )


def same(got, want, name):
    """Boolean tensors, compared place by place."""
    assert isinstance(got, torch.Tensor), f"{name} must be a tensor"
    assert got.dtype == torch.bool, f"{name} must be boolean, not {got.dtype}"
    assert got.shape == want.shape, f"{name} has shape {tuple(want.shape)}, not {tuple(got.shape)}"
    assert_close(got, want, name=name)


def whole(student, lengths, size, causal, window):
    same(
        student.attention_mask(torch.tensor(lengths), size, causal=causal, window=window),
        pairs(lengths, size, causal, window),
        f"mask with causal={causal}, window={window}",
    )


@pytest.mark.level("runs")
def test_shape(student):
    """Masks are boolean and have the shapes (N, T), (T, T), (T, T) and (N, T, T)."""
    lengths = torch.tensor([3, 5])
    found = (
        (student.padding_mask(lengths, 5), (2, 5), "padding_mask"),
        (student.causal_mask(4), (4, 4), "causal_mask"),
        (student.window_mask(6, 1, 2), (6, 6), "window_mask"),
        (student.attention_mask(lengths, 5), (2, 5, 5), "attention_mask"),
    )
    for mask, shape, name in found:
        assert isinstance(mask, torch.Tensor), f"{name} must return a tensor"
        assert mask.dtype == torch.bool, f"{name} must be boolean, not {mask.dtype}"
        assert mask.shape == shape, f"{name} has shape {shape}, not {tuple(mask.shape)}"


@pytest.mark.level("plain")
@pytest.mark.parametrize(("lengths", "size"), [([2, 5, 4], 6), ([3, 1], 3)])
def test_padding(student, lengths, size):
    """A place is there if it comes before the length."""
    want = torch.tensor([[place < length for place in range(size)] for length in lengths])
    same(student.padding_mask(torch.tensor(lengths), size), want, "padding mask")


@pytest.mark.level("plain")
@pytest.mark.weight(2)
@pytest.mark.parametrize("size", [2, 5, 6])
def test_causal(student, size):
    """A query sees itself and what stands before it."""
    same(student.causal_mask(size), pairs([size], size, causal=True)[0], "causal mask")


@pytest.mark.level("plain")
@pytest.mark.weight(3)
@pytest.mark.parametrize(("size", "before", "after"), [(7, 2, 1), (6, 1, 3), (8, 3, 0), (5, 0, 2)])
def test_window(student, size, before, after):
    """A query sees itself, so many places before it and so many after it."""
    same(
        student.window_mask(size, before, after),
        pairs([size], size, window=(before, after))[0],
        "window mask",
    )


@pytest.mark.level("plain")
@pytest.mark.weight(2)
@pytest.mark.parametrize(("lengths", "size"), [([4, 2, 3], 5), ([1, 6], 6)])
def test_padding_of_both(student, lengths, size):
    """With padding alone, queries that are there see keys that are there; rows and columns of padding are False."""
    whole(student, lengths, size, False, None)


@pytest.mark.level("options")
@pytest.mark.weight(2)
@pytest.mark.parametrize("window", [None, (1, 2), (2, 0)])
def test_padding_and_causal(student, window):
    """Causal together with padding, and with windows."""
    whole(student, [5, 2, 7, 3], 7, True, window)


@pytest.mark.level("options")
@pytest.mark.weight(2)
@pytest.mark.parametrize("window", [(2, 1), (0, 3), (1, 0)])
def test_padding_and_window(student, window):
    """A window together with padding, without and with the causal mask."""
    whole(student, [4, 6, 1], 6, False, window)
    whole(student, [4, 6, 1], 6, True, window)


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_window_of_itself(student):
    """(0, 0) is a window too: every query that is there sees itself alone, causal or not."""
    whole(student, [4, 6, 1], 6, False, (0, 0))
    whole(student, [4, 6, 1], 6, True, (0, 0))


@pytest.mark.level("options")
@pytest.mark.weight(2)
@pytest.mark.parametrize("causal", [False, True])
def test_wide_window(student, causal):
    """A window that is wider than the sequence is no restriction."""
    for window in ((4, 4), (5, 5), (100, 100), (100, 0), (0, 100)):
        whole(student, [5, 3], 5, causal, window)
    same(student.window_mask(4, 9, 9), torch.ones(4, 4, dtype=torch.bool), "window mask")


@pytest.mark.level("options")
@pytest.mark.weight(3)
@pytest.mark.parametrize("lengths", [[0, 3], [4, 4], [0], [4]])
def test_empty_and_full(student, lengths):
    """Sequences of length 0 and of the whole size, and a batch of one."""
    size = 4
    want = torch.tensor([[place < length for place in range(size)] for length in lengths])
    same(student.padding_mask(torch.tensor(lengths), size), want, "padding mask")
    for causal, window in itertools.product((False, True), (None, (1, 1))):
        whole(student, lengths, size, causal, window)


@pytest.mark.level("options")
def test_one_place(student):
    """A sequence of one place sees itself."""
    one = torch.ones(1, 1, dtype=torch.bool)
    same(student.causal_mask(1), one, "causal mask")
    same(student.window_mask(1, 0, 0), one, "window mask")
    whole(student, [1, 0], 1, True, (0, 0))


@pytest.mark.level("options")
def test_views(student):
    """Lengths that are every second number of another tensor."""
    lengths = torch.tensor([3, 9, 1, 9, 2])[::2]
    same(student.attention_mask(lengths, 4, causal=True), pairs([3, 1, 2], 4, True), "mask")


@pytest.mark.level("invariants")
def test_counts(student):
    """In the middle of a long sequence a query sees before + 1 + after keys; a causal mask has T (T + 1) / 2 places."""
    mask = student.window_mask(20, 4, 3)
    assert int(mask[10].sum()) == 8, (
        f"a window of 4 before and 3 after shows {int(mask[10].sum())} keys, not 8"
    )
    assert int(student.causal_mask(9).sum()) == 45, "a causal mask of 9 has 45 open places"


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_long(student):
    """Masks of hundreds and thousands of places are right at their ends too."""
    place = torch.arange(1100)
    same(student.causal_mask(1100), place <= place[:, None], "causal mask of 1,100 places")
    ahead = place[:300] - place[:300, None]
    same(student.window_mask(300, 140, 3), (ahead >= -140) & (ahead <= 3), "window mask of 300 places")


@pytest.mark.level("invariants")
def test_mirror(student):
    """A window of (a, b) is the transpose of a window of (b, a)."""
    same(student.window_mask(7, 1, 3), student.window_mask(7, 3, 1).T, "window mask")
