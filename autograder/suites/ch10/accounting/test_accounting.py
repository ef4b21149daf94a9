"""Hidden suite of `accounting`: parameters counted on a model of PyTorch's layers, multiplications by PyTorch's own
counter of operations, and the numbers of GPT-2 and GPT-3.
"""

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

pytestmark = [
    pytest.mark.exercise("accounting"),
    pytest.mark.shares(runs=6, plain=50, options=30, invariants=14),
]


def counted_parameters(vocab_size, context, width, layers):
    with torch.device("meta"):
        parts = [nn.Embedding(vocab_size, width), nn.Embedding(context, width), nn.LayerNorm(width)]
        parts += [nn.TransformerEncoderLayer(width, 1, 4 * width) for _ in range(layers)]
    return sum(value.numel() for part in parts for value in part.parameters())


def counted_multiplications(tokens, vocab_size, width, layers):
    """By PyTorch's counter, which counts an addition for each multiplication."""
    with torch.device("meta"):
        x = torch.empty(tokens, width)
        weights = [torch.empty(3 * width, width), torch.empty(width, width)]
        weights += [
            torch.empty(4 * width, width),
            torch.empty(width, 4 * width),
            torch.empty(vocab_size, width),
        ]
    with FlopCounterMode(display=False) as counter:
        for _ in range(layers):
            q, k, v = (x @ weights[0].T).chunk(3, dim=1)
            y = (q @ k.T) @ v @ weights[1].T
            x = (y @ weights[2].T) @ weights[3].T
        x @ weights[4].T
    return counter.get_total_flops() // 2


def three_numbers(student):
    """One result of each function."""
    return (
        student.gpt_parameters(7, 5, 4, 1),
        student.gpt_multiplications(3, 7, 4, 1),
        student.cache_bytes(3, 4, 2, 1),
    )


SIZES = [(7, 5, 4, 1), (30, 9, 6, 3), (11, 40, 10, 2)]


@pytest.mark.level("runs")
@pytest.mark.gate
def test_runs(student):
    """All three give numbers above 0."""
    for value in three_numbers(student):
        assert isinstance(value, (int, float)) and value > 0, f"{value!r} is not a number above 0"


@pytest.mark.level("plain")
@pytest.mark.parametrize("sizes", SIZES)
def test_parameters(student, sizes):
    """Parameters are those of a model of PyTorch's layers, the table counted once."""
    got, want = student.gpt_parameters(*sizes), counted_parameters(*sizes)
    assert got == want, f"{got} parameters instead of {want}"


@pytest.mark.level("plain")
@pytest.mark.parametrize(("tokens", "sizes"), [(3, SIZES[0]), (8, SIZES[1]), (1, SIZES[2])])
def test_multiplications(student, tokens, sizes):
    """Multiplications are those that PyTorch counts; what is looked up costs nothing."""
    vocab_size, _, width, layers = sizes
    got = student.gpt_multiplications(tokens, vocab_size, width, layers)
    want = counted_multiplications(tokens, vocab_size, width, layers)
    assert got == want, f"{got} multiplications instead of {want}"


@pytest.mark.level("plain")
@pytest.mark.parametrize(
    ("tokens", "width", "heads", "layers"), [(1, 6, 3, 1), (10, 8, 2, 5), (7, 12, 12, 2)]
)
def test_cache(student, tokens, width, heads, layers):
    """The cache holds a key and a value of W numbers for each token in each layer, two bytes a number."""
    kept = [torch.empty(heads, tokens, width // heads, dtype=torch.bfloat16) for _ in range(2 * layers)]
    want = sum(value.numel() * value.element_size() for value in kept)
    got = student.cache_bytes(tokens, width, heads, layers)
    assert got == want, f"{got} bytes instead of {want}"


@pytest.mark.level("options")
@pytest.mark.weight(2)
@pytest.mark.parametrize(
    ("width", "layers", "want"),
    [(768, 12, 124_439_808), (1024, 24, 354_823_168), (1280, 36, 774_030_080), (1600, 48, 1_557_611_200)],
)
def test_published(student, width, layers, want):
    """GPT-2's four sizes have the published number of parameters."""
    got = student.gpt_parameters(50_257, 1024, width, layers)
    assert got == want, f"{got:,} parameters instead of {want:,}"


@pytest.mark.level("options")
@pytest.mark.weight(3)
@pytest.mark.parametrize(("heads", "kv_heads", "size"), [(8, 2, 2), (8, 1, 4), (6, 3, 1), (4, 4, 8)])
def test_grouped_heads(student, heads, kv_heads, size):
    """With fewer key heads the cache holds them alone, at any number of bytes."""
    width, tokens, layers = 5 * heads, 9, 3
    want = 2 * layers * tokens * kv_heads * 5 * size
    got = student.cache_bytes(tokens, width, heads, layers, kv_heads=kv_heads, bytes_per_number=size)
    assert got == want, f"{got} bytes instead of {want}"


@pytest.mark.level("options")
@pytest.mark.weight(1.5)
def test_no_layers(student):
    """Without layers there are the tables, the last norm and the product with the table."""
    assert student.gpt_parameters(7, 5, 4, 0) == 12 * 4 + 8, "parameters without layers"
    assert student.gpt_multiplications(3, 7, 4, 0) == 84, "multiplications without layers"
    assert student.cache_bytes(3, 4, 2, 0) == 0, "cache without layers"


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_exact(student):
    """Numbers as large as GPT-3's are exact integers."""
    width, layers = 12_289, 96
    got = student.gpt_parameters(50_257, 2048, width, layers)
    assert got == counted_parameters(50_257, 2048, width, 1) + (layers - 1) * (12 * width**2 + 13 * width), (
        "GPT-3"
    )
    got = student.gpt_multiplications(1_048_577, 50_257, width, layers)
    want = 96 * (12 * 1_048_577 * width**2 + 2 * 1_048_577**2 * width) + 1_048_577 * 50_257 * width
    assert isinstance(got, int) and got == want, "multiplications of GPT-3"
    got = student.cache_bytes(3, 49 * 64, 49, 2, kv_heads=1)
    assert got == 2 * 2 * 3 * 64 * 2, "cache of one head of 49"


@pytest.mark.level("invariants")
@pytest.mark.weight(2)
def test_whole_numbers(student):
    """What comes back is of the type int."""
    for value in three_numbers(student):
        assert type(value) is int, f"{value!r} is not of the type int"


@pytest.mark.level("invariants")
def test_square_of_the_length(student):
    """Of the multiplications one part grows with the square of the length: second differences are constant."""
    counts = [student.gpt_multiplications(t, 50, 6, 2) for t in range(1, 6)]
    steps = [b - a for a, b in zip(counts, counts[1:], strict=False)]
    assert {b - a for a, b in zip(steps, steps[1:], strict=False)} == {2 * 2 * 2 * 6}, (
        "the part with the square"
    )
