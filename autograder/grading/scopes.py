"""Names in a student's code read without running it: what a name of a cell stands for, and what a definition reaches.

A local variable is never taken for a global of the same name: a student's `y` inside the solution has nothing to do
with the `y = F.conv2d(x, w)` of an experiment elsewhere.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterable, Iterator, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

Aliases = MutableMapping[str, list[str]]
"""Every qualified name that a name was ever bound to, since what is bound last need not be what is called."""


class Meanings(Protocol):
    """The meanings of names somewhere: `Aliases`, or those of them that are not hidden there."""

    def __contains__(self, name: object, /) -> bool: ...
    def get(self, name: str, default: Sequence[str], /) -> Sequence[str]: ...


_DEEPEST = 20
"""Attributes of attributes beyond which nothing is resolved; torch's own names are four deep."""
_MOST_MEANINGS = 8
_MOST_STARS = 50
_LONGEST = 500
"""Characters of a qualified name; what is longer is nobody's, and names made of names could grow without end."""
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
UNREADABLE = "code nested too deep to be read"
COMPUTED = "a computed name"
_TABLE = ".__dict__"
"""The names of a module or class, however they are asked for."""


# IPython's additions to Python, as lines; the second kind may also be Python that goes on from the line before. What is
# blank is never given back (`*+`): a line of a million blanks would be looked at a million times.
_MAGIC = re.compile(
    r"^([ \t]*+)(?:[%!?].*|[^#'\"\n]*?=[ \t]*+[%!].*|[^#'\"\n]*\?{1,2}[ \t]*+)$", re.MULTILINE
)
_QUOTING = re.compile(r"^([ \t]*+)[/,;].*$", re.MULTILINE)


_KEPT_CELLS = 128
_LONGEST_KEPT = 20_000
"""Characters of a cell whose syntax tree is kept; a tree takes far more than its text."""


def parse(source: str) -> ast.Module | None:
    """A cell's syntax tree without its magics; None where it is not Python. RecursionError: nested too deep.

    The tree may be shared by notebooks that hold the same cell: nobody may change it.
    """
    return _kept(source) if len(source) <= _LONGEST_KEPT else _parse(source)


@functools.lru_cache(maxsize=_KEPT_CELLS)
def _kept(source: str) -> ast.Module | None:
    return _parse(source)


def _parse(source: str) -> ast.Module | None:
    lines = ["" if line.lstrip().startswith(("%", "!")) else line for line in source.splitlines()]
    plain = "\n".join(lines)
    replaced = _MAGIC.sub(r"\1pass", source)
    for text in (plain, replaced, _QUOTING.sub(r"\1pass", replaced)):
        try:
            return ast.parse(text)
        except MemoryError:  # how the parser calls it
            raise RecursionError("nested too deep") from None
        except (SyntaxError, ValueError):
            continue
    return None


@dataclass
class Definitions:
    """The definitions of a notebook's cells.

    Attributes:
        nodes: what each global name is ever bound to. patches: what is bound to attributes of imported things.
        attributes: methods and attributes that its classes define.
        trees: the cells that can be read. aliases: see `Aliases`.
        stars: modules imported with a star. unreadable: whether a cell is nested too deep.
        read: what a definition refers to, by its id, once somebody has asked: every exercise asks for the same ones.
    """

    nodes: dict[str, list[ast.AST]] = field(default_factory=dict)
    patches: dict[str, list[ast.AST]] = field(default_factory=dict)
    attributes: set[str] = field(default_factory=set)
    trees: list[ast.Module] = field(default_factory=list)
    aliases: dict[str, list[str]] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)
    unreadable: bool = False
    read: dict[int, tuple[str, ...]] = field(default_factory=dict)
    _leads_to: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def reached_from(self, roots: Iterable[str]) -> Iterator[ast.AST]:
        """The definitions that those names use, directly or through others."""
        waiting = [*roots, COMPUTED]
        seen_names, seen_nodes = set[str](), set[int]()
        while waiting:
            name = waiting.pop()
            if name in seen_names:
                continue
            seen_names.add(name)
            for node in (*self.nodes.get(name, ()), *self.patches.get(name, ())):
                if id(node) in seen_nodes:
                    continue
                seen_nodes.add(id(node))
                yield node
                if id(node) not in self._leads_to:
                    self._leads_to[id(node)] = tuple(dict.fromkeys(self._names_used(node)))
                waiting += self._leads_to[id(node)]

    def _names_used(self, node: ast.AST) -> Iterator[str]:
        for part, bound in walk(node):
            if isinstance(part, ast.Name):
                if isinstance(part.ctx, ast.Load) and part.id not in bound:
                    yield part.id
            elif isinstance(part, ast.Attribute) and part.attr in self.patches:
                yield part.attr


