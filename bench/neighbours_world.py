"""The world of `bench/neighbours.py`: hosts that take their time, that never finish, or say nothing."""

from __future__ import annotations

import os
import time
from contextlib import nullcontext
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING

from fleet_world import KEY, ONCALL, PLACE, POLICY, Hosts, Quiet

from adapters.clock import SystemClock
from adapters.scheduler.host_pool import FairHostPool
from adapters.scheduler.places import Places
from adapters.scheduler.threads import ThreadScheduler
from adapters.sql.database import open_database
from adapters.sql.ledger import SqlLedger
from adapters.sql.migrate import upgrade
from app.config.settings import AllWinRm
from app.replicas import REQUESTS_AT_ONCE
from bot.commands import ASK_TYPES
from bot.domain.inventory import Inventory
from bot.domain.people import Actor, MemberStatus, Person
from bot.domain.request import Ending, State
from bot.domain.verdicts import Verdict
from bot.errors import TimedOut
from bot.policy.in_force import InForce
from bot.ports.terminal import Answer
from bot.workflow.authorization import Authorizer
from bot.workflow.courier import Courier
from bot.workflow.host_reader import LOOKS_AT_ONCE
from bot.workflow.inputs import CommandCall, PressCall
from bot.workflow.intake import Intake
from bot.workflow.presses import PressHandler
from bot.workflow.steps import assemble

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.domain.request import WorkItem
    from bot.domain.session import Session
    from bot.ports.terminal import Order

COSTS = 1.5
"""Seconds that the healthy host takes for each look and each act."""

HEALTHY, HUNG, SILENT = "healthy", "hung", "silent"
NAMES = (HEALTHY, *(f"{HUNG}-{n}" for n in range(30)), *(f"{SILENT}-{n}" for n in range(1000)))
LONGEST = timedelta(minutes=5)
_LOOK_AGAIN = 0.005


class SlowHosts(Hosts):
    """As those of `bench/fleet.py`, but for their time. What is never answered is given up when its time is over."""

    def __init__(self) -> None:
        super().__init__(people=1)

    def sessions(self, host: str, *, within: timedelta) -> tuple[Session, ...]:
        if host.startswith(SILENT):
            time.sleep(within.total_seconds())
            raise TimedOut(f"{host} said nothing.", host=host)
        if host == HEALTHY:
            time.sleep(min(COSTS, within.total_seconds()))
        return super().sessions(host, within=within)

    def log_off(
        self, host: str, orders: Sequence[Order], *, wait: timedelta | None, within: timedelta
    ) -> Iterator[Answer]:
        if host.startswith(HUNG):
            time.sleep(within.total_seconds() if wait else 0.1)
            return iter([Answer(session_id=order.session_id, verdict=Verdict.STILL_CLOSING) for order in orders])
        time.sleep(COSTS)
        return super().log_off(host, orders, wait=wait, within=within)


class Members(Quiet):
    """Everybody is a member who may do all."""

    def person(self, actor: Actor) -> Person:
        return Person(actor=actor, groups=ONCALL, status=MemberStatus.MEMBER)


class World:
    """The bot over one database, with people who type and press."""

    def __init__(self, url: str) -> None:
        upgrade(url)
        self._databases = open_database(url), open_database(url, for_people=True)
        clock, people, places = SystemClock(), Members(), Places()
        self._ledger = ledger = SqlLedger(self._databases[0], clock, KEY, ASK_TYPES)
        front = ledger.in_front(self._databases[1])
        self._pool = FairHostPool(LOOKS_AT_ONCE, places.away)
        self._scheduler = ThreadScheduler(
            ledger, clock, workers=REQUESTS_AT_ONCE, host_workers=AllWinRm().hosts_at_once
        )
        self._deliveries = count(1)
        workflow = assemble(
            ledger=ledger,
            terminal=SlowHosts(),
            courier=Courier(ledger=ledger, chat=people, clock=clock),
            clock=clock,
            pool=self._pool,
            scheduler=self._scheduler,
            authorizer=self._authorizer(ledger, clock, people),
        )
        presses = PressHandler(ledger=front, authorizer=self._authorizer(front, clock, people))
        self._intake = Intake(ledger=front, presses=presses, clock=clock)

        def step(item: WorkItem) -> None:
            with nullcontext() if item.host else places.one():
                workflow.step(item)

        self._scheduler.start(step, workflow.record_failure)

    @staticmethod
    def _authorizer(ledger: SqlLedger, clock: SystemClock, people: Members) -> Authorizer:
        in_force = InForce(POLICY, Inventory(names=NAMES))
        return Authorizer(
            ledger=ledger,
            pause_switch=ledger,
            directory=people,
            in_force=in_force,
            clock=clock,
        )

    def close(self) -> None:
        """Leave what is under way alone: threads that wait for a host end by themselves."""
        self._scheduler.stop(timedelta(0))
        self._pool.close()

    def ask(self, text: str, *, by: int = 0) -> str:
        """Type a command and return the id of its request. Raises `SystemExit` when it is not taken."""
        if request_id := self.type(text, by=by):
            return request_id
        raise SystemExit(f"The bot did not take the command: {text}")

    def type(self, text: str, *, by: int) -> str:
        """Type a command and return the id of its request; empty when it is not taken."""
        response = self._intake.ask(self._call(f'{text} --reason "bench"', by))
        if response.wake is None:
            return ""
        self._scheduler.wake(response.wake)
        return response.wake.request_id

    def mistype(self, *, by: int) -> None:
        self._intake.ask(self._call("--nosuch", by))

    def press(self, request_id: str, *, by: int) -> None:
        """Press a button that is older than the card."""
        self._intake.press(PressCall(press="approve", value=f"{request_id}:1", actor=_person(by), place=PLACE))

    def carry_out(self, text: str) -> None:
        """Type a command, and return when its card shows the end. Raises `SystemExit` when it did not do its work."""
        request_id, until = self.ask(text), time.monotonic() + LONGEST.total_seconds()
        while time.monotonic() < until:
            request = self._ledger.find(request_id)
            if request and request.state is State.ENDED and request.published_version >= request.version:
                if request.ending is not Ending.DONE or [t.verdict for t in request.targets] != [Verdict.GONE]:
                    break
                return
            time.sleep(_LOOK_AGAIN)
        raise SystemExit(f"The healthy request was not carried out: {request}")

    def _call(self, text: str, by: int) -> CommandCall:
        delivery = f"{os.urandom(8).hex()} {next(self._deliveries)}"
        return CommandCall(command="logoff", text=text, actor=_person(by), place=PLACE, delivery=delivery)


def _person(number: int) -> Actor:
    return Actor(user_id=f"U0BENCH{number}", name=f"bench-{number}")
