"""The tests you are given: run by the check cells of the notebook, or by `pytest` in this folder.

Each exercise has a ladder: shape, a value worked out by hand, PyTorch or autograd as the oracle, a small run.
Your work is graded by more tests than these, on other shapes and other numbers. `student` is your notebook.
"""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from selfcheck import assert_close, assert_own, assert_raises, gradcheck

# ----------------------------------------------------------------------------------------------------- bigram
bigram = pytest.mark.exercise("bigram")
ABRACADABRA = torch.tensor([0, 1, 4, 0, 2, 0, 3, 0, 1, 4, 0])  # a, b, r, a, c, a, d, a, b, r, a


@bigram
@pytest.mark.gate
def test_bigram_counts(student):
    """In "abracadabra" the a is followed by b twice, by c and by d once."""
    counts = student.bigram_counts(ABRACADABRA, 5)
    assert tuple(counts.shape) == (5, 5), f"the counts of 5 characters have shape {tuple(counts.shape)}"
    assert_close(counts[0], torch.tensor([0.0, 2.0, 1.0, 1.0, 0.0], dtype=torch.float64), name="what follows a")
    assert float(counts.sum()) == 10, f"eleven characters have ten pairs, {float(counts.sum()):g} were counted"


@bigram
def test_bigram_log_probs(student):
    """Rows of probabilities sum to 1, and smoothing gives every pair the same number of sightings more."""
    counts = torch.tensor([[3.0, 1.0], [0.0, 0.0]], dtype=torch.float64)
    want = torch.tensor([[3.5 / 5, 1.5 / 5], [0.5, 0.5]], dtype=torch.float64).log()
    assert_close(student.bigram_log_probs(counts, 0.5), want, name="log-probabilities with smoothing 0.5")


@bigram
def test_bigram_perplexity(student, rng):
    """A model that knows nothing has the perplexity V; "abracadabra" under its own counts has 64^(1/10)."""
    uniform = torch.full((6, 6), -math.log(6), dtype=torch.float64)
    got = float(student.bigram_perplexity(uniform, rng.randint(0, 6, (40,))))
    assert abs(got - 6) < 1e-9, f"the perplexity of a uniform model of 6 characters is {got:.4f}"
    log_probs = torch.full((5, 5), -50.0, dtype=torch.float64)
    log_probs[0] = torch.tensor([1e-20, 0.5, 0.25, 0.25, 1e-20], dtype=torch.float64).log()
    log_probs[1, 4] = log_probs[4, 0] = log_probs[2, 0] = log_probs[3, 0] = 0.0
    got = float(student.bigram_perplexity(log_probs, ABRACADABRA))
    assert abs(got - 64**0.1) < 1e-9, f"the perplexity of abracadabra is {got:.4f} instead of {64**0.1:.4f}"


@bigram
def test_bigram_views(student, rng):
    """A text that is every second number of another is counted too; the counts handed in stay as they are."""
    ids = rng.randint(0, 3, (30,))[::2]
    counts = student.bigram_counts(ids, 4)
    assert float(counts.sum()) == 14 and float(counts[3].sum()) == 0, "15 characters have 14 pairs"
    kept = counts.clone()
    student.bigram_log_probs(counts, 1.0)
    assert_close(counts, kept, name="the counts handed in")


# --------------------------------------------------------------------------------------------------- rnn_cell
rnn_cell = pytest.mark.exercise("rnn_cell")


def cell_arguments(rng, n, features, hidden, dtype=torch.float32, requires_grad=False):
    shapes = ((n, features), (n, hidden), (hidden, features), (hidden, hidden), (hidden,))
    return tuple((0.8 * rng.randn(*s, dtype=dtype)).requires_grad_(requires_grad) for s in shapes)


@rnn_cell
@pytest.mark.gate
def test_rnn_cell_shape(student, rng):
    """The new state has shape (N, H)."""
    h = student.rnn_cell(*cell_arguments(rng, 3, 2, 4))
    assert tuple(h.shape) == (3, 4), f"for 3 samples and 4 units the state has shape {tuple(h.shape)}"


