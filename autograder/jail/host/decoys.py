"""Things outside the jail that a probe may try to reach: files with a secret, sockets that listen, a
process."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self

import autograder

_SLEEPER = (
    "import ctypes, sys\n"
    "kept = ctypes.create_string_buffer(b'a secret')\n"
    "print(ctypes.addressof(kept), flush=True)\n"
    "sys.stdin.read()"
)
_PASSED = {
    "PATH",
    "LANG",
    "HOME",
    "TMPDIR",
    "MPLCONFIGDIR",
    "LC_CTYPE",
    "PWD",
    "AUTOGRADER_JAIL",
    "AUTOGRADER_JAIL_DEBUG",
    # PyTorch sets these in its own process, here and in the jail, once somebody has used its compiler's parts.
    "TORCHINDUCTOR_CACHE_DIR",
    "TRITON_CACHE_DIR",
}
"""Variables that may be in both environments: the jail is given them, or a library sets them itself."""


class Decoys:
    """A context: its decoys exist inside it.

    Attributes:
        facts: what a probe is told.
        secret: the text of every decoy file. No probe's answer may hold it.
    """

    def __init__(self, private: Iterable[Path] = ()) -> None:
        self._private = tuple(private)
        self.secret = secrets.token_hex(8)
        self.facts: dict[str, Any] = {}

    def __enter__(self) -> Self:
        self._cleanup = contextlib.ExitStack()
        try:
            self._make()
        except BaseException:
            self._cleanup.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._cleanup.close()

    @property
    def descriptors(self) -> tuple[int, ...]:
        """The listening sockets' descriptors."""
        return tuple(listener.fileno() for listener in self._listeners)

    def untouched(self) -> str | None:
        """The decoy that a probe has changed or reached, or None."""
        with contextlib.suppress(FileNotFoundError):
            if self._kept.read_text() == self.secret and self._status == _status(self._kept):
                for listener in self._listeners:
                    with contextlib.suppress(BlockingIOError):
                        listener.accept()
                        return "a connection was made"
                return (
                    None if sorted(os.listdir(self.folder)) == self._listing else "a file was made or removed"
                )
        return "a file was changed"

    def _make(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="decoys-")).resolve()
        self._cleanup.callback(shutil.rmtree, self.folder, ignore_errors=True)
        files = {}
        for name in ("secret", "spare", "home_file", "other_submission", "gradebook", "course_secret"):
            files[name] = self.folder / name
            files[name].write_text(self.secret)
        gradebooks = [p / "gradebook.db" for p in self._private if (p / "gradebook.db").is_file()]
        kept = [p for p in self._private if p.name == "course_secret" and p.is_file()]
        tcp = self._listen(socket.AF_INET, ("127.0.0.1", 0))
        by_path = self._listen(socket.AF_UNIX, str(self.folder / "socket"))
        abstract = f"autograder-{self.secret}"
        self._listeners = [tcp, by_path, self._listen(socket.AF_UNIX, "\0" + abstract)]
        sleeper = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _SLEEPER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._cleanup.enter_context(sleeper)
        self._cleanup.callback(sleeper.kill)
        assert sleeper.stdout is not None
        package = Path(autograder.__file__).resolve().parent
        suites = sorted(package.glob("suites/*/*/test_*.py"))
        self.facts = {
            **{name: str(path) for name, path in files.items()},
            "gradebook": str(gradebooks[0] if gradebooks else files["gradebook"]),
            "course_secret": str(kept[0] if kept else files["course_secret"]),  # only ever read
            "project": str(package.parent),
            "project_file": str(Path(__file__).resolve()),
            "suite_file": str(suites[0] if suites else package / "__init__.py"),
            "home": str(Path.home()),
            "root": "/",
            "tmp": tempfile.gettempdir(),
            "shm": "/dev/shm",
            "proc": "/proc",
            "shadow": "/etc/shadow",
            "passwd": "/etc/passwd",
            "sibling": "submission-decoy",
            "left_behind": str(files["secret"]),
            "grader_pid": os.getpid(),
            "grader_proc": f"/proc/{os.getpid()}",
            "first_pid": 1,
            "every_pid": -1,
            "group_pid": 0,
            "tcp_port": tcp.getsockname()[1],
            "unix_path": str(self.folder / "socket"),
            "unix_abstract": abstract,
            "decoy_pid": sleeper.pid,
            "decoy_address": int(sleeper.stdout.readline()),
            "environment": [n for n in os.environ if n not in _PASSED and not n.endswith("_NUM_THREADS")],
            "descriptors": 1,
        }
        self._kept = files["secret"]
        self._status = _status(self._kept)
        self._listing = sorted(os.listdir(self.folder))

    def _listen(self, family: int, address: Any) -> socket.socket:
        listener = self._cleanup.enter_context(socket.socket(family))
        listener.bind(address)
        listener.listen()
        listener.setblocking(False)
        return listener


def _status(path: Path) -> tuple[int, ...]:
    status = path.stat()
    return status.st_mode, status.st_uid, status.st_gid, status.st_mtime_ns, status.st_nlink
