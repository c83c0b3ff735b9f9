"""One entry of the audit log, and the end of the log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from bot.domain.people import Actor

if TYPE_CHECKING:
    from datetime import datetime

BOT = "bot"
"""The actor of what the bot does by itself; people have Slack's user ids."""

THE_BOT = Actor(user_id=BOT, name="the bot")


class Head(NamedTuple):
    """The end of the chain: the last entry's number and mac. Before the first entry it is 0 and `GENESIS`."""

    seq: int
    mac: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the log. `seq` counts from 1 without a gap; `mac` covers everything above it and the entry before."""

    seq: int = 0
    at: datetime | None = None
    event: str
    request_id: str = ""
    actor: str = ""
    actor_name: str = ""
    channel: str = ""
    host: str = ""
    session_id: int | None = None
    user: str = ""
    verdict: str = ""
    code: int = 0
    reason: str = ""
    text: str = ""
    mac: str = ""
