"""What an event makes of a stored request and of the record: the changed request with its seals, and the entry."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.audit.content import content_of, hosts_half, with_seals
from bot.audit.record import entry_for, entry_for_opening
from bot.domain import events as e
from bot.domain.lifecycle import advance

if TYPE_CHECKING:
    from datetime import datetime

    from bot.audit.entry import Entry
    from bot.domain.request import Request


def opened(request: Request) -> Entry:
    """Return the `asked` entry of a new request, with what was asked as its content."""
    half = hosts_half(request)
    return replace(entry_for_opening(request), content=content_of(request, half), hosts_digest=half)


def decided(before: Request, event: e.Event, now: datetime, *, hosts: str, seal_key: bytes) -> tuple[Request, Entry]:
    """Return the request after the event, and its entry. Raises `Conflict` when the event does not fit.

    `hosts` is the hosts' half of the content before the event, as the proof found it. An event that changes what is
    decided about gives the request a new content, and each of its hosts a new seal.
    """
    after = advance(before, event, now)
    entry = entry_for(before, event, after, now)
    match event:
        case e.Surveyed() | e.Narrowed() | e.ActionChanged() | e.SecondPersonNeeded():
            half = hosts_half(after)
            content = content_of(after, half)
            return with_seals(after, content, seal_key), replace(entry, content=content, hosts_digest=half)
        case e.ReasonGiven() | e.Counted() | e.Approved() | e.Started():
            return after, replace(entry, content=content_of(after, hosts), hosts_digest=hosts)
        case _:
            return after, entry
