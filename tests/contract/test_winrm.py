"""What goes over the wire to the farm, and what comes of it when the wire or the host fails."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import trustme
from pydantic import SecretStr
from structlog.testing import capture_logs

from adapters.windows.terminal import WinRmTerminal
from adapters.windows.winrm.endpoint import Connection, Transport
from adapters.windows.winrm.shell import WinRmShell
from bot.domain.verdicts import Verdict
from bot.errors import BadReply, NoRight, NotAuthenticated, TerminalError, TimedOut, Unreachable
from rehearsal.windows import Farm
from tests.contract.hosts import FarmHosts, farm_file, order_for
from tests.support.environment import proxy_for_all

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from bot.domain.session import Session
    from bot.ports.terminal import Answer

WITHIN = timedelta(seconds=20)
HANDSHAKE = ["401", "401+challenge", "200"]
LIST = ["Create", "Command", "Send", "Receive", "Delete"]


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FarmHosts]:
    path, names = farm_file(tmp_path_factory.mktemp("farm"))
    with Farm.from_file(path, engine="double") as farm, closing(FarmHosts(farm, names)) as there:
        yield there


@pytest.fixture
def farm(hosts: FarmHosts) -> Farm:
    return hosts.farm


@pytest.fixture
def host(hosts: FarmHosts) -> str:
    return hosts.take()


def look(hosts: FarmHosts, host: str) -> dict[int, Session]:
    return {session.id: session for session in hosts.terminal.sessions(host, within=WITHIN)}


def log_off(hosts: FarmHosts, host: str, *sessions: Session) -> list[Answer]:
    orders = [order_for(session) for session in sessions]
    return list(hosts.terminal.log_off(host, orders, wait=timedelta(seconds=5), within=WITHIN))


def merged(messages: Sequence[str]) -> list[str]:
    """Several Receives in a row are one: how output is cut is the host's affair."""
    return [
        each
        for before, each in zip(["", *messages], messages, strict=False)
        if (before, each) != ("Receive", "Receive")
    ]


def test_a_list_is_one_handshake_and_five_messages(hosts: FarmHosts, farm: Farm, host: str) -> None:
    look(hosts, host)
    assert merged(farm.messages(host)) == HANDSHAKE + LIST
    assert farm.open_shells(host) == 0


def test_the_act_after_the_look_needs_no_new_handshake(hosts: FarmHosts, farm: Farm, host: str) -> None:
    there = look(hosts, host)
    log_off(hosts, host, *(there[each] for each in (3, 5, 7, 8, 9, 10)))
    assert merged(farm.messages(host)) == HANDSHAKE + LIST + LIST
    assert hosts.logged_off(host) == [3, 5, 7, 8, 9, 10]


def test_a_line_that_lay_idle_is_closed(hosts: FarmHosts, farm: Farm, host: str) -> None:
    with closing(WinRmShell(hosts.connection, keep_idle=timedelta(0))) as shell:
        for _ in range(2):
            WinRmTerminal(shell).sessions(host, within=WITHIN)
    assert merged(farm.messages(host)) == (HANDSHAKE + LIST) * 2


def test_a_kept_line_that_died_meanwhile_is_replaced_without_a_word(hosts: FarmHosts, farm: Farm, host: str) -> None:
    there = look(hosts, host)
    farm.take_down(host)
    farm.bring_up(host)
    assert [answer.verdict for answer in log_off(hosts, host, there[3])] == [Verdict.GONE]


def test_threads_never_share_a_line(hosts: FarmHosts, farm: Farm, host: str) -> None:
    with ThreadPoolExecutor(8) as threads:
        lists = list(threads.map(lambda _: look(hosts, host).keys(), range(16)))
    assert all(each == lists[0] for each in lists)
    assert "400" not in farm.messages(host)
    assert farm.open_shells(host) == 0


