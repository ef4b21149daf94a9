"""A student in JupyterLab: Run All of an untouched notebook, a wrong solution and a right one typed, their cards."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat

from tests.browser.conftest import Camera, Seen
from tests.browser.servers import lab

if TYPE_CHECKING:
    from playwright.sync_api import Locator

ROOT = Path(__file__).parents[2]
EXERCISE = "conv1d"
FLIPPED = [
    "windows = x.unfold(2, weight.shape[2], stride)",
    'return torch.einsum("nclk,ock->nol", windows, weight.flip(2))',
]
RIGHT = [*FLIPPED[:1], FLIPPED[1].replace(".flip(2)", "")]
"""Lines of a solution: the first one turns the kernel round, as the convolution of mathematics does."""


def write(cell: Locator, old: str, lines: list[str]) -> None:
    """Type in place of a line, as a person does: JupyterLab closes brackets and keeps the indentation."""
    editor = cell.page.keyboard
    cell.locator(".cm-line", has_text=old).last.click()
    editor.press("End")
    editor.press("Shift+Home")
    for at, line in enumerate(lines):
        if at:
            editor.press("Enter")
        editor.type(line)


def test_a_student_works_on_a_notebook(seen: Seen, camera: Camera, tmp_path: Path) -> None:
    desk = tmp_path / "desk"
    shutil.copytree(ROOT / "release" / "ch05", desk, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    path = desk / "ch05_cnn.ipynb"
    notebook = nbformat.read(path, as_version=4)
    places = {
        cell.metadata["nbgrader"]["grade_id"]: at
        for at, cell in enumerate(notebook.cells)
        if "nbgrader" in cell.metadata
    }
    code = [at for at, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    page = seen.page
    with lab(desk, tmp_path / "home") as address:
        page.goto(address.replace("/lab?", f"/lab/tree/{path.name}?"))
        cells = page.locator(".jp-Notebook .jp-Cell")
        cells.nth(len(notebook.cells) - 1).wait_for(state="attached")
        kernel = "window.jupyterapp.shell.currentWidget.sessionContext.session?.kernel"
        page.wait_for_function(f"{kernel}?.status === 'idle'")

        # Run All: no cell stops it, so the last one has the number of all code cells.
        page.locator(".lm-MenuBar-itemLabel", has_text=re.compile("^Run$")).click()
        page.locator('.lm-Menu-item[data-command="runmenu:run-all"]').click()
        last = cells.nth(code[-1]).locator(".jp-InputPrompt").first
        page.wait_for_function(
            "([element, count]) => element.textContent.includes(`[${count}]`)",
            arg=[last.element_handle(), len(code)],
        )
        cards = page.locator("section.selfcheck")
        assert cards.count() == 0 or "passed" not in " ".join(
            card.get_attribute("class") or "" for card in cards.all()
        )
        untouched = cells.nth(places[EXERCISE]).locator(".jp-OutputArea-output").first
        assert "not written" in untouched.inner_text()
        assert page.locator(".jp-Dialog").count() == 0

        solution, check = cells.nth(places[f"{EXERCISE}_solution"]), cells.nth(places[EXERCISE])
        write(solution, "NotImplementedError", FLIPPED)
        for cell in (solution, check):
            cell.locator(".cm-content").click()
            page.keyboard.press("Control+Enter")
        failed = check.locator("section.selfcheck.failed")
        failed.wait_for()
        assert EXERCISE in failed.inner_text() and re.search(
            r"\d+ of \d+ checks pass, \d+ fail", failed.inner_text()
        )
        in_both_themes(seen, camera, failed, "card-failed")

        write(solution, "einsum", RIGHT[1:])
        for cell in (solution, check):
            cell.locator(".cm-content").click()
            page.keyboard.press("Control+Enter")
        passed = check.locator("section.selfcheck.passed")
        passed.wait_for()
        assert re.search(r"all \d+ checks pass", passed.inner_text())
        in_both_themes(seen, camera, passed, "card-passed")

        page.keyboard.press("Control+s")
        page.wait_for_function("!document.querySelector('.jp-mod-current .jp-DirtyIndicator, .jp-mod-dirty')")
    saved = nbformat.read(path, as_version=4).cells[places[f"{EXERCISE}_solution"]].source
    assert saved.endswith("\n    " + "\n    ".join(RIGHT)), "what was typed is what is handed in"
    assert seen.dialogs == [] and seen.outside == []


def in_both_themes(seen: Seen, camera: Camera, card: Locator, name: str) -> None:
    """A card's colours follow JupyterLab's theme: its text never has the colour of what is behind it."""
    for theme, suffix in (("JupyterLab Dark", "-dark"), ("JupyterLab Light", "")):
        change = "theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})"
        seen.page.evaluate(change, theme)
        wanted = "true" if suffix == "" else "false"
        seen.page.wait_for_selector(f'body[data-jp-theme-light="{wanted}"]', state="attached")
        text = card.evaluate("card => getComputedStyle(card).color")
        behind = card.evaluate("card => getComputedStyle(card.closest('.jp-Notebook')).backgroundColor")
        assert abs(lightness(text) - lightness(behind)) > 100, (theme, text, behind)
        camera.take(card, name + suffix)


def lightness(colour: str) -> float:
    """Mean of red, green and blue, 0 to 255, of ``rgb(...)`` or ``rgba(...)``."""
    numbers = [float(number) for number in re.findall(r"[\d.]+", colour)[:3]]
    return sum(numbers) / 3
