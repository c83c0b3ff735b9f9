"""One session that cannot be read costs that session alone, and what was not read is never taken for an answer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from bot.domain.conditions import Condition, Field, Operator
from bot.domain.session import EARLIEST, LATEST, SessionState
from bot.domain.verdicts import Reason, Verdict
from bot.errors import NoRight
from tests.contract.hosts import ACT, LOOK, WAIT, look, order_for

if TYPE_CHECKING:
    from tests.contract.hosts import Hosts

FOR_POWERSHELL_TOO = {"test_a_list_without_any_session_is_no_answer"}
WORKER = 5
MANNERS = ("refused", "nothing", "short")
CODES = {"refused": 5, "nothing": 13, "short": 13}
ODD = (-2, 1, EARLIEST - 1, LATEST, 2**63 - 2)
BLANK: dict[str, dict[str, Any]] = {
    "client": {"client": ""},
    "address": {"address": ""},
    "protocol": {"protocol": 0},
    "build": {"build": 0},
    "display": {"display": ""},
    "times": {"logon": 0, "connect": 0, "disconnect": 0, "input": 0},
}


def without_clock(sessions: dict[int, Any]) -> dict[int, Any]:
    return {number: replace(session, now=0, input=0) for number, session in sessions.items()}


@pytest.mark.parametrize("manner", MANNERS)
@pytest.mark.parametrize("what", [*BLANK, "user", "domain"])
def test_what_cannot_be_read_is_unknown_for_that_session_alone(hosts: Hosts, host: str, what: str, manner: str) -> None:
    before = look(hosts, host)
    hosts.misread(host, WORKER, what, manner)
    after = look(hosts, host)
    is_fault = what in ("user", "domain", "times")
    assert after[WORKER].error == (CODES[manner] if is_fault else 0)
    if what in ("user", "domain"):
        assert getattr(after[WORKER].account, what) == ""
    else:
        assert replace(after[WORKER], **BLANK[what]) == after[WORKER]
    del before[WORKER]
    assert without_clock({number: each for number, each in after.items() if number != WORKER}) == without_clock(before)


@pytest.mark.parametrize("manner", MANNERS)
@pytest.mark.parametrize("what", ["user", "domain", "times"])
def test_whom_the_host_cannot_tell_now_is_left_alone(hosts: Hosts, host: str, what: str, manner: str) -> None:
    seen = look(hosts, host)[WORKER]
    hosts.misread(host, WORKER, what, manner)
    (answer,) = hosts.terminal.log_off(host, [order_for(seen)], wait=WAIT, within=ACT)
    refused = (Verdict.NO_RIGHT, Reason.MISSING_RIGHT, 5), (Verdict.FAILED, Reason.WINDOWS_CALL, 13)
    assert (answer.verdict, answer.reason, answer.code) == refused[manner != "refused"]
    assert hosts.logged_off(host) == []


@pytest.mark.parametrize("state", [-1, 10, 2**31 - 1])
def test_a_state_that_windows_does_not_have_costs_that_session_alone(hosts: Hosts, host: str, state: int) -> None:
    before = look(hosts, host)
    hosts.set_state(host, WORKER, state)
    after = look(hosts, host)
    before[WORKER] = replace(before[WORKER], state=SessionState.UNKNOWN, error=13)
    assert without_clock(after) == without_clock(before)
    orders = [order_for(after[WORKER])]
    answers = [
        *hosts.terminal.log_off(host, orders, wait=WAIT, within=ACT),
        *hosts.terminal.disconnect(host, orders, wait=WAIT, within=ACT),
        *hosts.terminal.message(host, orders, title="Alert", text="Go.", within=ACT),
    ]
    refused = (Verdict.FAILED, Reason.WINDOWS_CALL, 13)
    assert [(answer.verdict, answer.reason, answer.code) for answer in answers] == [refused] * 3
    assert (hosts.logged_off(host), hosts.disconnected(host), hosts.messages(host)) == ([], [], [])
    assert look(hosts, host)[WORKER].state is SessionState.UNKNOWN


@pytest.mark.parametrize("ticks", ODD)
@pytest.mark.parametrize("name", ["logon", "disconnect", "input"])
def test_a_time_that_no_session_can_have_is_unknown(hosts: Hosts, host: str, name: str, ticks: int) -> None:
    seen = look(hosts, host)[WORKER]
    hosts.set_ticks(host, WORKER, **{name: ticks})
    found = look(hosts, host)
    assert len(found) == 9
    assert getattr(found[WORKER], name) == 0
    assert (found[WORKER].idle is None) is (name == "input")
    long_idle = Condition(field=Field.IDLE, operator=Operator.MORE, values=("28800",))
    (answer,) = hosts.terminal.log_off(host, [order_for(seen, conditions=(long_idle,))], wait=WAIT, within=ACT)
    no_time = (Verdict.SKIPPED, Reason.NO_LOGON_TIME)
    assert (answer.verdict, answer.reason) == (
        no_time if name == "logon" else (Verdict.CHANGED, Reason.NO_LONGER_MATCHES)
    )
    assert hosts.logged_off(host) == []


def test_a_list_without_any_session_is_no_answer(hosts: Hosts, host: str) -> None:
    seen = look(hosts, host)[WORKER]
    hosts.show_nothing(host)
    with pytest.raises(NoRight) as caught:
        hosts.terminal.sessions(host, within=LOOK)
    assert "Query Information" in caught.value.message
    with pytest.raises(NoRight):
        list(hosts.terminal.log_off(host, [order_for(seen)], wait=WAIT, within=ACT))
    assert hosts.logged_off(host) == []


def test_a_client_with_an_ipv6_address_is_shown_and_found(hosts: Hosts, host: str) -> None:
    hosts.set_address(host, WORKER, "2001:db8::5")
    seen = look(hosts, host)[WORKER]
    assert (seen.address, seen.state) == ("2001:db8::5", SessionState.ACTIVE)
    here = Condition(field=Field.ADDRESS, operator=Operator.LIKE, values=("2001:DB8:*",))
    (answer,) = hosts.terminal.log_off(host, [order_for(seen, conditions=(here,))], wait=WAIT, within=ACT)
    assert answer.verdict is Verdict.GONE
