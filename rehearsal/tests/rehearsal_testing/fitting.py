"""Whether what stands on a page fits: nothing wider than its place, no word cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

ORDINARY = 20
"""The characters of a word that has to stand in one line; a longer one may go on in the next."""

_TOO_WIDE = """(FIELDS) => [...document.querySelectorAll('body, body *')]
  .filter(one => one.clientWidth > 0 && !one.closest('.table-frame, .visually-hidden') && !one.matches(FIELDS))
  .filter(one => getComputedStyle(one).display !== 'inline' && one.scrollWidth > one.clientWidth + 1)
  .map(one => `${one.className}: ${one.scrollWidth} > ${one.clientWidth}: ${one.textContent.slice(0, 60)}`)"""
"""What is wider inside than it is; a table has a scroller of its own, and a field to write in has its caret."""

_CUT_WORDS = r"""(most) => {
  const cut = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (!node.parentElement.checkVisibility() || node.parentElement.closest('.visually-hidden')) continue;
    for (const word of node.data.matchAll(/[\p{L}\p{N}_.]+/gu)) {
      if (word[0].length > most) continue;
      const range = document.createRange();
      range.setStart(node, word.index);
      range.setEnd(node, word.index + word[0].length);
      const lines = new Set([...range.getClientRects()].filter(one => one.width > 0).map(one => Math.round(one.top)));
      if (lines.size > 1) cut.push(`${word[0]} in ${node.parentElement.className}: ${node.data.slice(0, 60)}`);
    }
  }
  return cut;
}"""
"""Words of ordinary length that go on in the next line."""


def find_too_wide(page: Page) -> list[str]:
    found: list[str] = page.evaluate(_TOO_WIDE, "input, textarea")
    return found


def find_cut_words(page: Page, most: int = ORDINARY) -> list[str]:
    found: list[str] = page.evaluate(_CUT_WORDS, most)
    return found


def find_misfits(page: Page) -> list[str]:
    """All that does not fit, in light and in dark; empty when the page can be read without scrolling sideways."""
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        found += [f"{scheme}: the page is {wide} px too wide"] if wide > 0 else []
        found += [f"{scheme}: {words}" for words in (*find_too_wide(page), *find_cut_words(page))]
    return found
