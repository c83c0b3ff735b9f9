"""The acts of the `Terminal` port beside the logoff, and what all acts share: memory, and WinRM with each engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.domain.session import SessionState
from bot.domain.verdicts import Reason, Verdict
from bot.errors import Unreachable
from tests.contract.hosts import ACT, SHORT, WAIT, Hosts, look, order_for

if TYPE_CHECKING:
    from datetime import timedelta

    from bot.ports.terminal import Answer, Order

FOR_POWERSHELL_TOO = {
    "test_a_message_comes_to_the_desktop_to_the_letter",
    "test_who_is_disconnected_keeps_the_session",
}


def log_off(hosts: Hosts, host: str, *orders: Order, wait: timedelta | None = WAIT) -> list[Answer]:
    return list(hosts.terminal.log_off(host, orders, wait=wait, within=ACT))


def disconnect(hosts: Hosts, host: str, *orders: Order, wait: timedelta | None = WAIT) -> list[Answer]:
    return list(hosts.terminal.disconnect(host, orders, wait=wait, within=ACT))


def show(hosts: Hosts, host: str, *orders: Order, title: str = "Alert", text: str = "Save your work.") -> list[Answer]:
    return list(hosts.terminal.message(host, orders, title=title, text=text, within=ACT))


def test_no_orders_are_no_answers(hosts: Hosts, host: str) -> None:
    assert log_off(hosts, host) == []
    assert disconnect(hosts, host) == []
    assert show(hosts, host) == []


def test_a_host_that_is_down_is_unreachable_and_nothing_was_delivered(hosts: Hosts, host: str) -> None:
    order = order_for(look(hosts, host)[3])
    hosts.take_down(host)
    for call in (
        lambda: look(hosts, host),
        lambda: log_off(hosts, host, order),
        lambda: disconnect(hosts, host, order),
        lambda: show(hosts, host, order),
    ):
        with pytest.raises(Unreachable) as caught:
            call()
        assert (caught.value.host, caught.value.delivered) == (host, False)
        assert host in caught.value.message


def test_who_is_disconnected_keeps_the_session(hosts: Hosts, host: str) -> None:
    before = hosts.people(host)
    (answer,) = disconnect(hosts, host, order_for(look(hosts, host)[5]))
    assert (answer.verdict, answer.code, answer.reason) == (Verdict.DISCONNECTED, 0, None)
    assert (hosts.disconnected(host), hosts.logged_off(host), hosts.people(host)) == ([5], [], before)
    assert look(hosts, host)[5].state is SessionState.DISCONNECTED


def test_who_is_disconnected_already_is_left_alone(hosts: Hosts, host: str) -> None:
    (answer,) = disconnect(hosts, host, order_for(look(hosts, host)[3]))
    assert (answer.verdict, answer.reason) == (Verdict.DISCONNECTED, Reason.ALREADY)
    assert hosts.disconnected(host) == []


def test_without_a_wait_a_later_look_shows_the_disconnect(hosts: Hosts, host: str) -> None:
    (answer,) = disconnect(hosts, host, order_for(look(hosts, host)[5]), wait=None)
    assert answer.verdict is None
    assert look(hosts, host)[5].state is SessionState.DISCONNECTED


@pytest.mark.slow
def test_a_disconnect_that_does_not_happen_in_time_is_told(hosts: Hosts, host: str) -> None:
    order = order_for(look(hosts, host)[5])
    hosts.hang(host)
    (answer,) = disconnect(hosts, host, order, wait=SHORT)
    assert (answer.verdict, hosts.disconnected(host)) == (Verdict.STILL_CLOSING, [5])


@pytest.mark.parametrize(("code", "verdict"), [(5, Verdict.NO_RIGHT), (7024, Verdict.STILL_CLOSING)])
def test_a_refused_disconnect_names_the_right(hosts: Hosts, host: str, code: int, verdict: Verdict) -> None:
    order = order_for(look(hosts, host)[5])
    hosts.refuse(host, code)
    (answer,) = disconnect(hosts, host, order)
    right = "Disconnect" if verdict is Verdict.NO_RIGHT else "WTSDisconnectSession"
    assert (answer.verdict, answer.code, answer.note) == (verdict, code, right)


def test_a_message_comes_to_the_desktop_to_the_letter(hosts: Hosts, host: str) -> None:
    title, text = "Внимание $(calc) '@", "Line one\r\n\"; & %PATH% `whoami` '@ 山田 😀"
    there = look(hosts, host)
    answers = show(hosts, host, order_for(there[5]), order_for(there[3]), title=title, text=text)
    assert [(answer.session_id, answer.verdict) for answer in answers] == [(5, Verdict.SENT), (3, Verdict.SENT)]
    assert hosts.messages(host) == [(5, title, text), (3, title, text)]
    assert hosts.logged_off(host) == []


def test_a_refused_message_names_the_right(hosts: Hosts, host: str) -> None:
    order = order_for(look(hosts, host)[5])
    hosts.refuse(host, 5)
    (answer,) = show(hosts, host, order)
    assert (answer.verdict, answer.code, answer.note) == (Verdict.NO_RIGHT, 5, "Message")
    assert hosts.messages(host) == []


def test_a_disconnect_or_a_message_is_for_the_same_person_in_the_same_situation_only(hosts: Hosts, host: str) -> None:
    there = look(hosts, host)
    hosts.take_over(host, 5, "CORP\\mallory")
    hosts.return_to_work(host, 3)
    hosts.sign_out(host, 7)
    orders = [order_for(there[each]) for each in (5, 3, 7, 65536)] + [order_for(there[5], session_id=0)]
    for answers in (disconnect(hosts, host, *orders), show(hosts, host, *orders)):
        assert [(answer.verdict, answer.reason) for answer in answers] == [
            (Verdict.CHANGED, Reason.PERSON),
            (Verdict.CHANGED, Reason.CAME_BACK),
            (Verdict.ALREADY_GONE, None),
            (Verdict.SKIPPED, Reason.LISTENER),
            (Verdict.SKIPPED, Reason.SESSION_ZERO),
        ]
    assert (hosts.disconnected(host), hosts.messages(host)) == ([], [])
