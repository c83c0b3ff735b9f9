"""The three ports of the database in one: requests, audit log and pause."""

from __future__ import annotations

from typing import Protocol

from bot.ports.audit_log import AuditLog
from bot.ports.ledger import Ledger
from bot.ports.pause import PauseSwitch


class Store(Ledger, AuditLog, PauseSwitch, Protocol):
    """A ledger, an audit log and a pause switch behind one class, for the wiring and the command line."""
