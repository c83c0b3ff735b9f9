"""Tables as Block Kit: Slack's table block, or letters of one width, with the menu below.

Slack takes one table a message, with 100 rows of 20 cells, none of them empty
(https://docs.slack.dev/reference/block-kit/blocks/table-block), and bounds the message as a whole. So there are as many
rows as fit, each with its option in the menu.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING
from unicodedata import category, east_asian_width

from slack_sdk.models.blocks import (
    ActionsBlock,
    ContextBlock,
    Option,
    PlainTextObject,
    RawTextObject,
    RichTextBlock,
    RichTextElementParts,
    RichTextPreformattedElement,
    RichTextSectionElement,
    StaticSelectElement,
    TableBlock,
)

from adapters.slack.limits import (
    MESSAGE_JSON,
    MOST_OPTIONS,
    MOST_TABLE_ROWS,
    OPTION_TEXT,
    PLACEHOLDER,
    cut,
    escape,
)
from bot.cards.table import PICK

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from slack_sdk.models.blocks import Block

    from bot.cards.model import Card
    from bot.cards.table import Cell, Pick, Table

DATE_FORMAT = "{date_short_pretty} {time}"
CELL = 80
"""Letters of one cell. The id of a session tells two long names apart."""
ALIGNED_CELL = 40
"""The same in a table of letters, which a phone does not scroll."""

_SPACE = "  "


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """The first rows of a table, with their options; or a menu that stands alone, with its first options."""

    table: Table | None
    pick: Pick | None
    rows: int  # how many are drawn

    def blocks(self) -> list[dict[str, object]]:
        blocks: list[Block] = []
        if self.table and self.rows:
            drawn = self.table.rows[: self.rows]
            blocks.append(_letters(self.table, drawn) if self.table.is_aligned else _table(self.table, drawn))
        rest = self.table.rest(self.rows) if self.table else self.pick.rest(self.rows) if self.pick else ""
        if rest:
            blocks.append(ContextBlock(elements=[PlainTextObject(text=rest, emoji=False)]))
        if menu := self._menu():
            blocks.append(ActionsBlock(elements=[menu]))
        return [each.to_dict() for each in blocks]

    def _menu(self) -> StaticSelectElement | None:
        if self.pick is None:
            return None
        options = [
            Option(value=each.value, text=PlainTextObject(text=cut(each.label, OPTION_TEXT), emoji=False))
            for each in self.pick.options
            if each.row < self.rows
        ][:MOST_OPTIONS]
        placeholder = PlainTextObject(text=cut(self.pick.label, PLACEHOLDER), emoji=False)
        return (
            StaticSelectElement(action_id=f"press_{PICK}", placeholder=placeholder, options=options)
            if options
            else None
        )


def draw_table(card: Card, others: Sequence[dict[str, object]]) -> list[dict[str, object]]:
    """Return the blocks of the card's table and menu, with as many rows as fit beside the other blocks.

    Where not one row fits, they are counted all the same.
    """
    if card.table:
        most = min(len(card.table.rows), MOST_TABLE_ROWS)
    else:
        most = min(len(card.pick.options), MOST_OPTIONS) if card.pick else 0
    least, room = 0, MESSAGE_JSON - json_length(others)
    while least < most:  # the more rows, the longer the message
        middle = (least + most + 1) // 2
        fits = json_length(_Part(table=card.table, pick=card.pick, rows=middle).blocks()) <= room
        least, most = (middle, most) if fits else (least, middle - 1)
    return _Part(table=card.table, pick=card.pick, rows=least).blocks()


def json_length(blocks: Iterable[object]) -> int:
    """Return the length of the blocks as JSON in ASCII, which is never less than what Slack may count."""
    return len(json.dumps(list(blocks), separators=(",", ":")))


TABLE_REST = 150
"""Characters that stay free for the line about rows that are not shown."""


def table_lines(table: Table, most: int) -> list[str]:
    """Return the table as lines of mrkdwn for a message without blocks, with as many letters as it has room for."""
    header = escape(", ".join(table.columns))
    lines, length = [header], len(header)
    for row in table.rows:
        line = escape(", ".join(cell.shown for cell in row))
        length += len(line) + 1
        if length > most:
            break
        lines.append(line)
    rest = table.rest(len(lines) - 1)
    return [*lines, rest] if rest else lines


def _table(table: Table, rows: Sequence[tuple[Cell, ...]]) -> TableBlock:
    header = [RawTextObject(text=cut(name, CELL)) for name in table.columns]
    return TableBlock(rows=[header, *([_cell(each) for each in row] for row in rows)])


def _cell(cell: Cell) -> RawTextObject | RichTextBlock:
    if cell.at is None:
        return RawTextObject(text=cut(cell.shown, CELL))
    date = RichTextElementParts.Date(timestamp=int(cell.at.timestamp()), format=DATE_FORMAT, fallback=cell.shown)
    return RichTextBlock(elements=[RichTextSectionElement(elements=[date])])


def _letters(table: Table, rows: Sequence[tuple[Cell, ...]]) -> RichTextBlock:
    lines = [list(table.columns), *([cut(cell.shown, ALIGNED_CELL) for cell in row] for row in rows)]
    widths = [max(map(width, column)) for column in zip(*lines, strict=True)]
    text = "\n".join(
        _SPACE.join(cell + " " * (wide - width(cell)) for cell, wide in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
    return RichTextBlock(elements=[RichTextPreformattedElement(elements=[RichTextElementParts.Text(text=text)])])


def width(text: str) -> int:
    """Return how many columns the text takes where letters have one width: two for wide ones, none for marks."""
    return sum(map(_columns, text))


def _columns(letter: str) -> int:
    if category(letter) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if east_asian_width(letter) in ("W", "F") else 1
