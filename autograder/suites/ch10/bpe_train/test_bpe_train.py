"""Hidden suite of `bpe_train`: against strings, in which a token is one character and Python's own `replace` merges."""

import pytest

pytestmark = [
    pytest.mark.exercise("bpe_train"),
    pytest.mark.shares(runs=6, plain=44, options=30, invariants=20),
]

SYLLABLES = ("ba", "na", "an", "aa", "o", "ßt", "é", "12", "2", "b", "  ", " ", ", ", "(", "数学", "\n")


def random_text(rng, size):
    """A text of few syllables, so that pairs often tie."""
    return "".join(SYLLABLES[i] for i in rng.randint(0, len(SYLLABLES), (size,)).tolist())


def sign(token):
    return chr(0x4000 + token)


def counted(words):
    """How often each pair of neighbouring characters occurs in {string: times}."""
    counts = {}
    for word, often in words.items():
        for i in range(len(word) - 1):
            counts[word[i : i + 2]] = counts.get(word[i : i + 2], 0) + often
    return counts


def learned(student, text, merges):
    """The merges of a text, by strings."""
    words, pairs = {}, []
    for piece in student.split_words(text):
        word = "".join(sign(byte) for byte in piece.encode())
        words[word] = words.get(word, 0) + 1
    for number in range(merges):
        counts = counted(words)
        if not counts:
            break
        most = max(counts.values())
        pair = min(pair for pair, count in counts.items() if count == most)
        merged = {}
        for word, often in words.items():
            new = word.replace(pair, sign(256 + number))
            merged[new] = merged.get(new, 0) + often
        words = merged
        pairs.append((ord(pair[0]) - 0x4000, ord(pair[1]) - 0x4000))
    return pairs


def trained(student, text, merges):
    return [tuple(pair) for pair in student.train_bpe(text, merges)]


def random_words(rng, count, symbols=4, longest=9):
    return [
        (rng.randint(0, symbols, (int(rng.randint(0, longest, ())),)).tolist(), int(rng.randint(1, 40, ())))
        for _ in range(count)
    ]


def brute_counts(words):
    counts = {}
    for ids, often in words:
        for i in range(1, len(ids)):
            counts[ids[i - 1], ids[i]] = counts.get((ids[i - 1], ids[i]), 0) + often
    return counts


@pytest.mark.level("runs")
@pytest.mark.gate
def test_runs(student):
    """All three functions run; the merges are a list of pairs."""
    assert student.count_pairs([([1, 2], 1)]), "no pair is counted in a word of two tokens"
    assert len(student.merge_pair([1, 2, 3], (1, 2), 256)) in (2, 3), "merging a word of three tokens"
    merges = student.train_bpe("a test, a test", 2)
    assert len(merges) == 2 and all(len(pair) == 2 for pair in merges), "two merges are two pairs"


@pytest.mark.level("plain")
@pytest.mark.weight(2)
def test_counts(student, rng):
    """Pairs are counted inside words, each as often as its word occurs."""
    words = [([0, 1, 2], 3), ([2, 0, 1], 5), ([1, 0], 2)]
    assert dict(student.count_pairs(words)) == {(0, 1): 8, (1, 2): 3, (2, 0): 5, (1, 0): 2}, (
        "counts of three words"
    )
    words = [(rng.perm(9)[:6].tolist(), i + 1) for i in range(12)]
    assert dict(student.count_pairs(words)) == brute_counts(words), "counts of twelve words"


@pytest.mark.level("plain")
@pytest.mark.weight(2)
def test_merge(student, rng):
    """All places of the pair are merged and nothing else."""
    assert list(student.merge_pair([7, 8, 9, 7, 8], (7, 8), 300)) == [300, 9, 300], (
        "7 8 9 7 8 with the pair 7 8"
    )
    assert list(student.merge_pair([8, 7, 9, 8], (7, 8), 300)) == [8, 7, 9, 8], "the pair the other way round"
    for _ in range(20):
        ids = rng.randint(0, 3, (12,)).tolist()
        want = "".join(map(sign, ids)).replace(sign(0) + sign(1), sign(400))
        assert [sign(i) for i in student.merge_pair(ids, (0, 1), 400)] == list(want), (
            "a word of twelve tokens"
        )


@pytest.mark.level("plain")
@pytest.mark.weight(10)
def test_first_merges(student):
    """Where one pair is always the most frequent, the merges come in its order, and build on each other."""
    words = ["hug"] * 10 + ["pug"] * 5 + ["pun"] * 12 + ["bun"] * 4 + ["hugs"] * 5
    text = "\n".join(words)
    assert trained(student, text, 3) == [(117, 103), (117, 110), (104, 256)], "three merges: ug, un, hug"