@rnn_cell
def test_rnn_cell_by_hand(student):
    """From the state (0.2, 0.4) and the input 0.3 the example gives (tanh 0.5, tanh 0.2)."""
    w_x, w_h = torch.tensor([[1.0], [-1.0]]), torch.tensor([[0.0, 0.5], [2.0, 0.0]])
    got = student.rnn_cell(torch.tensor([[0.3]]), torch.tensor([[0.2, 0.4]]), w_x, w_h, torch.tensor([0.0, 0.1]))
    assert_close(got, torch.tensor([[0.5, 0.2]]).tanh(), name="new state")


@rnn_cell
def test_rnn_cell_matches_torch(student, rng):
    """The new state is that of PyTorch's cell with the same weights, for a batch and for one sample."""
    for n in (4, 1):
        x, h, w_x, w_h, b = cell_arguments(rng, n, 3, 5)
        cell = nn.RNNCell(3, 5)
        weights = {"weight_ih": w_x, "weight_hh": w_h, "bias_ih": b, "bias_hh": torch.zeros(5)}
        want = torch.func.functional_call(cell, weights, (x, h))
        assert_close(student.rnn_cell(x, h, w_x, w_h, b), want, rtol=1e-4, atol=1e-5, name="new state")


@rnn_cell
def test_rnn_cell_gradients(student, rng):
    """Gradients reach all five arguments, in float64 with finite differences as the judge."""
    assert gradcheck(student.rnn_cell, cell_arguments(rng, 2, 3, 2, torch.float64, requires_grad=True))


@rnn_cell
def test_rnn_cell_is_your_own(student, not_allowed):
    """The step is written by hand: PyTorch's recurrent cells are not used."""
    assert_own(student.rnn_cell, not_allowed)


# -------------------------------------------------------------------------------------------------------- rnn
rnn = pytest.mark.exercise("rnn")


def network_arguments(rng, n, steps, features, hidden, dtype=torch.float32):
    """x, h0, w_x, w_h, b."""
    _, h0, w_x, w_h, b = cell_arguments(rng, n, features, hidden, dtype)
    return rng.randn(n, steps, features, dtype=dtype), h0.tanh(), w_x, w_h / hidden**0.5, b


def torch_network(x, lengths, h0, w_x, w_h, b):
    """PyTorch's network on packed sequences."""
    network = nn.RNN(x.shape[2], len(b), batch_first=True, dtype=x.dtype)
    names = {"weight_ih_l0": w_x, "weight_hh_l0": w_h, "bias_ih_l0": b, "bias_hh_l0": torch.zeros_like(b)}
    packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    outputs, last = torch.func.functional_call(network, names, (packed, h0[None]))
    return nn.utils.rnn.pad_packed_sequence(outputs, batch_first=True, total_length=x.shape[1])[0], last[0]


@rnn
@pytest.mark.gate
def test_rnn_shapes(student, rng):
    """The outputs are (N, T, H), the last states (N, H)."""
    x, *rest = network_arguments(rng, 2, 5, 3, 4)
    outputs, last = student.rnn(x, torch.tensor([5, 5]), *rest)
    assert tuple(outputs.shape) == (2, 5, 4), f"the outputs have shape {tuple(outputs.shape)}"
    assert tuple(last.shape) == (2, 4), f"the last states have shape {tuple(last.shape)}"


@rnn
def test_rnn_by_hand(student):
    """One unit that adds its input: from 0.5, inputs 0 and 1 lead to tanh(0.5), then to tanh(1 + tanh(0.5))."""
    one = torch.ones(1, 1)
    first = math.tanh(0.5)
    want = torch.tensor([first, math.tanh(1 + first)]).reshape(1, 2, 1)
    x, h0 = torch.tensor([[[0.0], [1.0]]]), torch.tensor([[0.5]])
    outputs, last = student.rnn(x, torch.tensor([2]), h0, one, one, torch.zeros(1))
    assert_close(outputs, want, rtol=1e-5, atol=1e-6, name="outputs")
    assert_close(last, want[:, 1], rtol=1e-5, atol=1e-6, name="last state")


@rnn
def test_rnn_matches_torch(student, rng):
    """Outputs and last states are those of PyTorch's network, with lengths too, and from any h0."""
    for lengths in ([6, 6, 6], [4, 6, 1]):
        x, *rest = network_arguments(rng, 3, 6, 2, 4)
        got = student.rnn(x, torch.tensor(lengths), *rest)
        want = torch_network(x, torch.tensor(lengths), *rest)
        for tensor, expected, name in zip(got, want, ("outputs", "last states"), strict=True):
            assert_close(tensor, expected, rtol=1e-4, atol=1e-5, name=f"{name} for the lengths {lengths}")


