"""Who was not as the card said is left alone: idle times, disconnect times, warnings, machines."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.request import Ending
from bot.domain.session import NOT_NAMED, Machine, Session, SessionState
from bot.domain.verdicts import Reason, Verdict
from tests.fakes.terminal import FakeTerminal
from tests.support import builders as b
from tests.support.cases import for_each
from tests.support.harness import BotHarness

MINUTE = 600_000_000
NOW = b.session().now
ACTIVE, LEFT = SessionState.ACTIVE, SessionState.DISCONNECTED
GRACE = timedelta(minutes=6)


def bob(state: SessionState, minutes: int, **changes: object) -> Session:
    """Session 5 of comp1, in this state since so many minutes."""
    since = NOW - minutes * MINUTE
    times = {"input": since, "disconnect": 0} if state is ACTIVE else {"input": 0, "disconnect": since}
    return b.session(5, state=state, **(times | changes))


def becomes(harness: BotHarness, session: Session) -> None:
    harness.terminal.set("comp1", session)


def asked(session: Session, words: str = "comp1 id=5 --sync") -> BotHarness:
    harness = BotHarness(terminal=FakeTerminal({host: [session] for host in ("comp1", "comp2", "comp3")}))
    harness.ask_and_run(words)
    return harness


def end_of(harness: BotHarness) -> tuple[Verdict | None, Reason | None]:
    target = harness.target(harness.request, "comp1", 5)
    return target.verdict, target.reason


@pytest.mark.parametrize(("minutes", "words"), [(0, "at work"), (4, "at work"), (5, "idle 5 min")])
def test_an_idle_time_is_said_from_five_minutes_on(minutes: int, words: str) -> None:
    assert words in harness_text(asked(bob(ACTIVE, minutes)))


def harness_text(harness: BotHarness) -> str:
    return harness.text_on_card(harness.request)


@for_each(
    ("on_card", "by_now", "outcome"),
    [
        (bob(ACTIVE, 180), bob(ACTIVE, 180), (Verdict.GONE, None)),
        (bob(ACTIVE, 180), bob(ACTIVE, 0), (Verdict.CHANGED, Reason.CAME_BACK)),
        (bob(ACTIVE, 180), bob(LEFT, 0), (Verdict.CHANGED, Reason.LEFT)),
        (bob(ACTIVE, 180), bob(ACTIVE, 180, input=0), (Verdict.CHANGED, Reason.UNREAD)),
        (bob(ACTIVE, 1), bob(ACTIVE, 0), (Verdict.GONE, None)),
        (bob(ACTIVE, 1), bob(LEFT, 0), (Verdict.GONE, None)),
        (bob(LEFT, 180), bob(LEFT, 180), (Verdict.GONE, None)),
        (bob(LEFT, 180), bob(LEFT, 1), (Verdict.CHANGED, Reason.CAME_BACK)),
        (bob(LEFT, 180), bob(ACTIVE, 0), (Verdict.CHANGED, Reason.CAME_BACK)),
        (bob(LEFT, 180, disconnect=0), bob(LEFT, 1), (Verdict.GONE, None)),
    ],
)
def test_who_came_back_after_the_card_was_drawn_keeps_the_session(
    on_card: Session, by_now: Session, outcome: tuple[Verdict, Reason | None]
) -> None:
    harness = asked(on_card)
    becomes(harness, by_now)
    harness.approve_and_run()
    assert end_of(harness) == outcome
    assert bool(harness.terminal.logged_off) is (outcome[0] is Verdict.GONE)


def test_even_if_active_compares_no_time() -> None:
    harness = asked(bob(ACTIVE, 180), "comp1 id=5 --sync --even-if-active")
    becomes(harness, bob(ACTIVE, 0))
    harness.approve_and_run()
    assert end_of(harness) == (Verdict.GONE, None)


def warned(on_card: Session, words: str = "") -> BotHarness:
    harness = asked(on_card, f"comp1 id=5 --sync --warn 5m {words}")
    harness.approve_and_run()
    return harness


def test_who_was_warned_and_typed_is_logged_off() -> None:
    harness = warned(bob(ACTIVE, 180))
    becomes(harness, bob(ACTIVE, 0))
    harness.wait(GRACE)
    assert (len(harness.terminal.messages), end_of(harness)) == (1, (Verdict.GONE, None))


def test_who_was_warned_and_typed_under_an_idle_filter_is_left_alone() -> None:
    harness = warned(bob(ACTIVE, 180), "idle>2h")
    becomes(harness, bob(ACTIVE, 0))
    harness.wait(GRACE)
    assert end_of(harness) == (Verdict.CHANGED, Reason.NO_LONGER_MATCHES)


def test_who_was_warned_saved_and_closed_the_window_is_logged_off() -> None:
    harness = warned(bob(ACTIVE, 180))
    becomes(harness, bob(LEFT, 0))
    harness.wait(GRACE)
    assert end_of(harness) == (Verdict.GONE, None)


def test_who_came_back_before_the_warning_gets_none_and_is_left_alone() -> None:
    harness = asked(bob(ACTIVE, 180), "comp1 id=5 --sync --warn 5m")
    becomes(harness, bob(ACTIVE, 0))
    harness.approve_and_run()
    harness.wait(GRACE)
    assert (harness.terminal.messages, harness.terminal.logged_off) == ([], [])
    assert end_of(harness) == (Verdict.CHANGED, Reason.CAME_BACK)
    assert "came back to work" in harness_text(harness)


def test_who_was_warned_while_disconnected_and_reconnected_is_left_alone() -> None:
    harness = warned(bob(LEFT, 180))
    becomes(harness, bob(LEFT, 1))
    harness.wait(GRACE)
    assert (len(harness.terminal.messages), end_of(harness)) == (1, (Verdict.CHANGED, Reason.CAME_BACK))


# Machines

FIN = Machine(dns="FIN-01", netbios="FIN-01")


def test_one_machine_under_two_names_stands_once_on_the_card() -> None:
    there = [bob(LEFT, 180, machine=FIN)]
    harness = BotHarness(terminal=FakeTerminal({"comp1": there, "comp2": there, "comp3": [bob(LEFT, 180)]}))
    request = harness.ask_and_run("comp1,comp2,comp3 id=5")
    assert [target.key for target in request.targets] == [("comp1", 5), ("comp3", 5)]
    assert "comp2 is the same machine as comp1" in harness_text(harness)


def test_machines_that_say_no_name_are_not_taken_for_one() -> None:
    assert not NOT_NAMED.is_same_as(NOT_NAMED)
    assert len(asked(bob(LEFT, 180), "comp1,comp2 id=5").request.targets) == 2


@pytest.mark.parametrize("protected", ["fin-01", "FIN-01", "fin-01.corp.example", "fin-*"])
def test_a_computer_is_protected_under_the_name_it_reports(protected: str) -> None:
    harness = BotHarness(terminal=FakeTerminal({"comp1": [bob(LEFT, 180, machine=FIN)]}))
    harness.change_policy(protected_computers=(protected,))
    request = harness.ask_and_run("comp1 id=5")
    assert (request.targets, request.ending) == ((), Ending.NOTHING_TO_DO)
    assert "a protected computer" in request.excluded[0].why


@for_each(
    ("computers", "is_allowed"),
    [
        (("comp1",), False),
        (("fin-01",), False),
        (("comp1", "fin-01"), True),
        (("*",), True),
        (("comp1", "fin-*"), True),
    ],
)
def test_a_rule_has_to_allow_the_configured_and_the_reported_name(
    computers: tuple[str, ...], *, is_allowed: bool
) -> None:
    harness = BotHarness(terminal=FakeTerminal({"comp1": [bob(LEFT, 180, machine=FIN)]}))
    harness.change_policy(*(replace(rule, computers=computers) for rule in harness.policy.rules))
    assert bool(harness.ask_and_run("comp1 id=5").targets) is is_allowed


def test_another_machine_by_the_time_of_the_act_touches_nobody() -> None:
    harness = asked(bob(LEFT, 180, machine=FIN))
    becomes(harness, bob(LEFT, 180, machine=Machine(dns="FIN-02", netbios="FIN-02")))
    harness.approve_and_run()
    assert (harness.terminal.logged_off, end_of(harness)[0]) == ([], Verdict.FAILED)
    assert "another machine" in harness_text(harness)


def test_other_names_of_a_machine_that_answered_are_never_said_not_to_have_answered() -> None:
    hosts = tuple(f"h{number:02}" for number in range(1, 15))
    here = [replace(bob(LEFT, 60), machine=FIN)]
    harness = BotHarness(terminal=FakeTerminal(dict.fromkeys(hosts[:-1], here)), hosts=hosts)
    request = harness.ask_and_run("h* id=5")
    text = harness.text_on_card(request)
    assert "2 more names stand for a machine that has another name here." in text
    assert "1 more computer did not answer." in text
    (surveyed,) = [entry for entry in harness.ledger.entries(request_id=request.id) if entry.event == "surveyed"]
    silent = {(row.role, row.host, row.why) for row in surveyed.rows if row.session_id is None}
    others = {("same_machine", f"h{number:02}", "same_machine") for number in range(2, 14)}
    assert silent == {("no_answer", "h14", "unreachable"), *others}


@for_each(
    ("name", "machine", "fits"),
    [
        ("fin-01", FIN, True),
        ("FIN-01", FIN, True),
        ("fin-01.corp.example", FIN, True),
        ("fin-01.", FIN, True),
        ("fin-02", FIN, False),
        ("fin-0", FIN, False),
        ("fin-011", FIN, False),
        ("10.0.0.5", FIN, False),
        ("10.0.0.5", Machine(dns="10", netbios="10"), False),
        ("fe80::1", Machine(dns="fe80", netbios="FE80"), False),
        ("alias", FIN, False),
        ("", FIN, False),
        ("a-very-long-server-name", Machine(dns="a-very-long-server-name", netbios="A-VERY-LONG-SER"), True),
        ("a-very-long-server-name", Machine(dns="", netbios="A-VERY-LONG-SER"), True),
        ("a-very-long-server-name", Machine(dns="other", netbios="OTHER"), False),
        ("fin-01", NOT_NAMED, False),
        ("fin-01", Machine(dns="fin-01.corp.example", netbios="FIN-01"), True),
        ("kiosk-1", Machine(dns="\N{KELVIN SIGN}iosk-1", netbios="\N{KELVIN SIGN}IOSK-1"), False),
    ],
)
def test_a_configured_name_fits_the_machine_that_reports_it(name: str, machine: Machine, *, fits: bool) -> None:
    assert machine.fits(name) is fits
