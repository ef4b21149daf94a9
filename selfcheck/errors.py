"""The things that can go wrong on the student's side of a call."""

from __future__ import annotations

import builtins
from collections.abc import Sequence

_BUILTIN = frozenset(
    name
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, BaseException)
)


class StudentError(Exception):
    """An exception of the student's code, as the test sees it.

    It holds names and text only, never the exception object, so it is the same whether the code ran in this
    process or in another one.

    Attributes:
        type_names: names of the exception's class and its base classes, nearest first.
        message: the exception's own text.
        where: the cell and line it came from, or nothing where that is not known.
    """

    def __init__(self, type_names: Sequence[str], message: str = "", where: str = "") -> None:
        self.type_names: tuple[str, ...] = tuple(type_names) or ("Exception",)
        self.message = message
        self.where = where
        super().__init__(self.type_names, message, where)

    def is_a(self, name: str) -> bool:
        """Tell whether the student's exception is of the class called `name` or of one derived from it."""
        return name in self.type_names

    @property
    def kind(self) -> str:
        """The nearest of Python's own exceptions, a name that the student's code cannot have made up."""
        return next((name for name in self.type_names if name in _BUILTIN), "an exception")

    def __str__(self) -> str:
        if self.is_a("NotImplementedError") and not self.message:
            return "not written yet"
        text = f"{self.type_names[0]}: {self.message}" if self.message else self.type_names[0]
        return f"{text} ({self.where})" if self.where else text


class OutOfTime(BaseException):
    """A test used up its CPU time. No `Exception`, so that a student's `except Exception` does not hold it up."""
