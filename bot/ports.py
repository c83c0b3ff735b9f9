"""What the core needs of the world. These docstrings are the specification that `tests/contract` holds adapters to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime, timedelta

    from bot.audit import Entry, Head
    from bot.conditions import Condition
    from bot.events import Event, Noted
    from bot.lines import Report
    from bot.model import Actor, Card, Pause, Place, Request, Someone, Verdict, WorkItem
    from bot.session import Account, Session, SessionState


class Clock(Protocol):
    def now(self) -> datetime:
        """The time, aware, UTC."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One target of one act on one host: touch it only if all of this still holds there.

    `not_at_console`: nor if the session is at the console in the moment of the act, wherever it was on the card.
    """

    session_id: int
    account: Account
    logon: int
    said_state: SessionState
    even_if_active: bool
    conditions: tuple[Condition, ...]
    not_at_console: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the host said of one order. No verdict: it was asked to go and nobody has looked yet."""

    session_id: int
    verdict: Verdict | None
    code: int = 0
    detail: str = ""


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

        A session that is Disconnected already is `disconnected` with the detail `already`.
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


class Ledger(Protocol):
    """The one place where state lives. Every change is one transaction with its audit entry; raises `LedgerError`."""

    def open(self, request: Request) -> Request:
        """Write a new request and its `asked` entry. `Duplicate` when the delivery is known: nothing is written then.

        Gives up after a short lock limit (1.5 s): a person waits for the receipt.
        """
        ...

    def record(self, request_id: str, event: Event, *, is_hurried: bool = False) -> Request:
        """Advance the request as it stands now and append the entry, or raise `Conflict` and change nothing.

        `is_hurried`: a person waits, so give up after the short lock limit, as `open` and `note` do.
        """
        ...

    def note(self, noted: Noted, place: Place) -> None:
        """An entry that belongs to no request: a usage error, a press on something unknown."""
        ...

    def find(self, request_id: str) -> Request | None: ...

    def drawn(self, request_id: str, *, version: int, card: Card | None, due_at: datetime | None) -> None:
        """The card shows this version now (it never goes back). Bookkeeping, not an event of the request."""
        ...

    def postpone(self, item: WorkItem, due_at: datetime | None) -> None:
        """Somebody has to look at it then (None: nobody). Bookkeeping."""
        ...

    def due(self, now: datetime) -> tuple[WorkItem, ...]:
        """What somebody has to look at now: due dates and expiries that have passed, drawings that are behind."""
        ...

    def asked_since(self, user_id: str, since: datetime) -> int:
        """How many requests the person has made since then."""
        ...

    def pause(self, by: str, reason: str) -> None:
        """From now on nothing new is started. Recorded as `paused`."""
        ...

    def resume(self, by: str) -> None:
        """Recorded as `resumed`."""
        ...

    def paused(self) -> Pause | None: ...

    def entries(self, *, request_id: str | None = None, after: int = 0, limit: int = 1000) -> tuple[Entry, ...]:
        """The audit log in its order."""
        ...

    def head(self) -> Head:
        """The end of the audit log as the last write marked it, kept beside the entries: a cut tail does not fit."""
        ...

    def newest(self, limit: int) -> tuple[Request, ...]:
        """The newest requests, newest first."""
        ...


class Chat(Protocol):
    """Drawing reports where people read them. Raises `ChatError`."""

    def post(self, place: Place, actor: Actor | None, report: Report) -> Card:
        """A new card in the place, or in the actor's direct messages when the bot may not post there.

        Without an actor there is no other place: `PlaceRefused`. A channel shared with another organisation is none.
        """
        ...

    def redraw(self, card: Card, report: Report) -> None:
        """Replace the card by this drawing."""
        ...

    def tell(self, place: Place, actor: Actor, report: Report) -> None:
        """Show it to the actor alone."""
        ...

    def reply(self, card: Card, names: tuple[str, ...], text: str) -> None:
        """A line in the card's thread that calls these people and groups."""
        ...


class Directory(Protocol):
    """Who people are. Answers from memory: it is asked before the receipt."""

    def someone(self, actor: Actor) -> Someone:
        """The actor with the ids and handles (`@oncall`) of the user groups he is in, and his standing.

        Standing is UNKNOWN when Slack could not be asked for too long; that counts as a no.
        """
        ...

    def members_of(self, names: frozenset[str]) -> frozenset[str]:
        """The user ids of the members behind user ids, group ids and handles; those who do not count are left out."""
        ...


class Engine(Protocol):
    """Makes sure that somebody looks at a work item."""

    def wake(self, item: WorkItem, at: datetime | None = None) -> None:
        """The step of the item runs now, or then: one at a time per item, and a wake during a run is not lost.

        Steps of one host run one after the other, whatever request they belong to.
        """
        ...
