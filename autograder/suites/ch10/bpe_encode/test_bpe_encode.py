"""Hidden suite of `bpe_encode`: against strings, whose characters are tokens and whose `replace` merges by rank."""

import math

import pytest
import torch

from autograder.testing import assert_raises

pytestmark = [
    pytest.mark.exercise("bpe_encode"),
    pytest.mark.shares(runs=6, plain=44, options=30, invariants=20),
]

LETTERS = "aaabbbccc d é,\n"


def sign(token):
    return chr(0x4000 + token)


def encoded(student, text, merges):
    """Each merge in its turn, over each word: what has a lower number can never arise later on."""
    tokens = []
    for piece in student.split_words(text):
        word = "".join(sign(byte) for byte in piece.encode())
        for number, (left, right) in enumerate(merges):
            word = word.replace(sign(left) + sign(right), sign(256 + number))
        tokens += [ord(c) - 0x4000 for c in word]
    return tokens


def random_text(rng, size):
    return "".join(LETTERS[i] for i in rng.randint(0, len(LETTERS), (size,)).tolist())


def random_merges(rng, count):
    """Merges as training could give them: each of two tokens that exist before it, none twice."""
    start = [97, 98, 99]
    merges = []
    while len(merges) < count:
        known = start + list(range(256, 256 + len(merges)))
        pair = tuple(known[int(rng.randint(0, len(known), ()))] for _ in range(2))
        if pair not in merges:
            merges.append(pair)
    return merges


@pytest.mark.level("runs")
@pytest.mark.gate
def test_runs(student):
    """Encoding gives whole numbers, decoding a text, bits per byte a number."""
    tokens = student.bpe_encode("hat", [])
    assert len(tokens) == 3 and all(isinstance(token, int) for token in tokens), (
        "three bytes are three tokens"
    )
    assert isinstance(student.bpe_decode([104], []), str), "decoding gives a text"
    assert math.isfinite(float(student.bits_per_byte(torch.tensor([-1.0]), "a"))), (
        "bits per byte are a number"
    )


@pytest.mark.level("plain")
@pytest.mark.weight(2)
def test_without_merges(student):
    """Without merges the tokens are the bytes."""
    for text in ("plain text", "déjà vu", "数"):
        assert list(student.bpe_encode(text, [])) == list(text.encode()), "bytes of a text"
        assert student.bpe_decode(list(text.encode()), []) == text, "text of bytes"


@pytest.mark.level("plain")
@pytest.mark.weight(16)
def test_lowest_first(student):
    """The merge with the lowest number goes first, not the one that stands farthest left."""
    got, want = [], []
    for letters, merges in (
        ("abc", [(98, 99), (97, 98)]),
        ("abc", [(97, 98), (98, 99)]),
        ("abcd", [(99, 100), (98, 99), (97, 98)]),
        ("abcd", [(98, 99), (97, 256), (257, 100)]),
        ("abab", [(98, 97), (97, 98), (97, 256)]),
    ):
        got.append(list(student.bpe_encode(letters, merges)))
        want.append(encoded(student, letters, merges))
    assert got == want, "words of few letters"


@pytest.mark.level("plain")
@pytest.mark.weight(8)
def test_random(student, rng):
    """Random texts by random merges."""
    for _ in range(12):
        merges, text = random_merges(rng, 25), random_text(rng, 40)
        assert list(student.bpe_encode(text, merges)) == encoded(student, text, merges), "a random text"


@pytest.mark.level("plain")
@pytest.mark.weight(6)
def test_decode(student, rng):
    """A merged token stands for the bytes of its two parts, which may be merged tokens too."""
    merges = [(97, 98), (256, 99), (257, 257), (32, 258)]
    assert student.bpe_decode([259, 256, 100, 258], merges) == " abcabcabdabcabc", "tokens made of tokens"
    for _ in range(5):
        merges, text = random_merges(rng, 20), random_text(rng, 30)
        assert student.bpe_decode(encoded(student, text, merges), merges) == text, "a random text"


@pytest.mark.level("plain")
@pytest.mark.weight(6)
def test_bits(student, rng):
    """Bits are to the base of 2, and bytes are counted, not tokens or characters."""
    for text, tokens in (("abcdefgh", 4), ("né", 2), ("数学", 5), (" a b\n\n", 3)):
        log_probs = -3 * rng.rand(tokens, dtype=torch.float64)
        want = -float(log_probs.sum()) / math.log(2) / len(text.encode())
        assert abs(float(student.bits_per_byte(log_probs, text)) - want) < 1e-9, "bits per byte"


