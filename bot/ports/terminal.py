"""What the core needs of the world. These docstrings are the specification that `tests/contract` holds adapters to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from bot.domain.session import NOT_NAMED, Machine

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import timedelta

    from bot.domain.conditions import Condition
    from bot.domain.session import Account, Session, SessionState
    from bot.domain.verdicts import Reason, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One target of one act on one host: touch it only if all of this still holds there."""

    session_id: int
    account: Account
    logon: int  # FILETIME ticks by the host's clock
    said_state: SessionState  # as the card showed it
    even_if_active: bool  # no state and no time is compared with the card
    said_since: int = 0  # the last input or the disconnect time that the card said something of; 0: nothing to compare
    machine: Machine = NOT_NAMED  # the machine that the card was drawn from
    conditions: tuple[Condition, ...]  # filters and rules, which have to hold in the moment of the act
    not_at_console: bool = True  # nor if the session is at the console by then, wherever it was on the card


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the host said of one order. No verdict: it was asked to go and nobody has looked yet."""

    session_id: int
    verdict: Verdict | None
    code: int = 0
    reason: Reason | None = None
    note: str = ""


class Terminal(Protocol):
    """The sessions of Windows hosts. Every call ends within its deadline or raises a `TerminalError`."""

    def sessions(self, host: str, *, within: timedelta) -> tuple[Session, ...]:
        """All sessions of the host, sorted by id, services and listeners included. Changes nothing, may be repeated."""
        ...

    def log_off(
        self, host: str, orders: Sequence[Order], *, wait: timedelta | None, within: timedelta
    ) -> Iterator[Answer]:
        """One answer an order, in order, as they become known.

        Each order is compared on the host right before its act. With `wait` the next order is not touched before the
        last session is gone or its wait is over; without, each is asked to go and answered at once. `within` is for
        the whole call. Raises `TerminalError`; `delivered`: orders without an answer may have been carried out.
        """
        ...

    def disconnect(
        self, host: str, orders: Sequence[Order], *, wait: timedelta | None, within: timedelta
    ) -> Iterator[Answer]:
        """As `log_off`, but programs go on running: `disconnected` once the session is seen Disconnected.

        A session that is Disconnected already is `disconnected` with the reason `ALREADY`.
        """
        ...

    def message(
        self, host: str, orders: Sequence[Order], *, title: str, text: str, within: timedelta
    ) -> Iterator[Answer]:
        """Show a box on each desktop; nobody waits for its button. `sent` means that Windows took it.

        The one act that cannot be read back: never repeated by the adapter once it may have been delivered. Somebody
        who is Disconnected sees it when he comes back.
        """
        ...
