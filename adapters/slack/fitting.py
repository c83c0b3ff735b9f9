"""What of a card fits into one message: pure functions on neutral cards. What is left out is counted where it stood."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from adapters.slack.limits import (
    BODY,
    MOST_BUTTONS,
    MOST_CELLS,
    MOST_FOLDED,
    MOST_LINES,
    MOST_QUIET,
    OPTION_VALUE,
    PARTS,
    QUIET,
    cut,
)
from adapters.slack.payloads import option_value
from bot.cards.model import Bold, Break, Channel, CommandButton, Group, Line, Mark, Timestamp, Tone, UserMention

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.cards.model import Button, Card, LinePart
    from bot.cards.table import Pick, Table

NOTHING = "-"
"""Stands where Slack takes no empty text."""

_TOKEN = 80
"""About so many characters a mention or a date takes in mrkdwn."""


def fitted(card: Card) -> Card:
    """Return the card with as many lines, buttons, columns and options as a message may have, and no empty text.

    How many rows of a table fit depends on all else that is drawn, so `draw_table` counts them.
    """
    buttons, menu = _fitted_pressable(card)
    columns = len(card.table.columns) - MOST_CELLS if card.table else 0
    left_out = [*_more(len(card.pressable) - len(buttons) - len(menu), "buttons"), *_more(columns, "columns")]
    loud, quiet = _by_tone(card.lines)
    return replace(
        card,
        headline=card.headline or NOTHING,
        summary=card.summary or card.headline or NOTHING,
        table=_fitted_table(card.table) if card.table else None,
        pick=_fitted_pick(card.pick) if card.pick else None,
        lines=(*fitted_loud(loud), *fitted_quiet([*quiet[:-1], *left_out, *quiet[-1:]])),
        buttons=tuple(map(_labelled, buttons)),
        menu=tuple(map(_labelled, menu)),
    )


def _fitted_pressable(card: Card) -> tuple[list[Button | CommandButton], list[Button | CommandButton]]:
    """Return the buttons and the menu. What no option may carry, or has no room in the menu, is a button."""
    every = [each for each in card.pressable if not isinstance(each, CommandButton) or each.fits]
    folded = [each for each in card.menu if each in every and len(option_value(each)) <= OPTION_VALUE][:MOST_FOLDED]
    loose = [each for each in every if each not in folded or each in card.buttons]
    return loose[: MOST_BUTTONS - bool(folded)], folded


def _fitted_table(table: Table) -> Table | None:
    """Return the table with the columns that a row may have; None for one without any."""
    columns = tuple(name.strip() or NOTHING for name in table.columns[:MOST_CELLS])
    return replace(table, columns=columns, rows=tuple(row[:MOST_CELLS] for row in table.rows)) if columns else None


def _fitted_pick(pick: Pick) -> Pick | None:
    """Return the menu without what no option may carry; None where nothing is left to pick."""
    options = [each for each in pick.options if 0 < len(each.value) <= OPTION_VALUE]
    named = tuple(each if each.label else replace(each, label=NOTHING) for each in options)
    return replace(pick, label=pick.label or NOTHING, options=named) if named else None


def _by_tone(lines: Sequence[Line]) -> tuple[list[Line], list[Line]]:
    found = [whole(line) for line in lines]
    quiet = [line for line in found if line.tone is Tone.QUIET and line.parts]
    return [line for line in found if line.tone is not Tone.QUIET], quiet


def whole(line: Line) -> Line:
    """Return the line without empty parts; as it is where it has none."""
    parts = tuple(_without_nothing(line))
    return line if parts == line.parts else replace(line, parts=parts)


def _without_nothing(line: Line) -> Iterator[LinePart]:
    """Yield the parts that show something; an empty line of characters of one width becomes a blank one."""
    if line.tone is Tone.CODE and not any(isinstance(part, str | Mark) and part for part in line.parts):
        yield " "
    for part in line.parts:
        if part if isinstance(part, str) else not isinstance(part, Bold) or part.text:
            yield part


def _labelled(button: Button | CommandButton) -> Button | CommandButton:
    return button if button.label else replace(button, label=NOTHING)


def length_of(line: Line, limit: int) -> int:
    """Return how many characters the line has in rich text when each of its parts is cut to the limit."""
    return 1 + sum(min(len(_shown(part)), limit) for part in line.parts)


def _shown(part: LinePart) -> str:
    match part:
        case str():
            return part
        case Bold():
            return part.text
        case Mark():
            return part.sign
        case Break():
            return "\n"
        case Group():
            return part.name
        case UserMention() | Channel() | Timestamp():
            return ""


def fitted_loud(lines: Sequence[Line]) -> list[Line]:
    """Return the first lines of those that are no small print, as many as fit when their parts are cut."""
    kept, left = list[Line](), BODY - _TOKEN
    for line in lines:
        left -= length_of(line, PARTS[-1])
        if left < 0 or len(kept) == MOST_LINES:
            break
        kept.append(line)
    return [*kept, *_more(len(lines) - len(kept), "lines", Tone.PLAIN)]


def fitted_quiet(lines: Sequence[Line]) -> list[Line]:
    """Return as much of the small print as fits: the last line, which names the request, and then the first ones."""
    kept, left = dict[int, Line](), QUIET - _TOKEN
    for place in sorted(range(len(lines)), key=lambda place: place != len(lines) - 1)[:MOST_QUIET]:
        line = lines[place]
        if _in_mrkdwn(line) > left:
            line = replace(line, parts=tuple(_cut(part) for part in line.parts))
        if _in_mrkdwn(line) <= left:
            kept[place], left = line, left - _in_mrkdwn(line)
    last = kept.pop(len(lines) - 1, None)
    first = [kept[place] for place in sorted(kept)]
    missing = len(lines) - len(first) - (last is not None)
    return [*first, *_more(missing, "lines"), *filter(None, [last])]


def _in_mrkdwn(line: Line) -> int:
    """Return the most characters that the line may have when Slack's signs in it are escaped."""
    return sum(_escaped(_shown(part)) or _TOKEN for part in line.parts)


def _escaped(text: str) -> int:
    return len(text) + 4 * sum(text.count(sign) for sign in "&<>") + text.count(":")


def _cut(part: LinePart) -> LinePart:
    match part:
        case str():
            return cut(part, PARTS[-1])
        case Bold():
            return Bold(cut(part.text, PARTS[-1]))
        case _:
            return part


def _more(number: int, what: str, tone: Tone = Tone.QUIET) -> list[Line]:
    return [Line(parts=(f"and {number:,} more {what}",), tone=tone)] if number > 0 else []
