"""The `Terminal` port: one suite for the memory and for WinRM with every engine of the farm that this machine has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.domain.conditions import Condition, Field, Operator
from bot.domain.moments import said_at
from bot.domain.session import Account, SessionState, filetime_to_datetime
from bot.domain.verdicts import Reason, Verdict
from tests.contract.hosts import ACT, LONG_DOMAIN, LONG_USER, LOOK, SESSIONS, SHORT, WAIT, Hosts, look, order_for

if TYPE_CHECKING:
    from datetime import timedelta

    from bot.ports.terminal import Answer, Order


FOR_POWERSHELL_TOO = {
    "test_names_come_whole_and_in_every_script",
    "test_the_same_order_twice_acts_once",
    "test_several_are_answered_in_the_order_of_the_orders",
}


def act(hosts: Hosts, host: str, *orders: Order, wait: timedelta | None = WAIT) -> list[Answer]:
    return list(hosts.terminal.log_off(host, orders, wait=wait, within=ACT))


def test_a_look_shows_everything_in_the_order_of_the_ids(hosts: Hosts, host: str) -> None:
    sessions = hosts.terminal.sessions(host, within=LOOK)
    assert [session.id for session in sessions] == [row.id for row in SESSIONS]
    assert {str(session.account) for session in sessions} == {row.account for row in SESSIONS}
    assert {session.host for session in sessions} == {host}
    assert hosts.logged_off(host) == []


def test_a_look_tells_state_client_address_station_and_times(hosts: Hosts, host: str) -> None:
    there = look(hosts, host)
    alice, bob = there[3], there[5]
    assert (alice.state, bob.state) == (SessionState.DISCONNECTED, SessionState.ACTIVE)
    assert (alice.client, alice.address, bob.station) == ("LAPTOP-7", "10.0.4.17", "RDP-Tcp#5")
    assert (alice.build, alice.display) == (19_003, "1024x768x16")
    assert (there[0].build, there[0].display) == (0, "")
    assert alice.idle is not None
    assert bob.idle is not None
    assert (alice.idle.total_seconds() // 3600, bob.idle.total_seconds() // 3600) == (3, 1)
    assert there[65536].state is SessionState.LISTENING
    assert there[0].logon == 0


def test_names_come_whole_and_in_every_script(hosts: Hosts, host: str) -> None:
    there = look(hosts, host)
    assert there[8].account == Account(domain=LONG_DOMAIN, user=LONG_USER)
    assert there[9].account.user == "山田太郎 😀"
    assert there[9].client == "東京-PC"


def test_the_logon_time_is_the_same_in_every_look(hosts: Hosts, host: str) -> None:
    first, second = look(hosts, host), look(hosts, host)
    assert {each.id: each.logon for each in first.values()} == {each.id: each.logon for each in second.values()}


@pytest.mark.parametrize("session_id", [3, 8, 9, 10])
def test_whoever_was_confirmed_is_seen_gone_and_nobody_else_is_touched(
    hosts: Hosts, host: str, session_id: int
) -> None:
    before = hosts.people(host)
    (answer,) = act(hosts, host, order_for(look(hosts, host)[session_id]))
    assert (answer.session_id, answer.verdict, answer.code) == (session_id, Verdict.GONE, 0)
    assert hosts.logged_off(host) == [session_id]
    assert hosts.people(host) == {each: user for each, user in before.items() if each != session_id}


def test_who_left_by_himself_is_gone_already(hosts: Hosts, host: str) -> None:
    order = order_for(look(hosts, host)[3])
    hosts.sign_out(host, 3)
    assert [answer.verdict for answer in act(hosts, host, order)] == [Verdict.ALREADY_GONE]
    assert hosts.logged_off(host) == []


def test_the_same_order_twice_acts_once(hosts: Hosts, host: str) -> None:
    order = order_for(look(hosts, host)[3])
    verdicts = [answer.verdict for _ in range(2) for answer in act(hosts, host, order)]
    assert verdicts == [Verdict.GONE, Verdict.ALREADY_GONE]
    assert hosts.logged_off(host) == [3]


def test_another_person_under_the_same_id_is_not_touched(hosts: Hosts, host: str) -> None:
    order = order_for(look(hosts, host)[3])
    hosts.take_over(host, 3, "CORP\\mallory")
    (answer,) = act(hosts, host, order)
    assert (answer.verdict, answer.reason, answer.note) == (Verdict.CHANGED, Reason.PERSON, "CORP\\mallory")
    assert hosts.logged_off(host) == []


def test_the_same_person_at_another_logon_is_not_touched(hosts: Hosts, host: str) -> None:
    order = order_for(look(hosts, host)[3])
    hosts.take_over(host, 3, "CORP\\alice")
    (answer,) = act(hosts, host, order)
    assert (answer.verdict, answer.reason, answer.note) == (Verdict.CHANGED, Reason.PERSON, "CORP\\alice")
    assert hosts.logged_off(host) == []


def test_letter_case_makes_nobody_another_person(hosts: Hosts, host: str) -> None:
    jose = look(hosts, host)[7]
    order = order_for(jose, account=Account(domain="corp", user="JOSÉ"))
    assert [answer.verdict for answer in act(hosts, host, order)] == [Verdict.GONE]


@pytest.mark.parametrize("account", [Account(domain="OTHER", user="alice"), Account(domain="CORP", user="alic")])
def test_a_name_counts_whole_with_its_domain(hosts: Hosts, host: str, account: Account) -> None:
    (answer,) = act(hosts, host, order_for(look(hosts, host)[3], account=account))
    assert answer.verdict is Verdict.CHANGED
    assert hosts.logged_off(host) == []


def test_a_user_who_came_back_to_work_is_not_logged_off(hosts: Hosts, host: str) -> None:
    order = order_for(look(hosts, host)[3])
    hosts.return_to_work(host, 3)
    (answer,) = act(hosts, host, order)
    assert (answer.verdict, answer.reason) == (Verdict.CHANGED, Reason.CAME_BACK)
    connected = filetime_to_datetime(look(hosts, host)[3].connect)
    assert connected
    assert answer.note == said_at(connected)
    assert hosts.logged_off(host) == []


def test_who_came_back_to_work_goes_when_that_was_confirmed_too(hosts: Hosts, host: str) -> None:
    order = order_for(look(hosts, host)[3], even_if_active=True)
    hosts.return_to_work(host, 3)
    assert [answer.verdict for answer in act(hosts, host, order)] == [Verdict.GONE]


def test_who_was_shown_at_work_and_confirmed_so_goes(hosts: Hosts, host: str) -> None:
    assert [answer.verdict for answer in act(hosts, host, order_for(look(hosts, host)[5]))] == [Verdict.GONE]


def condition(field: Field, operator: Operator, *values: str) -> Condition:
    return Condition(field=field, operator=operator, values=values)


@pytest.mark.parametrize(
    ("filtered", "verdict"),
    [
        (condition(Field.USER, Operator.LIKE, "nobody", "corp\\AL?C*"), Verdict.GONE),
        (condition(Field.USER, Operator.LIKE, "al"), Verdict.CHANGED),
        (condition(Field.CLIENT, Operator.LIKE, "laptop-*"), Verdict.GONE),
        (condition(Field.ADDRESS, Operator.LIKE, "10.0.4.*"), Verdict.GONE),
        (condition(Field.ADDRESS, Operator.LIKE, "10.1.*"), Verdict.CHANGED),
        (condition(Field.STATION, Operator.LIKE, "rdp*"), Verdict.CHANGED),
        (condition(Field.STATE, Operator.IN, "0", "4"), Verdict.GONE),
        (condition(Field.STATE, Operator.IN, "0"), Verdict.CHANGED),
        (condition(Field.IDLE, Operator.AT_LEAST, "10800"), Verdict.GONE),
        (condition(Field.IDLE, Operator.MORE, "14400"), Verdict.CHANGED),
        (condition(Field.LOGON, Operator.LESS, "9000000000000000000"), Verdict.GONE),
        (condition(Field.LOGON, Operator.MORE, "9000000000000000000"), Verdict.CHANGED),
    ],
)
def test_what_was_asked_for_must_still_hold_at_the_act(
    hosts: Hosts, host: str, filtered: Condition, verdict: Verdict
) -> None:
    always = condition(Field.USER, Operator.LIKE, "*")
    (answer,) = act(hosts, host, order_for(look(hosts, host)[3], conditions=(always, filtered)))
    assert answer.verdict is verdict
    assert answer.reason is (Reason.NO_LONGER_MATCHES if verdict is Verdict.CHANGED else None)


def test_a_question_mark_is_one_letter_in_every_script(hosts: Hosts, host: str) -> None:
    filtered = condition(Field.USER, Operator.LIKE, "山田太郎 ?")
    assert [a.verdict for a in act(hosts, host, order_for(look(hosts, host)[9], conditions=(filtered,)))] == [
        Verdict.GONE
    ]


@pytest.mark.parametrize(
    ("session_id", "why"), [(0, Reason.SESSION_ZERO), (65536, Reason.LISTENER), (-1, Reason.BAD_ID)]
)
def test_services_and_listeners_are_never_touched(hosts: Hosts, host: str, session_id: int, why: Reason) -> None:
    (answer,) = act(hosts, host, order_for(look(hosts, host)[3], session_id=session_id))
    assert (answer.verdict, answer.reason) == (Verdict.SKIPPED, why)
    assert hosts.logged_off(host) == []


def test_who_went_over_to_the_console_is_not_touched(hosts: Hosts, host: str) -> None:
    order = order_for(look(hosts, host)[5])
    hosts.go_to_console(host, 5)
    (answer,) = act(hosts, host, order)
    assert (answer.verdict, answer.reason) == (Verdict.SKIPPED, Reason.CONSOLE)
    assert hosts.logged_off(host) == []


def test_whoever_is_at_the_console_goes_when_that_is_allowed(hosts: Hosts, host: str) -> None:
    (answer,) = act(hosts, host, order_for(look(hosts, host)[1], not_at_console=False))
    assert (answer.verdict, hosts.logged_off(host)) == (Verdict.GONE, [1])


def test_another_person_at_the_console_is_another_person_first(hosts: Hosts, host: str) -> None:
    order = order_for(look(hosts, host)[5])
    hosts.take_over(host, 5, "CORP\\mallory")
    hosts.go_to_console(host, 5)
    (answer,) = act(hosts, host, order)
    assert (answer.verdict, answer.reason, answer.note) == (Verdict.CHANGED, Reason.PERSON, "CORP\\mallory")


@pytest.mark.slow
def test_who_does_not_go_in_time_is_still_closing(hosts: Hosts, host: str) -> None:
    order = order_for(look(hosts, host)[3])
    hosts.hang(host)
    assert [answer.verdict for answer in act(hosts, host, order, wait=SHORT)] == [Verdict.STILL_CLOSING]
    assert hosts.logged_off(host) == [3]
    assert 3 in hosts.people(host)


@pytest.mark.slow
def test_a_call_ends_at_the_session_that_still_closes_and_touches_nobody_behind_it(hosts: Hosts, host: str) -> None:
    there, before = look(hosts, host), hosts.people(host)
    hosts.hang(host)
    answers = act(hosts, host, order_for(there[3]), order_for(there[5]), wait=SHORT)
    assert [(answer.session_id, answer.still_closes) for answer in answers] == [(3, True)]
    assert (hosts.logged_off(host), hosts.people(host)) == ([3], before)


@pytest.mark.parametrize(
    ("code", "verdict"),
    [(5, Verdict.NO_RIGHT), (7045, Verdict.NO_RIGHT), (7024, Verdict.STILL_CLOSING), (1722, Verdict.FAILED)],
)
def test_what_windows_refuses_is_told_with_its_code(hosts: Hosts, host: str, code: int, verdict: Verdict) -> None:
    order = order_for(look(hosts, host)[3])
    hosts.refuse(host, code)
    (answer,) = act(hosts, host, order)
    assert (answer.verdict, answer.code) == (verdict, code)
    assert answer.note == ("Logoff and Reset" if verdict is Verdict.NO_RIGHT else "WTSLogoffSession")
    assert 3 in hosts.people(host)


def test_several_are_answered_in_the_order_of_the_orders(hosts: Hosts, host: str) -> None:
    there = look(hosts, host)
    hosts.return_to_work(host, 8)
    orders = [order_for(there[each]) for each in (7, 8, 3)] + [order_for(there[5], session_id=77)]
    answers = act(hosts, host, *orders)
    assert [(a.session_id, a.verdict) for a in answers] == [
        (7, Verdict.GONE),
        (8, Verdict.CHANGED),
        (3, Verdict.GONE),
        (77, Verdict.ALREADY_GONE),
    ]
    assert hosts.logged_off(host) == [7, 3]


def test_without_a_wait_nobody_looks_and_a_later_look_settles_it(hosts: Hosts, host: str) -> None:
    there = look(hosts, host)
    answers = act(hosts, host, order_for(there[3]), order_for(there[5]), wait=None)
    assert [answer.verdict for answer in answers] == [None, None]
    assert hosts.logged_off(host) == [3, 5]
    assert {3, 5}.isdisjoint(look(hosts, host))
