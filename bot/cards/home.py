"""The parts of a home: what one person sees in a tab of their own, without Slack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.cards.text import plain, unmarked

if TYPE_CHECKING:
    from bot.cards.model import CommandButton, Line
    from bot.domain.posting import MessageRef


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeRow:
    """One row of a section."""

    line: Line  # its text
    card: MessageRef | None = None  # the card that its button leads to; None: no card that the reader can see
    button: CommandButton | None = None  # its button where no link to the card can be drawn; None: it has none


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Rows under a title."""

    title: str
    rows: tuple[HomeRow, ...]
    more: int = 0  # how many rows are left out

    def __post_init__(self) -> None:
        object.__setattr__(self, "title", unmarked(plain(self.title)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The whole tab, from top to bottom."""

    sections: tuple[Section, ...]
    buttons: tuple[CommandButton, ...] = ()
    lines: tuple[Line, ...] = ()  # what the reader may do and see, and whom they ask
