"""Caps, rates, break-glass, and the calls for people who may decide."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.domain.people import MemberStatus
from bot.domain.request import Ending, State
from bot.domain.requirement import Confirm, Need
from bot.policy.model import Force
from tests.support.harness import BotHarness, text_of
from tests.support.people import (
    APPROVALS,
    BO,
    CHEN,
    DANA,
    LEADS,
    LOUNGE,
    ONCALL,
    OPS,
    asking_leads,
    bot_with,
    of_leads,
    rule,
)

if TYPE_CHECKING:
    from bot.domain.request import Request

FORCING = rule(force=Force(is_allowed=True), approve_in=APPROVALS.channel_id)


def confirm(request: Request) -> Confirm | None:
    return request.requirement.confirm if request.requirement else None


def channels(harness: BotHarness) -> list[str]:
    return [card.channel_id for card in harness.chat.cards]


# Many at once


@pytest.mark.parametrize(("ids", "expected"), [("1-10", Confirm.SELF), ("1-11", Confirm.OTHERS)])
def test_above_the_cap_a_second_person_is_needed_whatever_the_rule_says(ids: str, expected: Confirm) -> None:
    harness = bot_with(second_person_above=10)
    request = harness.ask_and_run(f"crowd id={ids} --sync")
    assert confirm(request) is expected
    harness.press("approve", by=DANA, on=request)
    harness.run()
    assert bool(harness.terminal.acts) == (expected is Confirm.SELF)
    harness.press("approve", by=CHEN, on=request)
    harness.run()
    assert len(harness.terminal.logged_off) == (10 if expected is Confirm.SELF else 11)


def test_above_the_cap_a_rule_under_which_the_requester_counts_is_not_enough() -> None:
    own = Need(count=1, of=ONCALL, rule="on-call", requester_counts=True)
    harness = bot_with(rule(need=own), second_person_above=10)
    request = harness.ask_and_run("crowd id=1-11 --sync")
    harness.press("approve", by=DANA, on=request)
    harness.run()
    assert (harness.find(request.id).state, harness.terminal.acts) == (State.AWAITING, [])
    harness.press("approve", by=CHEN, on=request)
    harness.run()
    assert len(harness.terminal.logged_off) == 11


def test_above_the_cap_a_target_that_asks_the_leads_takes_nothing_off_what_the_others_ask() -> None:
    harness = bot_with(asking_leads(1, name="one", users=("user1",)), rule("rest"), second_person_above=10)
    request = harness.ask_and_run("crowd id=1-12 --sync")
    assert request.requirement
    assert {(need.rule, need.of) for need in request.requirement.needs} == {
        ("on-call", LEADS),
        ("many at once", ONCALL),
    }
    harness.press("approve", by=BO, on=request)
    harness.run()
    assert harness.terminal.acts == [], "Bo leads, but is not on call"
    harness.press("approve", by=CHEN, on=request)
    harness.run()
    assert len(harness.terminal.logged_off) == 12


def test_narrowing_below_the_cap_still_needs_the_second_person_that_the_card_names() -> None:
    harness = bot_with(second_person_above=2)
    request = harness.ask_and_run("crowd id=1-3 --sync")
    harness.choose(0, 1, by=DANA, on=request)
    harness.press("approve", by=DANA, on=request)
    assert harness.find(request.id).state is State.AWAITING
    harness.press("approve", by=CHEN, on=request)
    harness.run()
    assert harness.terminal.logged_off == [("crowd", 1), ("crowd", 2)]


def test_more_targets_than_a_rule_allows_are_refused_with_the_number_and_the_next_step() -> None:
    harness = bot_with(rule(max_targets=3))
    request = harness.ask_and_run("crowd id=1-4 --sync")
    assert (request.ending, request.targets) == (Ending.REFUSED, ())
    assert "That is 4 sessions at once; the rule allows 3. Narrow it." in harness.told(DANA)[-1]
    assert harness.ask_and_run("crowd id=1-3 --sync").state is State.AWAITING


# How often


def test_requests_above_the_rate_limit_are_refused_before_any_host_is_contacted_and_accepted_later() -> None:
    harness = bot_with(max_requests=3, max_requests_per=timedelta(minutes=10))
    for _ in range(3):
        assert harness.ask_and_run("comp1 id=3 --sync").state is State.AWAITING
    surveys = len(harness.terminal.look_calls)
    refused = harness.ask_and_run("comp1 id=3 --sync")
    assert (refused.ending, len(harness.terminal.look_calls)) == (Ending.REFUSED, surveys)
    assert "more than 3 requests in 10 minutes" in harness.told(DANA)[-1]
    assert harness.ask_and_run("comp1 id=3 --sync", by=CHEN).state is State.AWAITING, "each person has a limit"
    harness.jump(timedelta(minutes=10, seconds=1))
    assert harness.ask_and_run("comp1 id=3 --sync").state is State.AWAITING


def test_neither_force_nor_a_preview_gets_around_the_limit() -> None:
    harness = bot_with(FORCING, max_requests=1)
    harness.ask_and_run("comp1 id=3 --sync --force")
    assert harness.ask_and_run("comp1 id=5 --sync --force").ending is Ending.REFUSED
    assert harness.ask_and_run("comp1 id=5 --whatif").ending is Ending.REFUSED
    assert harness.terminal.logged_off == [("comp1", 3)]


# Break-glass


def test_force_runs_at_once_and_is_announced_where_approvals_go_with_who_whom_and_why() -> None:
    harness = bot_with(FORCING)
    request = harness.ask_and_run('comp1 id=5 --sync --force --reason "INC-1 disk full"')
    assert (request.ending, harness.terminal.logged_off) == (Ending.DONE, [("comp1", 5)])
    assert channels(harness) == [APPROVALS.channel_id, OPS.channel_id]
    announced = text_of(next(iter(harness.chat.cards.values()))[0])
    assert "Break-glass: nobody was asked" in announced
    assert f"U0DANA used --force in {request.id}. Reason: INC-1 disk full" in announced
    assert "CORP\\bob" in announced
    assert "forced: nobody was asked" in harness.text_on_card(request)
    assert "approved" not in harness.events_of(request)


def test_force_with_a_reason_that_lacks_its_ticket_is_refused_with_the_way_to_say_it() -> None:
    harness = bot_with(rule(force=Force(is_allowed=True, needs_reason=True, ticket=r"INC-\d+")))
    assert harness.ask_and_run("comp1 id=5 --force --reason now").ending is Ending.REFUSED
    assert "a ticket number in the reason here, like INC-" in harness.told(DANA)[-1]
    assert harness.terminal.logged_off == []
    harness.ask_and_run("comp1 id=5 --force --reason INC-7")
    assert harness.terminal.logged_off == [("comp1", 5)]


def test_force_above_the_cap_becomes_an_ordinary_request_and_says_so() -> None:
    harness = bot_with(FORCING, second_person_above=2)
    request = harness.ask_and_run("crowd id=1-3 --sync --force")
    assert (request.state, confirm(request)) == (State.AWAITING, Confirm.OTHERS)
    assert "These are too many at once for --force, so I ask." in harness.text_on_card(request)
    assert harness.terminal.acts == []
    harness.press("approve", by=CHEN, on=request)
    harness.run()
    assert len(harness.terminal.logged_off) == 3


def test_force_without_a_rule_for_it_becomes_an_ordinary_request_and_says_so() -> None:
    harness = bot_with(asking_leads(1))
    request = harness.ask_and_run("comp1 id=5 --sync --force")
    assert (request.state, confirm(request)) == (State.AWAITING, Confirm.OTHERS)
    assert "No rule lets you skip the confirmation here, so I ask." in harness.text_on_card(request)


# Nobody there


def test_a_request_that_nobody_could_approve_is_refused_at_once() -> None:
    harness = bot_with(asking_leads(3))
    harness.directory.statuses[CHEN.user_id] = MemberStatus.GUEST
    request = harness.ask_and_run("comp1 id=3 --sync")
    assert request.ending is Ending.REFUSED
    said = "This needs a yes from 3 of @leads, and besides you there are 1. Nobody could approve it."
    assert said in harness.told(DANA)[-1]


def test_the_requester_does_not_count_among_the_possible_approvers() -> None:
    harness = bot_with(rule(need=of_leads(2), who=LEADS | ONCALL))
    assert harness.ask_and_run("comp1 id=3", by=CHEN).ending is Ending.REFUSED
    assert harness.ask_and_run("comp1 id=3", by=DANA).state is State.AWAITING


def test_above_the_cap_with_nobody_else_on_call_it_is_said_at_once() -> None:
    harness = bot_with(second_person_above=2)
    harness.remove_from("@oncall", CHEN)
    assert harness.ask_and_run("crowd id=1-3 --sync").ending is Ending.REFUSED


def test_a_channel_for_approvals_where_the_bot_may_not_post_is_told_to_the_requester() -> None:
    """Otherwise they would wait for people who never hear of it."""
    harness = bot_with(asking_leads(1))
    harness.chat.closed.add(APPROVALS.channel_id)
    request = harness.ask_and_run("comp1 id=3 --sync")
    (told,) = harness.told(DANA)
    assert told == (
        f"{request.id}: it waits for somebody else's yes, but I could not ask in C0APPROVE\n"
        "Slack does not let me post there. Tell whoever runs the bot."
    )
    assert harness.find(request.id).message_ref is None


# Calling people


def test_a_card_for_other_approvers_stands_in_their_channel_and_the_requester_is_told_so() -> None:
    harness = bot_with(asking_leads(1))
    request = harness.ask_and_run("comp1 id=3 --sync")
    assert channels(harness) == [APPROVALS.channel_id]
    assert "Needs a yes: 0 of 1 from @leads" in harness.text_on_card(request)
    assert "waits for somebody else's yes" in harness.told(DANA)[-1]
    assert "I have asked in C0APPROVE and called 2 people; it waits until" in harness.told(DANA)[-1]


def test_a_card_that_the_requester_confirms_stands_where_the_command_was_typed() -> None:
    harness = bot_with()
    harness.ask_and_run("comp1 id=3 --sync", place=LOUNGE)
    assert channels(harness) == [LOUNGE.channel_id]


def test_at_half_of_the_cards_life_the_approvers_are_mentioned_once_more_and_only_once() -> None:
    harness = bot_with(asking_leads(1, expires_after=timedelta(minutes=20)))
    request = harness.ask_and_run("comp1 id=3 --sync")
    harness.jump(timedelta(minutes=9, seconds=59))
    assert harness.chat.replies == []
    harness.jump(timedelta(seconds=1))
    for _ in range(9):
        harness.jump(timedelta(minutes=1))
    (reminder,) = harness.chat.replies
    assert (reminder[0], reminder[1]) == (harness.find(request.id).message_ref, ("@leads",))
    assert reminder[2] == "Log off CORP\\alice on comp1? This still waits for a decision."


def test_a_card_that_the_requester_confirms_sends_no_reminder() -> None:
    harness = bot_with()
    harness.ask_and_run("comp1 id=3 --sync")
    harness.jump(timedelta(minutes=10))
    assert harness.chat.replies == []


def test_a_card_expires_by_itself_and_a_later_press_is_told_so() -> None:
    harness = bot_with(asking_leads(1, expires_after=timedelta(minutes=20)))
    request = harness.ask_and_run("comp1 id=3 --sync")
    harness.clock.move(timedelta(minutes=20))
    assert "This card has expired" in harness.press("approve", by=BO, on=request).text
    harness.run()
    assert harness.find(request.id).ending is Ending.EXPIRED
    assert harness.terminal.acts == []
    assert "Expired: nobody decided" in harness.text_on_card(request)


def test_the_outcome_is_told_where_it_was_asked_and_who_has_just_pressed_reads_it_on_the_card() -> None:
    harness = bot_with(asking_leads(1))
    request = harness.ask_and_run("comp1 id=3 --sync")
    harness.press("approve", by=BO, on=request)
    harness.run()
    assert harness.told(DANA)[-1] == f"{request.id}: Logged off CORP\\alice on comp1, decided by bo."
    assert harness.chat.replies == []


def test_who_said_yes_before_the_last_one_is_told_in_the_thread() -> None:
    harness = bot_with(asking_leads(2))
    request = harness.ask_and_run("comp1 id=3 --sync")
    for approver in (BO, CHEN):
        harness.press("approve", by=approver, on=request)
    harness.run()
    ((_, called, text),) = harness.chat.replies
    assert (called, text) == (("U0BO",), "Logged off CORP\\alice on comp1, decided by chen.")
