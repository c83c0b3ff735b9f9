"""What of a card fits into one message: pure functions on neutral cards. What is left out is counted where it stood."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from adapters.slack.limits import BODY, MOST_BUTTONS, MOST_LINES, MOST_QUIET, PARTS, QUIET, cut
from bot.cards.model import Bold, Break, Channel, CommandButton, Group, Line, Mark, Timestamp, Tone, UserMention

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.cards.model import Button, Card, LinePart

NOTHING = "-"
"""Stands where Slack takes no empty text."""

_TOKEN = 80
"""About so many characters a mention or a date takes in mrkdwn."""


def fitted(card: Card) -> Card:
    """Return the card with as many lines and buttons as one message may have, and with no empty text."""
    buttons = [each for each in card.buttons if not isinstance(each, CommandButton) or each.fits]
    loud, quiet = _by_tone(card.lines)
    quiet = fitted_quiet([*quiet, *_more(len(card.buttons) - len(buttons[:MOST_BUTTONS]), "buttons")])
    kept = iter(fitted_loud(loud)), iter(quiet)
    return replace(
        card,
        headline=card.headline or NOTHING,
        summary=card.summary or card.headline or NOTHING,
        lines=(*kept[0], *kept[1]),
        buttons=tuple(_labelled(each) for each in buttons[:MOST_BUTTONS]),
    )


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
