"""Every sample of a card in plain text, in one file, so that a change of a word is read as a person will see it.

`REWRITE_SNAPSHOTS=1 .venv/bin/pytest tests/unit/bot/cards tests/unit/adapters/slack` writes the files anew.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, assert_never

from bot.cards.model import Bold, Break, Channel, CommandButton, Group, Mark, Timestamp, Tone, UserMention
from bot.cards.signs import signed
from tests.support import samples
from tests.support.snapshots import check_snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.cards.model import Button, Card, LinePart

CARDS = Path(__file__).with_name("cards.txt")
MARGINS = {Tone.PLAIN: "  ", Tone.ROW: "- ", Tone.QUIET: "~ ", Tone.CODE: "$ "}


def test_every_card_says_what_was_agreed() -> None:
    texts = ("\n".join(in_words(name, card)) for name, card in samples.of_cards().items())
    check_snapshot(CARDS, "\n\n".join(texts) + "\n")


def in_words(name: str, card: Card) -> Iterator[str]:
    yield f"== {name}"
    yield signed(card.sign, card.headline)
    yield f"  ({signed(card.sign, card.summary)})"
    if card.table:
        yield " | ".join(card.table.columns)
        yield from (" | ".join(cell.shown for cell in row) for row in card.table.rows)
    if card.pick:
        yield f"[{card.pick.label}] pick"
        yield from (f"  [{option.label}] {option.value}" for option in card.pick.options)
    for line in card.lines:
        text = "".join(map(part_in_words, line.parts))
        yield from ((MARGINS[line.tone] + each).rstrip() for each in text.split("\n"))
    yield from map(button_in_words, card.buttons)
    yield from (f"... {button_in_words(entry)}" for entry in card.menu)


def part_in_words(part: LinePart) -> str:
    match part:
        case str():
            return part
        case Bold():
            return f"*{part.text}*"
        case UserMention():
            return f"<{part.user_id}>"
        case Group():
            return f"<{part.name}>"
        case Channel():
            return f"<#{part.channel_id}>"
        case Timestamp():
            return f"<{part.at:%Y-%m-%d %H:%M:%S}>"
        case Break():
            return "\n"
        case Mark():
            return part.sign
    assert_never(part)


def button_in_words(button: Button | CommandButton) -> str:
    if isinstance(button, CommandButton):
        return f"[{button.label}] {button.press} {button.value}"
    return f"[{button.label}] {button.press.value} {button.value}" + " in red" * button.is_danger
