"""The tests you are given: run by the check cells of the notebook, or by `pytest` in this folder.

Each exercise has a ladder: shape, a value worked out by hand, a closed form or enumeration as the oracle, gradients, a
small run. Your work is graded by more tests than these, on other shapes and other numbers. `student` is your notebook.
"""

import itertools
import math

import pytest
import torch

from selfcheck import assert_close, assert_own, assert_raises, gradcheck


def table(n, low=0.0):
    """Every state of n units that are `low` or 1, float64."""
    return torch.tensor(list(itertools.product([low, 1.0], repeat=n)), dtype=torch.float64)


def spin_model(rng, n, strength=1.0):
    """Symmetric couplings without self-coupling, and fields, float64."""
    J = strength * rng.randn(n, n, dtype=torch.float64).triu(1)
    return J + J.T, strength * rng.randn(n, dtype=torch.float64)


def machine(rng, visible, hidden, scale=1.0):
    """Weight, visible bias and hidden bias of a restricted Boltzmann machine, float64."""
    sizes = ((visible, hidden), (visible,), (hidden,))
    return tuple(scale * rng.randn(*size, dtype=torch.float64) for size in sizes)


# -------------------------------------------------------------------------------------------------- partition_function
partition_function = pytest.mark.exercise("partition_function")


@partition_function
@pytest.mark.gate
def test_partition_function_shapes(student, rng):
    """One energy for each state, one number for log Z, one log-probability for each state."""
    J, b = spin_model(rng, 3)
    assert tuple(student.ising_energy(table(3, -1.0), J, b).shape) == (8,), "one energy for each row of spins"
    assert tuple(student.all_states(4).shape) == (16, 4), "four units have 16 states"
    assert tuple(student.log_partition(rng.randn(5)).shape) == (), "log Z is one number"
    assert tuple(student.log_probabilities(rng.randn(5)).shape) == (5,)
    assert tuple(student.model_mean(rng.randn(5, 2, 3), rng.randn(5)).shape) == (2, 3)


@partition_function
def test_partition_function_by_hand(student):
    """Energies 0 and ln 3 have Z = 4/3 and probabilities 3/4 and 1/4."""
    energies = torch.tensor([0.0, math.log(3)], dtype=torch.float64)
    assert_close(student.log_partition(energies).exp(), torch.tensor(4 / 3, dtype=torch.float64), name="Z")
    want = torch.tensor([0.75, 0.25], dtype=torch.float64)
    assert_close(student.log_probabilities(energies).exp(), want, name="probabilities")
    assert_close(
        student.model_mean(torch.tensor([8.0, 4.0], dtype=torch.float64), energies),
        torch.tensor(7.0, dtype=torch.float64),
        name="mean",
    )


@partition_function
def test_partition_function_spins(student):
    """A pair stands once, a field once: J = 2, b = (1, 5), s = (1, -1) has the energy 2 - 1 + 5."""
    J, b = torch.tensor([[0.0, 2.0], [2.0, 0.0]]), torch.tensor([1.0, 5.0])
    assert_close(student.ising_energy(torch.tensor([1.0, -1.0]), J, b), torch.tensor(6.0), name="energy")


@partition_function
def test_partition_function_states(student):
    """States are counted, the last unit fastest; low is the other value."""
    assert_close(
        student.all_states(2),
        torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=torch.float64),
        name="states",
    )
    assert_close(student.all_states(3, low=-1.0), table(3, -1.0), name="spins")


@partition_function
def test_partition_function_edges(student):
    """Huge energies, a temperature and a state that cannot occur."""
    energies = torch.tensor([-1e6, -1e6 + 2.0, math.inf], dtype=torch.float64)
    assert_close(
        student.log_partition(energies, 2.0),
        torch.tensor(5e5 + math.log(1 + math.exp(-1)), dtype=torch.float64),
        name="log Z",
    )
    got = student.log_probabilities(energies, 2.0).exp()
    assert_close(
        got,
        torch.tensor([1 / (1 + math.exp(-1)), 1 / (1 + math.e), 0.0], dtype=torch.float64),
        rtol=1e-5,
        name="probabilities",
    )