@rnn
def test_rnn_padding(student, rng):
    """What stands in the padding changes nothing, and its gradient is 0."""
    lengths, (x, *rest) = torch.tensor([2, 5]), network_arguments(rng, 2, 5, 3, 4)
    before = student.rnn(x, lengths, *rest)
    x[0, 2:] = 1e30
    x.requires_grad_()
    outputs, last = student.rnn(x, lengths, *rest)
    assert_close(outputs, before[0], rtol=1e-5, atol=1e-6, name="outputs after a change of the padding")
    assert_close(last, before[1], rtol=1e-5, atol=1e-6, name="last states after a change of the padding")
    (outputs.sum() + last.sum()).backward()
    assert x.grad is not None, "no gradient reaches x"
    assert_close(x.grad[0, 2:], torch.zeros(3, 3), name="gradient of the padding")


@rnn
def test_rnn_gradients(student, rng):
    """Gradients reach x, h0 and the weights, with finite differences as the judge."""
    given = [t.requires_grad_() for t in network_arguments(rng, 2, 3, 2, 2, torch.float64)]
    lengths = torch.tensor([3, 2])
    assert gradcheck(lambda x, h0, w_x, w_h, b: student.rnn(x, lengths, h0, w_x, w_h, b), given)


@rnn
def test_rnn_is_your_own(student, not_allowed):
    """The network is written by hand: PyTorch's recurrent layers are not used."""
    assert_own(student.rnn, not_allowed)


# -------------------------------------------------------------------------------------------------- bptt_step
bptt_step = pytest.mark.exercise("bptt_step")
STEP_GRADIENTS = ("grad_x", "grad_h_before", "grad_w_x", "grad_w_h", "grad_b")


@bptt_step
@pytest.mark.gate
def test_bptt_step_by_hand(student):
    """The example: a state of 0.6 and the gradient 1 give 1.28, 1.92, 0.32, 0.064 and 0.64."""
    given = [torch.tensor([[value]], dtype=torch.float64) for value in (1.0, 0.5, 0.1, 0.6, 2.0, 3.0)]
    got = student.rnn_cell_backward(*given)
    for grad, want, name in zip(got, (1.28, 1.92, 0.32, 0.064, 0.64), STEP_GRADIENTS, strict=True):
        shape = (1,) if name == "grad_b" else (1, 1)
        assert_close(grad, torch.full(shape, want, dtype=torch.float64), name=name)


@bptt_step
def test_bptt_step_matches_autograd(student, rng):
    """All five gradients are autograd's, for a batch and for one sample."""
    for n in (3, 1):
        leaves = cell_arguments(rng, n, 2, 4, torch.float64, requires_grad=True)
        x, h_before, w_x, w_h, b = leaves
        h = torch.tanh(x @ w_x.T + h_before @ w_h.T + b)
        grad_h = rng.randn(n, 4, dtype=torch.float64)
        wanted = torch.autograd.grad(h, leaves, grad_h)
        got = student.rnn_cell_backward(grad_h, *(t.detach() for t in (x, h_before, h, w_x, w_h)))
        for grad, want, name in zip(got, wanted, STEP_GRADIENTS, strict=True):
            assert_close(grad, want, name=name)


@bptt_step
def test_bptt_step_is_your_own(student, not_allowed):
    """The gradients are written by hand: autograd is not used."""
    assert_own(student.rnn_cell_backward, not_allowed)


# ------------------------------------------------------------------------------------------------------- bptt
bptt = pytest.mark.exercise("bptt")
BPTT_GRADIENTS = ("grad_x", "grad_h0", "grad_w_x", "grad_w_h", "grad_b")


def unrolled(rng, lengths, steps, features, hidden):
    """Arguments of bptt, and autograd's gradients."""
    lengths = torch.tensor(lengths)
    leaves = [t.requires_grad_() for t in network_arguments(rng, len(lengths), steps, features, hidden, torch.float64)]
    x, h0, w_x, w_h, b = leaves
    h, outputs = h0, []
    for t in range(steps):
        running = (t < lengths)[:, None]
        h = torch.where(running, torch.tanh(x[:, t] @ w_x.T + h @ w_h.T + b), h)
        outputs.append(h * running)
    outputs = torch.stack(outputs, 1)
    grad_outputs = rng.randn(*outputs.shape, dtype=torch.float64)
    wanted = torch.autograd.grad(outputs, leaves, grad_outputs)
    given = (grad_outputs, *(t.detach() for t in (x, lengths, h0, outputs, w_x, w_h)))
    return given, wanted


