"""Tables of texts from outside: as columns where these have room, else row by row."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from bot.cards.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.console import Console

LEAST_WIDTH = 120
"""How wide a terminal is that has room for ten columns. In a narrower one each of them would be a few letters wide."""

_GAP, _INDENT = "   ", 4
_SPACES = re.compile(r"\s{2,}")


class Letters:
    """Rows whose cells are letters: none of them is markup, ends a line or steers the terminal.

    No letter is lost: what is too long goes on below.
    """

    def __init__(self, *columns: str, narrow: int, least_width: int = LEAST_WIDTH) -> None:
        """The first `narrow` columns are never broken; where there is no room for columns they begin a row."""
        self._columns, self._narrow, self._begin = columns, narrow, max(narrow, 1)
        self._least_width = least_width
        self._rows: list[tuple[str, ...]] = []

    def add_texts(self, *texts: str, mark: str = "") -> None:
        """Add a row. `mark` is the bot's own sign before the first cell; a sign in a text is shown as unreadable."""
        first, *others = map(plain, texts)
        self._rows.append((f"{mark} {first}" if mark else first, *others))

    def print(self, console: Console) -> None:
        """Print the rows as wide as the console is."""
        if console.width >= self._least_width:
            console.print(self._table())
            return
        if self._rows:
            console.print(Text("  ".join(self._columns[: self._begin]), style="bold", overflow="fold"))
        for row in self._rows:
            console.print(Text("  ".join(filter(None, row[: self._begin])), style="bold", overflow="fold"))
            for line in self._named(row, console.width - 2 * _INDENT):
                first, *others = Text(line).wrap(console, console.width - 2 * _INDENT, overflow="fold")
                console.print(Text(" " * _INDENT).append(first))
                for other in others:
                    console.print(Text(" " * 2 * _INDENT).append(other))

    def _table(self) -> Table:
        table = Table(box=None, pad_edge=False)
        for number, column in enumerate(self._columns):
            table.add_column(column, no_wrap=number < self._narrow, overflow="fold")
        for row in self._rows:
            table.add_row(*map(escape, row))
        return table

    def _named(self, row: tuple[str, ...], width: int) -> Iterator[str]:
        """Yield each cell that says something behind its column's name, as many on a line as it has room for.

        A gap stands between two cells and not inside one: no text from outside passes for a cell.
        """
        cells = zip(self._columns[self._begin :], row[self._begin :], strict=True)
        yield from _filled((f"{name}: {_SPACES.sub(' ', text)}" for name, text in cells if text), width)


def _filled(texts: Iterable[str], width: int) -> Iterator[str]:
    """Yield the texts, as many on a line as it has room for."""
    line = ""
    for text in texts:
        both = f"{line}{_GAP}{text}" if line else text
        if line and cell_len(both) > width:
            yield line
            both = text
        line = both
    if line:
        yield line
