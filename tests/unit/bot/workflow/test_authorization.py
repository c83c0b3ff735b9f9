"""What allowed an act is asked again at the deciding press and right before the act."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.domain.actions import Action
from bot.domain.people import MemberStatus
from bot.domain.request import Ending, State
from bot.domain.requirement import Confirm, Need
from bot.domain.session import SessionState
from bot.policy.model import Force
from tests.support.cases import for_each
from tests.support.people import APPROVALS, BO, CHEN, DANA, asking_leads, bot_with, rule

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.domain.request import Request
    from tests.support.harness import BotHarness

Change = tuple["Callable[[BotHarness], None]", str]


def protect(harness: BotHarness) -> None:
    harness.change_policy(protected_users=("alice",))


CHANGES: dict[str, Change] = {
    # what changes meanwhile                                                          what the card says then
    "no rule is left": (
        lambda x: x.change_policy(rule(who=frozenset({"@nobody"}))),
        "No rule lets you log sessions off",
    ),
    "another channel": (
        lambda x: x.change_policy(asking_leads(1, where=frozenset({"C0X"}))),
        "not asked from this channel",
    ),
    "fewer users": (
        lambda x: x.change_policy(asking_leads(1, users=("bob",))),
        "CORP\\alice on comp1 may no longer be touched",
    ),
    "alice is protected": (protect, "CORP\\alice on comp1 may no longer be touched: a protected user"),
    "comp1 is protected": (lambda x: x.change_policy(protected_computers=("comp*",)), "a protected computer"),
    "two are needed now": (lambda x: x.change_policy(asking_leads(2)), "have changed since it was approved; ask again"),
    "others are needed now": (
        lambda x: x.change_policy(rule(need=Need(count=1, of=frozenset({"@cfo"}), rule="on-call"))),
        "have changed since it was approved; ask again",
    ),
    "fewer at once": (lambda x: x.change_policy(asking_leads(1, max_targets=1)), "the rule allows 1"),
    "the requester left the group": (lambda x: x.remove_from("@oncall", DANA), "No rule lets you log sessions off"),
    "the requester was deactivated": (
        lambda x: x.directory.statuses.update({DANA.user_id: MemberStatus.DEACTIVATED}),
        "your account is a deactivated one",
    ),
    "the requester became a guest": (
        lambda x: x.directory.statuses.update({DANA.user_id: MemberStatus.GUEST}),
        "your account is a guest one",
    ),
    "Slack cannot be asked who the requester is": (
        lambda x: x.directory.statuses.update({DANA.user_id: MemberStatus.UNKNOWN}),
        "I could not ask Slack",
    ),
}
AFTER_THE_YES: dict[str, Change] = {
    "a pause": (lambda x: x.ledger.pause("operator", "patch night"), "Paused by operator since"),
    "the approver left the group": (lambda x: x.remove_from("@leads", BO), "have changed since it was approved"),
    "the approver was deactivated": (
        lambda x: x.directory.statuses.update({BO.user_id: MemberStatus.DEACTIVATED}),
        "have changed since it was approved",
    ),
    "Slack cannot be asked who the approver is": (
        lambda x: x.directory.statuses.update({BO.user_id: MemberStatus.UNKNOWN}),
        "have changed since it was approved",
    ),
}


@for_each("what", CHANGES)
def test_what_changes_between_card_and_press_stops_it_and_the_card_says_why(what: str) -> None:
    harness = bot_with(asking_leads(1))
    request = harness.ask_and_run("comp1 id=3,5 --sync")
    change, says = CHANGES[what]
    change(harness)
    harness.press("approve", by=BO, on=request)
    harness.run()
    stopped(harness, request, says)
    assert "approved" not in harness.events_of(request)


@for_each("what", CHANGES | AFTER_THE_YES)
def test_what_changes_between_press_and_act_stops_it_and_the_card_says_why(what: str) -> None:
    harness = bot_with(asking_leads(1))
    request = harness.ask_and_run("comp1 id=3,5 --sync")
    harness.press("approve", by=BO, on=request)
    change, says = (CHANGES | AFTER_THE_YES)[what]
    change(harness)
    harness.run()
    stopped(harness, request, says)
    assert "approved" in harness.events_of(request)


def stopped(harness: BotHarness, request: Request, says: str) -> None:
    assert harness.find(request.id).ending is Ending.REFUSED
    assert harness.terminal.acts == []
    assert "started" not in harness.events_of(request)
    assert "Not allowed. Nobody was logged off" in harness.text_on_card(request)
    assert says in harness.text_on_card(request)
    (entry,) = [e for e in harness.ledger.entries(request_id=request.id) if e.event == "refused"]
    assert says in entry.note


def test_nothing_changed_is_the_check_that_these_tests_can_pass() -> None:
    harness = bot_with(asking_leads(1))
    request = harness.ask_and_run("comp1 id=3,5 --sync")
    harness.press("approve", by=BO, on=request)
    harness.run()
    assert harness.terminal.logged_off == [("comp1", 3), ("comp1", 5)]


def test_during_a_pause_an_approval_is_refused_with_the_reason_and_the_card_keeps_waiting() -> None:
    harness = bot_with(asking_leads(1))
    request = harness.ask_and_run("comp1 id=3 --sync")
    harness.ledger.pause("operator", "patch night")
    answer = harness.press("approve", by=BO, on=request)
    harness.run()
    assert "Paused by operator since 2026-03-02 14:00 UTC: patch night" in answer.text
    assert harness.notes_of(request) == ["refused"]
    assert (harness.find(request.id).state, harness.terminal.acts) == (State.AWAITING, [])
    harness.ledger.resume("operator")
    harness.press("approve", by=BO, on=request)
    harness.run()
    assert harness.terminal.logged_off == [("comp1", 3)]


def test_an_approver_may_deny_during_a_pause() -> None:
    harness = bot_with(asking_leads(1))
    request = harness.ask_and_run("comp1 id=3 --sync")
    harness.ledger.pause("operator", "patch night")
    harness.press("deny", by=BO, on=request)
    assert harness.find(request.id).ending is Ending.DENIED


@pytest.mark.parametrize("command", ["comp1 id=3 --sync", "comp1 id=3 --sync --force"])
def test_during_a_pause_a_new_request_is_refused_and_no_host_is_contacted(command: str) -> None:
    harness = bot_with(rule(force=Force(is_allowed=True)))
    harness.ledger.pause("operator", "patch night")
    request = harness.ask_and_run(command)
    assert request.ending is Ending.REFUSED
    assert harness.terminal.look_calls == []
    assert "patch night" in harness.told(DANA)[-1]


def test_during_a_pause_listing_is_allowed() -> None:
    harness = bot_with()
    harness.ledger.pause("operator", "patch night")
    assert harness.ask_and_run("comp1", command="sessions").ending is Ending.ANSWERED
    assert harness.ask_and_run("comp1 id=3 --whatif").ending is Ending.WHATIF


def test_an_act_that_is_running_when_the_pause_begins_is_finished() -> None:
    harness = bot_with()
    request = harness.ask_and_run("comp1 id=3 --sync")
    harness.press("approve", by=DANA, on=request)
    harness.terminal.before_act("comp1", lambda: harness.ledger.pause("operator", "patch night"))
    harness.run()
    assert harness.find(request.id).ending is Ending.DONE
    assert harness.terminal.logged_off == [("comp1", 3)]


def test_a_forced_request_is_asked_again_as_well() -> None:
    harness = bot_with(rule(force=Force(is_allowed=True)))
    request = harness.ask_and_run('comp1 id=3 --force --warn 5m "save"')
    harness.change_policy(rule())
    harness.jump(timedelta(minutes=5))
    assert harness.find(request.id).ending is Ending.REFUSED
    assert harness.terminal.logged_off == []


# A relaxed policy


def test_a_relaxed_policy_approves_nothing_by_itself() -> None:
    harness = bot_with(asking_leads(2))
    request = harness.ask_and_run("comp1 id=3 --sync")
    harness.press("approve", by=BO, on=request)
    harness.change_policy(rule())
    harness.run()
    harness.jump(timedelta(minutes=1))
    assert (harness.find(request.id).state, harness.terminal.acts) == (State.AWAITING, [])


def test_under_a_relaxed_policy_the_card_means_what_it_said() -> None:
    """Dana's own yes would be enough by the new rules; the card said two leads, and two leads it takes."""
    harness = bot_with(asking_leads(2))
    request = harness.ask_and_run("comp1 id=3 --sync")
    harness.change_policy(rule())
    assert "Your own yes does not count here" in harness.press("approve", by=DANA, on=request).text
    harness.press("approve", by=BO, on=request)
    harness.run()
    assert harness.terminal.acts == []
    harness.press("approve", by=CHEN, on=request)
    harness.run()
    assert harness.terminal.logged_off == [("comp1", 3)]