@bptt
@pytest.mark.gate
def test_bptt_shapes(student, rng):
    """The five gradients have the shapes of x, h0, w_x, w_h and (H,)."""
    given, wanted = unrolled(rng, [4, 4], 4, 2, 3)
    for grad, want, name in zip(student.bptt(*given), wanted, BPTT_GRADIENTS, strict=True):
        assert grad.shape == want.shape, f"{name} has shape {tuple(grad.shape)} instead of {tuple(want.shape)}"


@bptt
def test_bptt_matches_autograd(student, rng):
    """All five gradients are autograd's: for one step, for many, with lengths, and for a batch of one."""
    for lengths, steps in (([1, 1], 1), ([5, 5, 5], 5), ([5, 2, 3], 5), ([6], 6)):
        given, wanted = unrolled(rng, lengths, steps, 2, 4)
        for grad, want, name in zip(student.bptt(*given), wanted, BPTT_GRADIENTS, strict=True):
            assert_close(grad, want, rtol=1e-7, atol=1e-9, name=f"{name} for the lengths {lengths}")


@bptt
def test_bptt_padding(student, rng):
    """What stands in the padding of x and of grad_outputs changes nothing."""
    (grad_outputs, x, lengths, *rest), wanted = unrolled(rng, [2, 5], 5, 3, 2)
    grad_outputs[0, 2:], x[0, 2:] = 7.0, -3.0
    for grad, want, name in zip(student.bptt(grad_outputs, x, lengths, *rest), wanted, BPTT_GRADIENTS, strict=True):
        assert_close(grad, want, rtol=1e-7, atol=1e-9, name=name)


@bptt
def test_bptt_is_your_own(student, not_allowed):
    """The gradients are written by hand: autograd is not used."""
    assert_own(student.bptt, not_allowed)


# --------------------------------------------------------------------------------------------- truncated_bptt
truncated_bptt = pytest.mark.exercise("truncated_bptt")


def given_network(student, rng, vocab_size=5, hidden=4):
    """The given network with weights that make its recurrence matter."""
    model = student.char_rnn(vocab_size, hidden)
    weights = {name: 0.5 * rng.randn(*value.shape) for name, value in model.state_dict().items()}
    model.load_state_dict(weights)
    return model


def gradients_of(model):
    return {name: None if p.grad is None else p.grad.clone() for name, p in model.named_parameters()}


@truncated_bptt
@pytest.mark.gate
def test_truncated_bptt_loss(student, rng):
    """The loss is the mean cross-entropy of all targets and does not depend on the window, nor does the last state."""
    model, ids, targets = given_network(student, rng), rng.randint(0, 5, (2, 7)), rng.randint(0, 5, (2, 7))
    with torch.no_grad():
        logits, want = model(ids, None)
        loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten()).item()
    for window in (1, 3, 7):
        got, state = student.truncated_bptt(model, ids, targets, None, window)
        assert abs(float(got) - loss) < 1e-4, f"with a window of {window} the loss is {float(got):.4f}, not {loss:.4f}"
        assert_close(state, want, rtol=1e-4, atol=1e-5, name=f"the last state with a window of {window}")


@truncated_bptt
def test_truncated_bptt_one_window(student, rng):
    """With one window for all, the gradients are those of the whole sequence, from the state handed in; they are added."""
    model, ids, targets = given_network(student, rng), rng.randint(0, 5, (3, 6)), rng.randint(0, 5, (3, 6))
    start = rng.uniform(-0.8, 0.8, 3, 4)
    F.cross_entropy(model(ids, start)[0].flatten(0, 1), targets.flatten()).backward()
    want = gradients_of(model)
    _, last = student.truncated_bptt(model, ids, targets, start, 6)
    for name, grad in gradients_of(model).items():
        assert_close(grad, 2 * want[name], rtol=1e-3, atol=1e-6, name=f"gradient of {name}, added to the one there was")
    assert not last.requires_grad, "the state returned still hangs on a graph"


