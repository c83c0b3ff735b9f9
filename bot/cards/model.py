"""The parts of a card: neutral lines and buttons, without Slack.

Every text goes through `plain` as its line, card, button or form is made, so that no place can forget it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from bot.cards.text import plain, unmarked
from bot.domain.moments import with_moments

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from bot.cards.table import Pick, Table


@dataclass(frozen=True, slots=True)
class UserMention:
    """A mention of a person."""

    user_id: str  # a Slack user id
    calls: bool = True  # the person is to be called; a mention that comes into a message by an edit calls nobody


@dataclass(frozen=True, slots=True)
class Timestamp:
    """A time, shown in the reader's time zone."""

    at: datetime  # aware


@dataclass(frozen=True, slots=True)
class Bold:
    """Text in bold print."""

    text: str  # shown as it is, never parsed


@dataclass(frozen=True, slots=True)
class Group:
    """A mention of a user group."""

    name: str  # its id or its `@handle`


@dataclass(frozen=True, slots=True)
class Channel:
    """A link to a channel."""

    channel_id: str  # a Slack conversation id


@dataclass(frozen=True, slots=True)
class Break:
    """The end of a line inside a row. A line feed in a text ends nothing."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A sign in front of a verdict or a warning. The same sign in a text is shown as unreadable."""

    sign: str


LinePart = str | UserMention | Timestamp | Bold | Group | Channel | Break | Mark


class Tone(StrEnum):
    """How a line looks."""

    PLAIN = "plain"  # a sentence
    ROW = "row"  # one target, or one example
    QUIET = "quiet"  # small print
    CODE = "code"  # characters of one width


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a card."""

    parts: tuple[LinePart, ...]  # in their order, without spaces added between them
    tone: Tone = Tone.PLAIN  # how the line looks

    def __post_init__(self) -> None:
        parts = tuple(_fenced(self.parts))
        object.__setattr__(self, "parts", parts if self.tone is Tone.CODE else tuple(_timed(parts)))


def _timed(parts: Iterable[LinePart]) -> Iterator[LinePart]:
    """Yield the parts, with each time that stands in a text as a time of its own."""
    for part in parts:
        yield from in_parts(part) if isinstance(part, str) else (part,)


def in_parts(text: str) -> Iterator[str | Timestamp]:
    """Yield the text in its order, with each time in it as a time that is shown in the reader's zone."""
    for each in with_moments(text):
        yield each if isinstance(each, str) else Timestamp(each)


def _fenced(parts: Iterable[LinePart]) -> Iterator[LinePart]:
    is_start = True
    for part in parts:
        match part:
            case str():
                yield unmarked(plain(part)) if is_start else plain(part)
                is_start = is_start and not part
            case Bold():
                yield Bold(unmarked(plain(part.text)) if is_start else plain(part.text))
                is_start = is_start and not part.text
            case Group():
                yield Group(plain(part.name))
                is_start = False
            case _:
                yield part
                is_start = isinstance(part, Break)


class Press(StrEnum):
    """What a button does."""

    APPROVE = "approve"  # say yes
    DENY = "deny"  # say no
    DENY_BECAUSE = "deny_because"  # say no, and why
    CHOOSE = "choose"  # take targets out
    DISCONNECT = "disconnect"  # disconnect instead of logging off
    CANCEL = "cancel"  # take the request back
    STOP = "stop"  # stop the act on hosts that have no order yet
    HOLDERS = "holders"  # look what runs in the sessions that still close
    REASON = "reason"  # give the reason that `--force` lacks


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """One button of a card."""

    press: Press  # what it does
    label: str  # its text
    request_id: str  # the request of the card
    version: int  # the version of the request that it was drawn from
    is_danger: bool = False  # drawn in red

    def __post_init__(self) -> None:
        object.__setattr__(self, "label", plain(self.label))

    @property
    def value(self) -> str:
        """All that a button carries: `TS-7K3QXM:2`, the request's id and version."""
        return f"{self.request_id}:{self.version}"


ASK = "ask"
"""The press on a button that holds a command. It belongs to no request, so it is no `Press`."""

LONGEST_VALUE = 2000
"""How many characters a button may carry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandButton:
    """A button that asks a command. Only its asker may press it."""

    press: ClassVar[str] = ASK

    label: str  # its text
    asker: str  # the Slack user id of the person for whom it was made
    command: str  # the name of the command, without its slash
    text: str  # what stands behind the command, escaped as Slack delivers a text

    def __post_init__(self) -> None:
        object.__setattr__(self, "label", plain(self.label))

    @property
    def value(self) -> str:
        """All that the button carries: `U0DANA0001 sessions comp1`. The text is parsed again when it is pressed."""
        return f"{self.asker} {self.command} {self.text}"

    @property
    def fits(self) -> bool:
        """Return whether a button may carry so long a command."""
        return len(self.value) <= LONGEST_VALUE


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The neutral content of a message."""

    sign: str = ""  # one of our own signs, in front of the headline and of the summary; empty: none
    headline: str  # the first line
    summary: str  # requester, accounts and hosts in one line, which a locked phone shows
    table: Table | None = None  # below the headline; the lines come after it
    pick: Pick | None = None  # a menu below the table
    lines: tuple[Line, ...] = ()  # below the headline
    buttons: tuple[Button | CommandButton, ...] = ()  # below the lines
    menu: tuple[Button | CommandButton, ...] = ()  # behind the buttons, folded away: what fewer people need

    def __post_init__(self) -> None:
        object.__setattr__(self, "headline", unmarked(plain(self.headline)))
        object.__setattr__(self, "summary", unmarked(plain(self.summary)))

    @property
    def pressable(self) -> tuple[Button | CommandButton, ...]:
        """All that a reader can press: the buttons, then the entries of the menu."""
        return (*self.buttons, *self.menu)

    def in_letters(self) -> Card:
        """Return the card with its table as letters of one width, for a place that takes no table."""
        return replace(self, table=self.table.aligned() if self.table else None)

    def unpressable(self) -> Card:
        """Return the card without anything to press."""
        return replace(self, buttons=(), menu=(), pick=None)


def calling_nobody_else(card: Card) -> Card:
    """Return the card as a new message may show it: who is not to be called stands there by id, and not by mention."""

    def shown(part: LinePart) -> LinePart:
        return part.user_id if isinstance(part, UserMention) and not part.calls else part

    return replace(card, lines=tuple(replace(line, parts=tuple(map(shown, line.parts))) for line in card.lines))


def mention(name: str) -> UserMention | Group:
    """Return the mention of a person for a user id, of a group for a group id or a handle."""
    return UserMention(name) if name.startswith(("U", "W")) else Group(name)
