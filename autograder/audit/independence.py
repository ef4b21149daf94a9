"""Which cells of a notebook one exercise can see, told without running anything.

An exercise sees a cell where its own solution or its hidden tests name something that the cell binds, directly or
through definitions in between, or where the cell does more than define: what it changes may reach anybody. A cell that
an exercise does not see can neither spoil it nor help it, so it has no part in what the exercise's trials read, and
nothing has to be tried beside it. Where reading cannot tell, the exercise sees the cell: that costs a trial, no proof.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from autograder.grading.scopes import parse

_CHANGING_CALLS = frozenset(
    (
        *("setattr", "delattr", "exec", "eval", "compile", "globals", "vars", "locals", "__import__"),
        *(
            "manual_seed",
            "seed",
            "set_default_dtype",
            "set_default_device",
            "set_grad_enabled",
            "set_num_threads",
        ),
        *(
            "set_rng_state",
            "set_detect_anomaly",
            "use_deterministic_algorithms",
            "set_printoptions",
            "seterr",
        ),
        *("simplefilter", "filterwarnings", "setrecursionlimit", "register_module_forward_hook", "register"),
    )
)
"""Calls that change what others see, wherever in a cell they stand."""
_SAFE_DECORATORS = frozenset(
    ("staticmethod", "classmethod", "property", "setter", "dataclass", "no_grad", "inference_mode", "cache")
    + ("lru_cache", "wraps", "contextmanager", "once_differentiable", "total_ordering", "cached_property")
)
_SAFE_CALLS = frozenset(
    (
        "tuple",
        "list",
        "dict",
        "set",
        "frozenset",
        "range",
        "float",
        "int",
        "str",
        "TypeVar",
        "Generator",
        "field",
    )
    + (
        "namedtuple",
        "device",
        "tensor",
        "sqrt",
        "log",
        "exp",
        "lru_cache",
        "dataclass",
        "no_grad",
        "inference_mode",
    )
    + ("partial", "wraps", "cache", "get_device_module")
)
"""Calls that a cell may make while it defines: they change nothing that another cell sees."""


@dataclass(frozen=True)
class Cell:
    """What reading tells of one cell.

    Attributes:
        bound: the global names it binds, each with the names that its binding mentions.
        imports: what each name stands for that it binds by an import.
        only_defines: whether it does nothing but bind names.
    """

    bound: Mapping[str, frozenset[str]]
    imports: Mapping[str, str]
    only_defines: bool


@functools.lru_cache(maxsize=4096)
def read_cell(source: str) -> Cell:
    """Read one cell; a cell that cannot be read does more than define."""
    try:
        tree = parse(source)
    except RecursionError:
        tree = None
    if tree is None:
        return Cell({}, {}, False)
    bound: dict[str, frozenset[str]] = {}
    imports: dict[str, str] = {}
    plain = True
    for statement in tree.body:
        names = _bound_by(statement)
        plain = plain and names is not None and not _reaches_out(statement)
        mentioned = _mentions(statement)
        imported = _imported_by(statement)
        for name in names or ():
            if name in bound:  # bound twice: not an import alone
                imports.pop(name, None)
            elif name in imported:
                imports[name] = imported[name]
            bound[name] = bound.get(name, frozenset()) | mentioned
    return Cell(bound, imports, plain and not any(name.startswith("__") for name in bound))


@functools.lru_cache(maxsize=1024)
def asked_by_tests(source: str) -> frozenset[str]:
    """Every name of the notebook's that a file of hidden tests may ask for: all attributes but those of what it
    imports, and all texts that could be names."""
    tree = ast.parse(source)
    imported = {
        (a.asname or a.name).partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for a in node.names
    }
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            base: ast.expr = node.value
            while isinstance(base, ast.Attribute):
                base = base.value
            if not (isinstance(base, ast.Name) and base.id in imported):
                found.add(node.attr)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
            found.add(node.value)
    return frozenset(found)


def seen(own: Iterable[str], asked: frozenset[str], cells: Mapping[str, str]) -> frozenset[str]:
    """The cells that an exercise sees.

    Args:
        own: ids of its own solution cells. asked: names that its hidden tests ask for.
        cells: the sources of all code cells that run, by id, in their order.
    """
    read = {id: read_cell(source) for id, source in cells.items()}
    found = {id for id in read if id in set(own) or not read[id].only_defines}
    waiting = set(asked)
    for id in found:
        waiting.update(read[id].bound, *read[id].bound.values())
    reached: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in reached:
            continue
        reached.add(name)
        binding = [id for id in read if name in read[id].bound]
        if len({read[id].imports.get(name, id) for id in binding}) == 1:
            del binding[1:]  # the same import again
        for id in binding:
            found.add(id)
            waiting |= read[id].bound[name]
    return frozenset(found)


def _bound_by(statement: ast.stmt) -> list[str] | None:
    """The names that a statement binds; None where it does more than bind them."""
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return [statement.name] if _defines_plainly(statement) else None
        case ast.Import(names=names):
            return [a.asname or a.name.partition(".")[0] for a in names]
        case ast.ImportFrom(names=names):
            return [a.asname or a.name for a in names] if all(a.name != "*" for a in names) else None
        case ast.Assign(targets=targets, value=value):
            if not all(_is_plain_target(target) for target in targets) or not _is_value(value):
                return None
            return [n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)]
        case ast.AnnAssign(target=ast.Name(id=name), value=bound):
            return [name] if bound is None or _is_value(bound) else None
        case ast.Expr(value=ast.Constant()) | ast.Pass():
            return []
    return None


def _imported_by(statement: ast.stmt) -> dict[str, str]:
    if isinstance(statement, ast.Import):
        return {a.asname or a.name.partition(".")[0]: f"{a.name} as {a.asname}" for a in statement.names}
    if isinstance(statement, ast.ImportFrom):
        return {a.asname or a.name: f"{statement.module}.{a.name}" for a in statement.names}
    return {}


def _is_plain_target(target: ast.expr) -> bool:
    if isinstance(target, (ast.Tuple, ast.List)):
        return all(_is_plain_target(part) for part in target.elts)
    return isinstance(target, ast.Name)


def _defines_plainly(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
    """Whether running a definition, not what it defines, changes nothing but its name."""
    for decorator in node.decorator_list:
        if _last_name(decorator) not in _SAFE_DECORATORS:
            return False
    if isinstance(node, ast.ClassDef):
        arguments = [*node.bases, *(k.value for k in node.keywords)]
        return all(map(_is_value, arguments)) and all(_bound_by(inner) is not None for inner in node.body)
    defaults = [*node.args.defaults, *(d for d in node.args.kw_defaults if d is not None)]
    return all(map(_is_value, defaults))


def _is_value(node: ast.expr) -> bool:
    """Whether an expression is worked out without changing anything."""
    if isinstance(node, ast.Lambda):
        return all(
            map(_is_value, (*node.args.defaults, *(d for d in node.args.kw_defaults if d is not None)))
        )
    if isinstance(node, (ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom)):
        return False
    if isinstance(node, ast.Call) and _last_name(node.func) not in _SAFE_CALLS:
        return False
    parts = list(_expressions_below(node))
    return all(map(_is_value, parts))


def _expressions_below(node: ast.AST) -> Iterator[ast.expr]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            yield child
        elif not isinstance(child, (ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop)):
            yield from _expressions_below(child)


def _last_name(node: ast.expr) -> str:
    """The last part of a dotted name, also where it is called; nothing for any other expression."""
    if isinstance(node, ast.Call):
        node = node.func
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _reaches_out(statement: ast.stmt) -> bool:
    """Whether anything in a statement, functions that are not called included, could change what others see.

    A function of a cell that nobody names is not called, but what it would change counts all the same: the reading of
    forbidden names takes it into account too.
    """
    for node in ast.walk(statement):
        if isinstance(node, ast.Global):
            return True
        if isinstance(node, ast.Call) and _last_name(node.func) in _CHANGING_CALLS:
            return not _is_own_generator(node)
        if isinstance(node, (ast.Assign, ast.AugAssign, ast.Delete)):
            targets = [node.target] if isinstance(node, ast.AugAssign) else node.targets
            if any(_is_shared(target, statement) for target in targets):
                return True
    return False


def _is_own_generator(call: ast.Call) -> bool:
    """`generator.manual_seed(0)` and `self.register(...)` change an object of the cell's own; `torch.manual_seed(0)`
    changes everybody's."""
    match call.func:
        case ast.Attribute(value=ast.Name(id=name)):
            return name not in ("torch", "np", "numpy", "random", "warnings", "sys", "atexit")
        case ast.Attribute(value=ast.Call()):
            return True
    return False


def _is_shared(target: ast.expr, statement: ast.stmt) -> bool:
    """Whether an assignment's target is an attribute or an item of something that the statement has not made: a module
    or an object of another cell. What a function is given, or binds itself, is its caller's or its own."""
    base = target
    while isinstance(base, (ast.Attribute, ast.Subscript, ast.Starred)):
        base = base.value
    if base is target or not isinstance(base, ast.Name):
        return base is not target and isinstance(base, ast.Call) and _last_name(base.func) in _CHANGING_CALLS
    own = {a.arg for n in ast.walk(statement) if isinstance(n, ast.arguments) for a in _arguments(n)}
    own |= {n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return base.id not in own


def _arguments(node: ast.arguments) -> Iterator[ast.arg]:
    yield from (*node.posonlyargs, *node.args, *node.kwonlyargs)
    yield from (a for a in (node.vararg, node.kwarg) if a is not None)


def _mentions(statement: ast.stmt) -> frozenset[str]:
    """Names that a statement may ask the notebook for: all that it reads, local or not, and texts that could be one."""
    found = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
    texts = (n.value for n in ast.walk(statement) if isinstance(n, ast.Constant) and isinstance(n.value, str))
    return frozenset(found | {text for text in texts if text.isidentifier()})
