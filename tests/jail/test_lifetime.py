"""Nothing survives: not the jail its grader, not a submission's files the submission."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from autograder.jail.host.backends import BACKENDS, choose
from autograder.jail.host.worker import Worker
from autograder.jail.inside.policy import MIB, Limits
from autograder.wire.frames import PeerGone

GRADER = """
import sys
from autograder.jail.host.backends import choose
from autograder.jail.host.worker import Worker
worker = Worker(choose(sys.argv[1]))
process = worker.fork()
print(worker._process.pid, process.pid, flush=True)
process.run_cell("import time; time.sleep(600)", "sleep")
"""


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


@pytest.mark.parametrize("backend", sorted(BACKENDS))
def test_the_jail_dies_with_a_killed_grader(backend: str) -> None:
    grader = subprocess.Popen([sys.executable, "-c", GRADER, backend], stdout=subprocess.PIPE, text=True)
    assert grader.stdout is not None
    jail, submission = map(int, grader.stdout.readline().split())
    assert alive(jail) and alive(submission)
    grader.kill()
    grader.communicate()
    deadline = time.monotonic() + 20
    while (alive(jail) or alive(submission)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(jail) and not alive(submission)


@pytest.mark.parametrize("backend", sorted(BACKENDS))
def test_the_next_submission_finds_an_empty_place(backend: str) -> None:
    with Worker(choose(backend), Limits(memory_bytes=512 * MIB)) as worker:
        first = worker.fork()
        first.run_cell("import os, torch\nopen('here', 'w').close()\ntorch.shared = 1", "leave")
        first.run_cell(
            "import fcntl\nfor d in (0, 1, 2):\n"
            "    fcntl.fcntl(d, fcntl.F_SETFL, fcntl.fcntl(d, fcntl.F_GETFL) | os.O_APPEND)\n"
            "    fcntl.flock(d, fcntl.LOCK_EX | fcntl.LOCK_NB)",
            "mark",
        )
        place, pid = str(first.student.os.getcwd()), first.pid
        first.end()
        assert not alive(pid)
        second = worker.fork()
        second.run_cell("import os, torch", "look")
        assert second.student.os.getcwd() != place
        assert list(second.student.os.listdir(".")) == []
        second.run_cell("assert not hasattr(torch, 'shared')", "look again")
        marks = "[fcntl.fcntl(d, fcntl.F_GETFL) & os.O_APPEND for d in (0, 1, 2)]"
        second.run_cell(f"import fcntl\nassert {marks} == [0, 0, 0]", "look for marks")


@pytest.mark.parametrize("backend", sorted(BACKENDS))
def test_a_killed_zygote_is_started_again(backend: str) -> None:
    with Worker(choose(backend), Limits(memory_bytes=512 * MIB)) as worker:
        process = worker.fork()
        assert worker._process is not None
        os.kill(worker._process.pid, signal.SIGKILL)
        with pytest.raises(PeerGone):
            while True:
                process.run_cell("pass", "cell")
                time.sleep(0.01)
        again = worker.fork()
        again.run_cell("def two(): return 2", "cell")
        assert again.student.two() == 2
