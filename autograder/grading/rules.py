"""The rules of each exercise: read from the rules.toml in the exercise's room, put together from named sets.

    forbids = ["pooling"]                       # names of sets, see autograder.grading.api_sets

    [within.max_pool2d_backward]                # while that function runs
    forbids = ["autograd"]

    [also]                                      # what no set holds
    says = "the losses `kl_div` and `gaussian_nll_loss`"
    names = ["torch.nn.functional.kl_div", "torch.kl_div"]
    operators = ["*.kl_div*"]

An exercise without the file forbids nothing.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from autograder.course import CourseError
from autograder.grading.api_sets import API_SETS, DISPATCHER, ApiSet

RULES = "rules.toml"
"""The file's name in an exercise's room."""


@dataclass(frozen=True)
class Rule:
    """The rules of one exercise, or of one function of it.

    Attributes:
        names: qualified names of the API, `*` stands for anything.
        operators: operators of the dispatcher, such as "aten.convolution", `*` stands for anything.
        autograd: whether automatic differentiation is forbidden as such, however it is reached.
        says: the same in a phrase for the student, in markdown; empty where nothing is forbidden.
        within: what is forbidden besides, by the function or class in which it is.
    """

    names: tuple[str, ...] = ()
    operators: tuple[str, ...] = ()
    autograd: bool = False
    says: str = ""
    within: Mapping[str, Rule] = field(default_factory=dict, hash=False)

    def __bool__(self) -> bool:
        """Tell whether anything is forbidden."""
        return bool(self.names or self.operators or self.autograd or self.within)

    def of(self, name: str) -> Rule:
        """All that is forbidden in the function or class of that name."""
        own = self.within.get(name, Rule())
        return Rule(
            tuple(dict.fromkeys((*self.names, *own.names))),
            tuple(dict.fromkeys((*self.operators, *own.operators))),
            self.autograd or own.autograd,
        )

    def forbids_operator(self, operator: str) -> bool:
        """Tell whether what ran is forbidden, anywhere in the exercise: an operator such as aten.convolution.default,
        with or without its overload, or a function of torch's such as torch.autograd.grad."""
        if any(own.forbids_operator(operator) for own in self.within.values()):
            return True
        if operator.startswith("torch."):
            return any(fnmatchcase(operator, p) for p in self.names)
        packet = operator.rpartition(".")[0]
        return any(fnmatchcase(operator, p) or fnmatchcase(packet, p) for p in self.operators)


def load_rules(suite: Path) -> dict[str, Rule]:
    """The rules in the rooms of a suite, by exercise; exercises that forbid nothing are left out.

    Raises:
        CourseError: a file is malformed or names a set that there is not; says the file, and the line where it is
            known.
    """
    rules = {path.parent.name: load_rule(path) for path in sorted(suite.glob(f"*/{RULES}"))}
    return {exercise: rule for exercise, rule in rules.items() if rule}


def load_rule(path: Path) -> Rule:
    """The rule in one rules.toml.

    Raises:
        CourseError: as in `load_rules`.
    """
    try:
        text = path.read_text(encoding="utf-8")
        content = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CourseError(f"{path} is malformed: {error}") from error
    reader = _Reader(path, text)
    within = reader.table(content, "within", {})
    also = reader.table(content, "also", {})
    reader.only(content, ("forbids", "within", "also"))
    reader.only(also, ("says", "names", "operators"))
    sets = reader.sets(content)
    if also:
        says, names = also.get("says"), reader.texts(also, "names")
        if not isinstance(says, str) or not names:
            raise reader.fault("also", "needs `says`, the phrase on the card, and `names`, a list")
        sets.append(ApiSet(says, names, reader.texts(also, "operators")))
    inner: dict[str, tuple[ApiSet, ...]] = {}
    for name in within:
        table = reader.table(within, name, {})
        reader.only(table, ("forbids",))
        inner[name] = tuple(reader.sets(table))
    return _together(sets, inner)


def _together(sets: Sequence[ApiSet], within: Mapping[str, Sequence[ApiSet]]) -> Rule:
    inner = {name: _union((*found, DISPATCHER)) for name, found in within.items() if found}
    if not sets and not inner:
        return Rule()
    whole = _union((*sets, DISPATCHER))
    phrases = [", ".join(one.says for one in (*sets, DISPATCHER)) if sets else ""]
    phrases += [f"{', '.join(one.says for one in within[name])} in `{name}`" for name in inner]
    if not sets:
        phrases.append(DISPATCHER.says)
    says = "; ".join(filter(None, phrases))
    return Rule(whole.names, whole.operators, whole.autograd, says, inner)


def _union(sets: Sequence[ApiSet]) -> Rule:
    return Rule(
        tuple(dict.fromkeys(name for one in sets for name in one.names)),
        tuple(dict.fromkeys(operator for one in sets for operator in one.operators)),
        any(one.autograd for one in sets),
    )


class _Reader:
    """Takes a file's tables apart, and says where it is not as it must be."""

    def __init__(self, path: Path, text: str) -> None:
        self._path, self._lines = path, text.splitlines()

    def fault(self, word: str, problem: str) -> CourseError:
        """The error about `word`, with the first line that holds it."""
        whole = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)")
        line = next((number for number, text in enumerate(self._lines, 1) if whole.search(text)), 1)
        return CourseError(f"{self._path}:{line}: `{word}` {problem}")

    def only(self, table: Mapping[str, Any], known: Sequence[str]) -> None:
        for key in table:
            if key not in known:
                raise self.fault(key, f"is not known here; there are {', '.join(known)}")

    def table(self, content: Mapping[str, Any], key: str, default: Mapping[str, Any]) -> Mapping[str, Any]:
        value = content.get(key, default)
        if not isinstance(value, dict):
            raise self.fault(key, "must be a table")
        return value

    def texts(self, content: Mapping[str, Any], key: str) -> tuple[str, ...]:
        value = content.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.fault(key, "must be a list of texts")
        return tuple(value)

    def sets(self, content: Mapping[str, Any]) -> list[ApiSet]:
        names = self.texts(content, "forbids")
        for name in names:
            if name not in API_SETS:
                near = get_close_matches(name, API_SETS, 1)
                meant = f"did you mean `{near[0]}`? " if near else ""
                raise self.fault(name, f"is not a named set: {meant}there are {', '.join(API_SETS)}")
        return [API_SETS[name] for name in names]
