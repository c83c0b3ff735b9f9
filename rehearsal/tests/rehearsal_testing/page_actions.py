"""What a person does before the page, in the words of a test."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

COMMAND = "/logoff comp1 id=3 --sync"


def type_command(page: Page, text: str = COMMAND) -> None:
    field = page.locator("#composer-text")
    field.fill(text)
    field.press("Enter")


def wait_for_card(page: Page) -> Locator:
    """The newest card, when it waits for somebody."""
    card = page.locator(".message", has=page.locator(".actions")).last
    card.wait_for()
    return card


def wait_for(page: Page, text: str) -> None:
    page.get_by_text(text).first.wait_for()


def host_of(page: Page, name: str) -> Locator:
    return page.locator(f"[data-host='{name}']")


def focused(page: Page) -> str:
    """What the focused element says of itself."""
    words = page.evaluate("() => document.activeElement.ariaLabel || document.activeElement.textContent || ''")
    return str(words)


def tab_to(page: Page, words: str, key: str = "Tab", most: int = 80) -> None:
    """Goes there by keyboard alone; fails when it cannot be reached."""
    for _ in range(most):
        page.keyboard.press(key)
        if words in focused(page):
            return
    raise AssertionError(f"{words!r} cannot be reached with {key}")


def choose(select: Locator, words: str) -> None:
    """Takes the option of a select menu that is found by typing these words."""
    select.click()
    select.press_sequentially(words)
    select.page.locator(".options").get_by_role("option", name=words).first.click()