@pytest.mark.level("plain")
@pytest.mark.weight(3)
def test_random_texts(student, rng):
    """On random texts the merges are those of an independent count, recounted after each merge."""
    for size, merges in ((40, 12), (120, 30), (300, 25)):
        text = random_text(rng, size)
        assert trained(student, text, merges) == learned(student, text, merges), (
            f"{merges} merges of a random text"
        )


@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_ties(student):
    """Of pairs that come equally often the smallest is merged, wherever it stands in the text."""
    for text in ("zy zy ba ba", "ba ba zy zy", "dcba", "abcd", "ad ac ab"):
        assert trained(student, text, 3) == learned(student, text, 3), "merges of a text with ties"


@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_runs_of_one_token(student, rng):
    """In a run of equal tokens each place counts, and merging takes a token once."""
    for length in (2, 3, 4, 7):
        assert dict(student.count_pairs([([5] * length, 2)])) == {(5, 5): 2 * (length - 1)}, "counts in a run"
        want = [300] * (length // 2) + [5] * (length % 2)
        assert list(student.merge_pair([5] * length, (5, 5), 300)) == want, (
            f"a run of {length} equal tokens, merged"
        )
    text = "aaaaaaa aaaa baaab aaaa"
    assert trained(student, text, 8) == learned(student, text, 8), "merges of a text of runs"


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_bytes(student):
    """Text in other scripts is bytes: their pairs are merged too, up to whole characters."""
    text = "数学 数学 ñandú ñu 🙂🙂"
    assert trained(student, text, 12) == learned(student, text, 12), "merges of a text that is not ASCII"


@pytest.mark.level("options")
@pytest.mark.weight(5)
def test_edges(student):
    """No merges, an empty text, a text of single bytes, and the end of all pairs."""
    assert list(student.train_bpe("some text", 0)) == [], "no merges asked for"
    assert list(student.train_bpe("", 5)) == [], "an empty text"
    assert list(student.train_bpe("a\na", 5)) == [], "words of one byte have no pairs"
    assert trained(student, "ab abc", 99) == learned(student, "ab abc", 99), "merges until no pair is left"
    assert dict(student.count_pairs([])) == {} and dict(student.count_pairs([([3], 9), ([], 2)])) == {}, (
        "no pairs"
    )
    assert list(student.merge_pair([], (1, 2), 300)) == [], "an empty word"
    assert list(student.merge_pair([1], (1, 1), 300)) == [1], "a word of one token"
    assert list(student.merge_pair([116, 104, 16, 104, 16, 10], (16, 10), 256)) == [116, 104, 16, 104, 256], (
        "the pair 16 10 beside 116 104 and 16 104"
    )


@pytest.mark.level("options")
def test_random_words(student, rng):
    """Words of any length, empty ones too, are counted, with tokens above 255."""
    for _ in range(5):
        words = [([300 * i for i in ids], often) for ids, often in random_words(rng, 15)]
        assert dict(student.count_pairs(words)) == brute_counts(words), "counts of random words"


@pytest.mark.level("invariants")
@pytest.mark.weight(3)
def test_no_pair_crosses_words(student):
    """No token reaches over a word's border, and a space stands at the beginning of a token only."""
    text = "of the of the of the in of the"
    merges = trained(student, text, 20)
    pieces = [bytes([byte]) for byte in range(256)]
    for left, right in merges:
        pieces.append(pieces[left] + pieces[right])
    assert merges, "nothing was merged"
    assert all(b" " not in piece[1:] for piece in pieces[256:]), "a token reaches over a word's border"


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_twice(student, rng):
    """Two calls share nothing, and more merges begin with the fewer."""
    one, other = random_text(rng, 80), random_text(rng, 70)
    first = trained(student, one, 10)
    trained(student, other, 10)
    assert trained(student, one, 10) == first, "the second training of the same text"
    assert trained(student, one, 14)[:10] == first, "fourteen merges do not begin with the ten"


@pytest.mark.level("invariants")
def test_total(student, rng):
    """All counts together are the pairs that there are."""
    words = random_words(rng, 25)
    total = sum(often * max(len(ids) - 1, 0) for ids, often in words)
    assert sum(student.count_pairs(words).values()) == total, "the number of all pairs"


@pytest.mark.level("contract")
def test_arguments_stay(student):
    """Words and their lists are left as they are."""
    words = [([1, 1, 2], 3), ([2, 2], 1)]
    student.count_pairs(words)
    ids = [4, 5, 4, 5]
    student.merge_pair(ids, (4, 5), 300)
    assert words == [([1, 1, 2], 3), ([2, 2], 1)] and ids == [4, 5, 4, 5], "an argument was changed"
