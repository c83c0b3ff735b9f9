"""A page of HTML as a reader has it: its tables, its texts, and every element in it."""

from __future__ import annotations

from collections import Counter
from html.parser import HTMLParser

VOID = frozenset({"meta", "br"})


class ReadPage(HTMLParser):
    """Reads a page, and holds it to closing each element that it opens."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.tags: Counter[str] = Counter()
        self.tables: dict[str, list[list[str]]] = {}  # caption, or label -> rows, the heads first
        self.words: list[str] = []
        self._open: list[str] = []
        self._rows: list[list[str]] = []
        self._caption = ""
        self.feed(source)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.tags[tag] += 1
        if tag not in VOID:
            self._open.append(tag)
        if tag == "table":
            self._rows, self._caption = [], dict(attrs).get("aria-label") or ""
        elif tag == "tr":
            self._rows.append([])
        elif tag in ("th", "td"):
            self._rows[-1].append("")
        elif tag == "br" and self._rows and self._rows[-1]:
            self._rows[-1][-1] += "\n"

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag
        if tag == "table":
            self.tables[self._caption] = self._rows

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if "caption" in self._open:
            self._caption += data
        elif {"th", "td"} & {*self._open}:
            self._rows[-1][-1] += data

    def text(self) -> str:
        return " ".join("".join(self.words).split())

    def columns(self, caption: str) -> dict[str, dict[str, str]]:
        """Return the rows of a table by their first cell, each as its cells by the heads."""
        heads, *rows = self.tables[caption]
        return {first: dict(zip(heads[1:], others, strict=True)) for first, *others in rows}
