"""What a rule refuses must not be in the way of PyTorch's own work on the meta device."""

from autograder.grading.api_sets import API_SETS
from autograder.grading.refusals import refusals_of
from autograder.grading.rules import Rule


def refused(name: str) -> tuple[str, ...]:
    """The functions that an exercise with this set alone refuses."""
    chosen = API_SETS[name]
    refusals = refusals_of(Rule(names=chosen.names, operators=chosen.operators, says=chosen.says))
    assert refusals is not None
    return refusals.always.functions


def test_copies_of_operators_are_refused_where_an_operator_is() -> None:
    assert any(name.startswith("torch._decomp.") for name in refused("convolution"))


def test_layers_may_start_on_the_meta_device_where_only_libraries_are_forbidden() -> None:
    assert not any(name.startswith("torch._decomp.") for name in refused("ready_made_networks"))
