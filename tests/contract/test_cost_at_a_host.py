"""An event at one host costs as many statements, and reads as many rows, in a fleet of 10 hosts as in one of 500."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

from adapters.sql.database import open_database
from adapters.sql.ledger import SqlLedger
from bot.audit.keys import SigningKeys
from bot.commands import ASK_TYPES
from bot.commands.logoff import LogoffAsk
from bot.domain import events as e
from bot.domain.actions import Action
from bot.domain.part import at_host
from bot.domain.request import WorkItem
from bot.domain.verdicts import Verdict
from bot.policy.in_force import InForce
from bot.policy.model import Policy, Rule
from bot.workflow.authorization import Authorizer
from bot.workflow.courier import Courier
from bot.workflow.steps import assemble
from tests.fakes.chat import FakeChat
from tests.fakes.clock import SettableClock
from tests.fakes.directory import FakeDirectory
from tests.fakes.scheduler import FakeScheduler
from tests.fakes.terminal import FakeTerminal
from tests.support import builders as b
from tests.support.harness import InlinePool

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

    from bot.workflow.steps import Workflow

FEW, MANY = 10, 500
POLICY = Policy(
    rules=(Rule(name="own sessions", who=b.ONCALL, may=frozenset(Action), max_targets=MANY),), second_person_above=MANY
)


@dataclass(slots=True)
class Cost:
    statements: int = 0
    rows: int = 0


class Counter:
    """Counts what the database is asked and every row that is fetched from it."""

    def __init__(self, engine: Engine) -> None:
        self.cost = Cost()
        event.listen(engine, "after_cursor_execute", self._count_statement)
        event.listen(engine, "connect", self._count_rows)

    def _count_statement(self, _connection: Any, cursor: Any, *_: Any) -> None:
        self.cost.statements += 1
        if cursor.description and cursor.rowcount > 0:  # SQLite says -1 here and calls `_row` instead
            self.cost.rows += cursor.rowcount

    def _count_rows(self, connection: Any, _record: Any) -> None:
        if hasattr(connection, "text_factory"):  # a connection of sqlite3
            connection.row_factory = self._row

    def _row(self, _cursor: Any, row: tuple[Any, ...]) -> tuple[Any, ...]:
        self.cost.rows += 1
        return row

    @contextmanager
    def counting(self) -> Iterator[Cost]:
        cost = self.cost = Cost()
        yield cost
        self.cost = Cost()


class Fleet:
    """An approved request over so many hosts with one person on each, on a real database."""

    def __init__(self, engine: Engine, hosts: int) -> None:
        self._clock = SettableClock(b.NOW)
        self._counter = Counter(engine)
        self._ledger = SqlLedger(engine, self._clock, SigningKeys("the key of the tests"), ASK_TYPES)
        names = tuple(f"host-{number}" for number in range(hosts))
        self._terminal = FakeTerminal({name: (b.session(3), b.session(9)) for name in names})
        self._id = f"TS-{hosts:06}"
        self._ledger.pause("somebody", "the log has an entry before those of the request")
        self._ledger.resume("somebody")
        self._ledger.open(b.request(self._id, ask=LogoffAsk(hosts=names)))
        self._ledger.record(self._id, b.surveyed(*(b.target(3, host=name) for name in names)))
        self._ledger.record(self._id, b.approved())

    def costs(self) -> dict[str, Cost]:
        """What each event costs, and each step. Before they count they run once, so that the connection is there."""
        self._warn("host-1", "host-2")
        costs = self._warn("host-3", "host-4")
        self._ledger.record(self._id, e.Started(valid_for=timedelta(hours=1)))
        self._act("host-5", "host-6")
        return costs | self._act("host-7", "host-8")

    def _warn(self, warned: str, not_warned: str) -> dict[str, Cost]:
        return {
            "an intended warning": self._cost(e.WarningStarted(key=(warned, 3))),
            "a delivered warning": self._cost(e.WarningDelivered(key=(warned, 3))),
            "a failed warning": self._cost(e.WarningFailed(key=(not_warned, 3), note="no")),
        }

    def _act(self, by_events: str, by_steps: str) -> dict[str, Cost]:
        key = (by_events, 3)
        costs = {
            "the start of a host": self._cost(e.HostStarted(host=by_events)),
            "an order under way": self._cost(e.TargetRequested(key=key)),
            "a failed step": self._cost(e.StepFailed(reference="r", code="c", again_in=b.GRACE, host=by_events)),
            "the end of a target": self._cost(e.TargetEnded(key=key, verdict=Verdict.GONE)),
            "the step at a host": self._cost(by_steps),
            "a look afterwards": self._cost(by_steps),
        }
        part = self._ledger.find(self._id, at_host(by_steps))
        assert part
        assert [target.verdict for target in part.targets] == [Verdict.GONE]
        return costs

    def _cost(self, what: e.Event | str) -> Cost:
        with self._counter.counting() as cost:
            if isinstance(what, str):
                self._workflow.step(WorkItem(request_id=self._id, host=what))
            else:
                self._ledger.record(self._id, what)
        return cost

    @property
    def _workflow(self) -> Workflow:
        directory = FakeDirectory.of_members({b.ASKER.user_id: b.ONCALL})
        return assemble(
            ledger=self._ledger,
            terminal=self._terminal,
            courier=Courier(ledger=self._ledger, chat=FakeChat(), clock=self._clock),
            clock=self._clock,
            pool=InlinePool(),
            scheduler=FakeScheduler(self._ledger, self._clock),
            authorizer=Authorizer(
                ledger=self._ledger,
                pause_switch=self._ledger,
                directory=directory,
                in_force=InForce(POLICY),
                clock=self._clock,
            ),
        )


def costs_in(url: str, hosts: int) -> dict[str, Cost]:
    engine = open_database(url)
    try:
        return Fleet(engine, hosts).costs()
    finally:
        engine.dispose()


def test_what_happens_at_one_host_costs_the_same_in_a_fleet_of_any_size(url: str) -> None:
    few = costs_in(url, FEW)
    assert all(cost.statements > 3 and 0 < cost.rows < 30 for cost in few.values()), few
    assert costs_in(url, MANY) == few
