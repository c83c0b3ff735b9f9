"""The running bot: its parts, and the order in which they start and stop."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, Protocol

from adapters.scheduler.ticker import Ticker
from app.health.off import NO_SERVICE

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.scheduler.places import Places
    from adapters.sql.owner import Owner
    from app.health.off import HealthService
    from app.reloading import Reloading
    from bot.domain.request import WorkItem
    from bot.ports.chat import ChatConnection
    from bot.ports.scheduler import Scheduler
    from bot.ports.store import Store
    from bot.workflow.patience import Patience
    from bot.workflow.receipts import Receipts
    from bot.workflow.steps import Workflow

STOP_WITHIN = timedelta(seconds=5)
"""How long running steps may take to finish when the program ends."""


RECEIPTS_EVERY = timedelta(seconds=0.25)
"""How often it is seen whether a receipt is due."""

TELLING = 8
"""How many of those who wait too long are told side by side: each call may last, and nobody waits behind another."""


class Service(Protocol):
    """A service that runs beside the steps."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


class Waits:
    """Lets the patience and the receipts look again and again.

    `goes_on`: who waited when the program ended goes on waiting here. Replicas leave them to each other's steps.
    """

    def __init__(self, patience: Patience, receipts: Receipts, *, goes_on: bool = True) -> None:
        self._patience, self._goes_on = patience, goes_on
        self._ticker = Ticker("patience", patience.look, threads=TELLING)
        self._receipts = Ticker("receipts", receipts.look, RECEIPTS_EVERY, threads=TELLING)

    def start(self) -> None:
        if self._goes_on:
            courier = self._patience.courier
            courier.ledger.hurry_postings()  # nobody else has drawn them meanwhile
            for item in courier.ledger.due(courier.clock.now()):
                self._patience.expect(item.request_id)
        self._ticker.start()
        self._receipts.start()

    def stop(self) -> None:
        """A thread that waits for Slack ends with the process: nothing is lost but a sentence."""
        self._ticker.stop(timedelta(0))
        self._receipts.stop(timedelta(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bot:
    """All running parts. `start` returns once commands can arrive; `stop` lets running steps finish."""

    ledger: Store
    policy: str  # the text of the policy, for the audit log
    workflow: Workflow
    places: Places
    scheduler: Scheduler
    connection: ChatConnection
    directory: Service
    waits: Service  # tells who waits too long
    homes: Service  # draws the homes of people
    sends: Service  # tells other replicas how much each person has sent
    digest: Service  # asks for the weekly digest
    release: tuple[Callable[[], None], ...]  # called in order after everything has stopped
    reloading: Reloading | None = None  # takes changed settings while the bot runs
    owner: Owner | None = None  # the ownership of the database, where another bot may want it
    writer: Callable[[], object | None]  # a mark of the thread that writes to the database now, for the watchdog
    health: HealthService = NO_SERVICE  # answers whether the bot is alive and ready
    ending: Event = field(default_factory=Event)  # `stop` was called; a start that is not over begins nothing more

    def start(self) -> None:
        parts: tuple[Callable[[], None], ...] = (
            self.health.start,  # first: a port that is taken ends the start, and a start that waits is alive
            partial(self.ledger.load_policy, self.policy),
            self.directory.start,
            self.waits.start,
            self.homes.start,
            self.sends.start,
            partial(self.scheduler.start, self._step, self.workflow.record_failure),
            self.connection.start,
            self.digest.start,
            self.health.started,
        )
        for begin in parts:
            if not self.ending.is_set():
                begin()

    def _step(self, item: WorkItem) -> None:
        """Steps of hosts have a lane of their own, and mostly wait for their host."""
        with nullcontext() if item.host else self.places.one():
            self.workflow.step(item)

    def stop(self) -> None:
        """Begin no more steps, take no more commands, and let running steps finish. It may be called during `start`."""
        self.ending.set()
        self.health.stopping()
        self.scheduler.stop(timedelta(0))
        self.connection.stop()
        self.waits.stop()
        self.homes.stop()
        self.sends.stop()
        self.digest.stop()
        self.scheduler.stop(STOP_WITHIN)
        self.directory.stop()
        self.health.stop()
        for release in self.release:
            release()
