"""The database as one thing: what reads and writes requests, the record and the pause."""

from __future__ import annotations

from typing import Protocol

from bot.ports.audit_log import AuditLog
from bot.ports.ledger import Ledger
from bot.ports.pause import PauseSwitch


class Store(Ledger, AuditLog, PauseSwitch, Protocol):
    """Three ports that one class stands behind, for what wires them and for what reads the record."""
