"""Ways around the promises that were tried: each held since, and held here."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.domain import events as e
from bot.domain.actions import Action
from bot.domain.people import MemberStatus
from bot.domain.request import Ending, WorkItem
from bot.domain.session import Account, Machine, SessionState
from bot.domain.verdicts import Verdict
from tests.support import builders as b
from tests.support.harness import BotHarness, Crash
from tests.support.people import APPROVALS, BO, DANA, asking_leads, bot_with, of_leads, rule, sessions

if TYPE_CHECKING:
    from bot.domain.alone import AloneLimit
    from bot.domain.events import Event
    from bot.domain.request import Request
    from bot.domain.session import Session


class HandInTheMachine:
    """Lets something happen in the moment before an event is recorded."""

    def __init__(self, harness: BotHarness, event: type[Event], act: object) -> None:
        self._record, self._event, self._act, self._done = harness.ledger.record, event, act, False
        harness.ledger.record = self.record  # type: ignore[method-assign] # the test's hand

    def record(
        self, request_id: str, event: Event, *, interactive: bool = False, limit: AloneLimit | None = None
    ) -> Request:
        if isinstance(event, self._event) and not self._done:
            self._done = True
            assert callable(self._act)
            self._act()
        return self._record(request_id, event, interactive=interactive, limit=limit)


def test_a_stop_between_the_reading_and_the_start_of_a_host_spares_everybody_it_names() -> None:
    harness = bot_with()
    request = harness.ask_and_run("comp1,comp2 id=3 --sync")
    HandInTheMachine(harness, e.HostStarted, lambda: harness.press("stop", by=DANA, on=request))
    harness.press("approve", by=DANA, on=request)
    harness.run()
    harness.jump(timedelta(minutes=3))
    after = harness.find(request.id)
    assert harness.terminal.logged_off == []
    assert {target.verdict for target in after.targets} == {Verdict.SKIPPED}


def test_between_two_hosts_the_rules_are_asked_again() -> None:
    harness = bot_with()
    request = harness.ask_and_run("comp1,comp2 id=3 --sync")

    def revoke() -> None:
        harness.ledger.pause("operator", "stop now")
        harness.remove_from("@oncall", DANA)

    harness.terminal.before_act("comp1", revoke)
    harness.press("approve", by=DANA, on=request)
    harness.run()
    verdicts = {target.session.host: target.verdict for target in harness.find(request.id).targets}
    assert verdicts == {"comp1": Verdict.GONE, "comp2": Verdict.SKIPPED}
    assert harness.terminal.logged_off == [("comp1", 3)]
    assert "stop now" in harness.text_on_card(request)


def test_killed_after_the_start_and_back_much_later_it_asks_the_rules_before_it_acts() -> None:
    harness = bot_with(asking_leads(1, max_targets=50), second_person_above=50)
    request = harness.ask_and_run("crowd id=1-10 --timeout 10m")
    harness.ledger.die_after = e.Started
    harness.press("approve", by=BO, on=request)
    with pytest.raises(Crash):
        harness.run()
    harness.restart()
    harness.clock.move(timedelta(minutes=95))
    harness.directory.statuses[DANA.user_id] = MemberStatus.DEACTIVATED
    harness.run()
    assert harness.terminal.logged_off == []
    assert {target.verdict for target in harness.find(request.id).targets} == {Verdict.SKIPPED}


def test_an_idle_time_of_before_does_not_count_for_somebody_who_came_back() -> None:
    at_work = rule("at work", states=frozenset({SessionState.ACTIVE}), need=of_leads(2, rule="at work"))
    harness = bot_with(
        rule("left", states=frozenset({SessionState.DISCONNECTED})),
        rule("asleep", states=frozenset({SessionState.ACTIVE}), idle_over=timedelta(hours=2)),
        replace(at_work, approve_in=APPROVALS.channel_id),
    )
    left = b.session(3, input=b.LOGON + 36_000_000_000)
    harness.terminal = type(harness.terminal)({"comp1": (left,)})
    harness.restart()
    request = harness.ask_and_run("comp1 id=3 --even-if-active")
    harness.terminal.before_act("comp1", lambda: harness.terminal.return_to_work("comp1", 3))
    harness.press("approve", by=DANA, on=request)
    harness.run()
    assert harness.terminal.logged_off == []


@pytest.mark.parametrize("command", ["sessions", "logoff"])
def test_a_computer_that_no_rule_lets_a_person_see_is_not_contacted(command: str) -> None:
    harness = bot_with(rule(may=frozenset({Action.LIST, Action.LOG_OFF}), computers=("comp1",)))
    request = harness.ask_and_run("vault", command=command)
    assert harness.terminal.look_calls == []
    assert (request.targets, request.excluded) == ((), ())
    assert "No rule lets you look at vault" in harness.told(DANA)[-1]


def test_a_person_who_may_act_on_some_sessions_but_not_list_the_host_sees_no_other_names() -> None:
    harness = bot_with(rule(may=frozenset({Action.LOG_OFF}), users=("alice",)))
    request = harness.ask_and_run("comp1 --all")
    named = {str(out.session.account) for out in request.excluded}
    assert named <= {""}
    assert "bob" not in harness.text_on_card(request)


def test_a_user_who_reconnected_is_not_disconnected_a_second_time_after_a_restart() -> None:
    harness = bot_with()
    request = harness.ask_and_run("comp1 id=5 --sync")
    harness.press("disconnect", by=DANA, on=request)
    harness.run()
    harness.ledger.die_before = e.TargetEnded
    harness.press("approve", by=DANA, on=request)
    with pytest.raises(Crash):
        harness.run()
    harness.terminal.return_to_work("comp1", 5)
    harness.restart()
    harness.jump(timedelta(seconds=20))
    assert harness.terminal.disconnected == [("comp1", 5)]


@pytest.mark.parametrize(
    "unread", [{"account": Account(domain="", user="alice")}, {"logon": 0}, {"account": Account(domain="", user="")}]
)
def test_after_a_restart_a_session_that_cannot_be_read_is_not_said_to_be_gone(unread: dict[str, Any]) -> None:
    harness = bot_with()
    request = harness.ask_and_run("comp1 id=3 --sync")
    harness.terminal.hang("comp1", 3)
    harness.ledger.die_before = e.TargetRequested
    harness.press("approve", by=DANA, on=request)
    with pytest.raises(Crash):
        harness.run()
    harness.terminal.set("comp1", b.session(3, **unread))
    harness.restart()
    harness.jump(timedelta(seconds=20))
    assert harness.verdicts() == {"comp1 3": "open"}
    harness.wait(timedelta(minutes=3))  # the time of the order, and the looks after the second one
    assert harness.verdicts() == {"comp1 3": "unknown"}
    harness.terminal.sign_out("comp1", 3)
    harness.wait(timedelta(minutes=2))
    assert harness.verdicts() == {"comp1 3": "gone"}


@pytest.mark.parametrize("unseen", [timedelta(seconds=30), timedelta(minutes=5)])
def test_a_session_is_not_gone_because_another_machine_does_not_have_it(unseen: timedelta) -> None:
    harness = bot_with()
    mine, other = Machine(dns="comp1", netbios="COMP1"), Machine(dns="comp9", netbios="COMP9")

    def lead_to(machine: Machine, *sessions: Session) -> None:
        for session in sessions:
            harness.terminal.set("comp1", replace(session, machine=machine))

    services, alice, *_ = sessions()
    lead_to(mine, *sessions())
    request = harness.ask_and_run("comp1 id=3")
    harness.terminal.hang("comp1", 3)
    harness.press("approve", by=DANA, on=request)
    harness.run()
    for each in sessions()[1:]:
        harness.terminal.sign_out("comp1", each.id)
    lead_to(other, services)
    harness.wait(unseen)
    assert "gone" not in harness.verdicts().values()
    lead_to(mine, services, alice)
    harness.wait(timedelta(minutes=5))
    assert "gone" not in harness.verdicts().values()
    harness.terminal.sign_out("comp1", 3)
    harness.wait(timedelta(minutes=20))
    assert harness.verdicts() == {"comp1 3": "gone"}


def test_an_ended_request_that_cannot_be_drawn_is_left_alone_in_the_end() -> None:
    """A fault that stays must not keep the bot busy, or tell people the same thing, for ever."""
    harness = bot_with()
    request = harness.ask_and_run("comp1 id=3 --sync")
    harness.press("cancel", by=DANA, on=request)
    for _ in range(5):
        harness.workflow.record_failure(WorkItem(request_id=request.id), "ab12", RuntimeError("the disk is full"))
    after = harness.find(request.id)
    assert (after.ending, after.due_at, after.published_version) == (Ending.CANCELLED, None, after.version)


def test_what_a_host_did_after_the_request_was_closed_is_written_down() -> None:
    harness = bot_with()
    request = harness.ask_and_run("comp1 id=3 --sync")

    def close() -> None:
        harness.clock.move(timedelta(hours=3))
        harness.ledger.record(request.id, e.Expired())

    harness.terminal.before_act("comp1", close)
    harness.press("approve", by=DANA, on=request)
    harness.run()
    [target] = harness.find(request.id).targets
    assert target.verdict is Verdict.GONE
    assert "settled" in harness.events_of(request)


def test_names_from_windows_forge_no_second_line() -> None:
    harness = bot_with()
    forged = b.session(3, account=Account(domain="CORP", user="bob\nCORP\\carol"), client="x\n✓ logged off")
    harness.terminal = type(harness.terminal)({"comp1": (forged,)})
    harness.restart()
    request = harness.ask_and_run("comp1 id=3 --sync")
    assert "bob\n" not in harness.text_on_card(request)
    assert "x\n" not in harness.text_on_card(request)


def test_a_card_that_asks_the_requester_alone_does_not_begin_to_wait_for_people_who_cannot_see_it() -> None:
    """Otherwise it would stand in the wrong channel and could only expire."""
    off = rule("off", may=frozenset({Action.LOG_OFF}))
    harness = bot_with(off, asking_leads(1, name="gentle", may=frozenset({Action.DISCONNECT})))
    request = harness.ask_and_run("comp1 id=5 --sync")
    told = harness.press("disconnect", by=DANA, on=request).text
    after = harness.find(request.id)
    assert "takes somebody else's yes" in told
    assert (after.action, after.requirement) == (Action.LOG_OFF, request.requirement)
    harness.press("approve", by=DANA, on=request)
    harness.run()
    assert harness.terminal.logged_off == [("comp1", 5)]
