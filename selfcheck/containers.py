"""Tells whether a list or dictionary that a call was given still holds what it held."""

from __future__ import annotations

from collections.abc import Iterable

Container = list[object] | dict[object, object]


def parts(value: Container | tuple[object, ...]) -> list[object]:
    """The items of a list or tuple, or the keys and values of a dictionary."""
    return [part for pair in value.items() for part in pair] if isinstance(value, dict) else list(value)


def held(arguments: Iterable[object]) -> list[tuple[Container, list[object]]]:
    """Every list and dictionary in the arguments, however deep, and its parts."""
    found: list[tuple[Container, list[object]]] = []
    waiting = list(arguments)
    while waiting:
        value = waiting.pop()
        if isinstance(value, (list, tuple, dict)):
            items = parts(value)
            waiting.extend(items)
            if not isinstance(value, tuple):
                found.append((value, items))
    return found


def holds(container: Container, items: list[object]) -> bool:
    """Tell whether a container still holds these very objects."""
    now = parts(container)
    return len(now) == len(items) and all(a is b for a, b in zip(now, items, strict=True))