@truncated_bptt
def test_truncated_bptt_gradients(student, rng):
    """The gradients of windows of 4 and 2 steps are those of two separate calls, each with the weight of its length."""
    model, ids, targets = given_network(student, rng), rng.randint(0, 5, (3, 6)), rng.randint(0, 5, (3, 6))
    parts, state = [], rng.uniform(-0.8, 0.8, 3, 4)
    start = state.clone()
    for piece, share in ((slice(0, 4), 4 / 6), (slice(4, 6), 2 / 6)):
        model.zero_grad()
        _, state = student.truncated_bptt(model, ids[:, piece], targets[:, piece], state, 6)
        parts.append({name: share * grad for name, grad in gradients_of(model).items()})
    model.zero_grad()
    student.truncated_bptt(model, ids, targets, start, 4)
    for name, grad in gradients_of(model).items():
        want = parts[0][name] + parts[1][name]
        assert_close(grad, want, rtol=1e-3, atol=1e-6, name=f"gradient of {name}")


# ---------------------------------------------------------------------------------------------- gradient_flow
gradient_flow = pytest.mark.exercise("gradient_flow")


@gradient_flow
@pytest.mark.gate
def test_gradient_norms_by_hand(student):
    """For one unit with weight 2 and slopes 0.1, 0.5, 0.25 the norms are 1, 0.5 and 0.5."""
    slopes = torch.tensor([[0.1], [0.5], [0.25]], dtype=torch.float64)
    got = student.gradient_norms(slopes, torch.tensor([[2.0]], dtype=torch.float64))
    assert_close(got, torch.tensor([1.0, 0.5, 0.5], dtype=torch.float64), name="norms")


@gradient_flow
def test_gradient_norms_of_powers(student, rng):
    """Without an activation they are the norms of the powers of W_h."""
    w_h = rng.randn(4, 4, dtype=torch.float64) / 2
    want = [torch.linalg.matrix_norm(torch.linalg.matrix_power(w_h, k), ord=2) for k in range(6)]
    assert_close(student.gradient_norms(torch.ones(6, 4).double(), w_h), torch.stack(want), name="norms")


@gradient_flow
def test_gradient_norms_with_slopes(student, rng):
    """For three steps of a tanh network they are the norms of autograd's derivatives of the last state."""
    w_h, inputs = rng.randn(3, 3, dtype=torch.float64), rng.randn(3, 3, dtype=torch.float64)
    states = [torch.zeros(3, dtype=torch.float64)]
    for x in inputs:
        states.append(torch.tanh(w_h @ states[-1] + x))
    one = torch.autograd.functional.jacobian(lambda h: torch.tanh(w_h @ h + inputs[2]), states[2])
    two = torch.autograd.functional.jacobian(
        lambda h: torch.tanh(w_h @ torch.tanh(w_h @ h + inputs[1]) + inputs[2]), states[1]
    )
    got = student.gradient_norms(torch.stack([1 - h**2 for h in states[1:]]), w_h)
    want = [torch.eye(3, dtype=torch.float64), one, two]
    assert_close(got, torch.stack([torch.linalg.svdvals(m).max() for m in want]), name="norms at lags 0, 1 and 2")


@gradient_flow
def test_spectral_start(student, rng):
    """The largest eigenvalue, in absolute value, is the radius asked for."""
    for radius in (0.5, 1.3):
        w = student.spectral_start(12, radius, rng.generator())
        found = float(torch.linalg.eigvals(w).abs().max())
        assert abs(found - radius) < 1e-3, f"the spectral radius is {found:.4f} instead of {radius}"


@gradient_flow
def test_orthogonal_start(student, rng):
    """Columns have length 1 and stand at right angles; one seed gives one matrix."""
    seed = rng.seed()
    first, second = (student.orthogonal_start(7, torch.Generator().manual_seed(seed)) for _ in range(2))
    assert_close(first.T @ first, torch.eye(7), rtol=0, atol=1e-5, name="W^T W")
    assert_close(first, second, name="two matrices from one seed")


# --------------------------------------------------------------------------------------------- clip_gradients
clip_gradients = pytest.mark.exercise("clip_gradients")


