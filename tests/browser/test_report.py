"""The report as a page, in a real browser: readable to everybody, on a phone, at a desk and on paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from audit_year import Year

from adapters.reports.svg import chart_drawer
from tests.support.command_line import invoke

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

FOUND = "() => axe.run().then(found => found.violations.map(one => `${one.id}: ${one.nodes[0].html}`))"
TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
CUT = "[...document.querySelectorAll('.scroll')].filter(one => one.scrollWidth > one.clientWidth + 1).length"

UNTOLD = """[...document.querySelectorAll('.scroll')].filter(one => one.scrollWidth > one.clientWidth + 1).filter(one =>
  one.previousElementSibling.className != 'hint' || !getComputedStyle(one).backgroundImage.includes('gradient')
).map(one => one.innerText.slice(0, 40))"""
"""Tables that are wider than the page, and neither the words above them nor a shadow at their edge says so."""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    Year(f"sqlite:///{folder}/year.db", signed=False).write(60)
    words = ("--format", "html", "--since", "2025-06-01", "--database", f"sqlite:///{folder}/year.db")
    done = invoke(["audit", "export", "--output", f"{folder}/report.html", *words])
    assert done.exit_code == 0, done.output
    return folder / "report.html"


def test_the_report_has_no_fault_of_accessibility_fits_every_width_and_asks_for_nothing(
    report: Path, browser: Browser, axe: str
) -> None:
    said: list[str] = []
    for width in (390, 1440):
        page = browser.new_page(viewport={"width": width, "height": 900}, bypass_csp=True)
        page.on("console", lambda message: said.append(message.text))
        page.on("request", lambda request: said.append(request.url) if request.url != report.as_uri() else None)
        page.goto(report.as_uri())
        assert page.evaluate(TOO_WIDE) is False
        assert page.locator("figure svg").count() == (5 if chart_drawer() else 0)
        assert page.evaluate(UNTOLD) == []
        assert page.locator(".hint").first.is_visible() is (width == 390)
        page.evaluate(axe)
        assert page.evaluate(FOUND) == []
        page.emulate_media(media="print")
        assert page.locator("nav").is_visible() is False
        assert page.locator(".hint").first.is_visible() is False
        if width == 1440:
            assert page.evaluate(CUT) == 0, "a table is cut on paper"
            assert page.pdf(format="A4").startswith(b"%PDF")
        page.close()
    assert said == []
