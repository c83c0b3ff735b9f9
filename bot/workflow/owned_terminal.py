"""The `Terminal` port of a process that may lose its database: no order leaves after that.

An order is recorded first, and only the owner can record. But a process may be held up between the record and the call,
and another one may own the database by then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.errors import NotOwner

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import timedelta

    from bot.domain.program import Program
    from bot.domain.session import Session
    from bot.ports.ledger import Ledger
    from bot.ports.terminal import Answer, Order, Terminal


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnedTerminal:
    """A terminal whose acts raise `NotOwner` once this process has lost the database. A look changes nothing."""

    terminal: Terminal
    ledger: Ledger

    def sessions(self, host: str, *, within: timedelta) -> tuple[Session, ...]:
        return self.terminal.sessions(host, within=within)

    def programs(self, host: str, order: Order, *, within: timedelta) -> tuple[Program, ...] | None:
        return self.terminal.programs(host, order, within=within)

    def log_off(
        self, host: str, orders: Sequence[Order], *, wait: timedelta | None, within: timedelta
    ) -> Iterator[Answer]:
        self._refuse()
        return self.terminal.log_off(host, orders, wait=wait, within=within)

    def disconnect(
        self, host: str, orders: Sequence[Order], *, wait: timedelta | None, within: timedelta
    ) -> Iterator[Answer]:
        self._refuse()
        return self.terminal.disconnect(host, orders, wait=wait, within=within)

    def message(
        self, host: str, orders: Sequence[Order], *, title: str, text: str, within: timedelta
    ) -> Iterator[Answer]:
        self._refuse()
        return self.terminal.message(host, orders, title=title, text=text, within=within)

    def _refuse(self) -> None:
        refusal = self.ledger.standstill()
        if isinstance(refusal, NotOwner):
            raise refusal
