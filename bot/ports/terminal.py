"""The port to Windows hosts. These docstrings are the specification, and `tests/contract` holds adapters to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from bot.domain.moments import said_at
from bot.domain.session import NOT_NAMED, Machine, SessionState, filetime_to_datetime
from bot.domain.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.domain.conditions import Condition
    from bot.domain.program import Program
    from bot.domain.session import Account, Session
    from bot.domain.verdicts import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The order for one target. The host acts only if all of its fields still hold right before the act."""

    session_id: int  # 1 to 65535
    account: Account  # the account that has to be logged on, in any letter case
    logon: int  # the logon time that the session has to have, FILETIME ticks (100 ns since 1601 UTC)
    said_state: SessionState  # the state on the card
    even_if_active: bool  # compare neither the state nor the times with the card
    said_since: int = 0  # the last input or disconnect time that the card said something of, ticks; 0: not compared
    machine: Machine = NOT_NAMED  # the machine that the card was drawn from; not named: not compared
    conditions: tuple[Condition, ...]  # filters of the command and of the rules; all of them have to hold
    not_at_console: bool = True  # do not act when the session is at the console now

    def came_back_at(self, connected: int, typed: int) -> str:
        """Return when its person came back, as `said_at` writes it; empty where the host tells no such time.

        It is the last connect, and the last input of a person whom the card called Active; FILETIME ticks.
        """
        ticks = typed if self.said_state is SessionState.ACTIVE else connected
        at = filetime_to_datetime(ticks) if ticks > max(self.said_since, self.logon) else None
        return said_at(at) if at else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A host's answer to one order."""

    session_id: int  # the session id of the order
    verdict: Verdict | None  # None: Windows took the order, and the result is not known yet
    code: int = 0  # the Win32 code of the call that Windows refused; 0: none
    reason: Reason | None = None  # why the verdict is so; None when the verdict says it
    note: str = ""  # what belongs to the reason: an account, a time as `said_at` writes it, a right or a function

    waited: timedelta = timedelta()  # how long the host waited for the session, by its own clock; whole milliseconds

    @property
    def still_closes(self) -> bool:
        """Whether the session was still there when the waiting was over. Windows says it of others with a reason."""
        return self.verdict is Verdict.STILL_CLOSING and self.reason is None


class Terminal(Protocol):
    """The sessions of Windows hosts. Every call ends within its time-out or raises a `TerminalError`.

    A call may wait for its turn at the host, or for room there: within its time-out too.
    """

    def sessions(self, host: str, *, within: timedelta) -> tuple[Session, ...]:
        """Return all sessions of the host, sorted by id, services and listeners included.

        It changes nothing and may be repeated. Raises `TerminalError`. A list of nothing proves nothing: `NoRight`.
        """
        ...

    def programs(self, host: str, order: Order, *, within: timedelta) -> tuple[Program, ...] | None:
        """Return what runs in the session of the order, as the host lists it; None when that logon is there no more.

        Of the order its session id, account, logon and machine count. It changes nothing and may be repeated. Programs
        of another person who has the id now are never returned. Raises `TerminalError`, and `NoRight` where the
        account may not see them.
        """
        ...

    def log_off(
        self, host: str, orders: Sequence[Order], *, wait: timedelta | None, within: timedelta
    ) -> Iterator[Answer]:
        """Log the targets off and yield one answer for each order, in their order, each as soon as it is known.

        The host compares each order right before its act. With `wait` it waits for each session to be gone before it
        takes the next order, that long for all of them together. The call ends at the session that still closes then:
        the orders behind it are not carried out and have no answer. Without `wait` it asks for each logoff and answers
        at once, with no verdict. `within` is the time-out of the whole call. Raises `TerminalError`; when it is
        `delivered`, orders without an answer may have been carried out.
        """
        ...

    def disconnect(
        self, host: str, orders: Sequence[Order], *, wait: timedelta | None, within: timedelta
    ) -> Iterator[Answer]:
        """Disconnect the targets, as `log_off` logs them off. Their programs go on running.

        The verdict is `disconnected` once the session is seen Disconnected. A session that was Disconnected before the
        order has the same verdict with the reason `ALREADY`. Raises as `log_off` does.
        """
        ...

    def message(
        self, host: str, orders: Sequence[Order], *, title: str, text: str, within: timedelta
    ) -> Iterator[Answer]:
        """Show a message box on each desktop, and yield one answer for each order. Nothing waits for the box's button.

        The verdict is `sent` once Windows took the message. A person whose session is Disconnected sees it when they
        come back. A message leaves no trace on the host, so the adapter never repeats one that may have been
        delivered. Raises as `log_off` does.
        """
        ...
