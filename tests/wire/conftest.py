"""A grader's peer and a student's, in one process or two."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch

from autograder.jail.host.worker import _reveal_nothing
from autograder.wire.frames import Channel
from autograder.wire.handles import GRADER_OPERATIONS, Handle
from autograder.wire.messages import HandleNode
from autograder.wire.peer import Peer
from selfcheck.errors import StudentError

from .notebook import student_peer

PATIENCE = 20.0


@dataclass
class Pair:
    """Both ends. `remote` is the student's peer, None where that lives in another process."""

    peer: Peer
    student: Any
    remote: Peer | None = None


def grader(connection: socket.socket, patience: float = PATIENCE) -> Pair:
    channel = Channel(connection, patience)
    peer = Peer(channel, GRADER_OPERATIONS, _reveal_nothing, Handle, remote_error=StudentError)
    return Pair(peer, Handle(peer, HandleNode(1, "instance", "Notebook")))


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture
def pair() -> Iterator[Pair]:
    """A student that answers in a thread of this process."""
    ours, theirs = socket.socketpair()
    remote = student_peer(theirs)

    def answer() -> None:
        try:
            remote.serve()
        except Exception:  # the grader hung up, or the test broke the conversation
            theirs.close()

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    both = grader(ours)
    both.remote = remote
    yield both
    ours.close()
    thread.join(PATIENCE)
    assert not thread.is_alive()


@pytest.fixture(scope="session")
def apart() -> Iterator[Pair]:
    """A student in a process of its own."""
    ours, theirs = socket.socketpair()
    command = [sys.executable, "-m", "tests.wire.notebook", str(theirs.fileno())]
    root = Path(__file__).parents[2]
    process = subprocess.Popen(command, pass_fds=(theirs.fileno(),), cwd=root)
    theirs.close()
    yield grader(ours, 60.0)
    ours.close()
    assert process.wait(20) == 0
