"""The three ports of the database in one: requests, audit log and pause."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from bot.ports.audit_log import AuditLog
from bot.ports.ledger import Ledger
from bot.ports.pause import PauseSwitch

if TYPE_CHECKING:
    from bot.audit.entry import Entry
    from bot.audit.keys import SigningKeys


class Store(Ledger, AuditLog, PauseSwitch, Protocol):
    """A ledger, an audit log and a pause switch behind one class, for the wiring and the command line."""


class SignedStore(Store, Protocol):
    """A store whose key can be changed, for the command line."""

    def hand_over(self, by: str, new: SigningKeys) -> Entry:
        """Append the entry with which the present key names the new one, and return the new key's first entry.

        From then on entries of the new key alone are taken. Raises `KeyChanged` when another key than this store's
        signs, and `LedgerError` when the log is empty or a request is not over; nothing is changed then.
        """
        ...
