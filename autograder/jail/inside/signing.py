"""How the grader and a process's guard know each other's words, and how a command is written.

Shared by both sides. Between them lies a server in the student's process, which may have been patched: it can lose a
message, and it can neither write nor repeat one.
"""

from __future__ import annotations

from hashlib import blake2b

SECRET_BYTES = 16
SEPARATOR = "\x1f"
"""Between the parts of a command; `LIST` is between the names in a part."""
LIST = "\n"
REFUSE, LIFT, REPORT = "refuse", "lift", "report"
MORE, LESS = "more", "less"
"""Refuse what a condition refuses sometimes, or no longer."""
ASKED, TOLD = "asked", "told"


def signature(secret: bytes, number: int, direction: str, text: str) -> str:
    """What only a holder of the secret can write below the command, or the answer, of that number."""
    message = f"{number}{SEPARATOR}{direction}{SEPARATOR}{text}".encode(errors="replace")
    return blake2b(message, key=secret, digest_size=16).hexdigest()
