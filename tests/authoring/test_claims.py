"""What a text says of its numbers is found in it, and held to what the executed notebook printed."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.audit.solved import run_solved
from autograder.authoring.cells import cells_of
from autograder.authoring.chapter import Chapter, chapters
from autograder.authoring.claims import CLAIMS, Claim, ClaimError, read_claims, unheld, unsaid

REPOSITORY = Path(__file__).parents[2]
CLAIM = """
[[claim]]
says = "three in a thousand"
prints = "share:"
least = 0.0025
most = 0.0035
"""


@pytest.mark.parametrize("assignment", chapters(REPOSITORY), ids=lambda one: one.id)
def test_every_claim_stands_in_the_text(assignment: Chapter) -> None:
    claims = read_claims(REPOSITORY / "autograder/suites" / assignment.id)
    cells = [cell for text in assignment.texts for cell in cells_of(text)]
    texts = [cell.source for cell in cells if cell.kind == "markdown"]
    assert unsaid(claims, texts) == []


def test_a_paragraph_under_a_figure_without_a_claim_is_found() -> None:
    held, free = "**Notice** that it is\nthree in a thousand.", "**Notice** how it falls."
    claims = [Claim("three in a thousand", "share:", 0.0, 1.0), Claim("four", "share:", 0.0, 1.0)]
    assert unheld(claims, [f"# Title\n\n{held}\n\nMore.", free]) == ["**Notice** how it falls."]
    assert unsaid(claims, [held, free]) == ["no text says 'four'"]


@pytest.mark.parametrize(
    ("prints", "told"),
    [
        ("print('share: 0.003')", ""),
        ("print('share: 0.0030 of all,'); print('other: 7')", ""),
        ("print('share: 3.1e-3')", ""),
        ("print('share: 0.004')", "'share:' is 0.004, not between 0.0025 and 0.0035"),
        ("print('share: 0.003'); print('share: -0.003')", "is -0.003"),
        ("print('part: 0.003')", "no cell prints 'share:'"),
        ("'share: 0.003'", "no cell prints 'share:'"),
    ],
)
def test_printed_numbers_are_held_to_the_text(tmp_path: Path, prints: str, told: str) -> None:
    path = tmp_path / "toy.ipynb"
    text = new_markdown_cell("**Notice** that it is three in a thousand.")
    nbformat.write(new_notebook(cells=[new_code_cell(prints), text]), path)
    (tmp_path / CLAIMS).write_text(CLAIM)
    _, wrong = run_solved(path, tmp_path)
    assert len(wrong) == bool(told) and told in "".join(wrong)


@pytest.mark.parametrize(
    "text",
    ["[[claim]", CLAIM.replace("most", "least_of_all"), CLAIM.replace("0.0035", "0.001")],
)
def test_a_claim_that_is_not_written_as_it_must_be_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / CLAIMS).write_text(text)
    with pytest.raises(ClaimError, match=CLAIMS):
        read_claims(tmp_path)