@functools.lru_cache(maxsize=1)
def definitions(cells: tuple[str, ...]) -> Definitions:
    """The definitions of the cells; the last notebook asked for is kept, since every exercise asks for the same."""
    found = Definitions()
    for source in cells:
        try:
            tree = parse(source)
            if tree is not None:
                found.trees.append(tree)
                for statement in tree.body:
                    _define(found, statement)
                _reach_out(found, tree)
            if len(found.stars) > _MOST_STARS:  # each name could be of each of them
                del found.stars[_MOST_STARS:]
                found.unreadable = True
        except RecursionError:
            found.unreadable = True
    return found


def _define(found: Definitions, node: ast.stmt) -> None:
    """Global names that a statement of a cell binds."""
    if isinstance(node, _DEFINITIONS):
        found.nodes.setdefault(node.name, []).append(node)
        return
    if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)) and node.value is not None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        _bind(found, targets, node.value)
    elif isinstance(node, ast.ImportFrom) and any(a.name == "*" for a in node.names):
        if (node.module or "") not in found.stars:
            found.stars.append(node.module or "")
    elif isinstance(node, (ast.For, ast.AsyncFor)):
        _bind(found, [node.target], node.iter)
    elif isinstance(node, (ast.With, ast.AsyncWith)):
        for item in node.items:
            if item.optional_vars is not None:
                _bind(found, [item.optional_vars], item.context_expr)
    learn_aliases([node], found.aliases, found.aliases)
    for inner in _statements_below(node):
        _define(found, inner)


def _statements_below(node: ast.stmt) -> Iterator[ast.stmt]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt):
            yield child
        elif isinstance(child, (ast.ExceptHandler, ast.match_case)):
            yield from child.body


def _bind(found: Definitions, targets: Iterable[ast.expr], value: ast.AST) -> None:
    for name in (n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)):
        found.nodes.setdefault(name, []).append(value)


