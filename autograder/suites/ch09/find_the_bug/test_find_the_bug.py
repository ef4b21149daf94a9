"""Hidden suite of `find_the_bug`: right attentions written in several ways, and wrong ones of which the probes
must find the fault. Where a wrong attention happens to have a property, or where that may be seen either
way, the probe is not asked.

Half of the tests are about right attentions and half about wrong ones, so that an answer that is always the
same earns nothing: each test asks for both.
"""

import math

import pytest
import torch
import torch.nn.functional as F

pytestmark = [pytest.mark.exercise("find_the_bug"), pytest.mark.shares(runs=4, plain=46, options=50)]


PROBES = ("keeps_constants", "obeys_the_mask", "ignores_the_order", "scales_by_the_root")


def softmax(scores, mask, dim=2):
    return scores.masked_fill(~mask, -torch.inf).softmax(dim).nan_to_num(0.0)


def scores_of(q, k):
    return q @ k.transpose(1, 2) / q.shape[2] ** 0.5


def textbook(q, k, v, mask):
    return softmax(scores_of(q, k), mask) @ v


def pytorch(q, k, v, mask):
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask)


def renormalised(q, k, v, mask):
    scores = scores_of(q, k).masked_fill(~mask, -torch.inf)
    terms = (scores - scores.amax(2, keepdim=True)).exp()
    return terms @ v / terms.sum(2, keepdim=True).clamp(min=1e-20)


def query_scaled(q, k, v, mask):
    return softmax((q * q.shape[2] ** -0.5) @ k.transpose(1, 2), mask) @ v


def rounded(q, k, v, mask):
    """As right as float32 gets, with its rounding somewhat larger."""
    return textbook(q, k, v, mask) * (1 + 1e-6)


RIGHT = [textbook, pytorch, renormalised, query_scaled, rounded]


def over_queries(q, k, v, mask):
    return softmax(scores_of(q, k), mask, dim=1) @ v


def masked_after(q, k, v, mask):
    return (scores_of(q, k).softmax(2) * mask) @ v


def not_divided(q, k, v, mask):
    """exp without its sum, divided by the number of keys."""
    return (scores_of(q, k).exp() * mask) @ v / k.shape[1]


def sigmoid_weights(q, k, v, mask):
    return (scores_of(q, k).sigmoid() * mask) @ v


def dropped(q, k, v, mask):
    """Dropout that nobody switched off."""
    weights = softmax(scores_of(q, k), mask)
    kept = torch.ones_like(weights)
    kept[:, ::2, 0] = 0.0
    return (weights * kept / 0.9) @ v


def mask_ignored(q, k, v, mask):
    return scores_of(q, k).softmax(2) @ v


def mask_multiplied(q, k, v, mask):
    return (scores_of(q, k) * mask).softmax(2) @ v


def mask_weak(q, k, v, mask):
    return (scores_of(q, k) - 3.0 * ~mask).softmax(2) @ v


def mask_of_first_query(q, k, v, mask):
    return softmax(scores_of(q, k), mask[:, :1].expand_as(mask)) @ v


def mask_of_first_example(q, k, v, mask):
    return softmax(scores_of(q, k), mask[:1].expand_as(mask)) @ v


def mask_at(n, i):
    """The mask is obeyed but by one query of one example, which sees the keys that are hidden from it."""

    def attend(q, k, v, mask):
        opened = mask.clone()
        opened[n, i] = True
        return softmax(scores_of(q, k), opened) @ v

    attend.__name__ = f"mask_ignored_by_query_{i}_of_example_{n}"
    return attend


def mask_hides_values(q, k, v, mask):
    """The hidden keys still take their part of the weight, and give nothing for it."""
    scores = scores_of(q, k)
    return (scores.softmax(2) * mask) @ v


def mask_but_the_first_key(q, k, v, mask):
    """The first key is always seen."""
    opened = mask.clone()
    opened[:, :, 0] = True
    return softmax(scores_of(q, k), opened) @ v


def order_of_open_ones(q, k, v, mask):
    """Right while everything is open; with a mask, the place of a key counts."""
    bias = 0.5 * torch.arange(k.shape[1]) * (~mask.all(2, keepdim=True))
    return softmax(scores_of(q, k) + bias, mask) @ v


