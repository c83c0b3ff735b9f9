"""What a report is made of: neutral lines and buttons, no Slack in them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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


LinePart = str | UserMention | Timestamp | Bold | Group | Channel


class Tone(StrEnum):
    PLAIN = "plain"
    ROW = "row"
    QUIET = "quiet"
    CODE = "code"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    parts: tuple[LinePart, ...]
    tone: Tone = Tone.PLAIN


class Press(StrEnum):
    """What a button does."""

    APPROVE = "approve"
    DENY = "deny"
    CHOOSE = "choose"
    DISCONNECT = "disconnect"
    CANCEL = "cancel"
    STOP = "stop"
    REASON = "reason"


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    press: Press
    label: str
    request_id: str
    version: int
    is_danger: bool = False

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


def mention(name: str) -> UserMention | Group:
    """A user id is a person; a handle or a group's id is a group."""
    return UserMention(name) if name.startswith(("U", "W")) else Group(name)