def _reach_out(found: Definitions, tree: ast.Module) -> None:
    """The names bound from anywhere in a cell: by `:=`, `global`, `globals()[...]`, or onto something imported."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            found.attributes |= {n.name for n in node.body if isinstance(n, _DEFINITIONS)}
        elif isinstance(node, ast.NamedExpr):
            _bind(found, [node.target], node.value)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Attribute) and module_of(target.value, found.aliases):
                    found.patches.setdefault(target.attr, []).append(node.value)
                elif isinstance(target, ast.Subscript) and _is_globals(target.value):
                    found.nodes.setdefault(_constant(target.slice), []).append(node.value)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            shared = {name for n in ast.walk(node) if isinstance(n, ast.Global) for name in n.names}
            if shared:
                _publish(found, node, shared)
        else:
            match node:
                case ast.Call(func=ast.Name(id="setattr"), args=[whose, which, value]):
                    if module_of(whose, found.aliases):
                        found.patches.setdefault(_constant(which), []).append(value)


def _publish(found: Definitions, function: ast.AST, shared: set[str]) -> None:
    for node in ast.walk(function):
        if isinstance(node, ast.Assign):
            names = {n.id for t in node.targets for n in ast.walk(t) if isinstance(n, ast.Name)}
            for name in names & shared:
                found.nodes.setdefault(name, []).append(node.value)
        elif isinstance(node, _DEFINITIONS) and node.name in shared:
            found.nodes.setdefault(node.name, []).append(node)


def _is_globals(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("globals", "vars")
    )


class Bound:
    """The names that are local somewhere: those of the scope there and of the scopes around it, each kept once."""

    __slots__ = ("names", "outer")

    def __init__(self, names: frozenset[str] = frozenset(), outer: Bound | None = None) -> None:
        self.names, self.outer = names, outer

    def __contains__(self, name: object) -> bool:
        scope: Bound | None = self
        while scope is not None:
            if name in scope.names:
                return True
            scope = scope.outer
        return False

    def inside(self, names: frozenset[str]) -> Bound:
        """The names that are local in a scope within this one."""
        return Bound(names, self) if names else self


class Hidden:
    """Aliases as they are known where some names are local: of those, only what they were bound to there."""

    __slots__ = ("_aliases", "_bound", "_local")

    def __init__(self, bound: Bound, local: Aliases, aliases: Aliases) -> None:
        self._bound, self._local, self._aliases = bound, local, aliases

    def __contains__(self, name: object) -> bool:
        return name in self._local or name in self._bound or name in self._aliases

    def get(self, name: str, default: Sequence[str], /) -> Sequence[str]:
        if name in self._local:
            return self._local[name]
        return [] if name in self._bound else self._aliases.get(name, default)


def walk(root: ast.AST) -> Iterator[tuple[ast.AST, Bound]]:
    """Every node of a definition, with the names that are local where it stands."""
    waiting: list[tuple[ast.AST, Bound]] = [(root, Bound())]
    while waiting:
        node, bound = waiting.pop()
        yield node, bound
        if isinstance(node, _FUNCTIONS):
            inner = bound.inside(_locals(node))
            body = node.body if isinstance(node.body, list) else [node.body]
            waiting.extend((child, inner) for child in body)
            outside: list[ast.AST] = [node.args]
            if not isinstance(node, ast.Lambda):
                outside += [*node.decorator_list, *([node.returns] if node.returns else [])]
            waiting.extend((child, bound) for child in outside)
        elif isinstance(node, _COMPREHENSIONS):
            inner = bound.inside(
                frozenset(
                    n.id for g in node.generators for n in ast.walk(g.target) if isinstance(n, ast.Name)
                )
            )
            waiting.extend((child, inner) for child in ast.iter_child_nodes(node))
        else:
            waiting.extend((child, bound) for child in ast.iter_child_nodes(node))


def _locals(function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> frozenset[str]:
    """The names that a function binds itself: its arguments and what its body assigns."""
    given = function.args
    names = {a.arg for a in (*given.posonlyargs, *given.args, *given.kwonlyargs)}
    names |= {a.arg for a in (given.vararg, given.kwarg) if a is not None}
    shared: set[str] = set()
    waiting: list[ast.AST] = list(function.body) if isinstance(function.body, list) else [function.body]
    while waiting:
        node = waiting.pop()
        if isinstance(node, _DEFINITIONS):
            names.add(node.name)
            continue
        if isinstance(node, ast.Lambda):
            continue
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names.add(node.id)
        elif isinstance(node, ast.Global):
            shared.update(node.names)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names |= {a.asname or a.name.partition(".")[0] for a in node.names}
        elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
            names.add(node.name)
        waiting.extend(ast.iter_child_nodes(node))
    return frozenset(names - shared)


def learn_aliases(nodes: Iterable[ast.AST], known: Meanings, into: Aliases) -> None:
    """Add the names bound by imports, and by assignments of something that has a qualified name."""
    for node in nodes:
        if isinstance(node, ast.Import):
            for a in node.names:
                _add(
                    into,
                    a.asname or a.name.partition(".")[0],
                    a.name if a.asname else a.name.partition(".")[0],
                )
        elif isinstance(node, ast.ImportFrom) and node.module:
            for a in node.names:
                if a.name != "*":
                    _add(into, a.asname or a.name, f"{node.module}.{a.name}")
        elif (
            isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name)
        ):
            for name in resolve(node.value, known):
                if "." in name:
                    _add(into, node.targets[0].id, name)


def _add(into: Aliases, name: str, meaning: str) -> None:
    meanings = into.setdefault(name, [])
    if len(meaning) <= _LONGEST and meaning not in meanings and len(meanings) < _MOST_MEANINGS:
        meanings.append(meaning)


def resolve(node: ast.expr, aliases: Meanings, depth: int = 0) -> list[str]:
    """The qualified names an expression may stand for, where that can be told without running it."""
    if depth > _DEEPEST:
        return []
    match node:
        case ast.Name(id=name):
            return list(aliases.get(name, (name,)))
        case ast.Attribute(value=value, attr=attribute):
            return [f"{base}.{attribute}" for base in module_of(value, aliases, depth + 1)]
        case ast.Call(func=ast.Name(id="getattr"), args=[value, name, *_]):
            return [f"{base}.{_constant(name)}" for base in module_of(value, aliases, depth + 1)]
        case ast.Call(func=ast.Name(id="__import__"), args=[ast.Constant(value=str(name)), *_]):
            return [name.partition(".")[0]]
        case ast.Call(func=ast.Name(id="vars" | "dir"), args=[value]):
            return [f"{base}{_TABLE}" for base in module_of(value, aliases, depth + 1)]
        case ast.Call(func=function, args=[ast.Constant(value=str(name)), *_]):
            return [name] if "importlib.import_module" in resolve(function, aliases, depth + 1) else []
        case ast.Subscript(value=table, slice=key):
            bases = module_of(table, aliases, depth + 1)
            return [f"{b.removesuffix(_TABLE)}.{_constant(key)}" for b in bases if b.endswith(_TABLE)]
    return []


def _constant(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else COMPUTED


def module_of(node: ast.expr, aliases: Meanings, depth: int = 0) -> list[str]:
    """The qualified names of an expression that is a module or class known by import; none for any other value."""
    if isinstance(node, ast.Name) and node.id not in aliases:
        return []
    return resolve(node, aliases, depth)
