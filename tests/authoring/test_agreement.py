"""`make notebooks` refuses an assignment whose parts do not agree, with the file and the line to mend."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.authoring.agreement import disagreements, points_to_come
from autograder.authoring.build import make_notebooks
from autograder.authoring.cells import cards_of, cells_of, table_of
from autograder.authoring.chapter import AuthoringError, Chapter, chapters
from tests.authoring.conftest import HIDDEN, PUBLIC, TEXT

REPOSITORY = Path(__file__).parents[2]
TEXT_FILE, PUBLIC_FILE = "solutions/ch98_scale.py", "solutions/ch98_public.py"
ROOM = "autograder/suites/ch98/scale"
MARK = '# %% nbgrader={"grade": true, "grade_id": "scale"'
SOLUTION_MARK = '# %% nbgrader={"grade": false, "grade_id": "scale_solution"'
CARD_END = "# | 5 | 10 min | 0.1 s | everything in PyTorch |"
FORBIDDING = (
    CARD_END.replace("# | 5", "# | 5").removesuffix(" |")
    + " | `nn.*Dropout*`, `F.*dropout*`, `torch.*dropout*`, `torch.ops`, `torch._C` |"
)
USING = '''

def test_own(student, not_allowed):
    """Nothing forbidden is used."""
    assert not_allowed.names
'''


def line(text: str, words: str) -> int:
    return text[: text.index(words)].count("\n") + 1


@pytest.mark.parametrize("assignment", chapters(REPOSITORY), ids=lambda one: one.id)
def test_the_parts_of_the_assignments_agree(assignment):
    assert disagreements(assignment) == []
    assert points_to_come(assignment) == 0


def test_cells_cards_and_tables_are_found_where_they_stand(course):
    cells = cells_of(course.texts[0])
    lines = TEXT.splitlines()
    assert [cell.line for cell in cells] == [i for i, text in enumerate(lines, 1) if text.startswith("# %%")]
    (card,) = cards_of(cells)
    assert (card.exercise, lines[card.line - 1]) == ("scale", CARD_END)
    assert card.entries["your time"] == "10 min"
    rows = table_of(cells)
    assert [row.exercise for row in rows] == ["scale", "", ""] and [row.points for row in rows] == [5, 3, 92]
    assert all(row.title in lines[row.line - 1] for row in rows)


def replaced(file: str, old: str, new: str) -> Callable[[Chapter], None]:
    def change(course: Chapter) -> None:
        path = course.root / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    return change


def written(file: str, text: str) -> Callable[[Chapter], None]:
    def change(course: Chapter) -> None:
        (course.root / file).parent.mkdir(parents=True, exist_ok=True)
        (course.root / file).write_text(text)

    return change


def forbidding(course: Chapter) -> None:
    """Let the exercise forbid dropout, and say so everywhere."""
    written(f"{ROOM}/rules.toml", 'forbids = ["dropout"]\n')(course)
    replaced(TEXT_FILE, "| check takes | allowed |", "| check takes | allowed | not allowed |")(course)
    replaced(TEXT_FILE, CARD_END, FORBIDDING)(course)
    written(PUBLIC_FILE, PUBLIC + USING)(course)


def then(*changes: Callable[[Chapter], None]) -> Callable[[Chapter], None]:
    def change(course: Chapter) -> None:
        for one in changes:
            one(course)

    return change


ROW = "# | 1 | `scale`: a product | 5 | 10 |"
SAID_WRONGLY = then(forbidding, replaced(TEXT_FILE, "`nn.*Dropout*`, ", ""))
NO_ROOM = "autograder/suites/ch98/other"
BROKEN = {
    "no public tests of it": (
        replaced(PUBLIC_FILE, 'exercise("scale")', 'exercise("other")'),
        f"{PUBLIC_FILE}: the exercise scale has no public tests",
    ),
    "a public test of nothing": (
        replaced(PUBLIC_FILE, "pytestmark = ", "mark = "),
        f"{PUBLIC_FILE}:{line(PUBLIC, 'def test_doubles')}: test_doubles is a test of no exercise",
    ),
    "not in the table": (
        replaced(TEXT_FILE, "`scale`: a product", "a product"),
        f"{TEXT_FILE}:{line(TEXT, MARK)}: the exercise scale is not in the table of points, "
        f"line {line(TEXT, '| 1 | ')}",
    ),
    "in the table alone": (
        replaced(TEXT_FILE, ROW, f"{ROW}\n# | 2 | `turn` | 0 | 5 |"),
        f"{TEXT_FILE}:{line(TEXT, ROW) + 1}: the table lists turn, of which there is no check cell",
    ),
    "no table": (
        replaced(TEXT_FILE, "| points | minutes |", "| points | time |"),
        f"{TEXT_FILE}:1: there is no table of points",
    ),
    "other points in the table": (
        replaced(TEXT_FILE, "a product | 5 |", "a product | 6 |"),
        f"{TEXT_FILE}:{line(TEXT, ROW)}: scale has 6 points in the table, its check cell "
        f"(line {line(TEXT, MARK)}) 5",
    ),
    "other points on the card": (
        replaced(TEXT_FILE, "# | 5 | 10 min", "# | 7 | 10 min"),
        f"{TEXT_FILE}:{line(TEXT, CARD_END)}: the card of scale says 7 points",
    ),
    "other minutes": (
        replaced(TEXT_FILE, "| 5 | 10 min", "| 5 | 15 min"),
        f"{TEXT_FILE}:{line(TEXT, ROW)}: scale takes 10 min in the table, 15 min on its card",
    ),
    "other points by hand": (
        replaced(TEXT_FILE, "a written question | 3 |", "a written question | 1 + 1 |"),
        f"{TEXT_FILE}:{line(TEXT, '| 2 | a written')}: the written questions have 2 points in the table, "
        "their cells 3",
    ),
    "not 100": (
        replaced(TEXT_FILE, "to come | 92 |", "to come | 91 |"),
        f"{TEXT_FILE}:{line(TEXT, ROW)}: the points are 99 together, not 100",
    ),
    "no card": (
        replaced(TEXT_FILE, "## Exercise `scale`", "## The exercise"),
        f"{TEXT_FILE}:{line(TEXT, MARK)}: the exercise scale has no card",
    ),
    "a card that says half": (
        replaced(TEXT_FILE, "| check takes | allowed |", "| check takes | may |"),
        f"{TEXT_FILE}:{line(TEXT, CARD_END)}: the card of scale does not say `allowed`",
    ),
    "a card that does not rate": (
        replaced(TEXT_FILE, "●○○ · **importance** ●●○", "low"),
        f"{TEXT_FILE}:{line(TEXT, CARD_END)}: the card of scale does not say how difficult",
    ),
    "a card of nothing": (
        replaced(TEXT_FILE, MARK, MARK.replace('"scale"', '"scales"')),
        f"{TEXT_FILE}:{line(TEXT, CARD_END)}: the card of scale has no check cell scale",
    ),
    "a card that forbids by itself": (
        then(
            replaced(TEXT_FILE, "takes | allowed |", "takes | allowed | not allowed |"),
            replaced(TEXT_FILE, CARD_END, CARD_END + " loops |"),
        ),
        f"{TEXT_FILE}:{line(TEXT, CARD_END)}: the card of scale says otherwise than its rules; its rules "
        "(rules.toml) forbid nothing",
    ),
    "a card that says another rule": (
        SAID_WRONGLY,
        f"{TEXT_FILE}:{line(TEXT, CARD_END)}: the card of scale says otherwise than its rules; in the column "
        "`not allowed` must stand: `nn.*Dropout*`, `F.*dropout*`",
    ),
    "a rule that no test tells": (
        then(forbidding, written(PUBLIC_FILE, PUBLIC)),
        f"{PUBLIC_FILE}: no public test tells students what scale forbids",
    ),
    "a test of a rule that there is not": (
        written(PUBLIC_FILE, PUBLIC + USING),
        "test_own asks for `not_allowed`, but scale forbids nothing",
    ),
    "a rule within nothing": (
        then(forbidding, written(f"{ROOM}/rules.toml", '[within.turn]\nforbids = ["dropout"]\n')),
        f"{ROOM}/rules.toml: scale asks for no function or class 'turn'",
    ),
    "an unknown set": (
        written(f"{ROOM}/rules.toml", '\nforbids = ["dropouts"]\n'),
        f"{ROOM}/rules.toml:2: `dropouts` is not a named set: did you mean `dropout`?",
    ),
    "no region": (
        then(
            replaced(TEXT_FILE, "    ### BEGIN SOLUTION\n", ""),
            replaced(TEXT_FILE, "    ### END SOLUTION\n", ""),
        ),
        f"{TEXT_FILE}:{line(TEXT, SOLUTION_MARK)}: the solution cell scale_solution has no region",
    ),
    "no solution cell": (
        replaced(TEXT_FILE, '"scale_solution"', '"the_solution"'),
        f"{TEXT_FILE}:{line(TEXT, MARK)}: before the check cell of scale there is no solution cell scale_solution",
    ),
    "a check of another": (
        replaced(TEXT_FILE, 'check("scale")', 'check("turn")'),
        f'{TEXT_FILE}:{line(TEXT, MARK)}: the check cell of scale does not call check("scale")',
    ),
    "no room": (
        lambda course: (course.root / ROOM).rename(course.root / NO_ROOM),
        f"{ROOM}: the exercise scale has no hidden tests there",
    ),
    "a room too many": (
        written(f"{NO_ROOM}/test_other.py", HIDDEN),
        f"{NO_ROOM}: the notebook has no exercise other",
    ),
    "a suite outside its room": (
        written("autograder/suites/ch98/test_scale.py", HIDDEN),
        "autograder/suites/ch98/test_scale.py: hidden tests belong into their exercise's room",
    ),
    "a suite without tests": (
        written(f"{ROOM}/test_scale.py", '"""None."""\n'),
        f"{ROOM}/test_scale.py: no test in it is marked exercise('scale')",
    ),
    "a hidden test of another exercise": (
        replaced(f"{ROOM}/test_scale.py", "\n\ndef ", '\n\n@pytest.mark.exercise("turn")\ndef '),
        "test_negative_factor is marked 'turn', not scale",
    ),
    "a suite that is not Python": (
        written(f"{ROOM}/test_scale.py", "import pytest\ndef test(:\n"),
        f"{ROOM}/test_scale.py:2: this is not Python",
    ),
}


@pytest.mark.parametrize(("change", "words"), BROKEN.values(), ids=BROKEN)
def test_what_does_not_agree_is_refused(course, change, words):
    before = (course.release / "ch98_scale.ipynb").read_bytes()
    change(course)
    with pytest.raises(AuthoringError) as told:
        make_notebooks([course])
    assert words in str(told.value), str(told.value)
    assert (course.release / "ch98_scale.ipynb").read_bytes() == before


def test_a_rule_reaches_the_release_and_leaves_it_again(course):
    forbidding(course)
    make_notebooks([course])
    told = (course.release / "not_allowed.json").read_text()
    assert "torch.nn.*Dropout*" in told and told == (course.source / "not_allowed.json").read_text()
    (course.root / ROOM / "rules.toml").unlink()
    course.texts[0].write_text(TEXT)
    course.public_tests.write_text(PUBLIC)
    make_notebooks([course])
    assert not list(course.root.rglob("not_allowed.json"))
