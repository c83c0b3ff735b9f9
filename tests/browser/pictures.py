"""Takes the pictures of docs/pictures/: the real bot, the local workspace, the farm, light and dark."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from audit_year import KEYS, Year
from playwright.sync_api import sync_playwright

from app.cli.audit import audit
from app.config.settings import load
from app.rehearse.environment import open_stage
from rehearsal_testing.browser import FLAGS
from rehearsal_testing.page_actions import host_of, type_command, wait_for_card

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from app.rehearse.environment import Rehearsal

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "docs" / "pictures"
COMMAND = '/logoff comp1 id=3 --sync --reason "frozen, ticket 4711"'
SCHEMES = ("light", "dark")


def main() -> int:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.stderr.write("There is no Chromium here. Install it: apt-get install chromium\n")
        return 1
    PICTURES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for scheme in SCHEMES:
            for take in (take_cards, take_pages):
                with open_stage(load(ROOT / "app.yaml"), engine="double") as stage:
                    take(stage, browser, scheme)
        take_report(browser)
        browser.close()
    sys.stdout.write(f"The pictures are in {PICTURES.relative_to(ROOT)}/.\n")
    return 0


def take_cards(stage: Rehearsal, browser: Browser, scheme: str) -> None:
    """One card from the question to the outcome, on a host slow enough to be seen at work."""
    stage.farm.set_behaviour("comp1", "delayed", seconds=4)
    page = open_window(stage, browser, scheme, 1440, 900)
    type_command(page, COMMAND)
    card = wait_for_card(page)
    take_card(page, "card-waiting", scheme)
    card.get_by_role("button", name="Log off 1").click()
    host_of(page, "comp1").get_by_text("logging off").wait_for()
    page.locator(".message", has_text="being logged off").wait_for()
    take_card(page, "card-running", scheme)
    page.locator(".message", has_text="Logged off CORP").wait_for()
    stage.wait_until_still()
    take_card(page, "card-done", scheme)


def take_pages(stage: Rehearsal, browser: Browser, scheme: str) -> None:
    """The whole page, as a newcomer finds it and after the first logoff; and on a telephone."""
    page = open_window(stage, browser, scheme, 1440, 900)
    page.locator(".hint-card").wait_for()
    take_page(page, "page-first", scheme)
    type_command(page, COMMAND)
    wait_for_card(page).get_by_role("button", name="Log off 1").click()
    host_of(page, "comp1").get_by_text("session 3 · gone").wait_for()
    page.locator("[data-event='ended']").wait_for()
    take_page(page, "page", scheme)
    phone = open_window(stage, browser, scheme, 390, 780)
    phone.locator(".message", has_text="Logged off CORP").wait_for()
    take_page(phone, "phone", scheme)
    stage.wait_until_still()


def take_report(browser: Browser) -> None:
    """The top of a report about a month of an invented year."""
    with TemporaryDirectory() as folder:
        database = f"sqlite:///{folder}/year.db"
        Year(database).write(2_000)
        words = ["--since", "2025-05-01", "--until", "2025-05-31", "--key", KEYS.public.text, "--database", database]
        audit(["export", "--format", "html", "--output", f"{folder}/report.html", *words], standalone_mode=False)
        page = browser.new_page(viewport={"width": 1040, "height": 1500})
        page.goto(Path(folder, "report.html").as_uri())
        page.screenshot(path=PICTURES / "report.png")


def open_window(stage: Rehearsal, browser: Browser, scheme: str, width: int, height: int) -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        device_scale_factor=1.5,
        timezone_id="Europe/Berlin",
    )
    page = context.new_page()
    page.goto(stage.workspace.url)
    page.locator("#connection:not(.lost)").wait_for()
    return page


def take_page(page: Page, name: str, scheme: str) -> None:
    page.screenshot(path=PICTURES / f"{name}-{scheme}.png")


def take_card(page: Page, name: str, scheme: str) -> None:
    """The newest card alone, once its highlight is over."""
    card = page.locator(".message:not(.ephemeral)").last
    card.evaluate("card => card.classList.remove('fresh')")
    page.mouse.move(0, 0)
    card.screenshot(path=PICTURES / f"{name}-{scheme}.png")


if __name__ == "__main__":
    sys.exit(main())