@clip_gradients
@pytest.mark.gate
def test_clip_by_hand(student):
    """(3, 0) and 4 have the norm 5 together; clipped to 1 they are (0.6, 0) and 0.8."""
    grads = [torch.tensor([3.0, 0.0]), torch.tensor(4.0)]
    clipped, norm = student.clip_gradients(grads, 1.0)
    assert abs(float(norm) - 5) < 1e-5, f"the norm of (3, 0) and 4 together is 5, not {float(norm):g}"
    assert_close(clipped[0], torch.tensor([0.6, 0.0]), rtol=1e-5, atol=1e-6, name="first gradient")
    assert_close(clipped[1], torch.tensor(0.8), rtol=1e-5, atol=1e-6, name="second gradient")
    assert_close(grads[0], torch.tensor([3.0, 0.0]), name="the gradient handed in")


@clip_gradients
def test_clip_small_zero_huge(student, rng):
    """Small gradients and zeros stay as they are; huge ones are clipped without NaN."""
    small = [0.01 * rng.randn(3), torch.zeros(2)]
    for one, other in zip(student.clip_gradients(small, 1.0)[0], small, strict=True):
        assert_close(one, other, rtol=0, atol=0, name="a small gradient")
    clipped, norm = student.clip_gradients([torch.zeros(3)], 1.0)
    assert float(norm) == 0 and bool((clipped[0] == 0).all()), "zeros do not stay zeros"
    clipped, _ = student.clip_gradients([1e25 * torch.tensor([3.0, -4.0])], 2.0)
    assert_close(clipped[0], torch.tensor([1.2, -1.6]), rtol=1e-4, atol=1e-6, name="a huge gradient")


@clip_gradients
def test_clip_is_your_own(student, not_allowed):
    """The clipping is written by hand."""
    assert_own(student.clip_gradients, not_allowed)


# ----------------------------------------------------------------------------------------------- char_batches
char_batches = pytest.mark.exercise("char_batches")


@char_batches
@pytest.mark.gate
def test_vocabulary_and_numbers(student):
    """Characters become their places in a sorted list, and come back."""
    vocabulary = student.build_vocabulary("banana")
    assert_close(vocabulary, ["a", "b", "n"], name="the vocabulary of 'banana'")
    ids = student.encode("nab", vocabulary)
    assert_close(ids, torch.tensor([2, 0, 1]), name="the numbers of 'nab'")
    assert_close(student.decode(ids, vocabulary), "nab", name="the text of these numbers")
    assert_raises(ValueError, student.encode, "band", vocabulary)


@char_batches
def test_windows_of_the_alphabet(student):
    """Of the alphabet in two streams the first window is a b c d and m n o p, with b c d e and n o p q to follow."""
    windows = student.stream_windows(torch.arange(26), 2, 4)
    assert len(windows) == 3, f"there are three windows, not {len(windows)}"
    inputs, targets = windows[0]
    assert_close(inputs, torch.tensor([[0, 1, 2, 3], [12, 13, 14, 15]]), name="inputs of the first window")
    assert_close(targets, torch.tensor([[1, 2, 3, 4], [13, 14, 15, 16]]), name="targets of the first window")


@char_batches
def test_streams_go_on(student, rng):
    """Each window goes on where the one before stopped, and what does not fill a window is dropped."""
    ids = rng.randint(0, 50, (107,))
    windows = student.stream_windows(ids, 3, 8)
    assert len(windows) == 4, f"35 characters a stream are four windows of 8, not {len(windows)}"
    for (_, before), (after, _) in zip(windows, windows[1:], strict=False):
        assert_close(after[:, 0], before[:, -1], name="first inputs of a window")
    assert_close(torch.cat([x for x, _ in windows], 1)[2], ids[70:102], name="the last stream")
    assert len(student.stream_windows(ids[:9], 2, 5)) == 0, "streams of 4 characters have no window of 5"


@char_batches
def test_every_character_comes_back(student):
    """A text with blanks, capitals and signs goes there and back, and so does an empty one, as int64."""
    for text in ("If x:\n    return \u00e4 + 1\n", ""):
        vocabulary = student.build_vocabulary(text)
        ids = student.encode(text, vocabulary)
        assert ids.dtype == torch.int64, f"the numbers of {text!r} are {ids.dtype}"
        assert_close(student.decode(ids, vocabulary), text, name="the text after a round trip")


# --------------------------------------------------------------------------------------------- train_char_rnn
train_char_rnn = pytest.mark.exercise("train_char_rnn")