def last_key_doubled(q, k, v, mask):
    scores = scores_of(q, k)
    scores[:, :, -1] += math.log(2)
    return softmax(scores, mask) @ v


def silent(q, k, v, mask):
    """Right where everything is open; with a mask it answers NaN."""
    return textbook(q, k, v, mask) + (0.0 if bool(mask.all()) else math.nan)


def broken(q, k, v, mask):
    return torch.full((*q.shape[:2], v.shape[2]), math.nan)


def slightly_short(q, k, v, mask):
    """Rows that sum to 0.95."""
    return 0.95 * textbook(q, k, v, mask)


def scale_of_wide_queries(q, k, v, mask):
    """Right up to a width of 16; divided by the width beyond."""
    return scaled_by_width(q, k, v, mask) if q.shape[2] > 16 else textbook(q, k, v, mask)


def mask_late(q, k, v, mask):
    """The last key is always seen."""
    opened = mask.clone()
    opened[:, :, -1] = True
    return softmax(scores_of(q, k), opened) @ v


def mask_of_keys_only(q, k, v, mask):
    """Masked keys are hidden and their values are not: they leak into the mean of all values."""
    return 0.9 * textbook(q, k, v, mask) + 0.1 * v.mean(1, keepdim=True)


def place_bias(q, k, v, mask):
    return softmax(scores_of(q, k) + 0.5 * torch.arange(k.shape[1]), mask) @ v


def place_only(q, k, v, mask):
    """Weights that depend on the query and the key's place, not on the key."""
    return softmax(scores_of(q, torch.ones_like(k).cumsum(1) / k.shape[1]), mask) @ v


def values_shifted(q, k, v, mask):
    return softmax(scores_of(q, k), mask) @ v.roll(1, 1)


def first_key_doubled(q, k, v, mask):
    scores = scores_of(q, k)
    scores[:, :, 0] += math.log(2)
    return softmax(scores, mask) @ v


def no_scale(q, k, v, mask):
    return softmax(q @ k.transpose(1, 2), mask) @ v


def scaled_by_width(q, k, v, mask):
    return softmax(q @ k.transpose(1, 2) / q.shape[2], mask) @ v


def scaled_twice(q, k, v, mask):
    return softmax(scores_of(q, k) / q.shape[2] ** 0.5, mask) @ v


def fixed_scale(q, k, v, mask):
    """Right for a width of 6 only, that of `random_problem`."""
    return softmax(q @ k.transpose(1, 2) / 6**0.5, mask) @ v


def scaled_by_keys(q, k, v, mask):
    return softmax(q @ k.transpose(1, 2) / k.shape[1] ** 0.5, mask) @ v


def says(student, probe, attend):
    """What the probe says; anything but True or False fails."""
    answer = getattr(student, probe)(attend)
    if isinstance(answer, torch.Tensor):
        answer = bool(answer)
    assert answer is True or answer is False, f"{probe} must return True or False"
    return answer


def tells_apart(student, probe, wrong):
    """Right attentions have the property, and each of the wrong ones lacks it."""
    for attend in RIGHT:
        assert says(student, probe, attend), f"{probe} finds fault with a right attention"
    for attend in wrong:
        assert not says(student, probe, attend), f"{probe} does not find the fault of a wrong attention"


@pytest.mark.level("runs")
@pytest.mark.parametrize("probe", PROBES)
def test_both_answers(student, probe):
    """Each probe can be called, says True of a right attention and False of one that answers with zeros and noise."""

    def nonsense(q, k, v, mask):
        return (
            torch.arange(q.shape[0] * q.shape[1] * v.shape[2]).view(q.shape[0], q.shape[1], -1) * v.sum()
            + k[:, :1].sum()
        )

    assert says(student, probe, textbook), f"{probe} finds fault with a right attention"
    assert not says(student, probe, nonsense), f"{probe} finds no fault with nonsense"


@pytest.mark.level("plain")
@pytest.mark.parametrize("wrong", [over_queries, not_divided, sigmoid_weights])
def test_constants(student, wrong):
    """Rows of weights that do not sum to 1 are found."""
    tells_apart(student, "keeps_constants", [wrong])


