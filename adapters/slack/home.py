"""The `HomeTab` port on Slack: the App Home, published for one person at a time."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

import structlog
from slack_sdk.models.blocks import ActionsBlock, ButtonElement, HeaderBlock, PlainTextObject, SectionBlock
from slack_sdk.models.views import View

from adapters.slack.errors import translate_errors
from adapters.slack.fitting import NOTHING, fitted
from adapters.slack.limits import (
    BUTTON_TEXT,
    BUTTON_URL,
    HEADER,
    MOST_QUIET,
    MOST_VIEW_BLOCKS,
    VIEW_JSON,
    cut,
)
from adapters.slack.render import draw_lines, draw_row
from adapters.slack.table import json_length
from bot.cards.model import Card, CommandButton, Line, Tone
from bot.errors import ChatError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from slack_sdk import WebClient
    from slack_sdk.models.blocks import Block

    from bot.cards.home import Home, HomeRow, Section
    from bot.domain.people import Actor
    from bot.domain.posting import MessageRef

log = structlog.get_logger()

AT_THE_END = MOST_QUIET + 3
"""Blocks that are kept for the buttons and the lines below the sections."""

LEAST = 2
"""Blocks of the smallest section: its title, and how many rows are left out."""

TITLE_JSON = 3_000
"""What these two take as JSON at most."""


class SlackHome:
    """Publishes homes. Slack is asked once for the address of the workspace, to which links lead."""

    def __init__(self, client: WebClient, group_ids: Mapping[str, str]) -> None:
        self._client, self._group_ids = client, group_ids
        self._address = ""

    def publish(self, reader: Actor, home: Home) -> None:
        view = draw_home(home, self._group_ids, self._learn_address())
        with translate_errors():
            self._client.views_publish(user_id=reader.user_id, view=view)

    def _learn_address(self) -> str:
        """Return the address, `https://example.slack.com/`; empty while Slack does not say it."""
        if not self._address:
            try:
                with translate_errors():
                    self._address = str(self._client.auth_test().get("url") or "")
            except ChatError as error:
                log.warning("home.no_links", message=error.message)
        return self._address


def draw_home(home: Home, group_ids: Mapping[str, str] | None = None, address: str = "") -> View:
    """Return the home as a view within Slack's limits. Rows that have no room are counted where they would stand."""
    numbers = count()  # two buttons of a view may not have one id
    ids = group_ids or {}
    blocks: list[Block] = []
    for section in home.sections:
        room = _Room(MOST_VIEW_BLOCKS - AT_THE_END - len(blocks), VIEW_JSON - _json_of(blocks))
        blocks += _section(section, ids, address, numbers, room)
    below = fitted(Card(headline="", summary="", lines=home.lines, buttons=home.buttons))
    buttons = [_command(button, numbers) for button in below.buttons if isinstance(button, CommandButton)]
    blocks += [ActionsBlock(elements=buttons)] if buttons else []
    blocks += draw_lines(below.lines, ids)
    return View(type="home", blocks=blocks or [HeaderBlock(text=PlainTextObject(text=NOTHING))])


@dataclass(frozen=True, slots=True)
class _Room:
    """What is left of a view: in blocks, and in letters of its JSON, where an emoji takes twelve."""

    blocks: int
    json: int

    def has(self, blocks: list[Block]) -> bool:
        return len(blocks) <= self.blocks and _json_of(blocks) <= self.json


def _json_of(blocks: list[Block]) -> int:
    return json_length(block.to_dict() for block in blocks)


def _section(
    section: Section, group_ids: Mapping[str, str], address: str, numbers: Iterator[int], room: _Room
) -> list[Block]:
    """Return the blocks of a section that have room. A row has two of them when its text would steer mrkdwn."""
    if room.blocks < LEAST or room.json < TITLE_JSON:
        return []
    title = PlainTextObject(text=cut(section.title, HEADER) or NOTHING, emoji=False)
    blocks: list[Block] = [HeaderBlock(text=title)]
    left_out = section.more
    rest = _Room(room.blocks - LEAST, room.json - TITLE_JSON)
    for row in section.rows:
        drawn = _row(row, group_ids, address, numbers)
        if left_out > section.more or not rest.has(drawn):
            left_out += 1
        else:
            blocks += drawn
            rest = _Room(rest.blocks - len(drawn), rest.json - _json_of(drawn))
    if left_out:
        blocks += draw_lines((Line(parts=(f"and {left_out:,} more",), tone=Tone.QUIET),), group_ids)
    return blocks


def _row(row: HomeRow, group_ids: Mapping[str, str], address: str, numbers: Iterator[int]) -> list[Block]:
    button = _button(row, address, numbers)
    drawn = draw_row(row.line, group_ids)
    if button is None:
        return [drawn]
    if isinstance(drawn, SectionBlock):
        drawn.accessory = button
        return [drawn]
    return [drawn, ActionsBlock(elements=[button])]


def _button(row: HomeRow, address: str, numbers: Iterator[int]) -> ButtonElement | None:
    """Return what leads to the card: a link, which Slack follows by itself, or else the command that shows it."""
    if row.button is None:
        return None
    url = permalink(address, row.card) if row.card and address else ""
    if not url or len(url) > BUTTON_URL:
        return _command(row.button, numbers) if row.button.fits else None
    return ButtonElement(text=_label(row.button), action_id=f"link_{next(numbers)}", url=url)


def permalink(address: str, ref: MessageRef) -> str:
    """Return the address of a message, in the form in which Slack itself gives it."""
    return f"{address.rstrip('/')}/archives/{ref.channel_id}/p{ref.ts.replace('.', '')}"


def _command(button: CommandButton, numbers: Iterator[int]) -> ButtonElement:
    return ButtonElement(text=_label(button), action_id=f"press_{button.press}:{next(numbers)}", value=button.value)


def _label(button: CommandButton) -> PlainTextObject:
    return PlainTextObject(text=cut(button.label, BUTTON_TEXT) or NOTHING, emoji=False)
