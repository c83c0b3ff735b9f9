"""One entry of the audit log, and the head of the log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from bot.domain.people import Actor

if TYPE_CHECKING:
    from datetime import datetime

BOT = "bot"
"""The actor id of the bot itself; people have Slack's user ids."""

THE_BOT = Actor(user_id=BOT, name="the bot")


class Head(NamedTuple):
    """The number and the mac of the newest entry."""

    seq: int  # 0 before the first entry
    mac: str  # 64 hexadecimal digits; `GENESIS` before the first entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the audit log. A text that says nothing is empty."""

    seq: int = 0  # counts from 1 without a gap; 0 before the entry is sealed
    at: datetime | None = None  # when it was recorded, UTC; None before the entry is sealed
    event: str  # the event's name, `target_ended`
    request_id: str = ""  # the request; empty: none
    actor: str = ""  # the user id of the person, `bot`, or an operator's name
    actor_name: str = ""  # for reading only
    channel: str = ""  # id of the channel
    host: str = ""  # the host's name in the inventory
    session_id: int | None = None  # the target's session id; None: no target
    user: str = ""  # the target's account, `DOMAIN\user`
    verdict: str = ""  # the target's verdict
    code: int = 0  # a Win32 code; 0: none
    reason: str = ""  # what else belongs to the event, in words
    text: str = ""  # the command, or the detail of a note, as it was typed
    mac: str = ""  # covers all fields above and the mac of the entry before; empty before the entry is sealed
