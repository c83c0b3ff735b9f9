"""A table on a card, and the menu below it: neutral values, which an adapter draws as far as they fit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.cards.text import plain, unmarked
from bot.domain.moments import said_at

if TYPE_CHECKING:
    from datetime import datetime

EMPTY = "-"
"""What a cell says that has nothing to say: a chat may refuse a cell without a text."""

PICK = "pick"
"""The choice in the menu below a table. It decides nothing about a request, so it is no `Press`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell: a text, or a time."""

    text: str = ""  # shown as it is, never parsed
    sign: str = ""  # one of our own signs, in front of the text; empty: none
    at: datetime | None = None  # shown in the reader's time zone instead of the text

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", unmarked(plain(self.text)).strip() or EMPTY)

    @property
    def shown(self) -> str:
        """The cell in letters, where no reader's time zone is known."""
        if self.at:
            return said_at(self.at)
        return f"{self.sign} {self.text}" if self.sign else self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of cells under a header. The adapter draws the first ones, as many as fit into a message."""

    columns: tuple[str, ...]  # the header
    rows: tuple[tuple[Cell, ...], ...]  # each with a cell for each column
    is_aligned: bool = False  # drawn as letters of one width, for a chat that takes no table

    def aligned(self) -> Table:
        """Return the table as letters of one width."""
        return replace(self, is_aligned=True)

    def rest(self, drawn: int) -> str:
        """Return the line below the rows that were drawn; empty when all were."""
        more = len(self.rows) - drawn
        return f"and {more:,} more: narrow it with user=, state= or fewer computers" if more > 0 else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One row of the table that can be picked."""

    label: str  # what the menu says
    value: str  # what it carries: `TS-7K3QXM:17`, the request's id and the place of the session in it
    row: int  # the row of the table, from 0; an option is offered when its row is drawn

    def __post_init__(self) -> None:
        object.__setattr__(self, "label", unmarked(plain(self.label)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """A menu with which one row is picked: of the table, or where the card has none, of its lines."""

    label: str  # what the menu says while nothing is picked
    options: tuple[Option, ...]  # in the order of the rows

    def rest(self, drawn: int) -> str:
        """Return the line about the options that have no room in a menu without a table; empty when all have."""
        more = len(self.options) - drawn
        return f"and {more:,} more to pick: narrow it with user=, state= or id=" if more > 0 else ""
