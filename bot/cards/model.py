"""What a report is made of: neutral lines and buttons, no Slack in them.

Every text goes through `plain` as its line, card, button or form is made, so no place can forget it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from bot.cards.text import plain, unmarked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class UserMention:
    """A mention."""

    user_id: str


@dataclass(frozen=True, slots=True)
class Timestamp:
    """A point in time, shown in the reader's zone."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Bold:
    """What the eye has to catch."""

    text: str


@dataclass(frozen=True, slots=True)
class Group:
    """A mention of a user group, by its id or `@handle`."""

    name: str


@dataclass(frozen=True, slots=True)
class Channel:
    """A place, by its id."""

    channel_id: str


@dataclass(frozen=True, slots=True)
class Break:
    """The end of a line inside a row. A line feed in a text ends nothing."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A sign in front of a verdict or a warning. The same sign in a text is shown as unreadable."""

    sign: str


LinePart = str | UserMention | Timestamp | Bold | Group | Channel | Break | Mark


class Tone(StrEnum):
    PLAIN = "plain"
    ROW = "row"
    QUIET = "quiet"
    CODE = "code"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    parts: tuple[LinePart, ...]
    tone: Tone = Tone.PLAIN

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", tuple(_fenced(self.parts)))


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

    APPROVE = "approve"
    DENY = "deny"
    CHOOSE = "choose"
    DISCONNECT = "disconnect"
    CANCEL = "cancel"
    STOP = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    press: Press
    label: str
    request_id: str
    version: int
    is_danger: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "label", plain(self.label))

    @property
    def value(self) -> str:
        """All that a button carries."""
        return f"{self.request_id}:{self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """`summary` says who, whom and where in one line: what a locked phone shows."""

    headline: str
    summary: str
    lines: tuple[Line, ...] = ()
    buttons: tuple[Button, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "headline", unmarked(plain(self.headline)))
        object.__setattr__(self, "summary", unmarked(plain(self.summary)))


def mention(name: str) -> UserMention | Group:
    """A user id is a person; a handle or a group's id is a group."""
    return UserMention(name) if name.startswith(("U", "W")) else Group(name)
