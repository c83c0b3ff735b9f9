"""The carrier of the module over the farm: its sessions at the host, its time, its logons, and what it believes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from adapters.windows.jea.carrier import JeaCarrier
from adapters.windows.jea.kinds import ModuleTooOld, NoEndpoint, NotInGroup
from adapters.windows.terminal import WindowsTerminal
from bot.domain.verdicts import Reason, Verdict
from bot.errors import BadReply, CannotCompile, NoRight, NotAuthenticated, TerminalError, TimedOut, Unreachable
from rehearsal.windows import Farm
from tests.contract.hosts import LOOK, SESSIONS, JeaHosts, farm_file, look, order_for
from tests.support.environment import proxy_for_all

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.domain.session import Session
    from bot.ports.terminal import Answer

WAIT, ACT = timedelta(seconds=5), timedelta(seconds=20)


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JeaHosts]:
    path, names = farm_file(tmp_path_factory.mktemp("farm"), hosts=90)
    with Farm.from_file(path, engine="double") as farm, closing(JeaHosts(farm, names)) as there:
        yield there


@pytest.fixture
def farm(hosts: JeaHosts) -> Farm:
    return hosts.farm


@pytest.fixture
def host(hosts: JeaHosts) -> str:
    return hosts.take()


@contextmanager
def terminal(hosts: JeaHosts, **changes: object) -> Iterator[WindowsTerminal]:
    """A terminal over a carrier of its own, whose connections are changed so."""
    with closing(JeaCarrier(lambda host: replace(hosts.connection(host), **changes))) as carrier:  # type: ignore[arg-type]
        yield WindowsTerminal(carrier)


def log_off(it: JeaHosts | WindowsTerminal, host: str, *there: Session, within: timedelta = ACT) -> list[Answer]:
    asked = it.terminal if isinstance(it, JeaHosts) else it
    return list(asked.log_off(host, [order_for(each) for each in there], wait=WAIT, within=within))


# The session at the host


def test_a_cold_look_opens_a_session_and_a_warm_one_is_a_command(hosts: JeaHosts, farm: Farm, host: str) -> None:
    look(hosts, host)
    opening = farm.messages(host)
    assert [opening.count(each) for each in ("200", "Create", "Command", "Signal")] == [1, 1, 1, 1]
    look(hosts, host)
    warm = [each for each in farm.messages(host)[len(opening) :] if each != "Receive"]
    assert (warm, farm.open_shells(host), farm.open_pipelines(host)) == (["Command", "Signal"], 1, 0)


def test_an_act_on_a_kept_session_asks_first_whether_the_host_still_knows_it(
    hosts: JeaHosts, farm: Farm, host: str
) -> None:
    there = look(hosts, host)
    before = len(farm.messages(host))
    assert [each.verdict for each in log_off(hosts, host, there[3])] == [Verdict.GONE]
    assert [each for each in farm.messages(host)[before:] if each != "Receive"] == ["Get", "Command", "Signal"]


def test_two_calls_at_once_never_share_a_session(hosts: JeaHosts, farm: Farm, host: str) -> None:
    look(hosts, host)
    farm.set_behaviour(host, "slow", seconds=0.3)
    with ThreadPoolExecutor(8) as threads:
        looks = list(threads.map(lambda _: len(hosts.terminal.sessions(host, within=LOOK)), range(8)))
    assert looks == [len(SESSIONS)] * 8
    assert 1 < farm.messages(host).count("Create") <= 4  # as many as calls at one host at a time
    assert farm.messages(host).count("400") == 0


def test_sessions_that_lie_idle_are_ended_at_the_host(hosts: JeaHosts, farm: Farm, host: str) -> None:
    with closing(JeaCarrier(hosts.connection, keep_idle=timedelta(seconds=0.2))) as carrier:
        WindowsTerminal(carrier).sessions(host, within=LOOK)
        farm.wait_until(lambda: farm.open_shells(host) == 0 and "Delete" in farm.messages(host))


def test_closing_ends_all_sessions(hosts: JeaHosts, farm: Farm, host: str) -> None:
    with terminal(hosts) as there:
        there.sessions(host, within=LOOK)
        assert farm.open_shells(host) == 1
    farm.wait_until(lambda: farm.open_shells(host) == 0)


@pytest.mark.parametrize("repeats", [True, False])
@pytest.mark.parametrize("ended", ["restarted", "idle too long"])
def test_a_kept_session_that_the_host_has_ended_costs_neither_a_look_nor_an_act(
    hosts: JeaHosts, farm: Farm, ended: str, *, repeats: bool
) -> None:
    for act in ("look", "log off"):
        host = hosts.take()
        with terminal(hosts, repeats=repeats) as there:
            seen = {each.id: each for each in there.sessions(host, within=LOOK)}
            if ended == "restarted":
                farm._hosts[host].service.close()
            else:
                farm.set_behaviour(host, "disconnects")
                for shell in farm._hosts[host].service._shells.values():
                    shell.used_at -= 300
            if act == "look":
                assert len(there.sessions(host, within=LOOK)) == len(SESSIONS)
            else:
                assert [each.verdict for each in log_off(there, host, seen[3])] == [Verdict.GONE]
        assert hosts.logged_off(host) == ([3] if act == "log off" else [])


def test_a_command_whose_fate_is_unknown_is_not_sent_again(hosts: JeaHosts, farm: Farm, host: str) -> None:
    there = look(hosts, host)
    farm.set_behaviour(host, "restarts", at="command", done=True)
    with pytest.raises(Unreachable) as caught:
        log_off(hosts, host, there[3])
    assert caught.value.delivered
    farm.wait_until(lambda: hosts.logged_off(host) == [3])
    assert sum(each.startswith("Command") for each in farm.messages(host)) == 2


def test_ids_that_no_session_can_have_are_answered_without_a_word_to_the_host(
    hosts: JeaHosts, farm: Farm, host: str
) -> None:
    there = look(hosts, host)
    before = farm.messages(host)
    odd = [order_for(there[3], session_id=number) for number in (-1, 2**31 + 5)]
    answers = hosts.terminal.log_off(host, odd, wait=WAIT, within=ACT)
    assert [(each.verdict, each.reason) for each in answers] == [(Verdict.SKIPPED, Reason.BAD_ID)] * 2
    with pytest.raises(BadReply, match="code 87") as caught:
        hosts.terminal.programs(host, odd[1], within=LOOK)
    assert (caught.value.delivered, farm.messages(host)) == (False, before)


# Time


def test_a_command_that_hangs_is_cut_in_time_and_its_session_ended_over_a_new_connection(
    hosts: JeaHosts, farm: Farm, host: str
) -> None:
    there = look(hosts, host)
    farm.set_behaviour(host, "trips", at="receive", manner="silence", times=0)
    with pytest.raises(TimedOut) as caught:
        log_off(hosts, host, there[3], within=timedelta(seconds=6))
    assert (caught.value.delivered, caught.value.phase) == (True, "receive")
    assert (farm.open_shells(host), farm.messages(host)[-1]) == (0, "Delete")


def test_a_wait_of_the_host_ends_with_the_call(hosts: JeaHosts, farm: Farm, host: str) -> None:
    there = look(hosts, host)
    hosts.hang(host)
    with pytest.raises(TimedOut):
        log_off(hosts, host, there[3], within=timedelta(seconds=2))
    farm.wait_until(lambda: farm.open_shells(host) == 0)
    assert hosts.logged_off(host) == [3]


def test_leaving_early_ends_the_session_and_touches_nobody_behind(hosts: JeaHosts, farm: Farm, host: str) -> None:
    there = look(hosts, host)
    answers = hosts.terminal.log_off(host, [order_for(there[3]), order_for(there[5])], wait=WAIT, within=ACT)
    assert next(iter(answers)).verdict is Verdict.GONE
    answers.close()  # type: ignore[attr-defined]  # the adapter gives a generator
    farm.wait_until(lambda: farm.open_shells(host) == 0)
    assert hosts.logged_off(host) == [3]


# What it believes

LACKING = ("SessionId", "StateCode", "User", "LoginTime", "ModuleVersion", "Server", "CutLetters")
BROKEN = [
    *({"how": how} for how in ("noise", "torn", "miscounted", "malformed", "flood")),
    *({"how": "lacks", "property": each} for each in LACKING),
    {"how": "says", "property": "SessionId", "value": "-1"},
    {"how": "says", "property": "LoginTime", "value": "soon"},
    {"how": "says", "property": "ModuleVersion", "value": "newest"},
]


@pytest.mark.parametrize("garbled", BROKEN, ids=lambda each: "-".join(each.values()))
def test_a_list_that_is_torn_or_lacks_something_is_no_answer(
    hosts: JeaHosts, farm: Farm, host: str, garbled: dict[str, str]
) -> None:
    farm.set_behaviour(host, "garbles", **garbled)
    with pytest.raises(BadReply):
        look(hosts, host)
    farm.wait_until(lambda: farm.open_shells(host) == 0)


RESULT = ("SessionId", "Verdict", "Code", "WaitedMs", "HasSeen", "SeenUser", "ModuleVersion")
SPOILED = [
    *({"how": how} for how in ("noise", "torn", "miscounted", "malformed", "silence", "doubled")),
    *({"how": "lacks", "property": each} for each in RESULT),
    {"how": "says", "property": "Verdict", "value": "perhaps"},
    {"how": "says", "property": "SessionId", "value": "3"},
]


@pytest.mark.parametrize("garbled", SPOILED, ids=lambda each: "-".join(each.values()))
def test_a_result_that_is_torn_or_lacks_something_leaves_the_act_unknown(
    hosts: JeaHosts, farm: Farm, host: str, garbled: dict[str, str]
) -> None:
    there = look(hosts, host)
    farm.set_behaviour(host, "garbles", **garbled)
    orders = [order_for(there[5])]
    with pytest.raises(BadReply) as caught:
        list(hosts.terminal.message(host, orders, title="Hi", text="Save now", within=ACT))
    assert caught.value.delivered
    farm.wait_until(lambda: len(hosts.messages(host)) == 1)


def test_an_empty_list_proves_nothing(hosts: JeaHosts, farm: Farm, host: str) -> None:
    farm.set_behaviour(host, "garbles", how="silence")
    with pytest.raises(NoRight, match="Query Information"):
        look(hosts, host)


IDENTIFIERS: dict[str, tuple[type[TerminalError], str]] = {
    "CommandNotFoundException": (NotInGroup, "LogoffBot.pssc"),
    "NamedParameterNotFound,LogoffBot.StopTSSessionCommand": (ModuleTooOld, "this release"),
    "MissingMandatoryParameter,LogoffBot.StopTSSessionCommand": (ModuleTooOld, "this release"),
    "CannotInvokeMethodInConstrainedLanguage": (CannotCompile, "LogoffBot.dll"),
    "CouldNotAutoLoadModule": (CannotCompile, "SHA-256"),
    "machine:0,LogoffBot.StopTSSessionCommand": (TerminalError, "another machine"),
    "WTSEnumerateSessionsExW:5,LogoffBot.StopTSSessionCommand": (NoRight, "Query Information"),
    "WTSEnumerateSessionsExW:1722,LogoffBot.StopTSSessionCommand": (TerminalError, "TermService"),
}


@pytest.mark.parametrize("identifier", IDENTIFIERS)
def test_an_error_is_known_by_its_identifier_and_nothing_was_done(
    hosts: JeaHosts, farm: Farm, host: str, identifier: str
) -> None:
    kind, hint = IDENTIFIERS[identifier]
    there = look(hosts, host)
    farm.set_behaviour(host, "complains", id=identifier, message="sagt der Host")
    with capture_logs() as logs, pytest.raises(kind, match=hint) as caught:
        log_off(hosts, host, there[3])
    assert (caught.value.delivered, host in caught.value.message) == (False, True)
    assert any("sagt der Host" in each.get("words", "") for each in logs)
    assert hosts.logged_off(host) == []


@pytest.mark.parametrize("identifier", ["System.OutOfMemoryException", "OutOfMemoryException:0,A", "Odd:99999999999"])
def test_an_error_that_nobody_knows_may_have_come_after_the_act(
    hosts: JeaHosts, farm: Farm, host: str, identifier: str
) -> None:
    there = look(hosts, host)
    farm.set_behaviour(host, "complains", id=identifier, done=True)
    with pytest.raises(TerminalError) as caught:
        log_off(hosts, host, there[3])
    assert caught.value.delivered
    farm.wait_until(lambda: hosts.logged_off(host) == [3])


def test_a_host_without_the_endpoint_is_told_as_that(hosts: JeaHosts, farm: Farm, host: str) -> None:
    farm.set_behaviour(host, "no-endpoint")
    with pytest.raises(NoEndpoint, match=r"winrm\.endpoint") as caught:
        look(hosts, host)
    assert not caught.value.delivered


def test_a_command_that_was_refused_leaves_its_session_for_the_next(hosts: JeaHosts, farm: Farm, host: str) -> None:
    look(hosts, host)
    farm.set_behaviour(host, "complains", id="WTSEnumerateSessionsExW:5,LogoffBot.GetTSSessionCommand")
    with pytest.raises(NoRight):
        look(hosts, host)
    farm.set_behaviour(host, "none")
    assert len(look(hosts, host)) == len(SESSIONS)
    assert (farm.messages(host).count("Create"), farm.open_pipelines(host)) == (1, 0)


def test_a_module_that_is_too_old_is_refused_in_words(hosts: JeaHosts, farm: Farm, host: str) -> None:
    farm.set_behaviour(host, "garbles", how="says", property="ModuleVersion", value="0.0.9")
    with pytest.raises(ModuleTooOld, match="older than this bot"):
        look(hosts, host)
    farm.set_behaviour(host, "garbles", how="says", property="ModuleVersion", value="7.1")
    assert len(look(hosts, host)) == len(SESSIONS)


# The way there


def test_a_wrong_password_is_tried_once_and_no_session_is_opened(hosts: JeaHosts, farm: Farm, host: str) -> None:
    with terminal(hosts, password=SecretStr("wrong")) as there, pytest.raises(NotAuthenticated, match="locked"):
        there.sessions(host, within=LOOK)
    assert (farm.messages(host).count("401+challenge"), farm.open_shells(host)) == (1, 0)


def test_over_tls_with_the_farms_own_authority(hosts: JeaHosts, farm: Farm, host: str) -> None:
    secure = {"endpoint": farm.secure_endpoints[host]}
    with terminal(hosts, **secure, ca_file=farm.ca_file) as there:
        assert len(there.sessions(host, within=LOOK)) == len(SESSIONS)
    with terminal(hosts, **secure) as there, pytest.raises(Unreachable, match="certificate"):
        there.sessions(host, within=LOOK)


def test_the_proxies_of_the_environment_are_neither_used_nor_changed(
    hosts: JeaHosts, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = proxy_for_all(monkeypatch)
    with terminal(hosts) as there:
        assert len(there.sessions(host, within=LOOK)) == len(SESSIONS)
    assert written == []
