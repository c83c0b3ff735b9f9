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
from tests.support.council import APPROVALS, BO, CHEN, DANA, Council, asking_leads, rule

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.domain.request import Request

Change = tuple["Callable[[Council], None]", str]


def protect(council: Council) -> None:
    council.change(protected_users=("alice",))


CHANGES: dict[str, Change] = {
    # what changes meanwhile                                                          what the card says then
    "no rule is left": (lambda x: x.change(rule(who=frozenset({"@nobody"}))), "No rule lets you log sessions off"),
    "another channel": (lambda x: x.change(asking_leads(1, where=frozenset({"C0X"}))), "not asked from this channel"),
    "fewer users": (
        lambda x: x.change(asking_leads(1, users=("bob",))),
        "CORP\\alice on comp1 may no longer be touched",
    ),
    "alice is protected": (protect, "CORP\\alice on comp1 may no longer be touched: a protected user"),
    "comp1 is protected": (lambda x: x.change(protected_computers=("comp*",)), "a protected computer"),
    "two are needed now": (lambda x: x.change(asking_leads(2)), "have changed since it was approved; ask again"),
    "others are needed now": (
        lambda x: x.change(rule(need=Need(count=1, of=frozenset({"@cfo"}), rule="on-call"))),
        "have changed since it was approved; ask again",
    ),
    "fewer at once": (lambda x: x.change(asking_leads(1, max_targets=1)), "the rule allows 1"),
    "the requester left the group": (lambda x: x.remove_from("@oncall", DANA), "No rule lets you log sessions off"),
    "the requester was deactivated": (
        lambda x: x.directory.standings.update({DANA.user_id: MemberStatus.DEACTIVATED}),
        "your account is a deactivated one",
    ),
    "the requester became a guest": (
        lambda x: x.directory.standings.update({DANA.user_id: MemberStatus.GUEST}),
        "your account is a guest one",
    ),
    "Slack cannot be asked who the requester is": (
        lambda x: x.directory.standings.update({DANA.user_id: MemberStatus.UNKNOWN}),
        "I could not ask Slack",
    ),
}
AFTER_THE_YES: dict[str, Change] = {
    "a pause": (lambda x: x.ledger.pause("operator", "patch night"), "Paused by operator since"),
    "the approver left the group": (lambda x: x.remove_from("@leads", BO), "have changed since it was approved"),
    "the approver was deactivated": (
        lambda x: x.directory.standings.update({BO.user_id: MemberStatus.DEACTIVATED}),
        "have changed since it was approved",
    ),
    "Slack cannot be asked who the approver is": (
        lambda x: x.directory.standings.update({BO.user_id: MemberStatus.UNKNOWN}),
        "have changed since it was approved",
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_changes_between_card_and_press_stops_it_and_the_card_says_why(what: str) -> None:
    council = Council(asking_leads(1))
    request = council.ask("comp1 id=3,5 --sync")
    change, says = CHANGES[what]
    change(council)
    council.press(request, "approve", by=BO)
    council.run()
    stopped(council, request, says)
    assert "approved" not in council.events(request)


@pytest.mark.parametrize("what", CHANGES | AFTER_THE_YES)
def test_what_changes_between_press_and_act_stops_it_and_the_card_says_why(what: str) -> None:
    council = Council(asking_leads(1))
    request = council.ask("comp1 id=3,5 --sync")
    council.press(request, "approve", by=BO)
    change, says = (CHANGES | AFTER_THE_YES)[what]
    change(council)
    council.run()
    stopped(council, request, says)
    assert "approved" in council.events(request)


def stopped(council: Council, request: Request, says: str) -> None:
    assert council.find(request.id).ending is Ending.REFUSED
    assert council.terminal.acts == []
    assert "started" not in council.events(request)
    assert "Not allowed. Nobody was logged off" in council.shown(request)
    assert says in council.shown(request)
    (entry,) = [e for e in council.ledger.entries(request_id=request.id) if e.event == "refused"]
    assert says in entry.reason


def test_nothing_changed_is_the_check_that_these_tests_can_pass() -> None:
    council = Council(asking_leads(1))
    request = council.ask("comp1 id=3,5 --sync")
    council.press(request, "approve", by=BO)
    council.run()
    assert council.terminal.logged_off == [("comp1", 3), ("comp1", 5)]


def test_in_a_pause_the_yes_is_not_taken_the_presser_is_told_why_and_the_card_waits_for_the_end_of_it() -> None:
    council = Council(asking_leads(1))
    request = council.ask("comp1 id=3 --sync")
    council.ledger.pause("operator", "patch night")
    answer = council.press(request, "approve", by=BO)
    council.run()
    assert "Paused by operator since 2026-03-02 14:00 UTC: patch night" in answer.text
    assert council.notes(request) == ["refused"]
    assert (council.find(request.id).state, council.terminal.acts) == (State.AWAITING, [])
    council.ledger.resume("operator")
    council.press(request, "approve", by=BO)
    council.run()
    assert council.terminal.logged_off == [("comp1", 3)]


def test_who_may_say_no_may_say_it_in_a_pause() -> None:
    council = Council(asking_leads(1))
    request = council.ask("comp1 id=3 --sync")
    council.ledger.pause("operator", "patch night")
    council.press(request, "deny", by=BO)
    assert council.find(request.id).ending is Ending.DENIED


@pytest.mark.parametrize("command", ["comp1 id=3 --sync", "comp1 id=3 --sync --force"])
def test_in_a_pause_nothing_new_is_asked_for_and_no_host_is_contacted(command: str) -> None:
    council = Council(rule(force=Force(is_allowed=True)))
    council.ledger.pause("operator", "patch night")
    request = council.ask(command)
    assert request.ending is Ending.REFUSED
    assert council.terminal.look_calls == []
    assert "patch night" in council.told(DANA)[-1]


def test_in_a_pause_looking_is_allowed() -> None:
    council = Council()
    council.ledger.pause("operator", "patch night")
    assert council.ask("comp1", command="sessions").ending is Ending.ANSWERED
    assert council.ask("comp1 id=3 --whatif").ending is Ending.WHATIF


def test_what_runs_when_the_pause_comes_is_finished() -> None:
    council = Council()
    request = council.ask("comp1 id=3 --sync")
    council.press(request, "approve", by=DANA)
    council.terminal.before_act("comp1", lambda: council.ledger.pause("operator", "patch night"))
    council.run()
    assert council.find(request.id).ending is Ending.DONE
    assert council.terminal.logged_off == [("comp1", 3)]


def test_a_forced_request_is_asked_again_as_well() -> None:
    council = Council(rule(force=Force(is_allowed=True)))
    request = council.ask('comp1 id=3 --force --warn 5m "save"')
    council.change(rule())
    council.wait(timedelta(minutes=5))
    assert council.find(request.id).ending is Ending.REFUSED
    assert council.terminal.logged_off == []


# A relaxed policy


def test_a_relaxed_policy_approves_nothing_by_itself() -> None:
    council = Council(asking_leads(2))
    request = council.ask("comp1 id=3 --sync")
    council.press(request, "approve", by=BO)
    council.change(rule())
    council.run()
    council.wait(timedelta(minutes=1))
    assert (council.find(request.id).state, council.terminal.acts) == (State.AWAITING, [])


def test_under_a_relaxed_policy_the_card_means_what_it_said() -> None:
    """Dana's own yes would be enough by the new rules; the card said two leads, and two leads it takes."""
    council = Council(asking_leads(2))
    request = council.ask("comp1 id=3 --sync")
    council.change(rule())
    assert "Your own yes does not count here" in council.press(request, "approve", by=DANA).text
    council.press(request, "approve", by=BO)
    council.run()
    assert council.terminal.acts == []
    council.press(request, "approve", by=CHEN)
    council.run()
    assert council.terminal.logged_off == [("comp1", 3)]


def test_a_relaxed_policy_does_not_stand_in_for_a_voter_who_has_left() -> None:
    council = Council(asking_leads(2))
    request = council.ask("comp1 id=3 --sync")
    for lead in (BO, CHEN):
        council.press(request, "approve", by=lead)
    council.change(asking_leads(1))
    council.remove_from("@leads", BO)
    council.run()
    assert council.find(request.id).ending is Ending.REFUSED
    assert council.terminal.acts == []


def test_without_the_target_that_needed_others_their_yes_is_still_enough() -> None:
    four_eyes = asking_leads(1, name="at work", states=frozenset({SessionState.ACTIVE}))
    council = Council(four_eyes, rule())
    request = council.ask("comp1 id=3,5 --sync")
    council.keep(request, 0, by=DANA)
    council.press(request, "approve", by=BO)
    council.run()
    assert council.terminal.logged_off == [("comp1", 3)]


def test_the_gentler_act_has_its_own_requirement_and_asks_anew() -> None:
    off = asking_leads(2, name="off", may=frozenset({Action.LOG_OFF}))
    council = Council(off, asking_leads(1, name="gentle"))
    request = council.ask("comp1 id=5 --sync")
    council.press(request, "approve", by=BO)
    council.press(request, "disconnect", by=CHEN)
    council.run()
    after = council.find(request.id)
    assert (after.counted, after.state) == ((), State.AWAITING)
    assert after.requirement
    assert {need.count for need in after.requirement.needs} == {1, 2}, "never fewer people than the card has said"
    council.press(request, "approve", by=BO)
    council.press(request, "approve", by=CHEN)
    council.run()
    assert (council.terminal.disconnected, council.terminal.logged_off) == ([("comp1", 5)], [])


def test_the_own_confirmation_that_was_enough_is_not_when_others_are_needed_now() -> None:
    council = Council()
    request = council.ask("comp1 id=3 --sync")
    assert request.requirement
    assert request.requirement.confirm is Confirm.SELF
    council.change(asking_leads(1))
    council.press(request, "approve", by=DANA)
    council.run()
    assert council.find(request.id).ending is Ending.REFUSED
    assert council.find(request.id).message_ref
    assert APPROVALS.channel_id not in {card.channel_id for card in council.chat.cards}
