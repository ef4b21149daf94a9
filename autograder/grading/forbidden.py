"""Forbidden things in an exercise's solution: found in its text with aliases resolved, and by a trace of its operators.

Only what the exercise's own names reach is looked at: a comparison with PyTorch that a student writes below the
solution, or in a cell of their own, is good practice and costs nothing.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import translate

from autograder.grading.rules import Rule
from autograder.grading.scopes import (
    COMPUTED,
    UNREADABLE,
    Bound,
    Definitions,
    Hidden,
    Meanings,
    definitions,
    learn_aliases,
    parse,
    resolve,
    walk,
)

_BUILTINS = ("eval", "exec", "compile", "__import__", "globals", "__builtins__", "__builtin__", "__loader__")
_CONCEALING = (
    UNREADABLE,
    f"torch*.{COMPUTED}",
    "torch*.__dict__",
    "torch*.__getattr*",
    *_BUILTINS,
    *(
        "builtins.*",
        "sys.modules",
        "sys._getframe",
        "sys.settrace",
        "sys.setprofile",
        "get_ipython",
        "IPython.*",
    ),
    *(f"torch*.__{name}__" for name in ("globals", "builtins", "self", "code", "loader", "spec")),
    *("torch*.f_globals", "torch*.f_locals", "torch*.f_builtins", "torch*.[gct]*_frame"),
    *("timeit.*", "pydoc.*", "doctest.*", "unittest.*", "logging.config.*", "string.Formatter", "code.*"),
    *("importlib.*", "pkgutil.*", "runpy.*", "ctypes.*", "gc.get_*", "inspect.*frame*", "inspect.*stack*"),
    *("inspect.get*", "object.__getattribute__", "torch*.__subclasses__"),
    *("threading.*", "_thread.*", "concurrent.*", "multiprocessing.*", "asyncio.*", "queue.*"),
    *("operator.attrgetter", "operator.methodcaller", "types.FunctionType", "types.CodeType"),
    *("pickle.*", "marshal.*", "torch.utils._python_dispatch.*", "torch.overrides.*", "torch.library.*"),
    *("torch.jit.CompilationUnit", "torch.package.*", "torch.hub.*", "autograder.*"),
)
"""No exercise of that kind needs these names, and each would hide from the reading and the trace what is used."""

_IMPORTED = {".torch.": "torch.", ".F.": "torch.nn.functional.", ".sys.": "sys.", ".builtins.": "builtins."}


def defined_names(source: str) -> tuple[str, ...]:
    """The functions and classes a cell defines; none where it is not Python."""
    tree = parse(source)
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return tuple(node.name for node in tree.body if isinstance(node, kinds)) if tree else ()


def forbidden_in(cells: Sequence[str], roots: Sequence[str], rule: Rule) -> tuple[str, ...]:
    """The forbidden names that the definitions of `roots` use, each under what is forbidden in it.

    Args:
        cells: sources of the cells, in order. roots: the names that the exercise asks for.
    """
    alike = [root for root in roots if root not in rule.within]
    found = list(forbidden_names(cells, alike, rule))
    for root in roots:
        if root in rule.within:
            found += forbidden_names(cells, [root], rule.of(root))
    return tuple(dict.fromkeys(found))


def forbidden_names(cells: Sequence[str], roots: Iterable[str], rule: Rule) -> tuple[str, ...]:
    """The forbidden names that the definitions of `roots` use, directly or through other definitions of the notebook.

    Where an exercise forbids anything, so is what would hide it: code made of text, names that are computed, threads
    (which the operators' trace does not follow), the interpreter's own machinery.

    Args:
        cells: sources of the cells, in order. roots: the names that the exercise asks for.
    """
    if not rule.names:
        return ()
    notebook = definitions(tuple(cells))
    roots = tuple(roots)
    used: dict[str, None] = {UNREADABLE: None} if notebook.unreadable else {}
    for root in roots:
        used.update(dict.fromkeys(notebook.aliases.get(root, ())))
    for node in notebook.reached_from(roots):
        used.update(dict.fromkeys(_names_in(node, notebook)))
    patterns = re.compile("|".join(map(translate, (*rule.names, *_CONCEALING))))
    return tuple(filter(patterns.match, used))


def _names_in(node: ast.AST, notebook: Definitions) -> Iterator[str]:
    """Qualified names of everything a definition refers to."""
    local: dict[str, list[str]] = {}
    learn_aliases(ast.walk(node), Hidden(Bound(), local, notebook.aliases), local)
    for part, bound in walk(node):
        if isinstance(part, (ast.Attribute, ast.Name, ast.Call, ast.Subscript)):
            yield from _qualified(part, Hidden(bound, local, notebook.aliases), notebook)


def _qualified(node: ast.expr, aliases: Meanings, notebook: Definitions) -> Iterator[str]:
    names = [inner for name in resolve(node, aliases) for inner in _inside(name)]
    if not (isinstance(node, ast.Name) and node.id in _BUILTINS and node.id in notebook.nodes):
        yield from names
    if isinstance(node, ast.Name):
        if names == [node.id]:
            yield from (f"{module}.{node.id}" for module in notebook.stars)
    elif isinstance(node, ast.Attribute) and not names and not _is_own(node.value):
        # A method of who knows what: a tensor's, as far as we care.
        yield f"torch.Tensor.{node.attr}"
    elif isinstance(node, ast.Call) and not names:
        match node:
            case ast.Call(func=ast.Name(id="getattr"), args=[_, ast.Constant(value=str(attribute)), *_]):
                yield f"torch.Tensor.{attribute}"


def _inside(name: str) -> Iterator[str]:
    """A qualified name, and what it is where it leads through another module's import: F.torch.conv2d."""
    yield name
    for module, real in _IMPORTED.items():
        _, found, rest = f"{name}.".rpartition(module)
        if found:
            yield (real + rest).removesuffix(".")


def _is_own(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in ("self", "cls")
