"""A function of the notebook is called by its name in one exchange, and behaves like one that was asked for first."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import torch

from autograder.grading.recording import Recorder
from autograder.jail.inside.server import Names, describe_error
from autograder.wire.frames import Channel, ProtocolViolation
from autograder.wire.handles import (
    MOST_NAMES,
    STUDENT_OPERATIONS,
    Handle,
    Notebook,
    callables_of,
    learn_callables,
)
from autograder.wire.peer import Peer
from selfcheck.errors import StudentError

from .conftest import grader

CELL = """
import torch
from torch import nn

number = 3

def double(x, name=None):
    return 2 * x

def apply(function, x):
    return function(x)

def forget():
    global double
    double = number

class Scale(nn.Module):
    def forward(self, x):
        return 3 * x
"""


@dataclass
class Both:
    student: Any
    peer: Peer
    namespace: dict[str, Any]
    asked: list[str]


@pytest.fixture
def both() -> Iterator[Both]:
    """A grader that was told the callables of a cell's names; `asked` has the operations it has sent since."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(CELL, "<cell>", "exec"), namespace)
    ours, theirs = socket.socketpair()
    asked: list[str] = []

    def noted(name: str, operation: Any) -> Any:
        def run(*args: Any, **kwargs: Any) -> Any:
            asked.append(name)
            return operation(*args, **kwargs)

        return run

    operations = {name: noted(name, operation) for name, operation in STUDENT_OPERATIONS.items()}
    remote = Peer(Channel(theirs), operations, describe_error, Handle, mirror=True)
    remote.export(Names(namespace))

    def answer() -> None:
        try:
            remote.serve()
        except Exception:  # the grader hung up
            theirs.close()

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    peer = grader(ours).peer
    student = Notebook(peer)
    learn_callables(student, callables_of(namespace))
    yield Both(student, peer, namespace, asked)
    ours.close()
    thread.join(20)


def test_a_call_is_one_exchange(both: Both) -> None:
    assert both.student.double(torch.ones(2), name=1).tolist() == [2, 2]
    model = both.student.Scale()
    assert both.asked == ["call", "call"]
    assert model(torch.ones(1)).item() == 3


def test_values_are_read_where_they_are_asked_for(both: Both) -> None:
    assert both.student.number == 3
    both.namespace["number"] = 4
    assert both.student.number == 4 and both.asked == ["getattr", "getattr"]
    with pytest.raises(StudentError, match="not defined"):
        both.student.missing  # noqa: B018


def test_a_function_can_be_handed_over_and_is_itself_there(both: Both) -> None:
    assert both.student.apply(both.student.double, torch.ones(1)).item() == 2
    assert both.asked == ["getattr", "call"]


def test_a_call_reaches_what_the_name_means_now(both: Both) -> None:
    both.student.forget()
    with pytest.raises(StudentError, match="not callable"):
        both.student.double(1)
    with pytest.raises(TypeError, match="not a function any more"):
        both.student.apply(both.student.double, 1)


def test_gradients_cross(both: Both) -> None:
    assert torch.autograd.gradcheck(
        both.student.double, torch.randn(3, dtype=torch.float64, requires_grad=True)
    )


def test_a_trace_does_not_tell_how_a_function_was_found(both: Both) -> None:
    traces: list[Any] = []
    for student in (both.student, Handle(both.peer, both.student._node)):
        both.peer.recorder = recorder = Recorder()
        student.double(3)
        student.apply(student.double, 4)
        traces.append(recorder.trace)
    assert traces[0] == traces[1]


@pytest.mark.parametrize(
    "told",
    [
        None,
        [],
        {1: "function"},
        {"f": "module"},
        {"f": 1},
        {str(number): "function" for number in range(MOST_NAMES + 1)},
    ],
)
def test_names_that_are_none_break_the_protocol(both: Both, told: object) -> None:
    with pytest.raises(ProtocolViolation, match="names"):
        learn_callables(both.student, told)


def test_of_a_namespace_only_what_is_sure_to_be_called_is_told() -> None:
    class Lies(dict[str, Any]):
        pass

    namespace: Any = {"f": len, "g": lambda: 0, "C": Lies, "n": 1, "x" * 300: test_gradients_cross, 7: Lies}
    assert callables_of(namespace) == {"g": "function", "C": "class"}
