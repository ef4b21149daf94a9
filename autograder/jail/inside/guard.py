"""What a submission's process refuses to do while an exercise is asked, out of reach of the code that is asked.

The student's cells have run in this process before an exercise is asked, so any function of ours that stands in a
module may have been replaced. What refuses is therefore an audit hook, which no Python code can remove, made before
the first cell runs. It holds a secret that only the grader knows, does what the grader signs, and signs what it has
done: a server that was patched cannot pretend. What it keeps is in closures, and it calls nothing that a student's
code could replace.

Operators are refused by kernels in the dispatcher, for every way to reach them: in any thread, in scripted code, below
a dispatch mode. Python functions are refused by other code (`functions`). Autograd is refused by kernels that fall
through, which record no graph.
"""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Callable
from hashlib import blake2b
from types import FrameType
from typing import Any

import torch
from torch.library import fallthrough_kernel

from autograder.jail.inside.functions import refusing_code, torch_functions
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
)

_BACKENDS = ("CPU", "MkldnnCPU", "QuantizedCPU")
_GENERAL = ("CompositeImplicitAutograd", "CompositeExplicitAutograd")
_SEARCHES = frozenset({"gc.get_objects", "gc.get_referrers", "gc.get_referents", "sys._current_frames"})
"""They look through everything that the process holds; refused from the first cell on."""
_TAMPERS = frozenset(
    {
        "sys.setprofile",
        "sys.settrace",
        "sys.addaudithook",
        "sys._getframe",
        "code.__new__",
        "function.__new__",
    }
)
"""Noted where a student's own code does it; libraries do so by habit."""
_INNARDS = frozenset({"tb_frame", "f_code", "gi_code", "cr_code", "ag_code", "__code__"})
_MOST_NOTED = 20
_MOST_FRAMES = 40

Hook = Callable[[str, tuple[Any, ...]], None]
Undo = Callable[[], None]


def prepare() -> Callable[[bytes], None]:
    """Get everything ready that a process needs to refuse; what it returns installs it, given that process's secret.

    To be called before the fork, since it lists PyTorch's functions and operators, and installed before any code of a
    student's runs.
    """
    refuse, refuse_autograd = _switches()
    refuse(("aten::conv_tbc",), ())()  # dispatcher and warnings are set up at first use

    def install(secret: bytes) -> None:
        sys.addaudithook(_recording(secret, refuse, refuse_autograd))
        sys.addaudithook(_raising())

    return install


def _switches() -> tuple[Callable[[tuple[str, ...], tuple[str, ...]], Undo], Callable[[], Undo]]:
    """(refuse operators and functions, refuse autograd): each returns what allows it again."""
    core: Any = torch._C
    library, has, fall_through = (
        core._dispatch_library,
        core._dispatch_has_kernel_for_dispatch_key,
        fallthrough_kernel,
    )
    backends, general = _BACKENDS, _GENERAL
    kernels = {name: _kernel(name) for name in core._dispatch_get_all_op_names()}
    differentiated = tuple(name[len("aten::") :] for name in kernels if name.startswith("aten::"))
    codes = {
        name: tuple((function, refusing_code(name, function.__code__)) for function in functions)
        for name, functions in torch_functions().items()
    }

    def refuse(operators: tuple[str, ...], functions: tuple[str, ...]) -> Undo:
        libraries: dict[str, Any] = {}
        for name in operators:
            if name in kernels:
                space, _, rest = name.partition("::")
                if space not in libraries:
                    libraries[space] = library("IMPL", space, "")
                for key in backends:
                    libraries[space].impl(rest, key, kernels[name])
                for key in general:
                    if has(name, key):
                        libraries[space].impl(rest, key, kernels[name])
        before = []
        for name in functions:
            for function, code in codes.get(name, ()):
                before.append((function, function.__code__))
                function.__code__ = code

        def allow() -> None:
            libraries.clear()
            while before:
                function, code = before.pop()
                function.__code__ = code

        return allow

    def refuse_autograd() -> Undo:
        kept = [library("IMPL", "aten", "")]
        for name in differentiated:
            kept[0].impl(name, "AutogradCPU", fall_through)
        return kept.clear

    return refuse, refuse_autograd


def _kernel(name: str, audit: Callable[..., None] = sys.audit) -> Callable[..., None]:
    def refused(*args: object, **kwargs: object) -> None:
        audit("autograder.refused", name)

    return refused


