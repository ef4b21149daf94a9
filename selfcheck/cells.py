"""Runs a notebook's cells as a notebook would: one namespace, IPython's magics and top-level await, no display."""

from __future__ import annotations

import contextlib
import io
import linecache
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

_MOST_TEXT = 2000


@dataclass(frozen=True)
class CellError:
    """The exception of a cell or a call: class names (most derived first), text, and the notebook line it came from."""

    types: tuple[str, ...]
    message: str
    where: str


class CellRunner:
    """A namespace and what is needed to run cells in it.

    Args:
        ipython_dir: a writable folder for IPython's own files.
    """

    def __init__(self, ipython_dir: str) -> None:
        config = Config()
        config.HistoryManager.enabled = False
        config.InteractiveShell.colors = "nocolor"
        config.InteractiveShell.enable_tip = False
        shell: Any = InteractiveShell(config=config, ipython_dir=ipython_dir)
        self.shell = shell
        shell.showtraceback = shell.showsyntaxerror = lambda *_, **__: None
        shell.display_trap.hook = lambda value: None  # a cell's last expression is shown to nobody
        shell.enable_gui = lambda gui=None: None
        self._label = "?"
        shell.compile.get_code_name = lambda *_: f"<cell {self._label}>"

    @property
    def namespace(self) -> dict[str, Any]:
        """The names that the cells have defined so far."""
        namespace: dict[str, Any] = self.shell.user_ns
        return namespace

    def run(self, source: str, label: str) -> BaseException | None:
        """Run one cell; what it raised, or None. `label` names the cell in error messages."""
        self._label = label
        result = self.shell.run_cell(source, store_history=False, silent=True)
        error: BaseException | None = result.error_before_exec or result.error_in_exec
        return error


def describe(error: BaseException) -> CellError:
    """An exception as text: never raises, whatever the exception's own methods do."""
    try:
        names = tuple(_plain(cls.__name__)[:200] for cls in type(error).__mro__ if cls is not object)
    except Exception:  # a metaclass may lie about names
        names = ("Exception",)
    try:
        message = _plain(str(error.msg if isinstance(error, SyntaxError) and error.msg else error))[
            :_MOST_TEXT
        ]
    except BaseException:  # a student's __str__ may do anything
        message = ""
    try:
        where = _plain(_place(error))
    except Exception:  # so may what a SyntaxError says of its place
        where = ""
    return CellError(names, message, where)


def _plain(text: str) -> str:
    """An exact `str` that can be encoded, whatever subclass it was or half characters it held."""
    return str.encode(text, errors="replace").decode()


def _place(error: BaseException) -> str:
    if (
        isinstance(error, SyntaxError)
        and error.lineno is not None
        and str(error.filename).startswith("<cell ")
    ):
        return _line(str(error.filename), error.lineno)
    frames = [
        f for f in traceback.walk_tb(error.__traceback__) if f[0].f_code.co_filename.startswith("<cell ")
    ]
    if not frames:
        return ""
    frame, line = frames[-1]
    return _line(frame.f_code.co_filename, line)


def _line(filename: str, number: int) -> str:
    text = linecache.getline(filename, number).strip()[:100]
    place = f"{filename.strip('<>')}, line {number}"
    return f"{place}: {text}" if text else place


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Throw away what is printed inside; the notebook's own output is not wanted here."""
    with contextlib.redirect_stdout(_Nothing()), contextlib.redirect_stderr(_Nothing()):
        yield


class _Nothing(io.TextIOBase):
    """A text stream that keeps nothing, however much is written."""

    def write(self, text: str) -> int:
        return len(text)

    def writable(self) -> bool:
        return True
