"""Caps, rates, break-glass, and the calls for people who may decide."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.domain.people import MemberStatus
from bot.domain.request import Ending, State
from bot.domain.requirement import Confirm, Need
from bot.policy.model import Force
from tests.support.council import (
    APPROVALS,
    BO,
    CHEN,
    DANA,
    LEADS,
    LOUNGE,
    ONCALL,
    OPS,
    Council,
    asking_leads,
    of_leads,
    rule,
    text_of,
)

if TYPE_CHECKING:
    from bot.domain.request import Request

FORCING = rule(force=Force(is_allowed=True), approve_in=APPROVALS.channel_id)


def confirm(request: Request) -> Confirm | None:
    return request.requirement.confirm if request.requirement else None


def channels(council: Council) -> list[str]:
    return [card.channel_id for card in council.chat.cards]


# Many at once


@pytest.mark.parametrize(("ids", "expected"), [("1-10", Confirm.SELF), ("1-11", Confirm.OTHERS)])
def test_above_the_cap_a_second_person_is_needed_whatever_the_rule_says(ids: str, expected: Confirm) -> None:
    council = Council(second_person_above=10)
    request = council.ask(f"crowd id={ids} --sync")
    assert confirm(request) is expected
    council.press(request, "approve", by=DANA)
    council.run()
    assert bool(council.terminal.acts) == (expected is Confirm.SELF)
    council.press(request, "approve", by=CHEN)
    council.run()
    assert len(council.terminal.logged_off) == (10 if expected is Confirm.SELF else 11)


def test_above_the_cap_a_rule_under_which_the_requester_counts_is_not_enough() -> None:
    own = Need(count=1, of=ONCALL, rule="on-call", requester_counts=True)
    council = Council(rule(need=own), second_person_above=10)
    request = council.ask("crowd id=1-11 --sync")
    council.press(request, "approve", by=DANA)
    council.run()
    assert (council.find(request.id).state, council.terminal.acts) == (State.AWAITING, [])
    council.press(request, "approve", by=CHEN)
    council.run()
    assert len(council.terminal.logged_off) == 11


def test_above_the_cap_a_target_that_asks_the_leads_takes_nothing_off_what_the_others_ask() -> None:
    council = Council(asking_leads(1, name="one", users=("user1",)), rule("rest"), second_person_above=10)
    request = council.ask("crowd id=1-12 --sync")
    assert request.requirement
    assert {(need.rule, need.of) for need in request.requirement.needs} == {
        ("on-call", LEADS),
        ("many at once", ONCALL),
    }
    council.press(request, "approve", by=BO)
    council.run()
    assert council.terminal.acts == [], "Bo leads, but he is not on call"
    council.press(request, "approve", by=CHEN)
    council.run()
    assert len(council.terminal.logged_off) == 12


def test_who_narrows_it_below_the_cap_still_needs_the_second_person_that_the_card_names() -> None:
    council = Council(second_person_above=2)
    request = council.ask("crowd id=1-3 --sync")
    council.keep(request, 0, 1, by=DANA)
    council.press(request, "approve", by=DANA)
    assert council.find(request.id).state is State.AWAITING
    council.press(request, "approve", by=CHEN)
    council.run()
    assert council.terminal.logged_off == [("crowd", 1), ("crowd", 2)]


def test_more_than_a_rule_allows_at_once_is_refused_with_the_number_and_the_next_step() -> None:
    council = Council(rule(max_targets=3))
    request = council.ask("crowd id=1-4 --sync")
    assert (request.ending, request.targets) == (Ending.REFUSED, ())
    assert "That is 4 sessions at once; the rule allows 3. Narrow it." in council.told(DANA)[-1]
    assert council.ask("crowd id=1-3 --sync").state is State.AWAITING


# How often


def test_more_requests_than_the_limit_are_refused_before_any_host_is_looked_at_and_later_taken_again() -> None:
    council = Council(max_requests=3, max_requests_per=timedelta(minutes=10))
    for _ in range(3):
        assert council.ask("comp1 id=3 --sync").state is State.AWAITING
    surveys = len(council.terminal.look_calls)
    refused = council.ask("comp1 id=3 --sync")
    assert (refused.ending, len(council.terminal.look_calls)) == (Ending.REFUSED, surveys)
    assert "more than 3 requests in 10 minutes" in council.told(DANA)[-1]
    assert council.ask("comp1 id=3 --sync", by=CHEN).state is State.AWAITING, "each person has a limit of his own"
    council.wait(timedelta(minutes=10, seconds=1))
    assert council.ask("comp1 id=3 --sync").state is State.AWAITING


def test_neither_force_nor_a_preview_gets_around_the_limit() -> None:
    council = Council(FORCING, max_requests=1)
    council.ask("comp1 id=3 --sync --force")
    assert council.ask("comp1 id=5 --sync --force").ending is Ending.REFUSED
    assert council.ask("comp1 id=5 --whatif").ending is Ending.REFUSED
    assert council.terminal.logged_off == [("comp1", 3)]


# Break-glass


def test_force_runs_at_once_and_is_announced_where_approvals_go_with_who_whom_and_why() -> None:
    council = Council(FORCING)
    request = council.ask('comp1 id=5 --sync --force --reason "INC-1 disk full"')
    assert (request.ending, council.terminal.logged_off) == (Ending.DONE, [("comp1", 5)])
    assert channels(council) == [APPROVALS.channel_id, OPS.channel_id]
    announced = text_of(next(iter(council.chat.cards.values()))[0])
    assert "Break-glass: nobody was asked" in announced
    assert f"U0DANA used --force in {request.id}. Reason: INC-1 disk full" in announced
    assert "CORP\\bob" in announced
    assert "forced: nobody was asked" in council.shown(request)
    assert "approved" not in council.events(request)


def test_force_without_its_reason_is_refused_with_the_way_to_say_it() -> None:
    council = Council(rule(force=Force(is_allowed=True, needs_reason=True, ticket=r"INC-\d+")))
    assert council.ask("comp1 id=5 --force").ending is Ending.REFUSED
    assert 'add --reason "..."' in council.told(DANA)[-1]
    assert council.ask("comp1 id=5 --force --reason now").ending is Ending.REFUSED
    assert "a ticket number in the reason here, like INC-" in council.told(DANA)[-1]
    assert council.terminal.logged_off == []
    council.ask("comp1 id=5 --force --reason INC-7")
    assert council.terminal.logged_off == [("comp1", 5)]


def test_force_above_the_cap_becomes_an_ordinary_request_and_says_so() -> None:
    council = Council(FORCING, second_person_above=2)
    request = council.ask("crowd id=1-3 --sync --force")
    assert (request.state, confirm(request)) == (State.AWAITING, Confirm.OTHERS)
    assert "These are too many at once for --force, so I ask." in council.shown(request)
    assert council.terminal.acts == []
    council.press(request, "approve", by=CHEN)
    council.run()
    assert len(council.terminal.logged_off) == 3


def test_force_without_a_rule_for_it_becomes_an_ordinary_request_and_says_so() -> None:
    council = Council(asking_leads(1))
    request = council.ask("comp1 id=5 --sync --force")
    assert (request.state, confirm(request)) == (State.AWAITING, Confirm.OTHERS)
    assert "No rule lets you skip the confirmation here, so I ask." in council.shown(request)


# Nobody there


def test_that_nobody_may_approve_is_said_at_once() -> None:
    council = Council(asking_leads(3))
    council.directory.standings[CHEN.user_id] = MemberStatus.GUEST
    request = council.ask("comp1 id=3 --sync")
    assert request.ending is Ending.REFUSED
    said = "This needs a yes from 3 of @leads, and besides you there are 1. Nobody could approve it."
    assert said in council.told(DANA)[-1]


def test_the_requester_is_not_one_of_those_who_are_there() -> None:
    council = Council(rule(need=of_leads(2), who=LEADS | ONCALL))
    assert council.ask("comp1 id=3", by=CHEN).ending is Ending.REFUSED
    assert council.ask("comp1 id=3", by=DANA).state is State.AWAITING


def test_above_the_cap_with_nobody_else_on_call_it_is_said_at_once() -> None:
    council = Council(second_person_above=2)
    council.remove_from("@oncall", CHEN)
    assert council.ask("crowd id=1-3 --sync").ending is Ending.REFUSED


def test_a_channel_for_approvals_where_the_bot_may_not_post_is_told_to_the_requester() -> None:
    """Otherwise he would wait for people who never hear of it."""
    council = Council(asking_leads(1))
    council.chat.closed.add(APPROVALS.channel_id)
    request = council.ask("comp1 id=3 --sync")
    assert "I could not ask in C0APPROVE: Slack does not let me post there." in council.told(DANA)[-1]
    assert council.find(request.id).message_ref is None


# Calling people


def test_the_card_stands_where_the_others_are_and_the_requester_is_told_so() -> None:
    council = Council(asking_leads(1))
    request = council.ask("comp1 id=3 --sync")
    assert channels(council) == [APPROVALS.channel_id]
    assert "Needs a yes from 1 of @leads" in council.shown(request)
    assert "waits for somebody else's yes" in council.told(DANA)[-1]


def test_an_own_confirmation_stands_where_it_was_asked() -> None:
    council = Council()
    council.ask("comp1 id=3 --sync", place=LOUNGE)
    assert channels(council) == [LOUNGE.channel_id]


def test_at_half_of_the_cards_life_those_who_may_decide_are_called_once_more_and_only_once() -> None:
    council = Council(asking_leads(1, expires_after=timedelta(minutes=20)))
    request = council.ask("comp1 id=3 --sync")
    council.wait(timedelta(minutes=9, seconds=59))
    assert council.chat.replies == []
    council.wait(timedelta(seconds=1))
    for _ in range(9):
        council.wait(timedelta(minutes=1))
    (reminder,) = council.chat.replies
    assert (reminder[0], reminder[1]) == (council.find(request.id).message_ref, ("@leads",))
    assert reminder[2] == "Log off 1 session on comp1? This still waits for a decision."


def test_an_own_confirmation_is_not_reminded_of() -> None:
    council = Council()
    council.ask("comp1 id=3 --sync")
    council.wait(timedelta(minutes=10))
    assert council.chat.replies == []


def test_a_card_dies_by_itself_and_a_later_press_is_told_so() -> None:
    council = Council(asking_leads(1, expires_after=timedelta(minutes=20)))
    request = council.ask("comp1 id=3 --sync")
    council.clock.move(timedelta(minutes=20))
    assert "This card has expired" in council.press(request, "approve", by=BO).text
    council.run()
    assert council.find(request.id).ending is Ending.EXPIRED
    assert council.terminal.acts == []
    assert "Expired." in council.shown(request)


def test_the_outcome_is_told_in_the_thread_with_who_decided() -> None:
    council = Council(asking_leads(1))
    request = council.ask("comp1 id=3 --sync")
    council.press(request, "approve", by=BO)
    council.run()
    ((_, called, text),) = council.chat.replies
    assert (called, text) == (("U0DANA",), "Logged off 1 session on comp1, decided by bo.")
