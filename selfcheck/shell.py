"""The notebook's kernel, where this process is one."""

from __future__ import annotations

import sys
from typing import Any


def shell() -> Any:
    """IPython's shell of this process, or nothing outside of a notebook; IPython is not imported for the question."""
    if "IPython" not in sys.modules:
        return None
    from IPython.core.getipython import get_ipython

    return get_ipython()  # type: ignore[no-untyped-call, unused-ignore]