def test_a_relaxed_policy_does_not_replace_an_approver_who_left_the_group() -> None:
    harness = bot_with(asking_leads(2))
    request = harness.ask_and_run("comp1 id=3 --sync")
    for lead in (BO, CHEN):
        harness.press("approve", by=lead, on=request)
    harness.change_policy(asking_leads(1))
    harness.remove_from("@leads", BO)
    harness.run()
    assert harness.find(request.id).ending is Ending.REFUSED
    assert harness.terminal.acts == []


def test_approvals_are_still_enough_when_the_target_that_needed_them_is_gone() -> None:
    four_eyes = asking_leads(1, name="at work", states=frozenset({SessionState.ACTIVE}))
    harness = bot_with(four_eyes, rule())
    request = harness.ask_and_run("comp1 id=3,5 --sync")
    harness.choose(0, by=DANA, on=request)
    harness.press("approve", by=BO, on=request)
    harness.run()
    assert harness.terminal.logged_off == [("comp1", 3)]


def test_the_gentler_act_has_its_own_requirement_and_asks_anew() -> None:
    off = asking_leads(2, name="off", may=frozenset({Action.LOG_OFF}))
    harness = bot_with(off, asking_leads(1, name="gentle"))
    request = harness.ask_and_run("comp1 id=5 --sync")
    harness.press("approve", by=BO, on=request)
    harness.press("disconnect", by=CHEN, on=request)
    harness.run()
    after = harness.find(request.id)
    assert (after.counted, after.state) == ((), State.AWAITING)
    assert after.requirement
    assert {need.count for need in after.requirement.needs} == {1, 2}, "never fewer people than the card has said"
    harness.press("approve", by=BO, on=request)
    harness.press("approve", by=CHEN, on=request)
    harness.run()
    assert (harness.terminal.disconnected, harness.terminal.logged_off) == ([("comp1", 5)], [])


def test_an_own_confirmation_is_not_enough_when_the_rules_now_require_others() -> None:
    harness = bot_with()
    request = harness.ask_and_run("comp1 id=3 --sync")
    assert request.requirement
    assert request.requirement.confirm is Confirm.SELF
    harness.change_policy(asking_leads(1))
    harness.press("approve", by=DANA, on=request)
    harness.run()
    assert harness.find(request.id).ending is Ending.REFUSED
    assert harness.find(request.id).message_ref
    assert APPROVALS.channel_id not in {card.channel_id for card in harness.chat.cards}
