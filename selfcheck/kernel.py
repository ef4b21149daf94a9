"""The notebook's kernel, where this process is one: how it is found, and what it says of code that is not written."""

from __future__ import annotations

import os
import symtable
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

JAIL_VARIABLE = "AUTOGRADER_JAIL"


def shell() -> Any:
    """IPython's shell of this process, or nothing outside of a notebook; IPython is not imported for the question."""
    if "IPython" not in sys.modules:
        return None
    from IPython.core.getipython import get_ipython

    return get_ipython()  # type: ignore[no-untyped-call, unused-ignore]


def in_jail() -> bool:
    """Tell whether this is the grader's process, which asks questions of its own."""
    return os.environ.get(JAIL_VARIABLE) == "1"


def only_checks_ran(kernel: Any) -> bool:
    """Tell whether a kernel is as new: it holds no name of the notebook's but `check`, which each check imports."""
    names: Mapping[str, Any] = kernel.user_ns
    return all(name == "check" or name.startswith("_") or name in kernel.user_ns_hidden for name in names)


def tell_unwritten_in_one_line(kernel: Any) -> None:
    """Have a kernel say in one line that a cell waits for a function that is not written yet, without a traceback.

    Figures call what the student writes, so an untouched notebook would be full of tracebacks otherwise. A later cell
    that lacks a name which such a cell would have made waits for the same function. An exception that says more, or
    that comes from elsewhere than a cell, is shown as ever.
    """
    waiting: dict[
        str, str
    ] = {}  # a name that a cell would have made, and the function that the cell waits for

    def told(
        shell: Any,
        kind: type[BaseException],
        error: BaseException,
        trace: TracebackType | None,
        tb_offset: int | None = None,
    ) -> list[str] | None:
        if isinstance(error, NameError):
            place = waiting.get(error.name or "", "")
            why = f"`{error.name}` is made by a cell above that waits for `{place}`, which is not written yet"
        else:
            place = _skeleton(error, trace)
            why = f"`{place}` is not written yet, and this cell waits for it"
        if not place:
            shell.showtraceback((kind, error, trace), tb_offset=tb_offset)
            return None
        waiting.update(dict.fromkeys(_made_by(shell.user_ns["In"][-1]), place))
        lines = [f"{kind.__name__}: {why}"]
        shell._showtraceback(kind, error, lines)
        return lines

    kernel.set_custom_exc((NotImplementedError, NameError), told)


def _made_by(source: str) -> set[str]:
    """The names that a cell makes where it runs to its end."""
    try:
        top = symtable.symtable(source, "cell", "exec")
    except SyntaxError:
        return set()
    return {symbol.get_name() for symbol in top.get_symbols() if symbol.is_assigned() or symbol.is_imported()}


def _skeleton(error: BaseException, trace: TracebackType | None) -> str:
    """The name of the cell's function or class that only raises, or nothing."""
    frames = list(traceback.walk_tb(trace))
    if str(error) or not frames:
        return ""
    code = frames[-1][0].f_code
    outside = Path(code.co_filename).exists() and "ipykernel" not in code.co_filename
    return "" if outside or code.co_name.startswith("<") else code.co_qualname.removesuffix(".__init__")
