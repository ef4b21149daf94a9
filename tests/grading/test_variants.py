"""How misconceptions are written: as edits of right solutions that must match, each fault told with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.course import CourseError
from autograder.grading.assignment import Assignment
from autograder.grading.edits import EditError, after, apply, edit
from autograder.grading.variants import (
    Variant,
    base_source,
    find_misconception,
    load_alternatives,
    load_misconceptions,
)

from . import toy

LOOP = """def double(values):
    total = []
    for value in values:
        if value:
            total.append(2 * value)
    return total
"""
BEGIN = "from autograder.testing import after, edit, misconception\n\n\nMISCONCEPTIONS = [\n"
GOOD = 'misconception("halved", hint="Larger.", severity="slip", base="reference", edits=[edit("2 * x", "x / 2")]),'


@pytest.fixture
def assignment(tmp_path: Path) -> Assignment:
    made = toy.write(tmp_path, "written")
    path = made.suite / "double" / "alternatives" / "loop.py"
    path.parent.mkdir(parents=True)
    path.write_text('"""One value at a time.\n\nA second paragraph."""\n\n' + LOOP)
    return made


def write(assignment: Assignment, *entries: str, begin: str = BEGIN) -> Path:
    path = assignment.suite / "double" / "misconceptions.py"
    path.write_text(begin + "\n".join(entries) + "\n]\n")
    return path


def declared(assignment: Assignment, **arguments: str) -> tuple[Variant, ...]:
    """The misconceptions of a file with one, these of its arguments replaced."""
    given = {
        "hint": '"Larger."',
        "severity": '"slip"',
        "base": '"loop"',
        "edits": '[edit("2 * value", "value")]',
    } | arguments
    told = ", ".join(f"{name}={value}" for name, value in given.items() if value)
    write(assignment, f'misconception("one", {told}),')
    return load_misconceptions(assignment)


@pytest.mark.parametrize(
    ("edits", "changed"),
    [
        ([edit("2 * value", "value")], {4: "            total.append(value)"}),
        ([edit("if value:", "if value > 0:\n    print(value)\nif value:")],
         {3: "        if value > 0:\n            print(value)\n        if value:"}),
        ([edit("total = []", "")], {1: None}),
        ([edit("total.append(2 * value)", """
            square = value * value
            total.append(square)
          """)],
         {4: "            square = value * value\n            total.append(square)"}),
        ([edit("""
            if value:
                total.append(2 * value)
          """, "total.append(value)")],
         {3: "        total.append(value)", 4: None}),
        ([edit("""
                    total.append(2 * value)
            return total
          """, """
                    total.append(2 * value)
            return tuple(total)
          """)],
         {5: "    return tuple(total)"}),
        ([after("for value in", "    value = value + 1")],
         {2: "    for value in values:\n        value = value + 1"}),
        ([after("return total", "# the end")], {5: "    return total\n    # the end"}),
        ([edit("2 * value", "3 * value"), edit("3 * value", "4 * value")],
         {4: "            total.append(4 * value)"}),
    ],
)  # fmt: skip
def test_edits_change_what_they_say(edits, changed):
    """Text within a line, whole lines at any indentation, lines that go or come, one edit after the other."""
    lines = LOOP.split("\n")
    want = [changed.get(number, line) for number, line in enumerate(lines)]
    assert apply(edits, LOOP) == "\n".join(line for line in want if line is not None)


@pytest.mark.parametrize("old", ["value", "nowhere", "", "total = []\nreturn total"])
def test_text_that_is_not_there_once_is_an_error(old):
    """Matched never or more than once, an edit names the line it is written in."""
    one = edit(old, "x")
    with pytest.raises(EditError) as caught:
        apply([one], LOOP)
    assert caught.value.line == one.line > 0


def test_a_misconception_is_its_base_edited(assignment):
    """The docstring of the base is not in it; name, hint, severity, base and place are."""
    (one,) = declared(assignment)
    assert one.source == LOOP.replace("2 * value", "value")
    assert (one.exercise, one.name, one.hint, one.severity, one.base) == (
        "double",
        "one",
        "Larger.",
        "slip",
        "loop",
    )
    assert one.place == f"{assignment.suite / 'double' / 'misconceptions.py'}:5"


def test_the_reference_is_a_base_without_its_region_marks(tmp_path):
    """What nbgrader cuts out is no part of a student's cell."""
    made = toy.write(tmp_path, "marked")
    marked = "def double(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION\n"
    source = tmp_path / "source" / "marked" / "marked.ipynb"
    source.write_bytes(toy.document(toy.solved(double=marked)))
    assert base_source(Assignment.load("marked", source, made.suite), "double", "reference") == toy.DOUBLE


