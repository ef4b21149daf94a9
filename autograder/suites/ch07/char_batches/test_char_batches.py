"""Hidden suite of `char_batches`; the oracle walks through the text one character at a time. Everything is exact."""

import pytest
import torch

from autograder.testing import assert_close, assert_raises

pytestmark = [
    pytest.mark.exercise("char_batches"),
    pytest.mark.shares(runs=4, plain=40, options=14, invariants=44),
]

TEXT = "Wer  reist, der\tbleibt nicht.\n\u00c4pfel & \u4e2d\u6587: \u03b1\u03b2\u03b3!"


def walked(ids, batch_size, window):
    """The windows, one character at a time."""
    ids = ids.tolist()
    length = (len(ids) - 1) // batch_size
    found = []
    for k in range(length // window):
        inputs = [[ids[n * length + k * window + j] for j in range(window)] for n in range(batch_size)]
        targets = [[ids[n * length + k * window + j + 1] for j in range(window)] for n in range(batch_size)]
        found.append((torch.tensor(inputs), torch.tensor(targets)))
    return found


def agrees(student, ids, batch_size, window):
    got, want = student.stream_windows(ids, batch_size, window), walked(ids, batch_size, window)
    assert len(got) == len(want), f"there are {len(want)} windows, not {len(got)}"
    for number, (pair, wanted) in enumerate(zip(got, want, strict=True)):
        assert len(pair) == 2, "each window is a pair (inputs, targets)"
        for tensor, expected, name in zip(pair, wanted, ("inputs", "targets"), strict=True):
            assert_close(tensor, expected, name=f"{name} of window {number}")


@pytest.mark.level("runs")
@pytest.mark.gate
def test_shape(student, rng):
    """A vocabulary is a list of characters, an encoded text a tensor of numbers, windows are pairs of tensors."""
    vocabulary = student.build_vocabulary("banana")
    assert isinstance(vocabulary, list), "the vocabulary is a list"
    ids = student.encode("banana", ["a", "b", "n"])
    assert isinstance(ids, torch.Tensor) and ids.shape == (6,), (
        "an encoded text of 6 characters has shape (6,)"
    )
    windows = student.stream_windows(rng.randint(0, 4, (25,)), 2, 4)
    assert isinstance(windows, list) and windows, "the windows are a list"
    for pair in windows:
        assert isinstance(pair, (tuple, list)) and len(pair) == 2, "each window is a pair (inputs, targets)"
        assert all(isinstance(tensor, torch.Tensor) for tensor in pair), "inputs and targets are tensors"


@pytest.mark.level("plain")
@pytest.mark.weight(6)
def test_vocabulary(student):
    """The vocabulary holds each character of the text once, sorted."""
    assert_close(student.build_vocabulary("banana"), ["a", "b", "n"], name="vocabulary of 'banana'")
    assert_close(student.build_vocabulary(TEXT), sorted(set(TEXT)), name="vocabulary")


@pytest.mark.level("plain")
@pytest.mark.weight(7)
def test_encode(student):
    """A character becomes its place in the vocabulary, whatever the vocabulary's order."""
    assert_close(
        student.encode("banana", ["n", "x", "b", "a"]), torch.tensor([2, 3, 0, 3, 0, 3]), name="numbers"
    )
    vocabulary = sorted(set(TEXT))
    want = torch.tensor([vocabulary.index(character) for character in TEXT])
    assert_close(student.encode(TEXT, vocabulary), want, name="numbers")


@pytest.mark.level("plain")
@pytest.mark.weight(5)
def test_decode(student):
    """Numbers become the text they stand for."""
    assert_close(student.decode(torch.tensor([2, 0, 1, 1]), ["o", "t", "n"]), "nott", name="text")


@pytest.mark.level("plain")
@pytest.mark.weight(5)
def test_alphabet(student):
    """Of the alphabet in two streams the first window is a b c d and m n o p, with b c d e and n o p q to follow."""
    (inputs, targets), *_ = student.stream_windows(torch.arange(26), 2, 4)
    assert_close(inputs, torch.tensor([[0, 1, 2, 3], [12, 13, 14, 15]]), name="inputs of the first window")
    assert_close(targets, torch.tensor([[1, 2, 3, 4], [13, 14, 15, 16]]), name="targets of the first window")


@pytest.mark.level("plain")
@pytest.mark.weight(19)
@pytest.mark.parametrize(("length", "batch_size", "window"), [(64, 3, 5), (400, 8, 9), (97, 2, 12)])
def test_windows(student, rng, length, batch_size, window):
    """Every stream is cut into windows in the order of time, and targets are the characters after the inputs."""
    agrees(student, rng.randint(0, 50, (length,)), batch_size, window)


@pytest.mark.level("options")
@pytest.mark.weight(4)
@pytest.mark.parametrize(
    ("length", "batch_size", "window"),
    [(2, 1, 1), (11, 1, 4), (13, 3, 4), (12, 3, 4), (50, 7, 7), (51, 7, 7), (30, 5, 1), (33, 32, 1)],
)
def test_remainders(student, rng, length, batch_size, window):
    """One stream, one character a window, one character more or less than fits: what is left over is dropped."""
    agrees(student, rng.randint(0, 9, (length,)), batch_size, window)


@pytest.mark.level("options")
@pytest.mark.weight(7)
@pytest.mark.parametrize(("length", "window"), [(90, 8), (13, 12)])
def test_one_stream(student, rng, length, window):
    """One stream is the text itself, and its windows are batches of one."""
    agrees(student, rng.randint(0, 50, (length,)), 1, window)


@pytest.mark.level("options")
@pytest.mark.weight(7)
@pytest.mark.parametrize(("length", "batch_size", "window"), [(9, 2, 5), (4, 4, 1), (1, 1, 1)])
def test_too_short(student, rng, length, batch_size, window):
    """Where a stream is shorter than a window there is none."""
    assert len(student.stream_windows(rng.randint(0, 9, (length,)), batch_size, window)) == 0, (
        "there is no whole window"
    )


@pytest.mark.level("invariants")
@pytest.mark.weight(4)
def test_round_trip(student):
    """Encoding and decoding gives the text back, with blanks, line ends and every alphabet; so does an empty one."""
    for text in ("", "z", "Ab a"):
        vocabulary = student.build_vocabulary(text)
        assert_close(student.decode(student.encode(text, vocabulary), vocabulary), text, name="a short text")
    vocabulary = student.build_vocabulary(TEXT)
    assert_close(
        student.decode(student.encode(TEXT, vocabulary), vocabulary), TEXT, name="the text after a round trip"
    )


@pytest.mark.level("invariants")
@pytest.mark.weight(33)
def test_streams_go_on(student, rng):
    """Row n of each window goes on where row n of the one before stopped: its first input is the last target there."""
    windows = student.stream_windows(rng.randint(0, 90, (500,)), 6, 9)
    for (_, before), (after, _) in zip(windows, windows[1:], strict=False):
        assert_close(after[:, 0], before[:, -1], name="first inputs of a window")
    for inputs, targets in windows:
        assert_close(targets[:, :-1], inputs[:, 1:], name="targets inside a window")


@pytest.mark.level("contract")
@pytest.mark.weight(3)
def test_unknown_character(student):
    """A character that is not in the vocabulary is a ValueError that shows it."""
    error = assert_raises(ValueError, student.encode, "abc\u00e9", ["a", "b", "c"])
    assert "\u00e9" in str(error), "the message does not show the unknown character"


@pytest.mark.level("contract")
def test_int64(student, rng):
    """Numbers, inputs and targets are int64, for an empty text too."""
    assert student.encode("ab", ["a", "b"]).dtype == torch.int64, "an encoded text is int64"
    assert student.encode("", ["a", "b"]).dtype == torch.int64, "an empty text is int64 as well"
    for tensor in student.stream_windows(rng.randint(0, 9, (20,)), 2, 3)[0]:
        assert tensor.dtype == torch.int64, "inputs and targets are int64"
