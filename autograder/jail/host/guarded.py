"""The grader's side of a process's guard: commands that only we can give, answers that only the guard can."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autograder.jail.inside.signing import (
    ASKED,
    LESS,
    LIFT,
    LIST,
    MORE,
    REFUSE,
    REPORT,
    SEPARATOR,
    TOLD,
    signature,
)
from autograder.wire.peer import Peer
from selfcheck.errors import StudentError


@dataclass(frozen=True)
class Names:
    """Exact names of what is refused together.

    Attributes:
        operators: in the dispatcher's form, aten::conv2d.padding. functions: such as torch.optim.Adam.step.
    """

    operators: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Refusals:
    """What an exercise refuses.

    Attributes:
        always: whatever is asked.
        sometimes: while certain functions are asked, or, with `autograd`, while no gradient flows through the question.
        asked: which functions those are; None: whatever is asked.
        autograd: whether automatic differentiation is refused as such together with `sometimes`.
    """

    always: Names = Names()
    sometimes: Names = Names()
    asked: frozenset[str] | None = None
    autograd: bool = False


@dataclass(frozen=True)
class Report:
    """What the guard saw: names that were called and refused, and deeds that could have lifted a refusal."""

    refused: tuple[str, ...]
    tampering: tuple[str, ...]


_RUNS_STUDENTS_CODE = frozenset({"call", "backward", "iter", "next", "len", "getitem", "listed"})
_CHANGED = "what answers for the notebook was changed"


class GuardedPeer:
    """Gives the commands of one process. What comes back wrong is remembered and reported, not raised.

    Args:
        peer: asks the process. secret: of its guard.
    """

    def __init__(self, peer: Peer, secret: bytes) -> None:
        self._peer, self._secret, self._number = peer, secret, 0
        self._what, self._more = Refusals(), False
        self._changed = False

    def refuse(self, what: Refusals) -> None:
        """Refuse this from now on, and nothing else. Raises PeerGone, ProtocolViolation."""
        lists = [
            names for part in (what.always, what.sometimes) for names in (part.operators, part.functions)
        ]
        self._command(SEPARATOR.join((REFUSE, *map(LIST.join, lists), "autograd" if what.autograd else "")))
        self._what, self._more = what, False
        self._peer.before_asking = self._ask_more if what.sometimes != Names() or what.autograd else None

    def lift(self) -> None:
        """Allow everything again. Raises as `refuse`."""
        self._peer.before_asking = None
        self._command(LIFT)

    def report(self) -> Report:
        """What was refused since the last report, and what was tampered with so far. Raises as `refuse`."""
        refused, _, tampering = self._command(REPORT).partition(SEPARATOR)
        noted = [line for line in tampering.split(LIST) if line]
        return Report(
            tuple(filter(None, refused.split(LIST))), (*noted, *([_CHANGED] if self._changed else []))
        )

    def _ask_more(self, op: str, args: Sequence[object], gradients_flow: bool) -> None:
        if op not in _RUNS_STUDENTS_CODE:
            return
        what = self._what
        # An object's call has any first argument, which may not be hashable; a function's has its name.
        named = args[0] if args and isinstance(args[0], str) else None
        wanted = what.asked is None or op != "call" or not args or named in what.asked
        # Where a gradient flows, the graph is the answer.
        more = wanted and not (what.autograd and gradients_flow)
        if more is not self._more:
            self._command(MORE if more else LESS)
            self._more = more

    def _command(self, text: str) -> str:
        self._number += 1
        mark = signature(self._secret, self._number, ASKED, text)
        peer = self._peer
        before, recorder = peer.before_asking, peer.recorder
        peer.before_asking = peer.recorder = None
        try:
            answer = peer.request("guard", 1, self._number, text, mark)
        except StudentError:
            answer = None
        finally:
            peer.before_asking, peer.recorder = before, recorder
        match answer:
            case (str(told), str(signed)) if signed == signature(self._secret, self._number, TOLD, told):
                return told
        self._changed = True
        return ""
