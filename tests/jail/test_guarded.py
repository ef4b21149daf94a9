"""When the guard refuses what only some functions may not use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import pytest

from autograder.jail.host.guarded import GuardedPeer, Names, Refusals
from autograder.jail.inside.signing import LESS, MORE, SEPARATOR
from autograder.wire.peer import Peer


class Told:
    """Stands for the peer: remembers the commands that the guard is given."""

    def __init__(self) -> None:
        self.before_asking: Callable[[str, Sequence[object], bool], None] | None = None
        self.recorder = None
        self.commands: list[str] = []

    def request(self, op: str, target: int, number: int, text: str, mark: bytes) -> Any:
        self.commands.append(text.partition(SEPARATOR)[0])


@pytest.mark.parametrize("first", [{"weight": 1}, ["f"], "g", 3, None])
def test_only_a_call_by_its_name_is_a_call_of_the_function(first: object) -> None:
    """An object is called with whatever a test likes, dictionaries and lists among it."""
    told = Told()
    GuardedPeer(cast(Peer, told), b"secret").refuse(
        Refusals(sometimes=Names(functions=("torch.zeros",)), asked=frozenset({"f"}))
    )
    assert told.before_asking is not None
    told.before_asking("call", ["f"], False)
    told.before_asking("call", [first], False)
    told.before_asking("call", [first], False)
    assert told.commands[1:] == [MORE, LESS]