@pytest.mark.level("plain")
@pytest.mark.parametrize("wrong", [mask_ignored, masked_after, mask_multiplied])
def test_mask(student, wrong):
    """An attention that looks where it may not is found."""
    tells_apart(student, "obeys_the_mask", [wrong])


@pytest.mark.level("plain")
@pytest.mark.parametrize("wrong", [place_bias, place_only, values_shifted])
def test_order(student, wrong):
    """An attention that depends on the keys' places is found."""
    tells_apart(student, "ignores_the_order", [wrong])


@pytest.mark.level("plain")
@pytest.mark.parametrize("wrong", [no_scale, scaled_by_width, scaled_twice])
def test_scale(student, wrong):
    """A wrong scale is found."""
    tells_apart(student, "scales_by_the_root", [wrong])


@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_constants_in_places(student):
    """Rows that do not sum to 1 are found where only some do not, or only with a mask."""
    tells_apart(student, "keeps_constants", [masked_after, dropped])


@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_constants_nearly_kept(student):
    """Rows that sum to 0.95 are found."""
    tells_apart(student, "keeps_constants", [slightly_short])


@pytest.mark.level("options")
@pytest.mark.weight(2)
@pytest.mark.parametrize("probe", PROBES)
def test_nan(student, probe):
    """An attention that answers NaN has no property."""
    tells_apart(student, probe, [broken, broken if probe == "scales_by_the_root" else silent])


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_mask_of_each_query(student):
    """A mask that one query alone does not obey is found, whichever of three and in which example."""
    tells_apart(student, "obeys_the_mask", [mask_at(n, i) for n in range(2) for i in range(3)])


@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_mask_of_each_key(student):
    """A mask that fails at the first key alone, or at the last, is found."""
    tells_apart(student, "obeys_the_mask", [mask_but_the_first_key, mask_late])


@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_mask_of_values(student):
    """Hidden values that leak, and hidden keys that keep their weight, are both found."""
    tells_apart(student, "obeys_the_mask", [mask_of_keys_only])
    tells_apart(student, "obeys_the_mask", [mask_hides_values])


@pytest.mark.level("options")
@pytest.mark.weight(2)
@pytest.mark.parametrize("wrong", [mask_weak, mask_of_first_query, mask_of_first_example])
def test_mask_in_places(student, wrong):
    """A mask that is too weak, or that is another query's or example's, is found."""
    tells_apart(student, "obeys_the_mask", [wrong])


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_order_in_places(student):
    """One place that counts more than the others is found, the first or the last."""
    tells_apart(student, "ignores_the_order", [first_key_doubled, last_key_doubled])


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_order_with_a_mask(student):
    """Places that count only where a mask hides something are found."""
    tells_apart(student, "ignores_the_order", [order_of_open_ones])


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_scale_in_places(student):
    """A scale that is right for one width only is found."""
    tells_apart(student, "scales_by_the_root", [fixed_scale, scaled_by_keys])


@pytest.mark.level("options")
@pytest.mark.weight(2)
def test_scale_of_wide_queries(student):
    """A scale that is wrong for widths above 16 alone is found."""
    tells_apart(student, "scales_by_the_root", [scale_of_wide_queries])


@pytest.mark.level("options")
@pytest.mark.weight(3)
def test_innocent(student):
    """A property that a wrong attention has is not denied: a wrong scale keeps the three others."""
    for probe in ("keeps_constants", "obeys_the_mask", "ignores_the_order"):
        assert says(student, probe, no_scale), (
            f"{probe} denies a property to an attention whose scale alone is wrong"
        )
        assert not says(
            student,
            probe,
            {
                "keeps_constants": over_queries,
                "obeys_the_mask": mask_ignored,
                "ignores_the_order": place_bias,
            }[probe],
        )
    assert says(student, "obeys_the_mask", place_bias), (
        "obeys_the_mask denies what a bias of places does not touch"
    )
    assert says(student, "scales_by_the_root", mask_ignored), (
        "scales_by_the_root finds fault with an ignored mask"
    )
