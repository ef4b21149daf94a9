"""Hidden suite of `fold_batch_norm`: against convolution and batch norm of torch.nn.functional."""

import pytest
import torch
import torch.nn.functional as F

from autograder.testing import assert_close

pytestmark = [
    pytest.mark.exercise("fold_batch_norm"),
    pytest.mark.shares(runs=12, plain=27, options=33, invariants=28),
]

ROUGH = {"rtol": 1e-3, "atol": 1e-3}  # an eps in another place shows in `test_eps`, and nowhere else


def parts(rng, c_out, c_in, kh, kw, bias=False, dtype=torch.float64):
    """Weight, bias or None, gamma, beta, mean and variance; gammas of both signs."""
    weight = rng.randn(c_out, c_in, kh, kw, dtype=dtype)
    vectors = [rng.randn(c_out, dtype=dtype) for _ in range(4)]
    var = rng.rand(c_out, dtype=dtype) * 2 + 0.5
    return [weight, vectors[0] if bias else None, *vectors[1:], var]


def folded_as_both(student, rng, given, eps=1e-5, **settings):
    """Outputs of the folded convolution and of convolution and batch norm in evaluation."""
    weight, bias, gamma, beta, mean, var = given
    x = rng.randn(2, weight.shape[1] * settings.get("groups", 1), 9, 8, dtype=weight.dtype)
    want = F.batch_norm(F.conv2d(x, weight, bias, **settings), mean, var, gamma, beta, eps=eps)
    got = student.fold_batch_norm(*given, eps)
    assert isinstance(got, (tuple, list)) and len(got) == 2, "fold_batch_norm gives weight and bias"
    return F.conv2d(x, got[0], got[1], **settings), want


@pytest.mark.gate
@pytest.mark.level("runs")
def test_shapes(student, rng):
    """Weight and bias have the shapes of a convolution with bias."""
    got = student.fold_batch_norm(*parts(rng, 5, 3, 3, 2))
    assert isinstance(got, (tuple, list)) and len(got) == 2, "fold_batch_norm gives weight and bias"
    shapes = [tuple(t.shape) for t in got]
    assert shapes == [(5, 3, 3, 2), (5,)], (
        f"weight and bias have shapes {shapes}, they should have (5, 3, 3, 2) and (5,)"
    )


@pytest.mark.level("plain")
@pytest.mark.parametrize("shape", [(5, 3, 3, 2), (4, 6, 1, 1), (7, 2, 2, 5)])
def test_with_a_bias(student, rng, shape):
    """One convolution does what convolution with bias and batch norm did."""
    got, want = folded_as_both(student, rng, parts(rng, *shape, bias=True))
    assert_close(got, want, **ROUGH)


@pytest.mark.level("plain")
@pytest.mark.parametrize("shape", [(5, 3, 3, 2), (4, 6, 1, 1)])
def test_without_a_bias(student, rng, shape):
    """A convolution without a bias gets one: the shift and the mean stay."""
    got, want = folded_as_both(student, rng, parts(rng, *shape))
    assert_close(got, want, **ROUGH)


@pytest.mark.level("options")
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(("c_out", "c_in", "groups"), [(6, 1, 6), (6, 2, 3)])
def test_groups(student, rng, c_out, c_in, groups, bias):
    """With groups, a weight is only C_in / groups deep; depthwise too."""
    got, want = folded_as_both(
        student, rng, parts(rng, c_out, c_in, 3, 3, bias=bias), groups=groups, padding=1
    )
    assert_close(got, want, **ROUGH)


@pytest.mark.level("options")
def test_stride_and_padding(student, rng):
    """Stride and padding of the convolution do not matter, where the border is padded with zeros too."""
    got, want = folded_as_both(student, rng, parts(rng, 5, 3, 3, 3), stride=2, padding=2)
    assert_close(got, want, **ROUGH)


@pytest.mark.level("options")
@pytest.mark.parametrize("eps", [1e-3, 0.5])
def test_eps(student, rng, eps):
    """eps is added to the variance, under the root; a channel without variance needs it."""
    given = parts(rng, 5, 3, 3, 2)
    given[5][1] = 0.0
    got, want = folded_as_both(student, rng, given, eps)
    assert_close(got, want)


@pytest.mark.level("options")
def test_scales_of_either_sign(student, rng):
    """Scales may be negative or 0."""
    given = parts(rng, 5, 3, 3, 2, bias=True)
    given[2] = torch.tensor([-1.5, 0.0, 2.0, -0.01, 0.7], dtype=torch.float64)
    got, want = folded_as_both(student, rng, given)
    assert_close(got, want, **ROUGH)


@pytest.mark.level("options")
def test_one_channel_of_each(student, rng):
    """As many input as output channels, and a single output channel."""
    for shape in ((4, 4, 3, 3), (1, 5, 3, 3), (3, 3, 3, 3)):
        got, want = folded_as_both(student, rng, parts(rng, *shape, bias=True))
        assert_close(got, want, name=f"output with a weight {shape}", **ROUGH)


@pytest.mark.level("invariants")
def test_neutral_norm(student, rng):
    """A batch norm that does nothing leaves weight and bias as they are."""
    weight, bias = rng.randn(4, 3, 3, 2, dtype=torch.float64), rng.randn(4, dtype=torch.float64)
    one, zero = torch.ones(4, dtype=torch.float64), torch.zeros(4, dtype=torch.float64)
    got = student.fold_batch_norm(weight, bias, one, zero, zero, one, 0.0)
    assert_close(tuple(got), (weight, bias), name="weight and bias")


@pytest.mark.level("invariants")
def test_zero_input(student, rng):
    """For a zero image the output is the bias: what the batch norm makes of the convolution's bias."""
    given = parts(rng, 5, 3, 3, 2, bias=True)
    _, bias, gamma, beta, mean, var = given
    got = student.fold_batch_norm(*given)[1]
    assert_close(got, F.batch_norm(bias[None], mean, var, gamma, beta)[0], name="bias", **ROUGH)


@pytest.mark.level("contract")
def test_single_precision(student, rng):
    """In float32 the results are float32."""
    given = parts(rng, 5, 3, 3, 2, dtype=torch.float32)
    got = student.fold_batch_norm(*given)
    for value in got:
        assert value.dtype == torch.float32, f"the result is {value.dtype}"


@pytest.mark.level("contract")
@pytest.mark.parametrize(("of_weight", "of_norm"), [("float32", "float64"), ("float64", "float32")])
def test_norm_of_another_dtype(student, rng, of_weight, of_norm):
    """Where the batch norm has another dtype, weight and bias have that of the given weight."""
    weight, _, *norm = parts(rng, 5, 3, 3, 2)
    want = getattr(torch, of_weight)
    got = student.fold_batch_norm(weight.to(want), None, *(t.to(getattr(torch, of_norm)) for t in norm))
    for value, name in zip(got, ("weight", "bias"), strict=True):
        assert value.dtype == want, (
            f"a weight in {of_weight} and a norm in {of_norm} give a {name} in {value.dtype}"
        )
