"""What an assignment's parts say of each other: text, cards, table of points, public tests, rooms and rules.

`make notebooks` refuses an assignment whose parts do not agree, each disagreement with the file and the line to mend.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from autograder.authoring.cells import AuthorsCell, Card, cards_of, cells_of, table_of
from autograder.authoring.chapter import Chapter
from autograder.authoring.marked_tests import MarkedTest, marked_tests
from autograder.grading.rules import RULES, Rule

POINTS = 100
"""The points of every assignment."""


def disagreements(chapter: Chapter) -> list[str]:
    """What does not agree in an assignment, one sentence each, with file and line.

    Raises:
        AuthoringError: a text or a file of rules cannot be read.
    """
    cells = [cell for text in chapter.texts for cell in cells_of(text)]
    rules = chapter.rules()
    found = (
        *_exercises(cells),
        *_table(chapter, cells),
        *_cards(cells, rules),
        *_public(chapter, cells, rules),
        *_rooms(chapter, cells, rules),
    )
    return [problem.replace(f"{chapter.root}/", "") for problem in found]


def points_to_come(chapter: Chapter) -> float:
    """The points that no exercise has yet, as the table says."""
    cells = [cell for text in chapter.texts for cell in cells_of(text)]
    return sum(row.points for row in table_of(cells) if row.to_come)


def _at(path: Path, line: int, problem: str) -> str:
    return f"{path}:{line}: {problem}"


def _exercises(cells: list[AuthorsCell]) -> Iterator[str]:
    waiting: list[AuthorsCell] = []
    for cell in cells:
        if cell.role == "solution":
            waiting.append(cell)
            if "### BEGIN SOLUTION" not in cell.source or "### END SOLUTION" not in cell.source:
                yield _at(
                    cell.path,
                    cell.line,
                    f"the solution cell {cell.id} has no region: put the solution between "
                    "`### BEGIN SOLUTION` and `### END SOLUTION`, or its students get an empty cell",
                )
        elif cell.role == "exercise":
            if f"{cell.id}_solution" not in {one.id for one in waiting}:
                yield _at(
                    cell.path,
                    cell.line,
                    f"before the check cell of {cell.id} there is no solution cell {cell.id}_solution",
                )
            waiting = []
            if f'check("{cell.id}")' not in cell.source:
                yield _at(
                    cell.path, cell.line, f'the check cell of {cell.id} does not call check("{cell.id}")'
                )
    for cell in waiting:
        yield _at(cell.path, cell.line, f"no check cell follows the solution cell {cell.id}")


def _table(chapter: Chapter, cells: list[AuthorsCell]) -> Iterator[str]:
    rows = table_of(cells)
    first = chapter.texts[0]
    if not rows:
        yield _at(
            first,
            1,
            "there is no table of points: the first cells need one with the columns exercise, points, minutes",
        )
        return
    listed = {row.exercise: row for row in rows if row.exercise}
    graded = {cell.id: cell for cell in cells if cell.role == "exercise"}
    for id, cell in graded.items():
        if id not in listed:
            yield _at(
                cell.path, cell.line, f"the exercise {id} is not in the table of points, line {rows[0].line}"
            )
        elif listed[id].points != cell.points:
            yield _at(
                listed[id].path,
                listed[id].line,
                f"{id} has {listed[id].points:g} points in the table, its check cell (line {cell.line}) "
                f"{cell.points:g}",
            )
    for id, row in listed.items():
        if id not in graded:
            yield _at(row.path, row.line, f"the table lists {id}, of which there is no check cell")
    told = sum(row.points for row in rows if not row.exercise and not row.to_come)
    written = sum(cell.points for cell in cells if cell.role == "written")
    if told != written:
        line = next((row.line for row in rows if not row.exercise and not row.to_come), rows[0].line)
        yield _at(
            rows[0].path,
            line,
            f"the written questions have {told:g} points in the table, their cells {written:g}",
        )
    total = sum(row.points for row in rows)
    if total != POINTS:
        yield _at(rows[0].path, rows[0].line, f"the points are {total:g} together, not {POINTS}")
    minutes = {card.exercise: card.entries.get("your time", "") for card in cards_of(cells)}
    for id, row in listed.items():
        if id in minutes and minutes[id].removesuffix("min").strip() != row.minutes:
            yield _at(
                row.path, row.line, f"{id} takes {row.minutes} min in the table, {minutes[id]} on its card"
            )


def _cards(cells: list[AuthorsCell], rules: dict[str, Rule]) -> Iterator[str]:
    cards = {card.exercise: card for card in cards_of(cells)}
    graded = {cell.id: cell for cell in cells if cell.role == "exercise"}
    for id, cell in graded.items():
        if id not in cards:
            yield _at(
                cell.path,
                cell.line,
                f"the exercise {id} has no card: a cell that begins with ### Exercise `{id}`, and a table "
                "with points, your time, check takes, allowed",
            )
            continue
        yield from _card(cards[id], cell, rules.get(id, Rule()))
    for id, card in cards.items():
        if id not in graded:
            yield _at(card.path, card.line, f"the card of {id} has no check cell {id}")


def _card(card: Card, cell: AuthorsCell, rule: Rule) -> Iterator[str]:
    for title in ("points", "your time", "check takes", "allowed"):
        if not card.entries.get(title):
            yield _at(card.path, card.line, f"the card of {card.exercise} does not say `{title}`")
    if not card.rated:
        yield _at(
            card.path,
            card.line,
            f"the card of {card.exercise} does not say how difficult and how important it is: write a line such as "
            "**Difficulty** ●●○ · **importance** ●●● below its table",
        )
    if card.entries.get("points", f"{cell.points:g}") != f"{cell.points:g}":
        yield _at(
            card.path,
            card.line,
            f"the card of {card.exercise} says {card.entries['points']} points, its check cell "
            f"(line {cell.line}) {cell.points:g}",
        )
    told = card.entries.get("not allowed", "")
    if told != rule.says:
        wanted = (
            f"in the column `not allowed` must stand: {rule.says}"
            if rule
            else f"its rules ({RULES}) forbid nothing, so take the column `not allowed` away"
        )
        yield _at(
            card.path, card.line, f"the card of {card.exercise} says otherwise than its rules; {wanted}"
        )


def _public(chapter: Chapter, cells: list[AuthorsCell], rules: dict[str, Rule]) -> Iterator[str]:
    path = chapter.public_tests
    tests = marked_tests(path)
    yield from _foreign(path, tests, cells)
    by_exercise = {test.exercise for test in tests}
    asking = {test.exercise for test in tests if "not_allowed" in test.arguments}
    for cell in cells:
        if cell.role != "exercise":
            continue
        if cell.id not in by_exercise:
            yield f"{path}: the exercise {cell.id} has no public tests, marked exercise({cell.id!r})"
        elif cell.id in rules and cell.id not in asking:
            yield (
                f"{path}: no public test tells students what {cell.id} forbids: add one that takes "
                "`not_allowed` and calls `assert_own(student...., not_allowed)`"
            )
    for test in tests:
        if "not_allowed" in test.arguments and test.exercise not in rules:
            yield _at(
                path, test.line, f"{test.name} asks for `not_allowed`, but {test.exercise} forbids nothing"
            )


def _rooms(chapter: Chapter, cells: list[AuthorsCell], rules: dict[str, Rule]) -> Iterator[str]:
    suite = chapter.hidden_suite
    graded = {cell.id for cell in cells if cell.role == "exercise"}
    for id in sorted(graded):
        room = suite / id
        files = sorted(room.glob("test_*.py"))
        if not files:
            yield f"{room}: the exercise {id} has no hidden tests there"
        tests = [test for file in files for test in marked_tests(file)]
        if files and not any(test.exercise == id for test in tests):
            yield f"{files[0]}: no test in it is marked exercise({id!r})"
        for file in files:
            for test in marked_tests(file):
                if test.exercise != id:
                    yield _at(
                        file,
                        test.line,
                        f"{test.name} is marked {test.exercise or 'with no exercise'!r}, not {id}",
                    )
    for file in sorted(suite.glob("test_*.py")):
        yield f"{file}: hidden tests belong into their exercise's room, {suite.name}/<exercise>/"
    for room in sorted(path for path in suite.glob("*/") if path.is_dir()):
        if room.name not in graded and any(room.glob("*.py")):
            yield f"{room}: the notebook has no exercise {room.name}"
    defined = _defined(cells)
    for id, rule in rules.items():
        for name in rule.within:
            if name not in defined.get(id, set()):
                yield f"{suite / id / RULES}: {id} asks for no function or class {name!r}"


def _foreign(path: Path, tests: list[MarkedTest], cells: list[AuthorsCell]) -> Iterator[str]:
    graded = {cell.id for cell in cells if cell.role == "exercise"}
    for test in tests:
        if test.exercise not in graded:
            of = f"of {test.exercise!r}, which is no exercise" if test.exercise else "of no exercise"
            yield _at(path, test.line, f"{test.name} is a test {of} of the notebook")


def _defined(cells: list[AuthorsCell]) -> dict[str, set[str]]:
    """The functions and classes that each exercise's solution cells define."""
    found: dict[str, set[str]] = {}
    waiting: set[str] = set()
    for cell in cells:
        if cell.role == "solution":
            try:
                body = ast.parse(cell.source).body
            except SyntaxError:
                continue
            waiting |= {node.name for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
        elif cell.role == "exercise":
            found[cell.id], waiting = waiting, set()
    return found