def test_a_file_names_its_base_once(assignment):
    """BASE is the base of all that name none; a whole cell needs none."""
    write(
        assignment,
        'misconception("a", hint="h", severity="slip", edits=[edit("2 * value", "value")]),',
        'misconception("b", hint="h", severity="slip", base="reference", edits=[edit("2 * x", "x")]),',
        'misconception("c", hint="h", severity="slip", cell="def double(x): return x"),',
        begin='BASE = "loop"\n' + BEGIN,
    )
    assert [one.base for one in load_misconceptions(assignment)] == ["loop", "reference", ""]


def test_the_exercise_alone_is_read(assignment):
    """Another exercise's file is not even opened."""
    write(assignment, GOOD)
    other = assignment.suite / "stats" / "misconceptions.py"
    other.parent.mkdir()
    other.write_text("1 / 0\n")
    assert [one.name for one in load_misconceptions(assignment, "double")] == ["halved"]
    with pytest.raises(CourseError, match=r"stats/misconceptions.py:1: division by zero"):
        load_misconceptions(assignment)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"hint": ""}, "required keyword-only argument: 'hint'"),
        ({"hint": '" "'}, "it has no hint"),
        ({"severity": '"grave"'}, "'grave', not one of slip, partial, serious"),
        ({"base": '"loops"'}, r"no base called 'loops' \(there: reference, loop\)"),
        ({"base": ""}, "it needs edits and a base"),
        ({"edits": ""}, "it needs edits and a base"),
        ({"edits": '[edit("value", "x")]'}, r"one: the base has 'value' 5 times"),
        ({"edits": '[edit("gone", "x")]'}, "one: the base has 'gone' nowhere"),
        ({"edits": '[edit("return total", "return (")]'}, "edited it is not Python"),
        ({"edits": '[edit("2 * value", "2  *  value")]'}, "change nothing of 'loop'"),
        ({"cell": '"x = 1"'}, "a cell of its own: remove base and edits"),
        ({"cell": '"x = ("', "base": "", "edits": ""}, "it is not Python"),
    ],
)
def test_each_fault_is_told_with_its_line(assignment, arguments, says):
    """The message names the file and the line to mend."""
    with pytest.raises(CourseError, match=rf"misconceptions.py:5: .*{says}"):
        declared(assignment, **arguments)


def test_an_edit_is_told_with_its_own_line(assignment):
    """In a long misconception the line is the edit's."""
    write(
        assignment,
        'misconception("one", hint="h", severity="slip", base="loop", edits=[',
        '  edit("2 * value", "value"),',
        '  edit("gone", "x"),',
        "]),",
    )
    with pytest.raises(CourseError, match=r"misconceptions.py:7: one: the base has 'gone' nowhere"):
        load_misconceptions(assignment)


def test_a_name_stands_once(assignment):
    """Two of one name cannot both be told."""
    write(assignment, GOOD, GOOD)
    with pytest.raises(CourseError, match=r"misconceptions.py:6: 'halved' stands in line 5 already"):
        load_misconceptions(assignment)


@pytest.mark.parametrize(
    ("begin", "says"), [("OTHERS = [\n", "must define MISCONCEPTIONS"), ("x = (\n", "not Python")]
)
def test_a_file_that_declares_nothing(assignment, begin, says):
    """A file that cannot be read is not passed over."""
    write(assignment, begin=begin)
    with pytest.raises(CourseError, match=says):
        load_misconceptions(assignment)


def test_who_asks_for_an_unknown_one_is_told_what_there_is(assignment):
    """An exercise's misconceptions, or the exercises that have some."""
    write(assignment, GOOD)
    assert find_misconception(assignment, "double", "halved").source == "def double(x):\n    return x / 2\n"
    with pytest.raises(CourseError, match=r"'doubled' \(there: halved\)"):
        find_misconception(assignment, "double", "doubled")
    with pytest.raises(CourseError, match=r"of 'stats' \(there: double\)"):
        find_misconception(assignment, "stats", "halved")


def test_an_alternative_says_how_it_differs(assignment):
    """Its docstring's first paragraph; without one it is an error."""
    (one,) = load_alternatives(assignment)
    assert (one.name, one.hint, one.severity) == ("loop", "One value at a time.", "")
    (assignment.suite / "double" / "alternatives" / "mute.py").write_text(LOOP)
    with pytest.raises(CourseError, match=r"mute.py:1: it begins with no docstring"):
        load_alternatives(assignment)
