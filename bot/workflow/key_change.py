"""Changing the audit key: what is not over is ended under the old key, then the old key names the new one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.events import Expired, Failed, Refused
from bot.domain.request import State
from bot.errors import Conflict

if TYPE_CHECKING:
    from bot.audit.entry import Entry
    from bot.audit.keys import SigningKeys
    from bot.domain.events import Event
    from bot.domain.request import Request
    from bot.ports.clock import Clock
    from bot.ports.store import SignedStore

RULE = "audit key"
"""The name in the audit log of what ended these requests."""

ASK_AGAIN = "The audit key was changed while this request waited. Send the command again."

CODE = "key_changed"


def change_key(store: SignedStore, clock: Clock, by: str, new: SigningKeys) -> Entry:
    """End every request that is not over, hand the log over to the new key, and return that key's first entry.

    Raises `LedgerError` when the store cannot be written, and `KeyChanged` when another key signs already.
    """
    for request in store.unended():
        _end(store, clock, request)
    return store.hand_over(by, new)


def _end(store: SignedStore, clock: Clock, request: Request) -> None:
    """Record the end of a request. An event that another process recorded meanwhile is taken into account."""
    while request.state is not State.ENDED:
        try:
            request = store.record(request.id, _ending_of(request, clock))
        except Conflict as conflict:
            request = conflict.request


def _ending_of(request: Request, clock: Clock) -> Event:
    if clock.now() >= request.expires_at:
        return Expired()
    if request.state is State.ACTING:
        return Failed(reference=request.id, code=CODE)
    return Refused(rule=RULE, message=ASK_AGAIN)
