"""`autograder new`: every file and cell that an author fills in, in a state that builds and can be graded.

What is to be replaced says so: TO WRITE. `autograder.authoring.missing` finds it again.
"""

from __future__ import annotations

import keyword
import re
from pathlib import Path

from autograder.authoring.cells import AuthorsCell, cells_of, table_of
from autograder.authoring.chapter import AuthoringError, Chapter, chapter, chapters

_TEMPLATES = Path(__file__).parent / "templates"
_ID = re.compile(r"ch\d\d")
_TAKEN = ("written_", "given_", "demo_")
_WIDTH = 108


def new_chapter(root: Path, id: str, title: str = "") -> list[Path]:
    """Write an assignment without exercises: its text and its public tests.

    Args:
        title: of the chapter; the text's file is named after it.

    Returns:
        The files written, relative to the course folder.

    Raises:
        AuthoringError: the id is not of the form chNN, or the assignment is there already; nothing is written.
    """
    if not _ID.fullmatch(id):
        raise AuthoringError(f"an assignment is called ch and two digits, those of its chapter, not {id!r}")
    if any(one.id == id for one in chapters(root)):
        raise AuthoringError(f"{id} is there already; `autograder new {id} EXERCISE` adds an exercise to it")
    slug = "_".join(re.findall(r"[a-z0-9]+", title.lower())[:3]) or "notebook"
    if slug == "public":  # chNN_public.py holds the public tests
        slug = "notebook"
    values = {"NUMBER": str(int(id[2:])), "TITLE": title or "TO WRITE: the title"}
    solutions = root / "solutions"
    return _write(
        root,
        {
            solutions / f"{id}_{slug}.py": _filled("chapter", values),
            solutions / f"{id}_public.py": _filled("public", values),
        },
    )


def new_exercise(
    root: Path, id: str, exercise: str, title: str = "", points: int = 8, minutes: int = 20
) -> list[Path]:
    """Add an exercise to an assignment: cells and a row of the table, public tests, and its room.

    Args:
        points, minutes: taken from those that the table says are to come, as far as there are any.

    Returns:
        The files written or changed, relative to the course folder.

    Raises:
        AuthoringError: there is no such assignment, it has the exercise, or the id cannot be one; nothing is written.
    """
    one = chapter(root, id)
    text = one.texts[-1]
    cells = cells_of(text)
    _check_id(one, exercise, cells)
    values = {
        "EXERCISE": exercise,
        "TITLE": title or "TO WRITE: the section",
        "POINTS": str(points),
        "MINUTES": str(minutes),
        "RULER": "-" * (_WIDTH - len(exercise)),
    }
    lines = text.read_text(encoding="utf-8").splitlines()
    at = _place(cells, lines) - 1
    before = "\n".join(lines[:at]).rstrip("\n")
    after = "\n".join(lines[at:]).strip("\n")
    body = f"{before}\n\n{_filled('exercise', values)}\n{after}\n"
    public = (
        one.public_tests.read_text(encoding="utf-8") if one.public_tests.is_file() else _filled("public", {})
    )
    tests = _filled("exercise_public", values)
    if "def test_" not in public:
        tests = tests.removeprefix("\n")  # below the imports one blank line is enough
    room = one.hidden_suite / exercise
    row = f"`{exercise}`: {title or 'TO WRITE: in a few words'}"
    return _write(
        root,
        {
            text: _with_row(body, cells, row, points, minutes),
            one.public_tests: public.rstrip("\n") + "\n" + tests,
            room / f"test_{exercise}.py": _filled("hidden", values),
            room / "rules.toml": _filled("rules", values),
            room / "misconceptions.py": _filled("misconceptions", values),
            room / "alternatives" / "method.py": _filled("alternative", values),
        },
        changed=(text, one.public_tests),
    )


def _check_id(one: Chapter, exercise: str, cells: list[AuthorsCell]) -> None:
    room = one.hidden_suite / exercise
    if not re.fullmatch(r"[a-z][a-z0-9_]*", exercise) or keyword.iskeyword(exercise):
        raise AuthoringError(f"an exercise is called like a function, in small letters, not {exercise!r}")
    if exercise.startswith(_TAKEN):
        raise AuthoringError(f"{exercise!r} begins like a cell of another kind ({', '.join(_TAKEN)})")
    if any(cell.id in (exercise, f"{exercise}_solution") for cell in cells):
        raise AuthoringError(f"{one.id} has the exercise {exercise} already")
    if room.exists():
        raise AuthoringError(f"{room} is there already: remove it, or take another name")


def _place(cells: list[AuthorsCell], lines: list[str]) -> int:
    """The line before which a new exercise stands: after the last one and its hints, else before the questions."""
    last = max((i for i, cell in enumerate(cells) if cell.role == "exercise"), default=None)
    if last is not None:
        following = last + 1
        if following < len(cells) and "hints-" in cells[following].source:
            following += 1
        return cells[following].line if following < len(cells) else len(lines) + 1
    for cell in cells:
        if cell.source.startswith("## Questions") or cell.role == "written":
            return cell.line
    return len(lines) + 1


def _with_row(text: str, cells: list[AuthorsCell], row: str, points: int, minutes: int) -> str:
    """The text with a row of the table of points more; the table stands above what was put in."""
    rows = table_of(cells)
    if not rows:
        raise AuthoringError(
            f"{cells[0].path}: there is no table with the columns exercise, points, minutes to add a row to"
        )
    lines = text.splitlines()
    last = max((r.line for r in rows if r.exercise), default=rows[0].line - 1)
    numbered = sum(bool(r.exercise) for r in rows) + 1
    for r in rows:
        if r.to_come:
            left = [r.points - points, float(r.minutes or 0) - minutes]
            entries = f"{max(left[0], 0):g} | {max(left[1], 0):g}"
            lines[r.line - 1] = f"# | | to come | {entries} |" if left[0] > 0 else ""
        elif not r.exercise:
            number = re.search(r"\| *(\d+) *\|", lines[r.line - 1])
            if number is not None:
                later = f"| {int(number[1]) + 1} |"
                lines[r.line - 1] = lines[r.line - 1].replace(number[0], later, 1)
    gone = {r.line - 1 for r in rows if r.to_come and not lines[r.line - 1]}
    lines.insert(last, f"# | {numbered} | {row} | {points} | {minutes} |")
    gone = {line + (line >= last) for line in gone}
    return "\n".join(line for number, line in enumerate(lines) if number not in gone) + "\n"


def _filled(name: str, values: dict[str, str]) -> str:
    text = (_TEMPLATES / f"{name}.txt").read_text(encoding="utf-8")
    for key, value in values.items():
        text = text.replace(f"@{key}@", value)
    return text


def _write(root: Path, files: dict[Path, str], changed: tuple[Path, ...] = ()) -> list[Path]:
    for path in files:
        if path.exists() and path not in changed:
            raise AuthoringError(f"{path} is there already: nothing was written")
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return [path.resolve().relative_to(root.resolve()) for path in files]