@train_char_rnn
@pytest.mark.gate
def test_train_runs(student, rng):
    """The loop runs, and returns one number an epoch."""
    windows = [(rng.randint(0, 5, (2, 4)), rng.randint(0, 5, (2, 4))) for _ in range(3)]
    losses = student.train_char_rnn(student.char_rnn(5, 4), windows, epochs=2)
    assert len(losses) == 2 and all(math.isfinite(loss) for loss in losses), f"the losses are {losses}"


@train_char_rnn
def test_train_carries_the_state(student, rng):
    """A window begins with the state that the window before ended with; an epoch begins without one."""
    windows = [(rng.randint(0, 5, (2, 4)), rng.randint(0, 5, (2, 4))) for _ in range(3)]
    model, given, returned = student.char_rnn(5, 4), [], []

    def see(module, args, named, answer):
        state = named.get("state", args[1] if len(args) > 1 else None)
        given.append(None if state is None else state.detach().clone())
        returned.append(answer[1].detach().clone())

    model.register_forward_hook(see, with_kwargs=True)
    student.train_char_rnn(model, windows, epochs=2)
    assert len(given) == 6, f"three windows in two epochs are six calls, not {len(given)}"
    for number, state in enumerate(given):
        if number % 3 == 0:
            assert state is None or float(state.abs().max()) == 0, "an epoch begins with an old state"
        else:
            assert state is not None, "the state is not handed on"
            assert_close(state, returned[number - 1], rtol=1e-5, atol=1e-6, name="the state handed on")


@train_char_rnn
def test_train_clips(student, rng):
    """Clipped to a norm of 1e-12, gradients are far below what Adam adds to their size, and the weights hardly move."""
    windows = [(rng.randint(0, 5, (2, 4)), rng.randint(0, 5, (2, 4))) for _ in range(3)]
    model = student.char_rnn(5, 4)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    student.train_char_rnn(model, windows, lr=0.01, max_norm=1e-12)
    for name, value in model.state_dict().items():
        moved = float((value - before[name]).abs().max())
        assert moved < 1e-4, f"{name} moved by {moved:.4f}: the step used gradients that were not clipped"


@train_char_rnn
@pytest.mark.timeout(30)
def test_train_learns(student):
    """A text that repeats itself after seven characters is learned, which takes memory: its sixth character comes twice."""
    ids = torch.tensor([0, 1, 2, 0, 3, 2, 0] * 60)
    length = 104
    rows = torch.arange(4)[:, None] * length + torch.arange(length)
    windows = list(zip(ids[rows].split(8, 1), ids[rows + 1].split(8, 1), strict=True))
    torch.manual_seed(0)
    losses = student.train_char_rnn(student.char_rnn(4, 24), windows, epochs=12)
    assert losses[-1] < 0.15, f"the loss of the last epoch is {losses[-1]:.3f}; at most 0.15 is asked"


# ----------------------------------------------------------------------------------------------------- sample
sample = pytest.mark.exercise("sample")


def chain(table, seen):
    """A model whose scores depend on the last character; its state is how many it has read."""

    def model(ids, state=None):
        seen.append((ids.clone(), None if state is None else state.clone()))
        count = torch.zeros(1, 1) if state is None else state
        return table[ids], count + ids.shape[1]

    return model


@sample
@pytest.mark.gate
def test_sample_greedy(student):
    """At temperature 0 the likeliest character follows each time."""
    table = torch.tensor([[0.0, 3.0, 1.0], [-1.0, -2.0, 0.5], [4.0, 3.9, 0.0]])
    ids = student.sample(chain(table, []), torch.tensor([1]), 4, 0, torch.Generator().manual_seed(0))
    assert_close(ids, torch.tensor([1, 2, 0, 1, 2]), name="characters")


@sample
def test_sample_prompt(student, rng):
    """After a prompt its last character decides; nothing may be added; one seed gives one text, cold or not."""
    table = torch.tensor([[0.0, 3.0, 1.0], [-1.0, -2.0, 0.5], [4.0, 3.9, 0.0]])
    ids = student.sample(chain(table, []), torch.tensor([0, 2]), 2, 0, torch.Generator().manual_seed(0))
    assert_close(ids, torch.tensor([0, 2, 0, 1]), name="characters after the prompt 0, 2")
    none = student.sample(chain(table, []), torch.tensor([1, 2]), 0, 1.0, rng.generator())
    assert_close(none, torch.tensor([1, 2]), name="a prompt with nothing added")
    cold = student.sample(chain(200 * table, []), torch.tensor([0]), 3, 0.01, rng.generator())
    assert_close(cold, torch.tensor([0, 1, 2, 0]), name="characters at temperature 0.01")
    seed = rng.seed()
    first, second = (
        student.sample(chain(0 * table, []), torch.tensor([0]), 20, 1.0, torch.Generator().manual_seed(seed))
        for _ in range(2)
    )
    assert_close(first, second, name="two texts from one seed")


