"""A real browser: Chromium of the system, driven by Playwright. Without one of them the tests say so and are skipped.

``make browser`` installs Playwright and runs them. With SCREENSHOTS=FOLDER they write the pictures of docs/images.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog, Locator, Page, Route

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE = 180_000
"""Milliseconds that a page is given for each step: a busy machine takes long to start a kernel."""


@dataclass
class Seen:
    """A page, and what went wrong while it was shown."""

    page: Page
    outside: list[str]
    """Addresses that the page asked for on other machines; none was answered."""
    dialogs: list[str]
    """Texts of alerts and the like, which no page of ours opens."""

    def in_theme(self, theme: Literal["light", "dark"]) -> None:
        self.page.emulate_media(color_scheme=theme)

    def on_a_phone(self) -> None:
        self.page.set_viewport_size({"width": 400, "height": 800})

    def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        wide = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return int(wide)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    driver = pytest.importorskip(
        "playwright.sync_api", reason="Playwright is not installed: `make browser` does"
    )
    program = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if program is None:
        pytest.skip(f"no Chromium is installed, neither of {', '.join(CHROMIUMS)} is on PATH")
    with driver.sync_playwright() as playwright:
        # root, as which containers run their tests, cannot use Chromium's own sandbox
        flags = ["--no-sandbox"] if os.geteuid() == 0 else []
        chromium = playwright.chromium.launch(executable_path=program, args=flags)
        yield chromium
        chromium.close()


@pytest.fixture
def seen(browser: Browser) -> Iterator[Seen]:
    """A new page, 1100 pixels wide, that reaches this machine alone."""
    context = browser.new_context(viewport={"width": 1100, "height": 900}, device_scale_factor=2)
    context.set_default_timeout(PATIENCE)
    found = Seen(context.new_page(), [], [])

    def only_here(route: Route) -> None:
        if urlsplit(route.request.url).hostname in (None, "", "127.0.0.1"):
            route.continue_()
        else:
            found.outside.append(route.request.url)
            route.abort()

    def dismissed(dialog: Dialog) -> None:
        found.dialogs.append(dialog.message)
        dialog.dismiss()

    context.route("**/*", only_here)
    found.page.on("dialog", dismissed)
    yield found
    context.close()


@dataclass(frozen=True)
class Camera:
    """Takes the pictures of the documentation, where somebody wants them."""

    folder: Path | None

    def take(self, what: Page | Locator, name: str) -> None:
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
            what.screenshot(path=self.folder / f"{name}.png", animations="disabled")


@pytest.fixture(scope="session")
def camera() -> Camera:
    folder = os.environ.get("SCREENSHOTS")
    return Camera(Path(folder) if folder else None)
