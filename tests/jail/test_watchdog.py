"""The watch over one worker's submissions: what it measures, whom it ends, and why."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.jail.host import watchdog
from autograder.jail.host.visibility import JailUnavailable
from autograder.jail.host.watchdog import Watch, _children, _children_the_long_way, usage_of
from autograder.jail.inside.policy import MIB, Limits

# A stand-in for the zygote: forks one child that runs a line of Python, and waits for it.
FORKER = "import os, sys, time\nchild = os.fork()\nif child == 0:\n    exec(sys.argv[1])\n    os._exit(0)\nos.wait()"
SMALL = Limits(memory_bytes=64 * MIB, threads=4, disk_bytes=MIB, files=20)


@pytest.fixture
def watch() -> Iterator[Watch]:
    watch = Watch()
    yield watch
    watch.stop()


def ended(watch: Watch, line: str, folder: Path, cpu: float = 60, wall: float = 60) -> str | None:
    """Run the line as a submission; why the watch ended it, or None."""
    forker = subprocess.Popen([sys.executable, "-I", "-S", "-c", FORKER, line], cwd=folder)
    watch.start(forker.pid, SMALL, str(folder))
    watch.set_deadline(cpu, wall)
    forker.wait(60)
    return watch.cause


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ("time.sleep(0.3)", None),
        (
            "import threading\nfor _ in 'abcdef': threading.Thread(target=time.sleep, args=[9]).start()\ntime.sleep(9)",
            "threads",
        ),
        ("kept = bytes(range(256)) * (1 << 19); time.sleep(30)", "memory"),
        ("open('large', 'wb').write(bytes(3 << 20)); time.sleep(30)", "disk"),
        ("[open(f'{i}', 'w').close() for i in range(30)]; time.sleep(30)", "disk"),
        ("os.fork() or time.sleep(30); time.sleep(30)", "processes"),
    ],
)
def test_bounds(watch: Watch, tmp_path: Path, line: str, cause: str | None) -> None:
    assert ended(watch, line, tmp_path) == cause


def test_processor_time(watch: Watch, tmp_path: Path) -> None:
    assert ended(watch, "while True: pass", tmp_path, cpu=0.1) == "cpu"


def test_wall_time(watch: Watch, tmp_path: Path) -> None:
    assert ended(watch, "time.sleep(60)", tmp_path, wall=0.2) == "wall"


def test_sleep_that_nobody_waits_for_is_free(watch: Watch, tmp_path: Path) -> None:
    forker = subprocess.Popen([sys.executable, "-I", "-S", "-c", FORKER, "time.sleep(1)"], cwd=tmp_path)
    watch.start(forker.pid, SMALL, str(tmp_path))
    watch.set_deadline(60, 0.5, lambda: False)
    forker.wait(60)
    assert watch.cause is None


def test_a_crowded_processor_is_nobodys_idleness(
    watch: Watch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that computes, and mostly waits for its turn on the processor, is not taken for one that sleeps."""
    monkeypatch.setattr(watchdog, "_PATIENCE", 100.0)
    crowd = [subprocess.Popen([sys.executable, "-I", "-S", "-c", "while True: pass"]) for _ in range(4)]
    here = min(os.sched_getaffinity(0))
    try:
        for one in crowd:
            os.sched_setaffinity(one.pid, {here})
        work = f"os.sched_setaffinity(0, {{{here}}})\nwhile time.process_time() < 0.5: pass"
        begun = time.perf_counter()
        assert ended(watch, work, tmp_path, wall=1) is None
        assert time.perf_counter() - begun > 1, "the processor was not crowded"
    finally:
        for one in crowd:
            one.kill()
            one.wait()


def test_a_deadline_is_for_one_call(watch: Watch, tmp_path: Path) -> None:
    forker = subprocess.Popen([sys.executable, "-I", "-S", "-c", FORKER, "time.sleep(1)"], cwd=tmp_path)
    watch.start(forker.pid, SMALL, str(tmp_path))
    watch.set_deadline(60, 0.2)
    watch.clear_deadline()
    forker.wait(60)
    assert watch.cause is None and watch.victim is None
    begun = time.perf_counter()
    for _ in range(1000):
        watch.set_deadline(10, 10)
        watch.clear_deadline()
    assert time.perf_counter() - begun < 2, "arming must be cheap: it happens at every call"


def test_a_name_cannot_forge_the_figures() -> None:
    line = "open('/proc/self/comm', 'w').write(') R 1 1'); import sys; sys.stdin.read()"
    process = subprocess.Popen([sys.executable, "-I", "-S", "-c", line], stdin=subprocess.PIPE)
    time.sleep(0.2)
    usage = usage_of(process.pid)
    process.communicate()
    assert usage is not None and usage.threads == 1 and 0 < usage.resident_bytes < 1 << 30


def test_what_is_gone_cannot_be_watched(watch: Watch) -> None:
    process = subprocess.Popen(["true"])
    process.wait()
    assert usage_of(process.pid) is None and _children(process.pid) == []
    with pytest.raises(JailUnavailable, match="hidepid"):
        watch.start(process.pid, SMALL, "/tmp")


def test_children_without_the_kernels_help() -> None:
    process = subprocess.Popen(["sleep", "30"])
    assert process.pid in _children_the_long_way(os.getpid())
    assert process.pid in _children(os.getpid())
    process.kill()
    process.wait()


def test_no_call_without_a_watch() -> None:
    """A call whose bounds nobody would keep is refused."""
    watch = Watch()
    with pytest.raises(JailUnavailable, match="nothing would bound"):
        watch.set_deadline(1, 1)
