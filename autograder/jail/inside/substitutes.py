"""Correct notebooks do some things by habit that a single sealed process cannot: made to work, or to do nothing.

A submission has one process and no sockets. A `DataLoader` with workers, a shell command such as `!pip install`, and
top-level `await` would fail in it although nothing is wrong with them.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from typing import Any

_ONE_PROCESS = {"num_workers": 0, "persistent_workers": False, "prefetch_factor": None, "timeout": 0}


def load_in_one_process(loader: Any) -> None:
    """Let a DataLoader class read in the process it is in, however many workers it is asked for."""
    init = loader.__init__

    def single(self: Any, *args: Any, **kwargs: Any) -> None:
        args = (*args[:5], 0, *args[6:]) if len(args) > 5 else args
        kwargs.update({name: value for name, value in _ONE_PROCESS.items() if name in kwargs})
        init(self, *args, **kwargs)

    loader.__init__ = single


def leave_as_scripted(torch: Any) -> None:
    """Let TorchScript run what was scripted: fused for inference it would call kernels past the dispatcher, which
    cannot refuse them there. What is computed stays the same."""
    for fuses in ("_jit_pass_optimize_for_inference", "_jit_pass_convert_frozen_ops_to_mkldnn"):
        if hasattr(torch._C, fuses):
            setattr(torch._C, fuses, lambda *args: None)


def ignore_shell_commands(shell: Any) -> None:
    """Let an IPython shell's `!command`, `%pip` and `files = !ls` do nothing; elsewhere too they fail silently."""
    shell.system = lambda command: None
    shell.getoutput = lambda command, split=True, depth=0: [] if split else ""


class PipeEventLoop(asyncio.SelectorEventLoop):
    """An event loop that wakes itself through a pipe, where a socket pair is refused."""

    def _make_self_pipe(self) -> None:
        self._wake_end, self._wake_start = os.pipe()
        os.set_blocking(self._wake_end, False)
        os.set_blocking(self._wake_start, False)
        self._internal_fds = 1
        self._add_reader(self._wake_end, self._drain)  # type: ignore[attr-defined]

    def _close_self_pipe(self) -> None:
        self._remove_reader(self._wake_end)  # type: ignore[attr-defined]
        os.close(self._wake_end)
        os.close(self._wake_start)

    def _write_to_self(self) -> None:
        with contextlib.suppress(OSError):  # full: it will wake anyway
            os.write(self._wake_start, b"\0")

    def _drain(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while os.read(self._wake_end, 4096):
                pass


class PipeEventLoopPolicy(asyncio.DefaultEventLoopPolicy):
    """Makes `asyncio.run` and IPython's `await` use `PipeEventLoop`."""

    _loop_factory = PipeEventLoop