@pytest.mark.slow
def test_answers_come_one_by_one_and_the_next_waits_for_the_last_to_be_gone(
    hosts: FarmHosts, farm: Farm, host: str
) -> None:
    there = look(hosts, host)
    farm.set_behaviour(host, "delayed", seconds=0.5)
    answers = log_off(hosts, host, there[3], there[5])
    assert [answer.verdict for answer in answers] == [Verdict.GONE, Verdict.GONE]
    first, second = farm.calls(host)
    assert second.at - first.at >= 5_000_000  # ticks: the farm lets a session go half a second after it was asked


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("at", ["create", "command", "delete"])
def test_a_connection_lost_before_the_send_or_after_the_answer_costs_nothing(
    hosts: FarmHosts, farm: Farm, host: str, at: str, *, done: bool
) -> None:
    there = look(hosts, host)
    farm.set_behaviour(host, "drops", at=at, done=done)
    assert [answer.verdict for answer in log_off(hosts, host, there[3])] == [Verdict.GONE]
    assert hosts.logged_off(host) == [3]


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("at", ["send", "receive"])
def test_a_logoff_whose_connection_is_lost_later_may_have_been_carried_out(
    hosts: FarmHosts, farm: Farm, host: str, at: str, *, done: bool
) -> None:
    there = look(hosts, host)
    farm.set_behaviour(host, "drops", at=at, done=done)
    with pytest.raises(Unreachable) as caught:
        log_off(hosts, host, there[3])
    assert caught.value.delivered
    assert farm.messages(host).count("Send") + farm.messages(host).count("Send!dropped") == 2
    assert set(hosts.logged_off(host)) <= {3}
    assert farm.open_shells(host) == 0


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("at", ["send", "receive"])
def test_a_message_that_may_have_been_shown_is_never_shown_again(
    hosts: FarmHosts, farm: Farm, host: str, at: str, *, done: bool
) -> None:
    bob = look(hosts, host)[5]
    farm.set_behaviour(host, "drops", at=at, done=done)
    with pytest.raises(Unreachable) as caught:
        list(hosts.terminal.message(host, [order_for(bob)], title="Alert", text="Go.", within=WITHIN))
    assert caught.value.delivered
    farm.wait_until(lambda: farm.open_shells(host) == 0)
    assert len(hosts.messages(host)) <= 1


@pytest.mark.parametrize("at", ["create", "command", "send", "receive", "delete"])
def test_a_list_survives_one_lost_connection(hosts: FarmHosts, farm: Farm, host: str, at: str) -> None:
    farm.set_behaviour(host, "drops", at=at)
    assert 3 in look(hosts, host)


@pytest.mark.parametrize("at", ["create", "command", "send", "receive"])
def test_a_host_that_always_hangs_up_is_given_up(hosts: FarmHosts, farm: Farm, host: str, at: str) -> None:
    farm.set_behaviour(host, "drops", at=at, times=0)
    with pytest.raises(Unreachable):
        look(hosts, host)


def test_a_wrong_password_is_tried_once_and_never_again(hosts: FarmHosts, farm: Farm, host: str) -> None:
    farm.set_behaviour(host, "wrong-password")
    with pytest.raises(NotAuthenticated) as caught:
        look(hosts, host)
    assert farm.messages(host) == ["401", "401+challenge", "401"]
    assert not caught.value.delivered


def test_an_account_that_may_open_no_shell_is_told_the_cure(hosts: FarmHosts, farm: Farm, host: str) -> None:
    farm.set_behaviour(host, "no-right", at="create")
    with pytest.raises(NoRight, match="root SDDL"):
        look(hosts, host)


def test_garbage_is_no_answer_and_leaves_no_shell(hosts: FarmHosts, farm: Farm, host: str) -> None:
    there = look(hosts, host)
    farm.set_behaviour(host, "garbage")
    with pytest.raises(BadReply) as caught:
        log_off(hosts, host, there[3])
    assert caught.value.delivered
    assert farm.open_shells(host) == 0