@partition_function
def test_partition_function_gradient(student, rng):
    """The gradient of log Z in an energy is minus that state's probability."""
    energies = rng.randn(6, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(student.log_partition(energies), energies)
    assert_close(gradient, -torch.softmax(-energies.detach(), 0), name="gradient")


# -------------------------------------------------------------------------------------------------- phases
phases = pytest.mark.exercise("phases")


@phases
@pytest.mark.gate
def test_phases_shapes(student, rng):
    """A gradient for J, one for b, and one number for the loss."""
    J, b = spin_model(rng, 3)
    grad_J, grad_b = student.exact_gradient(table(3, -1.0)[:5], J, b)
    assert tuple(grad_J.shape) == (3, 3) and tuple(grad_b.shape) == (3,)
    loss = student.contrastive_loss(lambda x: (x**2).sum(1), rng.randn(4, 2), rng.randn(3, 2))
    assert tuple(loss.shape) == (), "the loss is one number"


@phases
def test_phases_by_hand(student):
    """One spin without a field, up three times in four: the gradient is 0 - 0.5."""
    data = torch.tensor([[1.0], [1.0], [-1.0], [1.0]])
    grad_J, grad_b = student.exact_gradient(data, torch.zeros(1, 1), torch.zeros(1))
    assert_close(grad_b, torch.tensor([-0.5]), name="gradient in b")
    assert_close(grad_J, torch.zeros(1, 1), name="gradient in J")


@phases
def test_phases_against_autograd(student, rng):
    """The gradient is that of the exact likelihood, which autograd differentiates."""
    J, b = spin_model(rng, 4)
    states, data = table(4, -1.0), table(4, -1.0)[rng.randint(0, 16, (7,))]
    J.requires_grad_(), b.requires_grad_()

    def energy(s):
        return -0.5 * ((s @ J) * s).sum(1) - s @ b

    loss = energy(data).mean() + torch.logsumexp(-energy(states), 0)
    want = torch.autograd.grad(loss, (J, b))
    got = student.exact_gradient(data, J.detach(), b.detach())
    for mine, right, name in zip(got, want, ("J", "b"), strict=True):
        assert_close(mine, right, name=f"gradient in {name}")


@phases
def test_phases_contrastive_loss(student):
    """Data of energies 1 and 3, samples of energies 2, 2 and 8: 2 - 4, and with alpha 0.1 the squares 5 + 24 more."""
    x_data, x_model = torch.tensor([[1.0], [3.0]]), torch.tensor([[2.0], [2.0], [8.0]])
    assert_close(
        student.contrastive_loss(lambda x: x[:, 0], x_data, x_model), torch.tensor(-2.0), name="loss"
    )
    got = student.contrastive_loss(lambda x: x[:, 0], x_data, x_model, alpha=0.1)
    assert_close(got, torch.tensor(-2.0 + 0.1 * (5 + 24)), name="loss with alpha")


@phases
def test_phases_samples_are_constants(student, rng):
    """No gradient goes through the samples; one reaches the parameters."""
    scale = torch.tensor(1.5, requires_grad=True)
    start = rng.randn(3, 2, requires_grad=True)
    loss = student.contrastive_loss(lambda x: scale * (x**2).sum(1), rng.randn(4, 2), 2 * start * scale)
    loss.backward()
    assert start.grad is None or not bool(start.grad.any()), "a gradient went through the samples"
    assert scale.grad is not None, "no gradient reaches the energy's parameters"


@phases
def test_phases_is_your_own(student, not_allowed):
    """Nothing is used that the card does not allow."""
    assert_own(student.exact_gradient, not_allowed)


# -------------------------------------------------------------------------------------------------- gibbs
gibbs = pytest.mark.exercise("gibbs")


@gibbs
@pytest.mark.gate
def test_gibbs_shapes(student, rng):
    """A probability for each chain, new spins for each chain, a record of all sweeps."""
    J, b = spin_model(rng, 3)
    s = table(3, -1.0)[:5]
    assert tuple(student.spin_up_probability(s, 1, J, b).shape) == (5,)
    new = student.gibbs_sweep(s, J, b, generator=rng.generator())
    assert tuple(new.shape) == (5, 3) and bool((new.abs() == 1).all()), "spins are -1 or +1"
    assert tuple(student.gibbs_chain(s, J, b, 4, generator=rng.generator()).shape) == (4, 5, 3)


@gibbs
def test_gibbs_by_hand(student):
    """The example of the notebook: the field on spin 0 is 0.75, its probability sigma(1.5), at T = 3 sigma(0.5)."""
    J = torch.tensor([[0.0, 1.0, -0.5], [1.0, 0.0, 0.3], [-0.5, 0.3, 0.0]], dtype=torch.float64)
    b, s = (
        torch.tensor([0.25, 0.0, 0.0], dtype=torch.float64),
        torch.tensor([[-1.0, 1.0, 1.0], [1.0, 1.0, 1.0]], dtype=torch.float64),
    )
    for temperature, want in ((1.0, 1.5), (3.0, 0.5)):
        got = student.spin_up_probability(s, 0, J, b, temperature)
        assert_close(got, torch.full((2,), want).double().sigmoid(), name=f"probability at T = {temperature}")


@gibbs
def test_gibbs_sees_the_newest_values(student, rng):
    """A field turns spin 0 up for certain, and spin 1, then spin 2, follow it in the same sweep."""
    J = torch.zeros(3, 3)
    J[0, 1] = J[1, 0] = J[1, 2] = J[2, 1] = 100.0
    b = torch.tensor([1000.0, 0.0, 0.0])
    new = student.gibbs_sweep(-torch.ones(4, 3), J, b, generator=rng.generator())
    # Spin 1 has a field of 100 from spin 0 and -100 from spin 2, which is still down: it is undecided.
    assert bool((new[:, 0] == 1).all()), "a field of 1000 leaves no doubt about spin 0"
    assert bool((new[:, 1] == new[:, 2]).all()), "spin 2 follows the new value of spin 1"


@gibbs
def test_gibbs_moments(student, rng):
    """After 30 sweeps of 4000 chains the mean spins are those of the enumerated model."""
    J, b = spin_model(rng, 3, 0.5)
    s = student.gibbs_chain(torch.ones(4000, 3, dtype=torch.float64), J, b, 30, generator=rng.generator())[-1]
    states = table(3, -1.0)
    p = torch.softmax(0.5 * ((states @ J) * states).sum(1) + states @ b, 0)
    # The mean of 4000 spins has a standard deviation of at most 0.016.
    apart = float((s.mean(0) - p @ states).abs().max())
    assert apart < 0.1, f"a mean spin is off by {apart:.2f}"


@gibbs
def test_gibbs_generator(student, rng):
    """The same seed gives the same chain, and the start is left alone."""
    J, b = spin_model(rng, 4)
    s, seed = torch.ones(6, 4, dtype=torch.float64), rng.seed()
    one, two = (student.gibbs_chain(s, J, b, 3, 1.5, torch.Generator().manual_seed(seed)) for _ in range(2))
    assert_close(one, two, name="two chains from one seed")
    assert bool((s == 1).all()), "the start was changed"


# -------------------------------------------------------------------------------------------------- langevin
langevin = pytest.mark.exercise("langevin")


def quadratic(x):
    """Energy of a normal distribution of variance 4 in each direction."""
    return (x**2).flatten(1).sum(1) / 8


@langevin
@pytest.mark.gate
def test_langevin_shapes(student, rng):
    """Samples of any shape keep it."""
    for shape in ((4, 2), (3, 1, 2, 5)):
        x = rng.randn(*shape)
        assert tuple(student.langevin_step(x, quadratic, 0.1, generator=rng.generator()).shape) == shape
        assert tuple(student.langevin_chain(x, quadratic, 0.1, 3, generator=rng.generator()).shape) == shape


@langevin
def test_langevin_without_noise(student):
    """At temperature 0 a step is a step of gradient descent, for each sample by its own energy."""
    x = torch.tensor([[8.0, -4.0], [0.0, 2.0]])
    got = student.langevin_step(x, quadratic, 0.4, temperature=0.0)
    assert_close(got, torch.tensor([[7.2, -3.6], [0.0, 1.8]]), name="x'")
    assert_close(student.langevin_chain(x, quadratic, 0.4, 2, 0.0), 0.81 * x, name="x''")


@langevin
def test_langevin_noise(student, rng):
    """Where the energy is flat, 20,000 steps of 0.08 at T = 4 have the standard deviation 0.8."""
    x = student.langevin_step(torch.zeros(20_000, 1), lambda x: 0 * x.sum(1), 0.08, 4.0, rng.generator())
    # The standard deviation of 20,000 normal numbers is known to 0.5 %.
    assert abs(float(x.std()) - 0.8) < 0.03, (
        f"the noise has a standard deviation of {float(x.std()):.3f}, not 0.8"
    )


@langevin
def test_langevin_bias(student, rng):
    """A chain on a standard normal with step 1 has the variance 2."""
    x = student.langevin_chain(
        torch.zeros(8000, 1), lambda x: (x**2).sum(1) / 2, 1.0, 12, generator=rng.generator()
    )
    assert abs(float(x.var()) - 2) < 0.2, f"the variance is {float(x.var()):.2f}, the formula says 2"


@langevin
def test_langevin_leaves_nothing_behind(student, rng):
    """No graph, no gradients in parameters, and it works where gradients are switched off."""
    scale = torch.tensor(2.0, requires_grad=True)
    with torch.no_grad():
        x = student.langevin_step(
            rng.randn(3, 2), lambda x: scale * (x**2).sum(1), 0.1, generator=rng.generator()
        )
    assert not x.requires_grad, "the new states have a graph"
    assert scale.grad is None, "a gradient was left in a parameter of the energy"


# -------------------------------------------------------------------------------------------------- metropolis
metropolis = pytest.mark.exercise("metropolis")


@metropolis
@pytest.mark.gate
def test_metropolis_shapes(student, rng):
    """A log-density for each chain; new states, and a bool for each chain."""
    x = rng.randn(4, 2, 3)
    assert tuple(student.log_proposal(x, x + 1, x, 0.1).shape) == (4,)
    new, accepted = student.mala_step(x, quadratic, 0.1, generator=rng.generator())
    assert tuple(new.shape) == (4, 2, 3) and tuple(accepted.shape) == (4,) and accepted.dtype == torch.bool


@metropolis
def test_metropolis_log_proposal(student):
    """From 0 with the gradient 2, step 0.5 and T = 1 lead to -1 on average: 1 is 2 away, minus 4 over 2."""
    got = student.log_proposal(torch.tensor([[1.0, 0.0]]), torch.zeros(1, 2), torch.tensor([[2.0, 0.0]]), 0.5)
    assert_close(got, torch.tensor([-2.0]), name="log q")


@metropolis
def test_metropolis_keeps_the_distribution(student, rng):
    """Chains that start as a standard normal are one still after steps of size 1."""
    x = rng.randn(10_000, 1)
    for _ in range(4):
        x, _ = student.mala_step(x, lambda x: (x**2).sum(1) / 2, 1.0, generator=rng.generator())
    # A variance of 10,000 normal numbers is known to 1.4 %.
    assert abs(float(x.var()) - 1) < 0.09, f"the variance has become {float(x.var()):.2f}"


@metropolis
def test_metropolis_stays_or_moves(student, rng):
    """A chain that refused is where it was; some accept and some refuse."""
    x = 2 * rng.randn(500, 2)
    new, accepted = student.mala_step(x, lambda x: (x**4).sum(1), 0.05, generator=rng.generator())
    assert_close(new[~accepted], x[~accepted], rtol=0, atol=0, name="states of chains that refused")
    assert bool(accepted.any()) and not bool(accepted.all()), "all chains accept, or none does"


@metropolis
def test_metropolis_walls(student, rng):
    """Where the energy is infinite nobody goes."""

    def box(x):
        return torch.where(x.abs() < 1, 0 * x, torch.full_like(x, math.inf)).sum(1)

    x = rng.uniform(-1.0, 1.0, 2000, 1)
    new, _ = student.mala_step(x, box, 0.3, generator=rng.generator())
    assert bool((new.abs() < 1).all()), "a chain went through the wall"


# -------------------------------------------------------------------------------------------------- rbm
rbm = pytest.mark.exercise("rbm")


@rbm
@pytest.mark.gate
def test_rbm_shapes(student, rng):
    """One energy, and probabilities for each unit, of every state of a batch."""
    parameters = machine(rng, 4, 3)
    v, h = table(4)[:5], table(3)[:5]
    assert tuple(student.rbm_energy(v, h, *parameters).shape) == (5,)
    assert tuple(student.hidden_probabilities(v, *parameters).shape) == (5, 3)
    assert tuple(student.visible_probabilities(h, *parameters).shape) == (5, 4)
    assert tuple(student.free_energy(v, *parameters).shape) == (5,)


@rbm
def test_rbm_by_hand(student):
    """The example of the notebook: W = 2, a = 1, c = -2."""
    parameters = torch.tensor([[2.0]]), torch.tensor([1.0]), torch.tensor([-2.0])
    v = torch.tensor([[1.0], [0.0]])
    assert_close(
        student.rbm_energy(v, torch.ones(2, 1), *parameters), torch.tensor([-1.0, 2.0]), name="energy"
    )
    want = torch.tensor([-1 - math.log(2), -math.log(1 + math.exp(-2))])
    assert_close(student.free_energy(v, *parameters), want, name="free energy")
    want = torch.tensor([[0.5], [1 / (1 + math.exp(2))]])
    assert_close(student.hidden_probabilities(v, *parameters), want, name="hidden probabilities")
    want = torch.tensor([[1 / (1 + math.exp(-3))], [1 / (1 + math.exp(-1))]])
    assert_close(student.visible_probabilities(v, *parameters), want, name="visible probabilities")


@rbm
def test_rbm_free_energy_is_a_sum(student, rng):
    """exp(-F(v)) is the sum of exp(-E(v, h)) over all hidden states."""
    parameters = machine(rng, 5, 3)
    weight, a, c = parameters
    v, h = table(5), table(3)
    energies = -(v @ weight @ h.T) - (v @ a)[:, None] - h @ c
    assert_close(student.free_energy(v, *parameters), -torch.logsumexp(-energies, 1), name="free energy")


@rbm
def test_rbm_gradients(student, rng):
    """The free energy has the gradients of finite differences."""
    parameters = tuple(p.requires_grad_() for p in machine(rng, 3, 2))
    assert gradcheck(lambda *p: student.free_energy(table(3), *p), parameters)


# -------------------------------------------------------------------------------------------------- exact_likelihood
exact_likelihood = pytest.mark.exercise("exact_likelihood")


@exact_likelihood
@pytest.mark.gate
def test_exact_likelihood_by_hand(student):
    """W = 0 and no biases: three and two units have 32 states of weight 1, and each visible one has 1/8."""
    parameters = torch.zeros(3, 2), torch.zeros(3), torch.zeros(2)
    assert_close(student.rbm_log_partition(*parameters), torch.tensor(32.0).log(), name="log Z")
    got = student.rbm_log_likelihood(torch.tensor([[1.0, 0.0, 1.0]]), *parameters)
    assert_close(got, torch.tensor([0.125]).log(), name="log-likelihood")


@exact_likelihood
def test_exact_likelihood_sums_to_one(student, rng):
    """The probabilities of all visible states sum to 1."""
    for visible, hidden in ((5, 2), (3, 6)):
        got = student.rbm_log_likelihood(table(visible), *machine(rng, visible, hidden))
        assert_close(
            got.exp().sum(),
            torch.tensor(1.0, dtype=torch.float64),
            name=f"sum of probabilities, {visible} x {hidden}",
        )


@exact_likelihood
def test_exact_likelihood_smaller_side(student):
    """A machine of 40 x 2 and its mirror image have the same log Z, quickly; 21 x 21 is refused."""
    parameters = torch.full((40, 2), 0.1), torch.zeros(40), torch.tensor([1.0, -1.0])
    want = torch.tensor(
        [40 * math.log(2), 1 + 40 * math.log1p(math.exp(0.1)), -1 + 40 * math.log1p(math.exp(0.1))]
    )
    want = torch.logsumexp(torch.cat([want, torch.tensor([40 * math.log1p(math.exp(0.2))])]), 0)
    assert_close(student.rbm_log_partition(*parameters), want, name="log Z of 40 x 2")
    mirror = parameters[0].T, parameters[2], parameters[1]
    assert_close(student.rbm_log_partition(*mirror), want, name="log Z of 2 x 40")
    assert_raises(
        ValueError, student.rbm_log_partition, torch.zeros(21, 21), torch.zeros(21), torch.zeros(21)
    )


@exact_likelihood
def test_exact_likelihood_gradient(student, rng):
    """The gradient of log Z is the model's mean: of the visible bias, the units' probabilities."""
    weight, a, c = machine(rng, 4, 2)
    a.requires_grad_()
    (gradient,) = torch.autograd.grad(student.rbm_log_partition(weight, a, c), a)
    p = student.rbm_log_likelihood(table(4), weight, a, c).exp()
    assert_close(gradient, (p @ table(4)).detach(), name="gradient in the visible bias")


# -------------------------------------------------------------------------------------------------- contrastive_divergence
contrastive_divergence = pytest.mark.exercise("contrastive_divergence")


@contrastive_divergence
@pytest.mark.gate
def test_contrastive_divergence_shapes(student, rng):
    """Chains of 0 and 1; a gradient for each parameter."""
    parameters = machine(rng, 4, 3)
    v = student.block_gibbs(table(4)[:5], *parameters, 2, rng.generator())
    assert tuple(v.shape) == (5, 4) and bool(((v == 0) | (v == 1)).all()), "visible states are 0 or 1"
    grads = student.cd_gradients(table(4)[:5], table(4)[:3], *parameters)
    assert [tuple(g.shape) for g in grads] == [(4, 3), (4,), (3,)]


@contrastive_divergence
def test_contrastive_divergence_exact_negative_phase(student, rng):
    """With every state in the chain and weights of 0, the gradients are those of the exact likelihood."""
    a, c = torch.zeros(3, dtype=torch.float64), rng.randn(2, dtype=torch.float64)
    weight = torch.zeros(3, 2, dtype=torch.float64)
    data, p = table(3)[[1, 5, 6, 7]], torch.sigmoid(c)
    grad_weight, grad_a, grad_c = student.cd_gradients(data, table(3), weight, a, c)
    gap = 0.5 - data.mean(0)
    assert_close(grad_a, gap, name="gradient in the visible bias")
    assert_close(grad_weight, gap[:, None] * p, name="gradient in the weight")
    assert_close(grad_c, torch.zeros(2).double(), name="gradient in the hidden bias")


@contrastive_divergence
def test_contrastive_divergence_chain(student, rng):
    """A strong coupling copies one unit to the hidden unit, and the hidden unit to the other one."""
    weight = torch.tensor([[200.0], [200.0]])
    a, c = torch.tensor([-100.0, -100.0]), torch.tensor([-100.0])
    v = torch.tensor([[1.0, 0.0], [0.0, 0.0], [1.0, 1.0]]).repeat(50, 1)
    got = student.block_gibbs(v, weight, a, c, 1, rng.generator())
    assert_close(got, v[:, :1].expand(-1, 2), name="visible states after a step")
    assert_close(student.block_gibbs(v, weight, a, c, 0), v, name="visible states after no step")


@contrastive_divergence
def test_contrastive_divergence_mixes(student, rng):
    """After 30 steps the mean visible states are those of the enumerated model."""
    weight, a, c = machine(rng, 3, 2, 0.7)
    v = student.block_gibbs(torch.zeros(4000, 3, dtype=torch.float64), weight, a, c, 30, rng.generator())
    states = table(3)
    p = torch.softmax(states @ a + torch.log1p(torch.exp(states @ weight + c)).sum(1), 0)
    # The mean of 4000 units has a standard deviation of at most 0.008.
    assert float((v.mean(0) - p @ states).abs().max()) < 0.05, "a mean is off"


@contrastive_divergence
def test_contrastive_divergence_is_your_own(student, not_allowed):
    """Nothing is used that the card does not allow."""
    assert_own(student.cd_gradients, not_allowed)


# -------------------------------------------------------------------------------------------------- train_rbm
train_rbm = pytest.mark.exercise("train_rbm")


@train_rbm
@pytest.mark.gate
def test_train_rbm_shapes(student, rng):
    """Three parameters come back, with the shapes of those handed in, which stay as they are."""
    parameters = machine(rng, 4, 3, 0.1)
    kept = [p.clone() for p in parameters]
    trained = student.train_rbm(table(4)[:5], parameters, 3, 2, generator=rng.generator())
    assert [tuple(p.shape) for p in trained] == [(4, 3), (4,), (3,)]
    for p, before in zip(parameters, kept, strict=True):
        assert_close(p, before, rtol=0, atol=0, name="parameters handed in")


@train_rbm
def test_train_rbm_rate(student, rng):
    """Chains that are always 0, data that are always 1: the visible bias rises by the sum of the rates."""
    parameters = torch.zeros(3, 2), torch.full((3,), -1000.0), torch.zeros(2)
    _, a, _ = student.train_rbm(torch.ones(4, 3), parameters, 4, 5, lr=0.8, generator=rng.generator())
    # The first chains start at the data, and one step later they are 0: 0.8 + 0.6 + 0.4 + 0.2.
    assert_close(a, torch.full((3,), -998.0), name="visible bias after four updates")


@train_rbm
def test_train_rbm_learns_frequencies(student, rng):
    """Without hidden couplings the visible units learn how often each is 1."""
    data = torch.tensor([[1.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]])
    parameters = torch.zeros(2, 1), torch.zeros(2), torch.zeros(1)
    trained = student.train_rbm(data, parameters, 2000, 40, 0.2, generator=rng.generator())
    states = table(2).float()
    weight, a, c = trained
    p = torch.softmax(states @ a + torch.log1p(torch.exp(states @ weight + c)).sum(1), 0)
    apart = float((p @ states - data.mean(0)).abs().max())
    assert apart < 0.1, f"a visible unit is on {apart:.2f} too often or too seldom"


@train_rbm
def test_train_rbm_generator(student, rng):
    """The same seed trains the same machine, with chains restarted or not."""
    parameters, seed = machine(rng, 4, 3, 0.1), rng.seed()
    for persistent in (True, False):
        one, two = (
            student.train_rbm(
                table(4), parameters, 5, 3, 0.1, 2, persistent, torch.Generator().manual_seed(seed)
            )
            for _ in range(2)
        )
        assert_close(one[0], two[0], rtol=0, atol=0, name="weights of two runs from one seed")


# -------------------------------------------------------------------------------------------------- deep_belief_network
deep_belief_network = pytest.mark.exercise("deep_belief_network")


@deep_belief_network
@pytest.mark.gate
def test_deep_belief_network_upside_down(student, rng):
    """The layers are exchanged."""
    weight, a, c = machine(rng, 4, 3)
    got = student.upside_down(weight, a, c)
    for value, want, name in zip(
        got, (weight.T, c, a), ("weight", "visible bias", "hidden bias"), strict=True
    ):
        assert_close(value, want, name=name)


@deep_belief_network
def test_deep_belief_network_exact_at_the_start(student, rng):
    """Under the first machine's own prior the bound is its log-likelihood."""
    weight, a, c = machine(rng, 4, 3)
    v, h = table(4), table(3)
    joint = (v @ weight @ h.T) + (v @ a)[:, None] + h @ c
    log_z = torch.logsumexp(joint.flatten(), 0)
    got = student.dbn_bound(v, weight, a, c, h, torch.logsumexp(joint, 0) - log_z)
    assert_close(got, torch.logsumexp(joint, 1) - log_z, name="bound")


@deep_belief_network
def test_deep_belief_network_is_a_bound(student, rng):
    """Under another prior the bound lies below the log of the sum over h."""
    weight, a, c = machine(rng, 4, 3)
    v, h = table(4), table(3)
    log_prior = torch.log_softmax(rng.randn(8, dtype=torch.float64), 0)
    down = torch.sigmoid(h @ weight.T + a)
    p = torch.stack([(down * x + (1 - down) * (1 - x)).prod(1) @ log_prior.exp() for x in v])
    got = student.dbn_bound(v, weight, a, c, h, log_prior)
    assert bool((got < p.log()).all()), "the bound is above the log-likelihood"


@deep_belief_network
def test_deep_belief_network_stack(student, rng):
    """Each machine is trained on the hidden probabilities of the one below."""
    seen = []

    def fit(data, n_hidden):
        seen.append(data.clone())
        return torch.ones(data.shape[1], n_hidden), torch.zeros(data.shape[1]), torch.full((n_hidden,), -1.0)

    data = torch.tensor([[1.0, 0.0, 1.0], [0.0, 0.0, 0.0]])
    machines = student.greedy_stack(data, [2, 4], fit)
    assert [tuple(m[0].shape) for m in machines] == [(3, 2), (2, 4)]
    assert_close(seen[0], data, name="data of the first machine")
    assert_close(
        seen[1], torch.tensor([[1.0, 1.0], [-1.0, -1.0]]).sigmoid(), name="data of the second machine"
    )


# -------------------------------------------------------------------------------------------------- hopfield
hopfield = pytest.mark.exercise("hopfield")


@hopfield
@pytest.mark.gate
def test_hopfield_by_hand(student):
    """The example of the notebook: one pattern of three units, one of them wrong."""
    pattern = torch.tensor([[1.0, 1.0, -1.0]])
    weight = student.hopfield_weights(pattern)
    want = torch.tensor([[0.0, 1.0, -1.0], [1.0, 0.0, -1.0], [-1.0, -1.0, 0.0]]) / 3
    assert_close(weight, want, name="weight")
    assert_close(student.hopfield_energy(pattern, want), torch.tensor([-1.0]), name="energy of the pattern")
    got = student.hopfield_recall(torch.tensor([[-1.0, 1.0, -1.0]]), want, 1)
    assert_close(got, pattern, name="state after a sweep")


@hopfield
def test_hopfield_energy_never_rises(student, rng):
    """Sweep by sweep the energy falls or stays, and in the end nothing moves."""
    weight = student.hopfield_weights(rng.randn(5, 20).sign())
    s = rng.randn(6, 20).sign()
    for _ in range(20):
        new = student.hopfield_recall(s, weight, 1)
        assert bool((student.hopfield_energy(new, weight) <= student.hopfield_energy(s, weight) + 1e-5).all())
        s = new
    assert_close(student.hopfield_recall(s, weight, 1), s, rtol=0, atol=0, name="state at rest")


@hopfield
def test_hopfield_ties(student):
    """A unit without a field keeps its value."""
    s = torch.tensor([[1.0, -1.0]])
    assert_close(student.hopfield_recall(s, torch.zeros(2, 2), 2), s, name="state without couplings")


@hopfield
def test_hopfield_modern(student, rng):
    """Two patterns: with beta = ln 3, a query that is 1 nearer to the first takes three quarters of it."""
    patterns = torch.tensor([[1.0, 0.0], [0.0, 2.0]])
    query = torch.tensor([[1.0, 0.0]])
    assert_close(student.modern_step(query, patterns, math.log(3)), torch.tensor([[0.75, 0.5]]), name="state")
    want = torch.tensor([-math.log(4) / math.log(3) + 0.5])
    assert_close(student.modern_energy(query, patterns, math.log(3)), want, name="energy")


@hopfield
def test_hopfield_is_your_own(student, not_allowed):
    """Nothing is used that the card does not allow."""
    assert_own(student.modern_step, not_allowed)


# -------------------------------------------------------------------------------------------------- score_matching
score_matching = pytest.mark.exercise("score_matching")


@score_matching
@pytest.mark.gate
def test_score_matching_by_hand(student):
    """s(x) = -x / 2 at x = (2, 4): the trace is -1, half of the squared length 2.5; along u = (1, 1) -1 and 4.5."""
    x, u = torch.tensor([[2.0, 4.0]]), torch.ones(1, 2)
    assert_close(student.explicit_score_matching(lambda x: -x / 2, x), torch.tensor(1.5), name="explicit")
    assert_close(student.sliced_score_matching(lambda x: -x / 2, x, u), torch.tensor(3.5), name="sliced")
    got = student.sliced_score_matching(lambda x: -x / 2, x, u, variance_reduced=True)
    assert_close(got, torch.tensor(1.5), name="sliced, with less variance")


@score_matching
def test_score_matching_takes_the_trace(student, rng):
    """For a linear score A x the trace is that of A, and the slice is u A u, whatever stands off the diagonal."""
    A, x, u = rng.randn(3, 3).double(), rng.randn(5, 3).double(), rng.randn(5, 3).double()
    length = ((x @ A.T) ** 2).sum(1)
    want = (A.trace() + length / 2).mean()
    assert_close(student.explicit_score_matching(lambda x: x @ A.T, x), want, name="explicit")
    want = (((u @ A) * u).sum(1) + length / 2).mean()
    assert_close(student.sliced_score_matching(lambda x: x @ A.T, x, u, True), want, name="sliced")


@score_matching
def test_score_matching_trains(student, rng):
    """The gradient in a parameter is that of both terms: -1 / v + variance / (2 v^2)."""
    v = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    x = rng.randn(50, 1, dtype=torch.float64)
    (gradient,) = torch.autograd.grad(student.explicit_score_matching(lambda x: -x / v, x), v)
    assert_close(gradient, 0.25 - (x**2).mean() / 8, name="gradient in v")


@score_matching
def test_score_matching_constant_score(student, rng):
    """A score that does not depend on x has the derivative 0."""
    s = torch.tensor([3.0, 4.0])
    got = student.explicit_score_matching(lambda x: s.expand(len(x), 2), rng.randn(6, 2))
    assert_close(got, torch.tensor(12.5), name="explicit")


@score_matching
def test_score_matching_is_your_own(student, not_allowed):
    """Nothing is used that the card does not allow."""
    assert_own(student.explicit_score_matching, not_allowed)


# -------------------------------------------------------------------------------------------------- nce
nce = pytest.mark.exercise("nce")


@nce
@pytest.mark.gate
def test_nce_normal(student):
    """At the mean of two dimensions of widths 1 and e the log-density is -log(2 pi) - 1; one width away half less."""
    x, mean = torch.tensor([[1.0, 2.0], [2.0, 2.0]]), torch.tensor([1.0, 2.0])
    got = student.normal_log_density(x, mean, torch.tensor([1.0, math.e]))
    want = torch.tensor([-math.log(2 * math.pi) - 1, -math.log(2 * math.pi) - 1.5])
    assert_close(got, want, name="log-density")


@nce
def test_nce_by_hand(student):
    """Where model and noise agree and nu = 2, data have the odds 1 : 2, and the loss is log 3 + 2 log 1.5."""
    loss = student.nce_loss(
        lambda x: x.sum(1), torch.tensor(0.5), lambda x: -x.sum(1) - 0.5, torch.rand(3, 2), torch.rand(6, 2)
    )
    assert_close(loss, torch.tensor(math.log(3) + 2 * math.log(1.5)), name="loss")


@nce
def test_nce_finds_log_z(student, rng):
    """For normal data and the right energy the loss is smallest near the right log Z."""
    x_data, x_noise = rng.randn(4000, 1), 2 * rng.randn(8000, 1)

    def slope(c):
        log_z = torch.tensor(c, requires_grad=True)
        loss = student.nce_loss(
            lambda x: (x**2).sum(1) / 2,
            log_z,
            lambda x: -((x / 2) ** 2).sum(1) / 2 - math.log(2) - math.log(2 * math.pi) / 2,
            x_data,
            x_noise,
        )
        return float(torch.autograd.grad(loss, log_z)[0])

    right = math.log(2 * math.pi) / 2
    assert slope(right - 0.2) < 0 < slope(right + 0.2), "the loss is not smallest near log Z = 0.919"


@nce
def test_nce_stays_finite(student):
    """Energies of thousands make no infinite loss."""
    loss = student.nce_loss(
        lambda x: 5000 * x.sum(1),
        torch.tensor(0.0),
        lambda x: 0 * x.sum(1),
        torch.ones(2, 1),
        -torch.ones(2, 1),
    )
    assert_close(loss, torch.tensor(10_000.0), name="loss")


@nce
def test_nce_is_your_own(student, not_allowed):
    """Nothing is used that the card does not allow."""
    assert_own(student.normal_log_density, not_allowed)


# -------------------------------------------------------------------------------------------------- self_organising_map
self_organising_map = pytest.mark.exercise("self_organising_map")


@self_organising_map
@pytest.mark.gate
def test_self_organising_map_best_units(student):
    """The nearest codebook vector, as row and column; the first of two that are equally near."""
    codebook = torch.tensor([[[0.0], [2.0], [5.0]], [[7.0], [9.0], [12.0]]])
    got = student.best_units(torch.tensor([[5.4], [100.0], [1.0]]), codebook)
    assert got.dtype == torch.int64, f"places on the grid are whole numbers, not {got.dtype}"
    assert_close(got, torch.tensor([[0, 2], [1, 2], [0, 0]]), name="best units")


@self_organising_map
def test_self_organising_map_neighbourhood(student):
    """Shares by distance on the grid, as in the notebook."""
    got = student.neighbourhood(torch.tensor([[0, 0]]), 2, 3, 1.0)
    want = torch.tensor([[[0.0, 1.0, 4.0], [1.0, 2.0, 5.0]]])
    assert_close(got, torch.exp(-want / 2), name="shares")


@self_organising_map
def test_self_organising_map_step(student):
    """The best unit moves by the rate, its neighbour by less."""
    codebook = torch.tensor([[[0.0], [10.0]]])
    got = student.som_step(torch.tensor([2.0]), codebook, 0.5, 1.0)
    assert_close(got, torch.tensor([[[1.0], [10 - 4 * math.exp(-0.5)]]]), name="codebook")
    assert_close(codebook, torch.tensor([[[0.0], [10.0]]]), name="old codebook")


# -------------------------------------------------------------------------------------------------- deep_stacking_network
deep_stacking_network = pytest.mark.exercise("deep_stacking_network")


def hidden_layers(rng, d, K, widths):
    """Hidden weights for the modules of a stack, float64."""
    return [rng.randn(d if i == 0 else d + K, width, dtype=torch.float64) for i, width in enumerate(widths)]


@deep_stacking_network
@pytest.mark.gate
def test_deep_stacking_network_least_squares(student, rng):
    """The residual is orthogonal to every feature, also where two features are the same."""
    features, y = rng.randn(20, 4, dtype=torch.float64), rng.randn(20, 3, dtype=torch.float64)
    for f in (features, torch.cat([features, features[:, :1]], 1)):
        U = student.least_squares(f, y)
        assert tuple(U.shape) == (f.shape[1], 3)
        assert_close(
            f.T @ (f @ U - y), torch.zeros(f.shape[1], 3).double(), atol=1e-7, name="features times residual"
        )


@deep_stacking_network
def test_deep_stacking_network_error_never_rises(student, rng):
    """From module to module the training error falls or stays."""
    x, y = rng.randn(50, 3, dtype=torch.float64), rng.randn(50, 2, dtype=torch.float64)
    layers = hidden_layers(rng, 3, 2, (4, 6, 5))
    outputs = student.fit_stack(x, y, layers)
    assert [tuple(U.shape) for U in outputs] == [(5, 2), (9, 2), (8, 2)], (
        "features: hidden units, prediction, 1"
    )
    errors = [float(((p - y) ** 2).sum()) for p in student.predict_stack(x, layers, outputs)]
    assert all(b <= a + 1e-9 for a, b in zip(errors, errors[1:], strict=False)), f"the errors are {errors}"


@deep_stacking_network
def test_deep_stacking_network_first_module(student, rng):
    """The first module is least squares on its hidden units and a constant."""
    x, y = rng.randn(30, 3, dtype=torch.float64), rng.randn(30, 2, dtype=torch.float64)
    layers = hidden_layers(rng, 3, 2, (4,))
    features = torch.cat([torch.sigmoid(x @ layers[0]), torch.ones(30, 1).double()], 1)
    want = features @ torch.linalg.lstsq(features, y).solution
    got = student.predict_stack(x, layers, student.fit_stack(x, y, layers))
    assert_close(got[0], want, name="prediction of the first module")