@pytest.mark.level("options")
@pytest.mark.weight(5)
def test_whole_word(student):
    """A pair is merged at all its places in the word, from left to right, a token once."""
    merges = [(97, 97), (256, 256), (97, 98)]
    for text in ("aaaaa", "aaaaaaab", "aab aaab", "baaab"):
        assert list(student.bpe_encode(text, merges)) == encoded(student, text, merges), "a run of one letter"


@pytest.mark.level("options")
@pytest.mark.weight(5)
def test_words_are_apart(student):
    """No merge reaches over a word's border."""
    merges = [(98, 32), (32, 97), (257, 98)]
    for text in ("ab ab", "b a b", "ab, ab"):
        assert list(student.bpe_encode(text, merges)) == encoded(student, text, merges), (
            "words beside each other"
        )


@pytest.mark.level("options")
@pytest.mark.weight(5)
def test_pair_twice(student):
    """A pair that stands twice in the list has the first number."""
    merges = [(97, 98), (98, 99), (97, 98)]
    assert list(student.bpe_encode("ab abc", merges)) == [256, 32, 256, 99], "a list with a pair twice"
    assert student.bpe_decode([258, 256], merges) == "abab", "the second number of the pair is known too"


@pytest.mark.level("options")
@pytest.mark.weight(5)
def test_characters_of_several_bytes(student):
    """Bytes of one character may lie in different tokens."""
    merges = [(0xA9, 32), (97, 0xC3), (0x9F, 0x99)]
    assert student.bpe_decode([257, 0xA9, 0xF0, 258, 0x82], merges) == "aé🙂", (
        "characters over several tokens"
    )
    assert student.bpe_decode(student.bpe_encode("aé é🙂", merges), merges) == "aé é🙂", "there and back"


@pytest.mark.level("options")
@pytest.mark.weight(5)
def test_bytes_that_are_no_text(student):
    """Bytes that are no UTF-8 become the replacement sign, and what is around them stays."""
    assert student.bpe_decode([97, 0xFF, 98], []) == "a\ufffdb", "a byte that is never text"
    assert student.bpe_decode([0xC3], []) == "\ufffd", "half a character at the end"


@pytest.mark.level("options")
def test_empty(student):
    """An empty text has no tokens, and no tokens are an empty text."""
    assert list(student.bpe_encode("", [(97, 98)])) == [] and student.bpe_decode([], [(97, 98)]) == "", (
        "nothing"
    )


@pytest.mark.level("invariants")
@pytest.mark.weight(6)
def test_round_trip(student, rng):
    """Any text comes back: runs of spaces, other scripts, control characters."""
    texts = ["   a  b ", "\t\n \n", "Ελληνικά и русский", "🏳️‍🌈 e\u0301", "\x00\x7f", "_under__score 1_0"]
    merges = random_merges(rng, 30)
    for text in (*texts, random_text(rng, 60)):
        assert student.bpe_decode(student.bpe_encode(text, merges), merges) == text, "a text there and back"


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_bits_of_any_cut(student, rng):
    """A text whose tokens are joined, with products of their probabilities, has the same bits per byte."""
    log_probs = -rng.rand(12, dtype=torch.float64)
    joined = log_probs.view(4, 3).sum(1)
    one, other = (float(student.bits_per_byte(lp, "twelve bytes")) for lp in (log_probs, joined))
    assert abs(one - other) < 1e-9, "bits per byte of another cut"


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_calls_share_nothing(student):
    """Another list of merges after the first one counts alone."""
    assert list(student.bpe_encode("ab", [(97, 98)])) == [256], "the first list"
    assert list(student.bpe_encode("ab", [(98, 99)])) == [97, 98], "the second list"
    assert student.bpe_decode([256], [(99, 100)]) == "cd", "decoding by another list"


@pytest.mark.level("invariants")
@pytest.mark.weight(4)
def test_float(student):
    """Bits per byte are of Python's type float."""
    got = student.bits_per_byte(torch.tensor([-1.0, -2.0]), "ab")
    assert isinstance(got, float), f"bits per byte are {got!r}"


@pytest.mark.level("contract")
def test_unknown_token(student):
    """A token that the list does not know is refused."""
    for token in (257, -1, 10_000):
        assert_raises(ValueError, student.bpe_decode, [97, token], [(97, 98)])
