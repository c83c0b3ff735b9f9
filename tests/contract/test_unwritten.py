"""A request never reaches a host when its entry could not be written: each way in which a database fails is tried."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, text

from adapters.sql import ledger as sql
from adapters.sql.database import open_database
from adapters.sql.ledger import SqlLedger
from adapters.sql.migrate import upgrade
from bot.audit.keys import SigningKeys
from bot.commands import ASK_TYPES
from bot.domain.events import name_of
from bot.errors import LedgerError
from tests.contract import logs
from tests.contract.test_audit_writing import swallow
from tests.support.harness import BotHarness

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from sqlalchemy import Engine

    from bot.domain.alone import AloneLimit
    from bot.domain.events import Event
    from bot.domain.request import Request

    Fault = Callable[[Engine], AbstractContextManager[None]]
    Broken = tuple[Engine, Fault]

KEYS = SigningKeys("the key of the tests")


@contextmanager
def swallowed(database: Engine, table: str = "audit_entry") -> Iterator[None]:
    swallow(database, table)
    yield
    drop = "DROP TRIGGER thief" if database.dialect.name == "sqlite" else "DROP FUNCTION thief CASCADE"
    with database.begin() as connection:
        connection.execute(text(drop))


@contextmanager
def refused(database: Engine) -> Iterator[None]:
    with database.begin() as connection:
        connection.execute(text("ALTER TABLE audit_entry RENAME TO elsewhere"))
    yield
    with database.begin() as connection:
        connection.execute(text("ALTER TABLE elsewhere RENAME TO audit_entry"))


@contextmanager
def held(database: Engine) -> Iterator[None]:
    """Another process has the lock and does not give it back."""
    with database.begin() as connection:
        connection.execute(text("UPDATE chain_head SET seq = seq"))
        yield


@contextmanager
def gone(database: Engine) -> Iterator[None]:
    """The connection breaks right before the entry."""

    def cut(connection: Any, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("INSERT INTO audit_entry"):
            connection.connection.dbapi_connection.close()

    event.listen(database, "before_cursor_execute", cut)
    yield
    event.remove(database, "before_cursor_execute", cut)


@contextmanager
def full(database: Engine) -> Iterator[None]:
    """The disk takes not one page more."""

    def limit(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA max_page_count = 1")

    with database.begin() as connection:
        connection.execute(text("CREATE TABLE filler (x TEXT)"))
        filling = "CREATE TRIGGER filling AFTER INSERT ON audit_entry BEGIN INSERT INTO filler VALUES ({}); END"
        connection.execute(text(filling.format("zeroblob(100000)")))
    event.listen(database, "connect", limit)
    database.dispose()
    yield
    event.remove(database, "connect", limit)
    database.dispose()
    with database.begin() as connection:
        connection.execute(text("DROP TRIGGER filling"))


FAULTS: dict[str, Fault] = {
    "swallowed": swallowed,
    "refused": refused,
    "held": held,
    "gone": gone,
    "full": full,
}


def cases() -> list[tuple[str, str]]:
    """SQLite alone has a limit of pages."""
    return [each for each in product(("sqlite", "postgresql"), FAULTS) if each != ("postgresql", "full")]


@pytest.fixture(params=cases(), ids="-".join)
def broken(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Broken]:
    kind, fault = request.param
    tmp_path = request.getfixturevalue("tmp_path")
    url = f"sqlite:///{tmp_path}/log.db" if kind == "sqlite" else request.getfixturevalue("new_postgresql")()
    upgrade(url)
    monkeypatch.setattr(sql, "PATIENCE", timedelta(milliseconds=200))
    monkeypatch.setattr(sql, "RECEIPT_LIMIT", timedelta(milliseconds=200))
    engine = open_database(url)
    yield engine, FAULTS[fault]
    engine.dispose()


STEPS = ("asked", "surveyed", "approved", "started", "host_started")
"""What is recorded before a host has its order."""


@pytest.mark.parametrize("lost", STEPS)
def test_a_request_whose_entry_is_not_written_reaches_no_host(broken: Broken, lost: str) -> None:
    engine, fails = broken
    harness = BotHarness(records_failures=True)
    ledger = FailingFrom(lost, engine, fails, harness)
    harness.ledger = ledger  # type: ignore[assignment] # a store like the fake one
    harness.restart()
    with ledger.fault:
        for step in (lambda: harness.ask("comp1 id=3 --sync"), harness.run, lambda: press(harness), harness.run):
            with suppress(LedgerError):
                step()
        assert ledger.has_failed
        assert harness.terminal.acts == []
    assert [entry.event for entry in ledger.entries()] == list(STEPS[: STEPS.index(lost)])
    assert logs.verified(engine, KEYS.public).fault == ""


def press(harness: BotHarness) -> None:
    if harness.ledger.newest(1):
        harness.press("approve")


class FailingFrom(SqlLedger):
    """A ledger whose database fails from this event on."""

    def __init__(self, lost: str, engine: Engine, fails: Fault, harness: BotHarness) -> None:
        super().__init__(engine, harness.clock, KEYS, ASK_TYPES)
        self.fault, self.has_failed = ExitStack(), False
        self._lost, self._fails = lost, fails

    def open(self, request: Request) -> Request:
        with self._failing("asked"):
            return super().open(request)

    def record(
        self, request_id: str, event: Event, *, interactive: bool = False, limit: AloneLimit | None = None
    ) -> Request:
        with self._failing(name_of(event)):
            return super().record(request_id, event, interactive=interactive, limit=limit)

    @contextmanager
    def _failing(self, name: str) -> Iterator[None]:
        if name == self._lost and not self.has_failed:
            self.fault.enter_context(self._fails(self._engine))
            self.has_failed = True
            with pytest.raises(LedgerError) as caught:
                yield
            raise caught.value
        yield