@sample
def test_sample_graph(student):
    """No graph is recorded while the network writes."""
    model, recorded = student.char_rnn(5, 4), []
    model.register_forward_hook(lambda module, args, answer: recorded.append(answer[0].requires_grad))
    student.sample(model, torch.tensor([1, 2]), 3, 1.0, torch.Generator().manual_seed(0))
    assert recorded and not any(recorded), "the network's scores hang on a graph"


@sample
def test_sample_state(student, rng):
    """The state of each call goes into the next one, and the model sees every character but the last."""
    seen = []
    ids = student.sample(chain(rng.randn(4, 4), seen), torch.tensor([3, 0]), 3, 1.0, rng.generator())
    assert seen[0][1] is None, "the first call has a state already"
    assert_close(torch.cat([call[0] for call, _ in seen])[:4], ids[:4], name="the characters shown")
    for (call, state), (_, following) in zip(seen, seen[1:], strict=False):
        before = 0.0 if state is None else float(state)
        assert following is not None and float(following) == before + call.shape[1], "a state is lost"


@sample
def test_sample_temperature(student, rng):
    """Scores (0, log 3) give probabilities 1/4 and 3/4 at temperature 1, and 1/10 and 9/10 at 0.5."""
    table = torch.tensor([0.0, math.log(3)]).expand(2, 2)
    for temperature, probability in ((1.0, 0.75), (0.5, 0.9)):
        ids = student.sample(chain(table, []), torch.tensor([0]), 500, temperature, rng.generator())[1:]
        share = float((ids == 1).float().mean())
        assert abs(share - probability) < 6.5 * math.sqrt(probability * (1 - probability) / 500), (
            f"at temperature {temperature} the share is {share:.2f} instead of {probability}"
        )


# --------------------------------------------------------------------------------------------------- forecast
forecast = pytest.mark.exercise("forecast")


@forecast
@pytest.mark.gate
def test_windows_by_hand(student):
    """(1, 2, 4, 7, 11) with a width of 2 makes (1, 2) -> 4, (2, 4) -> 7, (4, 7) -> 11."""
    windows, targets = student.make_windows(torch.tensor([1.0, 2.0, 4.0, 7.0, 11.0]), 2)
    assert_close(windows, torch.tensor([[1.0, 2.0], [2.0, 4.0], [4.0, 7.0]]), name="windows")
    assert_close(targets, torch.tensor([4.0, 7.0, 11.0]), name="targets")


@forecast
def test_fit_ar(student):
    """Of a series without noise, y_t+1 = 1 + 0.4 y_t - 0.3 y_t-1, the coefficients come out."""
    values = [2.0, -1.0]
    for _ in range(12):
        values.append(1 + 0.4 * values[-1] - 0.3 * values[-2])
    got = student.fit_ar(torch.tensor(values, dtype=torch.float64), 2)
    assert_close(got, torch.tensor([1.0, 0.4, -0.3], dtype=torch.float64), rtol=1e-4, atol=1e-5, name="coefficients")


@forecast
def test_forecasts(student):
    """A forecaster that adds 1 to the newest value: one step from the truth, and on its own in a free run."""
    series = torch.tensor([1.0, 5.0, 2.0, 8.0, 3.0])

    def predict(windows):
        return windows[:, -1] + 1

    assert_close(student.one_step_forecasts(predict, series, 2, 3), torch.tensor([3.0, 9.0]), name="one step")
    assert_close(student.free_run(predict, series[:3], 2, 3), torch.tensor([3.0, 4.0, 5.0]), name="free run")


@forecast
def test_no_future(student, rng):
    """Changing a value changes no forecast of its own time or of an earlier one."""
    series = rng.randn(12)

    def predict(windows):
        return windows.sum(1)

    before = student.one_step_forecasts(predict, series, 3, 4)
    series[8:] += 50.0
    after = student.one_step_forecasts(predict, series, 3, 4)
    assert_close(after[:5], before[:5], name="forecasts up to the changed value")