@pytest.mark.slow
def test_at_the_deadline_the_script_is_stopped_and_its_shell_deleted(hosts: FarmHosts, farm: Farm, host: str) -> None:
    farm.set_behaviour(host, "slow", seconds=60)
    with pytest.raises(TimedOut):
        hosts.terminal.sessions(host, within=timedelta(seconds=3))
    assert farm.messages(host)[-2:] == ["Signal", "Delete"]
    assert farm.open_shells(host) == 0


@pytest.mark.slow
def test_leaving_early_ends_the_script(hosts: FarmHosts, farm: Farm, host: str) -> None:
    there = look(hosts, host)
    farm.set_behaviour(host, "hangs")
    orders = [order_for(there[each]) for each in (3, 5)]
    answers = hosts.terminal.log_off(host, orders, wait=timedelta(seconds=1), within=WITHIN)
    assert next(iter(answers)).verdict is Verdict.STILL_CLOSING
    answers.close()  # type: ignore[attr-defined]  # the adapter gives a generator
    assert farm.open_shells(host) == 0
    assert farm.messages(host)[-1] == "Delete"


def secure(hosts: FarmHosts, host: str, **changes: object) -> WinRmTerminal:
    connection = replace(hosts.connection(host), endpoint=hosts.farm.secure_endpoints[host])
    return WinRmTerminal(WinRmShell(lambda _: replace(connection, **changes)))  # type: ignore[arg-type]  # field names


def test_over_tls_with_the_farms_own_authority(hosts: FarmHosts, farm: Farm, host: str) -> None:
    assert secure(hosts, host, ca_file=farm.ca_file).sessions(host, within=WITHIN)
    assert farm.open_shells(host) == 0


@pytest.mark.parametrize("is_first", [True, False])
def test_two_authorities_in_one_file_count_side_by_side(
    hosts: FarmHosts, farm: Farm, host: str, tmp_path: Path, *, is_first: bool
) -> None:
    """So certificates are changed computer by computer, before and after the one of this host."""
    both = [farm.ca_file.read_bytes(), trustme.CA().cert_pem.bytes()]
    (file := tmp_path / "both.pem").write_bytes(b"\n".join(both if is_first else reversed(both)))
    assert secure(hosts, host, ca_file=file).sessions(host, within=WITHIN)
    file.write_bytes(both[1])
    with pytest.raises(Unreachable, match="certificate"):
        secure(hosts, host, ca_file=file).sessions(host, within=WITHIN)


def test_a_certificate_that_nobody_vouches_for_is_refused_before_anything_is_said(
    hosts: FarmHosts, farm: Farm, host: str
) -> None:
    with pytest.raises(Unreachable, match="certificate"):
        secure(hosts, host).sessions(host, within=WITHIN)
    assert farm.messages(host) == []


def test_the_proxies_of_the_environment_are_neither_used_nor_changed(
    hosts: FarmHosts, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = proxy_for_all(monkeypatch)
    assert look(hosts, host)
    assert written == []


def test_no_error_and_no_log_shows_the_password(hosts: FarmHosts, farm: Farm, host: str) -> None:
    farm.set_behaviour(host, "drops", at="delete", times=0)
    with capture_logs() as logs:
        look(hosts, host)
    farm.set_behaviour(host, "wrong-password")
    with pytest.raises(TerminalError) as caught:
        look(hosts, host)
    shown = f"{logs!r} {caught.value!r} {caught.value.__cause__!r} {hosts.connection(host)!r} {hosts.shell!r}"
    assert logs
    assert farm.account.password not in shown


def test_basic_is_refused_where_the_host_does_not_take_it(farm: Farm, host: str) -> None:
    account = farm.account
    basic = Connection(
        endpoint=farm.endpoints[host],
        transport=Transport.BASIC,
        username=account.username,
        password=SecretStr(account.password),
    )
    with pytest.raises(NotAuthenticated):
        WinRmTerminal(WinRmShell(lambda _: basic)).sessions(host, within=WITHIN)
