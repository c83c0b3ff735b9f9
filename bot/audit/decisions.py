"""What an event makes of a stored request and of the record: the changed request with its seals, and the entry."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.audit.content import content_of, with_seals
from bot.audit.record import entry_for, entry_for_opening
from bot.domain import events as e
from bot.domain.lifecycle import advance

if TYPE_CHECKING:
    from datetime import datetime

    from bot.audit.entry import Entry
    from bot.domain.request import Request


def opened(request: Request) -> Entry:
    """Return the `asked` entry of a new request, with what was asked as its content."""
    return _with_content(entry_for_opening(request), request)


def decided(before: Request, event: e.Event, now: datetime, *, seal_key: bytes) -> tuple[Request, Entry]:
    """Return the request after the event, and its entry. Raises `Conflict` when the event does not fit.

    An event that changes what is decided about gives the request a new content, and each of its hosts a new seal.
    """
    after = advance(before, event, now)
    entry = entry_for(before, event, after, now)
    match event:
        case e.Surveyed() | e.Narrowed() | e.ActionChanged() | e.SecondPersonNeeded():
            sealed = with_seals(after, seal_key)
            return sealed, _with_content(entry, sealed)
        case e.ReasonGiven() | e.Counted() | e.Approved() | e.Started():
            return after, _with_content(entry, after)
        case _:
            return after, entry


def _with_content(entry: Entry, request: Request) -> Entry:
    return replace(entry, content=content_of(request), hosts_digest=request.hosts_half)
