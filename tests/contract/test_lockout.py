"""One command at forty hosts does not lock the bot's account: real NTLM and Basic, a real database, real threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from adapters.clock import SystemClock
from adapters.sql.database import open_database
from adapters.sql.logons import SqlLogons
from adapters.sql.migrate import upgrade
from adapters.sql.write_queue import FairLock
from adapters.windows.terminal import WindowsTerminal
from adapters.windows.winrm.endpoint import Connection, Transport
from adapters.windows.winrm.logon_gate import LogonGate
from app.carriers import Carriers
from bot.domain.verdicts import Verdict
from bot.errors import NotAuthenticated, TerminalError, TimedOut, Unreachable
from rehearsal.windows import Farm
from tests.contract.hosts import ENDPOINT, FarmHosts, farm_file, order_for
from tests.fakes.clock import SettableClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from bot.ports.clock import Clock

KEY = b"the key of the tests"
WITHIN = timedelta(seconds=20)
MANY = 40
OVER_BOTH = pytest.mark.parametrize("jea", ["", ENDPOINT], ids=["script", "jea"])


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FarmHosts]:
    path, names = farm_file(tmp_path_factory.mktemp("farm"), hosts=MANY)
    with Farm.from_file(path, engine="double") as farm, closing(FarmHosts(farm, names)) as there:
        yield there


@pytest.fixture
def farm(shared: FarmHosts) -> Farm:
    shared.farm.restore()
    return shared.farm


@pytest.fixture
def names(farm: Farm) -> list[str]:
    return list(farm.endpoints)


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/x.db"
    upgrade(url)
    return url


@contextmanager
def bot(
    url: str, connection_of: Callable[[str], Connection], clock: Clock | None = None, *, jea: str = ""
) -> Iterator[WindowsTerminal]:
    """The Windows side of one process of the bot, on this database. `jea`: all hosts have the module."""
    engine, clock = open_database(url), clock or SystemClock()
    logons = SqlLogons(engine, clock, FairLock(), window=timedelta(minutes=10))
    gate = LogonGate(logons, clock, KEY)
    with closing(Carriers(lambda host: replace(connection_of(host), jea=jea), gate=gate)) as carriers:
        yield WindowsTerminal(carriers)
    engine.dispose()


def command(terminal: WindowsTerminal, names: Sequence[str], within: timedelta = WITHIN) -> dict[str, Any]:
    """One look at all of them at once: how many sessions, or the error."""

    def look(host: str) -> int | TerminalError:
        try:
            return len(terminal.sessions(host, within=within))
        except TerminalError as error:
            return error

    with ThreadPoolExecutor(len(names)) as threads:
        return dict(zip(names, threads.map(look, names), strict=True))


@OVER_BOTH
def test_forty_hosts_that_refuse_get_two_logons_in_all_with_a_second_command_and_after_a_restart(
    shared: FarmHosts, farm: Farm, names: list[str], url: str, jea: str
) -> None:
    for host in names:
        farm.set_behaviour(host, "wrong-password")
    with bot(url, shared.connection, jea=jea) as terminal:
        first, second = command(terminal, names), command(terminal, names)
    with bot(url, shared.connection, jea=jea) as restarted:
        third = command(restarted, names)
    assert len(farm.refused_logons()) == 2
    every = [error for found in (first, second, third) for error in found.values()]
    assert {type(error) for error in every} == {NotAuthenticated}
    assert not any(error.delivered for error in every)
    told = [error.message for error in every if "two computers did not accept the bot's account" in error.message]
    assert len(told) == 3 * MANY - 2


def test_another_password_frees_all_of_them(shared: FarmHosts, farm: Farm, names: list[str], url: str) -> None:
    wrong = SecretStr("not the farm's")
    with bot(url, lambda host: replace(shared.connection(host), password=wrong)) as terminal:
        command(terminal, names)
    assert len(farm.refused_logons()) == 2
    with bot(url, shared.connection) as restarted:
        assert set(command(restarted, names).values()) == {9}


@pytest.mark.parametrize("odd", [0, MANY - 1])
def test_one_host_that_refuses_costs_itself_alone(
    shared: FarmHosts, farm: Farm, names: list[str], url: str, odd: int
) -> None:
    farm.set_behaviour(names[odd], "wrong-password")
    with bot(url, shared.connection) as terminal:
        first, second = command(terminal, names), command(terminal, names)
    for found in (first, second):
        assert isinstance(found.pop(names[odd]), NotAuthenticated)
        assert set(found.values()) == {9}
    assert len(farm.refused_logons()) == 1


def test_forty_hosts_that_accept_cost_one_handshake_each(
    shared: FarmHosts, farm: Farm, names: list[str], url: str
) -> None:
    with bot(url, shared.connection) as terminal:
        for _ in range(2):
            assert set(command(terminal, names).values()) == {9}
    assert all(farm.messages(host)[:3] == ["401", "401+challenge", "200"] for host in names)
    assert all(farm.messages(host).count("401+challenge") == 1 for host in names)


def test_hosts_that_do_not_answer_keep_nobody_waiting(
    shared: FarmHosts, farm: Farm, names: list[str], url: str
) -> None:
    """The turn is taken when a host has sent its challenge. It ends with the answer alone here: the clock stands."""
    silent = names[:5]
    for host in silent:
        farm.set_behaviour(host, "trips", at="handshake", manner="silence", times=0)
    farm.take_down(names[5])
    with bot(url, shared.connection, SettableClock()) as terminal, ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(command, terminal, silent, timedelta(seconds=2))
        others = command(terminal, names[5:10])
        assert {type(error) for error in waiting.result().values()} == {TimedOut}
    assert isinstance(others.pop(names[5]), Unreachable)
    assert set(others.values()) == {9}
    farm.bring_up(names[5])


@OVER_BOTH
def test_an_act_whose_connection_has_to_log_on_again_is_refused_with_nothing_delivered(
    shared: FarmHosts, farm: Farm, names: list[str], url: str, jea: str
) -> None:
    host = names[0]
    with bot(url, shared.connection, jea=jea) as terminal:
        alice = next(session for session in terminal.sessions(host, within=WITHIN) if session.id == 3)
        farm.take_down(host)
        farm.bring_up(host)
        farm.set_behaviour(host, "wrong-password")
        for _ in range(2):
            with pytest.raises(NotAuthenticated) as caught:
                list(terminal.log_off(host, [order_for(alice)], wait=timedelta(seconds=5), within=WITHIN))
            assert not caught.value.delivered
    assert shared.logged_off(host) == []
    assert farm.refused_logons() == [host]


@pytest.mark.parametrize(("at", "delivered"), [("command", False), ("send", False), ("receive", True)])
def test_a_401_in_the_middle_of_an_act_says_honestly_what_was_delivered(
    shared: FarmHosts, farm: Farm, names: list[str], url: str, at: str, *, delivered: bool
) -> None:
    """Over TLS nothing is sealed, so the connection logs on anew by itself. A host that refuses reads no message."""
    host = names[0]

    def over_tls(host: str) -> Connection:
        return replace(shared.connection(host), endpoint=farm.secure_endpoints[host], ca_file=farm.ca_file)

    with bot(url, over_tls) as terminal:
        alice = next(session for session in terminal.sessions(host, within=WITHIN) if session.id == 3)
        farm.set_behaviour(host, "trips", at=at, manner="401", times=0)
        with pytest.raises(NotAuthenticated) as caught:
            list(terminal.log_off(host, [order_for(alice)], wait=timedelta(seconds=5), within=WITHIN))
        assert caught.value.delivered is delivered
        farm.set_behaviour(host, "none")
        with pytest.raises(NotAuthenticated, match="is not tried again before"):
            terminal.sessions(host, within=WITHIN)
    assert delivered or shared.logged_off(host) == []


def test_a_warm_connection_goes_on_while_the_account_is_stopped(
    shared: FarmHosts, farm: Farm, names: list[str], url: str
) -> None:
    with bot(url, shared.connection) as terminal:
        alice = next(session for session in terminal.sessions(names[0], within=WITHIN) if session.id == 3)
        for host in names[1:]:
            farm.set_behaviour(host, "wrong-password")
        command(terminal, names[1:3])
        assert isinstance(command(terminal, names[3:4])[names[3]], NotAuthenticated)
        (answer,) = terminal.log_off(names[0], [order_for(alice)], wait=timedelta(seconds=5), within=WITHIN)
    assert answer.verdict is Verdict.GONE


@pytest.fixture
def secure_farm(tmp_path: Path) -> Iterator[Farm]:
    path, _ = farm_file(tmp_path, hosts=4)
    path.write_text(path.read_text().replace("sessions:", "auth: [basic]\n    sessions:"))
    with Farm.from_file(path, engine="double") as farm:
        yield farm


def basic(farm: Farm, password: str) -> Callable[[str], Connection]:
    return lambda host: Connection(
        endpoint=farm.secure_endpoints[host],
        transport=Transport.BASIC,
        username=farm.account.username,
        password=SecretStr(password),
        ca_file=farm.ca_file,
    )


@OVER_BOTH
def test_basic_passes_the_same_gate(secure_farm: Farm, url: str, jea: str) -> None:
    names = list(secure_farm.endpoints)
    with bot(url, basic(secure_farm, "not the farm's"), jea=jea) as terminal:
        found = [command(terminal, names) for _ in range(2)]
    assert {type(error) for each in found for error in each.values()} == {NotAuthenticated}
    assert sum(secure_farm.messages(host).count("401") for host in names) == 2
    with bot(url, basic(secure_farm, secure_farm.account.password), jea=jea) as terminal:
        assert set(command(terminal, names).values()) == {9}


def test_a_host_that_takes_no_basic_has_refused_no_password(farm: Farm, names: list[str], url: str) -> None:
    """It answers 401 before it looks at the password, so nothing counts towards a lockout."""
    with bot(url, basic(farm, farm.account.password)) as terminal:
        found = command(terminal, names[:1])
        assert "two computers" not in str(found[names[0]])
        assert isinstance(command(terminal, names[:1])[names[0]], TerminalError)


def test_a_password_over_ntlm_and_the_same_over_basic_are_one_credential(
    shared: FarmHosts, secure_farm: Farm, farm: Farm, names: list[str], url: str
) -> None:
    wrong = "not the farm's"
    there = list(secure_farm.endpoints)
    with ExitStack() as stack:
        over_basic = stack.enter_context(bot(url, basic(secure_farm, wrong)))
        command(over_basic, there)
        over_ntlm = stack.enter_context(
            bot(url, lambda host: replace(shared.connection(host), password=SecretStr(wrong)))
        )
        found = command(over_ntlm, names[10:20])
    assert all("two computers" in error.message for error in found.values())
    assert len(farm.refused_logons()) == 0
