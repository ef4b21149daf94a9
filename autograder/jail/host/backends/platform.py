"""The systems other than Linux: what they can and cannot do."""

from __future__ import annotations

import sys

_ELSEWHERE = {"darwin": "macOS", "win32": "Windows"}


def only_linux() -> str | None:
    """The message for a system without a jail, or None on Linux."""
    if sys.platform == "linux":
        return None
    system = _ELSEWHERE.get(sys.platform, sys.platform)
    return (
        f"on {system} there is no jail for student code. "
        "What works here: the notebooks, their self-check and authoring (make notebooks, autograder answers). "
        "What does not, not even with --unsafe-no-jail: autograder grade, audit and doctor. Run those on Linux; a "
        "virtual machine or WSL2 is Linux."
    )
