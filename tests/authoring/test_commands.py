"""The author's commands and the answer key."""

from __future__ import annotations

import re

import nbformat
import pytest
from typer.testing import CliRunner

from autograder.authoring.answers import make_answers
from autograder.authoring.chapter import AuthoringError
from autograder.authoring.commands import app
from tests.authoring.conftest import TEXT


def author(*arguments: object):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_check_passes_on_a_fresh_build_and_fails_after_an_edit(course):
    assert author("notebooks", "--check", "--course", course.root).exit_code == 0
    course.texts[0].write_text(TEXT.replace("small", "tiny"))
    result = author("notebooks", "ch98", "--check", "--course", course.root)
    assert result.exit_code == 1 and "run `make notebooks`" in result.output
    assert author("notebooks", "ch98", "--course", course.root).exit_code == 0
    assert "nothing to carry back" in author("sync", "--course", course.root).output


def test_scan_names_the_leak(course):
    assert "no leak found" in author("scan", "--course", course.root).output
    (course.release / "a.zip").write_bytes(b"")
    result = author("scan", "ch98", "--course", course.root)
    assert result.exit_code == 1 and "a.zip: file type" in result.output


def test_errors_are_one_line(course, tmp_path):
    result = author("notebooks", "ch77", "--course", course.root)
    assert result.exit_code == 1 and result.output.strip().count("\n") == 0
    assert "there is no text" in author("scan", "--course", tmp_path).output


def test_the_answer_key_is_run_and_shows_no_marker(course):
    notebook_path, page = make_answers(course)
    notebook = nbformat.read(notebook_path, as_version=4)
    assert "SOLUTION" not in notebook_path.read_text() + page.read_text()
    sources = [cell.source for cell in notebook.cells]
    assert any("enlarged = torch.mul(x, factor)" in source for source in sources)
    shown = next(cell for cell in notebook.cells if cell.source.startswith("shown"))
    assert "tensor([2., 2., 2.])" in str(shown.outputs)
    checked = next(cell for cell in notebook.cells if cell.source.endswith('check("scale")'))
    assert "all 1 checks pass" in checked.outputs[0].data["text/plain"]


def test_the_answer_page_needs_no_network_and_keeps_blank_lines(course):
    spaced = TEXT.replace("    enlarged = torch", "\n\n    enlarged = torch")
    course.texts[0].write_text(
        spaced.replace("# Because", "# $$\\big\\lVert x \\big\\rVert^2$$\n#\n# Because")
        .replace("    ### END SOLUTION\n\n# %% nbg", "    ### END SOLUTION\n\n\n# %% nbg")
        .replace('TypeError("scale takes a tensor")\n', 'TypeError("scale takes a tensor")\n\n')
    )
    notebook_path, page = make_answers(course)
    html = page.read_text()
    assert "<math" in html and "$" not in re.sub(r"<(style|script)\b.*?</\1>", "", html, flags=re.DOTALL)
    assert r"\lVert" not in html
    assert not re.search(r"""<(script|link|img)\b[^>]*(src|href)=["']?https?:|import\s+[^;]*https?:""", html)
    (source,) = (
        c.source for c in nbformat.read(notebook_path, as_version=4).cells if "def scale" in c.source
    )
    assert '"""\n    if not' in source and 'a tensor")\n\n\n\n    enlarged' in source


def test_figures_keep_their_words_in_the_answers(course):
    drawn = "import matplotlib.pyplot as plt\nfrom selfcheck.plots import show\n"
    drawn += "plt.plot([1, 3])\nshow('A line that rises.')\n"
    course.texts[0].write_text(TEXT.replace("shown = scale", drawn + "shown = scale"))
    notebook_path, page = make_answers(course)
    assert 'alt="A line that rises."' in page.read_text()
    assert "[figure: A line that rises.]" in notebook_path.read_text()


def test_a_solution_that_fails_makes_no_answer_key(course):
    course.texts[0].write_text(TEXT.replace("enlarged = torch.mul(x, factor)", "enlarged = x"))
    with pytest.raises(AuthoringError, match="CheckFailed"):
        make_answers(course)
    assert not course.answers.exists()
