"""What a submission and a call into the jail cost in units that a busy machine lengthens alike."""

from __future__ import annotations

import multiprocessing
import statistics
import time
from typing import Any

from autograder.course import CourseError
from bench.course import solved_source
from bench.echo import double

CALLS = 300


def student_compute(repeats: int = 9) -> float:
    """Seconds that the solved notebook with its checks takes in plain Python, everything imported and warm."""
    code = [compile(source, "cell", "exec") for source in solved_source()]
    times = []
    for _ in range(repeats):
        namespace: dict[str, Any] = {"__name__": "__main__"}
        begun = time.perf_counter()
        for cell in code:
            exec(cell, namespace)  # our own notebook, to time it
        times.append(time.perf_counter() - begun)
    return statistics.median(times)


def call_ratio() -> float:
    """A call of a student's function, a tensor in and a tensor out, over the same by way of a pipe and pickle.

    The two take turns, so that both meet the same load.
    """
    import torch

    from autograder.jail.host.backends import choose
    from autograder.jail.host.worker import Worker

    x, ratios = torch.randn(32, 32), []
    ours, theirs = multiprocessing.Pipe()
    echo = multiprocessing.get_context("spawn").Process(target=double, args=(theirs,), daemon=True)
    echo.start()
    with Worker(choose(None, private=())) as worker:
        process = worker.fork()
        process.allow(600, 600)
        process.run_cell("def double(x):\n    return 2 * x", "bench")
        ours.send(x.numpy())
        if not ours.poll(120):
            raise CourseError("the process at the other end of the pipe did not start")
        ours.recv()
        for _ in range(CALLS):
            begun = time.perf_counter()
            process.student.double(x)
            between = time.perf_counter()
            ours.send(x.numpy())
            ours.recv()
            ratios.append((between - begun) / (time.perf_counter() - between))
        process.end()
    ours.send(None)
    echo.join()
    return statistics.median(ratios)
