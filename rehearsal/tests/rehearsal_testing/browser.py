"""Fixtures: a real browser before the page, Chromium driven by Playwright. An error in its console is a failure.

A plugin of pytest: one browser serves the tests of a file. While it is there, Playwright runs an event loop in the
thread of the tests, and a test of another file could run none.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page

JS = Path(__file__).resolve().parents[1] / "js"
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
OpenPage = Callable[..., "Page"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("install chromium")
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 -- starts nothing, and is not needed to skip

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def tolerated() -> list[str]:
    """What may stand in the console: nothing, unless a test adds it."""
    return []


@pytest.fixture
def open_page(browser: Browser, tolerated: list[str]) -> Iterator[OpenPage]:
    """`open_page(url, width=390, ...)`: a window of its own, with its own memory."""
    errors: list[str] = []
    contexts = []

    def note(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not any(words in message.text for words in tolerated):
            errors.append(f"{message.type}: {message.text}")

    def open_one(url: str, *, width: int = 1440, height: int = 900, **options: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("console", note)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("dialog", lambda dialog: errors.append(f"a dialogue: {dialog.message}"))
        page.goto(url)
        page.locator("#connection:not(.lost)").wait_for()
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core, fetched by the lock when it is not there yet."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("install Node.js 20 and npm")
    source = JS / "node_modules" / "axe-core" / "axe.min.js"
    with alone_in(JS):
        if not source.exists():
            subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=JS, check=True, timeout=110)  # noqa: S603 -- npm
    return source.read_text(encoding="utf-8")


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Of several processes of tests, one after the other."""
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)
