"""The shapes of a card, for a chat that does not take the card as it is."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, assert_never

from bot.cards.model import Bold, Break, Channel, Group, Line, Mark, Timestamp, Tone, UserMention
from bot.cards.text import bounded
from bot.domain.moments import said_at

if TYPE_CHECKING:
    from bot.cards.model import Card, LinePart

MOST_LETTERS = 80
"""How many letters of one text a short card keeps."""


class Shape(StrEnum):
    """How much of a card is sent."""

    WHOLE = "whole"  # as it is
    SHORT = "short"  # plain texts, cut, a table as letters; every row and every button stays
    WORDS = "words"  # text alone, without blocks and buttons


def shorter(card: Card) -> Card:
    """Return the card in plain texts. Rows stay, because they name those who would be hit; so does the last line."""
    kept = [line for line in card.lines[:-1] if line.tone is not Tone.QUIET] + list(card.lines[-1:])
    lines = tuple(_short(line) for line in kept)
    return replace(card.in_letters(), headline=bounded(card.headline, MOST_LETTERS), lines=lines)


def _short(line: Line) -> Line:
    return replace(line, parts=tuple(_plainly(part) for part in line.parts))


def _plainly(part: LinePart) -> LinePart:
    match part:
        case str():
            return bounded(part, MOST_LETTERS)
        case Bold():
            return bounded(part.text, MOST_LETTERS)
        case UserMention():
            return f"@{part.user_id}"
        case Group():
            return part.name
        case Channel():
            return part.channel_id
        case Timestamp():
            return said_at(part.at)
        case Break() | Mark():
            return part
    assert_never(part)