def _recording(
    secret: bytes,
    refuse: Callable[[tuple[str, ...], tuple[str, ...]], Undo],
    refuse_autograd: Callable[[], Undo],
) -> Hook:
    """The hook that obeys the grader and remembers. It never raises: a traceback would show what it holds."""
    digest, frame_at, length, kind, text_type, any_error = (
        blake2b,
        sys._getframe,
        len,
        type,
        str,
        BaseException,
    )
    separator, names, asked, told = SEPARATOR, LIST, ASKED, TOLD
    searches, tampers, innards = _SEARCHES, _TAMPERS, _INNARDS
    looked_at = _SEARCHES | _TAMPERS | {"object.__getattr__", "object.__setattr__", "import"}
    nobody, most = (), _MOST_NOTED
    is_students, uses_native = _whose()
    refuse_, lift_, report_, more_, less_ = REFUSE, LIFT, REPORT, MORE, LESS
    foreign = _foreign
    always: list[Undo] = []
    more: list[Undo] = []
    condition: list[tuple[str, ...]] = []
    refused: dict[str, None] = {}
    noted: dict[str, None] = {}
    busy: list[bool] = []
    last = [0]

    def note(where: dict[str, None], what: object) -> None:
        if kind(what) is text_type and length(where) < most:
            where[what[:200]] = None  # type: ignore[index]

    def listed(part: str) -> tuple[str, ...]:
        return (*part.split(names),) if part else nobody

    def undone(steps: list[Undo]) -> None:
        while steps:
            steps.pop()()

    def obey(command: str) -> str:
        action, *parts = command.split(separator)
        if action in (refuse_, lift_):
            undone(more)
            undone(always)
            condition[:] = [listed(part) for part in parts]
            if condition:
                always.append(refuse(condition[0], condition[1]))
        elif action == more_ and not more:
            more.append(refuse(condition[2], condition[3]))
            if condition[4]:
                more.append(refuse_autograd())
        elif action == less_:
            undone(more)
        elif action == report_:
            report = names.join(refused) + separator + names.join(noted)
            refused.clear()
            return report
        return action

    def sign(number: int, direction: str, text: str) -> str:
        message = f"{number}{separator}{direction}{separator}{text}".encode("utf-8", "replace")
        return digest(message, key=secret, digest_size=16).hexdigest()

    def obey_if_signed(number: int, command: str, mark: str, answers: list[Any]) -> None:
        if number <= last[0] or sign(number, asked, command) != mark:
            note(noted, "commands that the grader did not give")
            return
        last[0] = number
        answer = obey(command)
        answers.append((answer, sign(number, told, answer)))

    def look(event: str, args: tuple[Any, ...], frame: FrameType) -> None:
        if event in searches:
            note(noted, event)
        elif event in tampers:
            if is_students(frame):
                note(noted, event)
        elif event == "object.__getattr__":
            if args[1] in innards and is_students(frame):
                note(noted, args[1])
        elif event == "object.__setattr__":
            if args[1] == "__code__":
                note(noted, "__code__")
        elif event == "import":
            if foreign(args):
                note(noted, "an extension module of its own")
        elif uses_native(frame):
            note(noted, "ctypes")

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if busy:  # what is done here causes events too
            return
        try:
            if event == "autograder.refused":
                note(refused, args[0])
            elif event in looked_at or event[:7] == "ctypes.":
                busy.append(True)
                look(event, args, frame_at(1))
            elif event == "autograder.guard":
                busy.append(True)
                obey_if_signed(*args)
        except any_error:
            noted["the guard was disturbed"] = None
        finally:
            busy.clear()

    return hook


def _raising() -> Hook:
    """The hook that refuses. It knows nothing that a traceback could tell."""
    searches, error, foreign = _SEARCHES, RuntimeError, _foreign

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event == "autograder.refused":
            raise error(f"`{args[0]}` is not allowed in this exercise")
        if event in searches:
            raise error(f"{event} is not allowed in a notebook that is graded")
        if event == "import" and foreign(args):
            raise error("a notebook that is graded brings no extension modules of its own")

    return hook


def _library_folders() -> tuple[str, ...]:
    return tuple({sysconfig.get_path(name) for name in ("purelib", "platlib")})


def _make_foreign() -> Callable[[tuple[Any, ...]], bool]:
    kind, text = type, str
    known = (*_library_folders(), sysconfig.get_path("platstdlib"), sysconfig.get_path("stdlib"))

    def foreign(args: tuple[Any, ...]) -> bool:
        """Whether an import loads machine code that no installed package brought."""
        path = args[1]
        return kind(path) is text and path.endswith(".so") and not path.startswith(known)

    return foreign


_foreign = _make_foreign()


def _whose() -> tuple[Callable[[FrameType | None], bool], Callable[[FrameType | None], bool]]:
    """(is this the student's own code?, does anybody but an installed package stand behind this?)"""
    installed = _library_folders()
    standard = (sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"), "<frozen ")
    ours = __file__.rpartition("/autograder/")[0]
    known = (*installed, *standard, ours)
    most = _MOST_FRAMES

    def is_students(frame: FrameType | None) -> bool:
        return frame is not None and not frame.f_code.co_filename.startswith(known)

    def uses_native(frame: FrameType | None) -> bool:
        steps = 0
        while frame is not None and steps < most:
            path = frame.f_code.co_filename
            if path.startswith(installed):
                return False
            if not path.startswith(standard):
                return True
            frame, steps = frame.f_back, steps + 1
        return True

    return is_students, uses_native
