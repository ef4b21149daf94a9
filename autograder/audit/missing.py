"""What an exercise still lacks before its audit can mean anything, one sentence each with the file to mend."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from autograder.audit.trials import Plan
from autograder.authoring.missing import LEAST_ALTERNATIVES, LEAST_MISCONCEPTIONS


def missing(plan: Plan, public_tests: Path, only: frozenset[str] | None = None) -> Iterator[str]:
    """What the chosen exercises lack, of all where none is chosen.

    Args:
        public_tests: the file of the students' own tests.
    """
    suite = plan.assignment.suite
    public = _marked(public_tests)
    for exercise in (e.id for e in plan.assignment.exercises):
        if only is not None and exercise not in only:
            continue
        room = suite / exercise
        hidden = [p for p in sorted(room.glob("test_*.py")) if exercise in _marked(p)]
        if not hidden:
            yield f"{exercise} has no hidden tests: write {room / f'test_{exercise}.py'}"
        for path in hidden:
            if names := _without_level(path):
                more = f" and {len(names) - 1} more" if len(names) > 1 else ""
                yield f"{exercise}: {names[0]}{more} without a level: mark each `@pytest.mark.level(...)` in {path}"
        count = sum(v.exercise == exercise for v in plan.misconceptions)
        if count < LEAST_MISCONCEPTIONS:
            yield f"{exercise} has {count} misconceptions of at least {LEAST_MISCONCEPTIONS}: add to {room}"
        count = sum(v.exercise == exercise for v in plan.alternatives)
        if count < LEAST_ALTERNATIVES:
            folder = room / "alternatives"
            yield f"{exercise} has {count} alternatives of at least {LEAST_ALTERNATIVES}: add to {folder}"
        if exercise not in public:
            yield f"{exercise} has no public tests: add them to {public_tests}"


def _without_level(path: Path) -> list[str]:
    """The tests of a file that no level is said of, for themselves or for the file."""
    tree = ast.parse(path.read_bytes())
    for_all = [node.value for node in tree.body if isinstance(node, ast.Assign)]
    if any(_names_level(value) for value in for_all):
        return []
    tests = (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name.startswith("test_"))
    return [test.name for test in tests if not any(map(_names_level, test.decorator_list))]


def _names_level(node: ast.AST) -> bool:
    calls = (inner.func for inner in ast.walk(node) if isinstance(inner, ast.Call))
    return any(
        (isinstance(func, ast.Attribute) and func.attr == "level")
        or (isinstance(func, ast.Name) and func.id == "level")
        for func in calls
    )


def _marked(path: Path) -> set[str]:
    """The exercises that a file's tests are marked with."""
    if not path.is_file():
        return set()
    found = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        match node:
            case ast.Call(func=ast.Attribute(attr="exercise"), args=[ast.Constant(value=str(name)), *_]):
                found.add(name)
    return found
