"""What an exercise's solution names that it may not use, read from its text with aliases resolved.

The student's process refuses what is forbidden whatever it is called (`refusals`), so this reading need not find
everything: it tells early, and in the student's own words, what is plain to see, and it tells a person of code that
could lift the refusal. Only what the exercise's own names reach is looked at: a comparison with PyTorch that a student
writes below the solution, or in a cell of their own, is good practice and costs nothing.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import translate

import torch

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
_PRIVATE = (
    *(
        "C",
        "dynamo",
        "functorch",
        "refs",
        "decomp",
        "prims",
        "subclasses",
        "ops",
        "library",
        "inductor",
        "export",
    ),
    *("higher_order_ops", "jit_internal", "custom_op", "compile", "lazy_library", "python_dispatcher"),
)
"""PyTorch's private modules; an operator may have a private name too, and is refused where it is forbidden."""
_LIFTING = (
    UNREADABLE,
    f"torch*.{COMPUTED}",
    "torch*.__dict__",
    *_BUILTINS,
    *(
        "builtins.*",
        "sys.modules",
        "sys.settrace",
        "sys.setprofile",
        "sys._*",
        "sys.addaudithook",
        "sys.audit",
    ),
    *(
        "get_ipython",
        "IPython.*",
        *(f"torch._{name}*" for name in _PRIVATE),
        "torch.utils._*",
        "torch.library.*",
        "torch.overrides.*",
    ),
    *("torch.jit.CompilationUnit", "torch.package.*", "torch.hub.*", "torch.classes.*", "autograder.*"),
    *(
        "importlib.*",
        "pkgutil.*",
        "runpy.*",
        "code.*",
        "inspect.*frame*",
        "inspect.*stack*",
        "inspect.getmembers",
    ),
    *(
        "ctypes.*",
        "cffi.*",
        "_ctypes.*",
        "numba.*",
        "gc.*",
        "signal.*",
        "faulthandler.*",
        "object.__getattribute__",
    ),
    *(
        "operator.attrgetter",
        "operator.methodcaller",
        "types.FunctionType",
        "types.CodeType",
        "types.FrameType",
    ),
    *("pickle.*", "marshal.*", "dis.*", "torch.load", "torch.jit.load"),
)
"""What could lift a refusal, or keep from being read that it does. No solution needs it; a person looks."""
_INNARDS = frozenset(
    {
        *(
            "__globals__",
            "__builtins__",
            "__code__",
            "__closure__",
            "__loader__",
            "__spec__",
            "__subclasses__",
        ),
        *(
            "__getattribute__",
            "__self__",
            "__traceback__",
            "__array_interface__",
            "__array_struct__",
            "__reduce__",
        ),
        *(
            "f_globals",
            "f_locals",
            "f_builtins",
            "f_back",
            "f_code",
            "tb_frame",
            "gi_frame",
            "cr_frame",
            "ag_frame",
        ),
    }
)
"""Attributes that lead from a value to the interpreter's own machinery."""
_OWN_INNARDS = frozenset({"__self__", "__reduce__", "__traceback__", "__getattribute__"})
"""Of those, what a class may define for itself, or an honest handler of an exception read."""

INNARDS = "(a value)"
_TOOLS = (
    *(
        "torch.library.*",
        "torch._C.*",
        "autograder.*",
        "ctypes.*",
        "_ctypes.*",
        "cffi.*",
        "signal.*",
        "faulthandler.*",
    ),
    *(
        "gc.get_*",
        "gc.callbacks",
        "gc.unfreeze",
        "gc.freeze",
        "gc.set_debug",
        "types.FunctionType",
        "types.CodeType",
    ),
    *(
        "sys.setprofile",
        "sys.settrace",
        "sys._getframe",
        "sys._current_frames",
        "sys.addaudithook",
        "sys.audit",
    ),
    *(
        f"{INNARDS}.{name}"
        for name in ("f_locals", "f_back", "f_globals", "f_code", "tb_frame", "gi_frame", "cr_frame")
    ),
    *(f"{INNARDS}.{name}" for name in ("__code__", "__closure__", "__array_interface__", "__array_struct__")),
)
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

    Args:
        cells: sources of the cells, in order. roots: the names that the exercise asks for.
    """
    return _matching(_used(cells, roots), rule.names) if rule.names else ()


def suspicious_names(cells: Sequence[str], roots: Iterable[str]) -> tuple[str, ...]:
    """What those definitions use that could lift a refusal, or hide from this reading that it is used.

    Args:
        cells: sources of the cells, in order. roots: the names that the exercise asks for.
    """
    return _matching(_used(cells, roots), (*_LIFTING, *(f"*.{name}" for name in _INNARDS)))


def tools_in(cells: Sequence[str]) -> tuple[str, ...]:
    """What the cells use, wherever it stands, that serves to lift a refusal and hardly anything else.

    A cell prepares the process before an exercise is asked, so what the exercise's own names do not reach counts here.
    """
    notebook = definitions(tuple(cells))
    used = dict.fromkeys(name for tree in notebook.trees for name in _names_in(tree, notebook))
    return _matching(used, _TOOLS)


def _matching(names: Iterable[str], patterns: Iterable[str]) -> tuple[str, ...]:
    return tuple(filter(_any_of(tuple(patterns)).match, names))


@functools.lru_cache(maxsize=64)
def _any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(translate, patterns)))


def _used(cells: Sequence[str], roots: Iterable[str]) -> dict[str, None]:
    """Qualified names of all that the definitions of `roots` refer to, in the order in which they are met."""
    notebook = definitions(tuple(cells))
    roots = tuple(roots)
    used: dict[str, None] = {UNREADABLE: None} if notebook.unreadable else {}
    for root in roots:
        used.update(dict.fromkeys(notebook.aliases.get(root, ())))
    for node in notebook.reached_from(roots):
        used.update(dict.fromkeys(_names_in(node, notebook)))
    return used


def _names_in(node: ast.AST, notebook: Definitions) -> tuple[str, ...]:
    """Qualified names of everything a definition refers to."""
    if id(node) not in notebook.read:
        notebook.read[id(node)] = tuple(dict.fromkeys(_read(node, notebook)))
    return notebook.read[id(node)]


def _read(node: ast.AST, notebook: Definitions) -> Iterator[str]:
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
        if names == [node.id] and node.id not in notebook.nodes:
            yield from (f"{module}.{node.id}" for module in notebook.stars)
    elif isinstance(node, ast.Attribute) and not names:
        yield from _method(node.attr, node.value, notebook)
    elif isinstance(node, ast.Call) and not names:
        match node:
            case ast.Call(func=ast.Name(id="getattr"), args=[value, ast.Constant(value=str(attribute)), *_]):
                yield from _method(attribute, value, notebook)


def _method(attribute: str, of: ast.expr, notebook: Definitions) -> Iterator[str]:
    """The name of an attribute of who knows what: a tensor's, unless a class of the notebook has one of that name."""
    if attribute in _INNARDS and attribute not in _OWN_INNARDS:
        yield f"{INNARDS}.{attribute}"
    elif attribute.startswith("__") or attribute in notebook.attributes or _is_own(of):
        return
    elif hasattr(torch.Tensor, attribute):
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
