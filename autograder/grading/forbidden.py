"""What an exercise's solution may not use: found in its text with aliases resolved, and by a trace of its operators.

Only what the exercise's own names reach is looked at: a comparison with PyTorch that a student writes below the
solution, or in a cell of their own, is good practice and costs nothing.
"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from autograder.course import CourseError


@dataclass(frozen=True)
class Rule:
    """What one exercise forbids: qualified names of the API, and operators; `*` stands for anything."""

    names: tuple[str, ...] = ()
    operators: tuple[str, ...] = ()

    def forbids_operator(self, operator: str) -> bool:
        """Whether an operator such as aten.convolution.default is forbidden, with or without its overload."""
        packet = operator.rpartition(".")[0]
        return any(fnmatchcase(operator, p) or fnmatchcase(packet, p) for p in self.operators)


def load_rules(suite: Path) -> dict[str, Rule]:
    """The rules in a suite's exercises.toml, by exercise; CourseError where it is malformed."""
    path = suite / "exercises.toml"
    if not path.exists():
        return {}
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        return {
            exercise: Rule(tuple(table.get("forbidden", ())), tuple(table.get("forbidden_ops", ())))
            for exercise, table in content.items()
        }
    except (tomllib.TOMLDecodeError, AttributeError, TypeError) as error:
        raise CourseError(f"{path} is malformed: {error}") from error


def defined_names(source: str) -> tuple[str, ...]:
    """The functions and classes a cell defines; none where it is no Python."""
    tree = _parse(source)
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return tuple(node.name for node in tree.body if isinstance(node, kinds)) if tree else ()


def forbidden_names(cells: Sequence[str], roots: Iterable[str], rule: Rule) -> tuple[str, ...]:
    """The forbidden names that the definitions of `roots` use, directly or through other definitions of the notebook.

    Args:
        cells: sources of the cells, in order. roots: the names that the exercise asks for.
    """
    if not rule.names:
        return ()
    trees = [tree for tree in map(_parse, cells) if tree is not None]
    definitions = _Definitions.of(trees)
    found: dict[str, None] = {}
    for node in definitions.reached_from(roots):
        scope = _Scope(
            {**definitions.aliases, **_aliases(ast.walk(node), definitions.aliases)}, definitions.stars
        )
        for name in scope.names_in(node):
            if any(fnmatchcase(name, pattern) for pattern in rule.names):
                found[name] = None
    return tuple(found)


@dataclass
class _Definitions:
    """Top-level definitions of a notebook: name to what defines it, imported names, modules imported with a star."""

    nodes: dict[str, list[ast.AST]] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, trees: Iterable[ast.Module]) -> _Definitions:
        found = cls()
        for tree in trees:
            for node in tree.body:
                found._add(node)
        return found

    def _add(self, node: ast.stmt) -> None:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            self.nodes.setdefault(node.name, []).append(node)
        elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for name in (n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)):
                self.nodes.setdefault(name, []).append(node.value)
        elif isinstance(node, ast.ImportFrom) and any(a.name == "*" for a in node.names):
            self.stars.append(node.module or "")
        elif isinstance(node, (ast.If, ast.Try, ast.With, ast.For, ast.While)):
            for inner in ast.iter_child_nodes(node):
                if isinstance(inner, ast.stmt):
                    self._add(inner)
        self.aliases.update(_aliases([node], self.aliases))

    def reached_from(self, roots: Iterable[str]) -> Iterator[ast.AST]:
        waiting, seen = list(roots), set[str]()
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            for node in self.nodes.get(name, ()):
                yield node
                waiting.extend(n.id for n in ast.walk(node) if isinstance(n, ast.Name))


@dataclass
class _Scope:
    aliases: Mapping[str, str]
    stars: Sequence[str]

    def names_in(self, node: ast.AST) -> Iterator[str]:
        """Qualified names of everything a piece of code refers to."""
        for part in ast.walk(node):
            if isinstance(part, (ast.Attribute, ast.Name, ast.Call, ast.Subscript)):
                yield from self._qualified(part)

    def _qualified(self, node: ast.expr) -> Iterator[str]:
        name = _resolve(node, self.aliases)
        if name is not None:
            yield name
            if isinstance(node, ast.Name) and name == node.id:
                yield from (f"{module}.{name}" for module in self.stars)
        elif isinstance(node, ast.Attribute) and not _is_own(node.value):
            # A method of who knows what: a tensor's, as far as we care.
            yield f"torch.Tensor.{node.attr}"


def _aliases(nodes: Iterable[ast.AST], known: Mapping[str, str]) -> dict[str, str]:
    """Names bound by imports, and by assignments of something that has a qualified name."""
    found: dict[str, str] = {}
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                found[alias.asname or alias.name.partition(".")[0]] = (
                    alias.name if alias.asname else alias.name.partition(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.update({a.asname or a.name: f"{node.module}.{a.name}" for a in node.names if a.name != "*"})
        elif (
            isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name)
        ):
            name = _resolve(node.value, {**known, **found})
            if name is not None and "." in name:
                found[node.targets[0].id] = name
    return found


def _resolve(node: ast.expr, aliases: Mapping[str, str]) -> str | None:
    """The qualified name an expression stands for, where it can be told without running it."""
    match node:
        case ast.Name(id=name):
            return aliases.get(name, name)
        case ast.Attribute(value=value, attr=attribute):
            base = _module(value, aliases)
            return f"{base}.{attribute}" if base else None
        case ast.Call(func=ast.Name(id="getattr"), args=[value, ast.Constant(value=str(attribute)), *_]):
            base = _module(value, aliases)
            return f"{base}.{attribute}" if base else f"torch.Tensor.{attribute}"
        case ast.Call(func=ast.Name(id="__import__"), args=[ast.Constant(value=str(name)), *_]):
            return name.partition(".")[0]
        case ast.Call(func=function, args=[ast.Constant(value=str(name)), *_]):
            return name if _resolve(function, aliases) == "importlib.import_module" else None
        case ast.Subscript(
            value=ast.Call(func=ast.Name(id="vars"), args=[value]), slice=ast.Constant(value=str(key))
        ):
            base = _module(value, aliases)
            return f"{base}.{key}" if base else None
        case ast.Subscript(
            value=ast.Attribute(value=value, attr="__dict__"), slice=ast.Constant(value=str(key))
        ):
            base = _module(value, aliases)
            return f"{base}.{key}" if base else None
    return None


def _module(node: ast.expr, aliases: Mapping[str, str]) -> str | None:
    """The qualified name of an expression that is a module or class known by import; None for any other value."""
    name = _resolve(node, aliases)
    if name is None or (isinstance(node, ast.Name) and node.id not in aliases):
        return None
    return name


def _is_own(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in ("self", "cls")


def _parse(source: str) -> ast.Module | None:
    lines = ["" if line.lstrip().startswith(("%", "!")) else line for line in source.splitlines()]
    try:
        return ast.parse("\n".join(lines))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
