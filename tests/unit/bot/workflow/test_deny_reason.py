"""A no with its reason: a form, the row it is decided on, the record, the card, and whom it is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.cards.model import Press, UserMention
from bot.domain.request import Ending, State
from bot.domain.requirement import DenyReason, Need
from bot.workflow.presses import CANCEL_INSTEAD, DENY_INSTEAD, SAY_WHY
from tests.support.cases import for_each
from tests.support.harness import text_of
from tests.support.people import APPROVALS, BO, CHEN, DANA, LEADS, OLI, asking_leads, bot_with, rule

if TYPE_CHECKING:
    from bot.cards.model import Card
    from bot.domain.people import Actor
    from bot.domain.request import Request
    from bot.workflow.response import Response
    from tests.support.harness import BotHarness

WHY = "quarter end, ask on Monday"


def bot(how: DenyReason = DenyReason.NEEDED, count: int = 1) -> BotHarness:
    harness = bot_with(asking_leads(count, deny_reason=how))
    harness.ask_and_run("comp1 id=3 --sync")
    return harness


def say(harness: BotHarness, text: str, by: Actor = BO, version: int | None = None) -> Response:
    """Submit the form behind Deny."""
    call = replace(harness.call("deny", by, None, version), text=text)
    response = harness.intake.press(call)
    if response.wake:
        harness.scheduler.wake(response.wake)
    return response


def labels(harness: BotHarness, request: Request) -> tuple[list[str], list[str]]:
    card = harness.card_of(request)
    return [button.label for button in card.buttons], [entry.label for entry in card.menu]


def test_who_decides_and_is_not_called_is_mentioned_only_by_an_edit_that_calls_nobody() -> None:
    need = Need(count=1, of=frozenset({BO.user_id}), rule="leads decide")
    harness = bot_with(rule(need=need, call=frozenset({CHEN.user_id}), approve_in=APPROVALS.channel_id))
    harness.ask_and_run("comp1 id=3 --sync")
    (drawings,) = harness.chat.cards.values()

    def named(card: Card) -> list[object]:
        (line,) = (line for line in card.lines if line.parts[0] == "Needs a yes: 0 of 1 from ")
        return list(line.parts[1:])

    assert named(drawings[0]) == [BO.user_id]
    assert named(drawings[-1]) == [UserMention(BO.user_id, calls=False)]
    assert all(UserMention(CHEN.user_id) in [part for line in card.lines for part in line.parts] for card in drawings)


def test_deny_denies_at_once_where_no_rule_wants_a_reason() -> None:
    harness = bot(DenyReason.UNASKED)
    request = harness.request
    assert labels(harness, request) == (["Log off 1", "Deny"], ["Deny with a reason...", "Cancel (requester)"])
    response = harness.press("deny", by=BO)
    assert (response.form, harness.request.ending, harness.request.deny_reason) == (None, Ending.DENIED, "")


@pytest.mark.parametrize("how", [DenyReason.WANTED, DenyReason.NEEDED])
def test_deny_opens_the_form_where_a_rule_wants_a_reason_and_a_closed_form_loses_nothing(how: DenyReason) -> None:
    harness = bot(how)
    request = harness.request
    assert labels(harness, request) == (["Log off 1", "Deny..."], ["Cancel (requester)"])
    assert harness.press("deny", by=BO).form == request
    assert (harness.request, harness.notes_of(request)) == (request, [])
    harness.press("approve", by=BO)
    harness.run()
    assert harness.terminal.logged_off == [("comp1", 3)]


@pytest.mark.parametrize(
    ("how", "press"), [(DenyReason.UNASKED, "deny_because"), (DenyReason.WANTED, "deny"), (DenyReason.NEEDED, "deny")]
)
def test_the_reason_is_recorded_shown_and_told(how: DenyReason, press: str) -> None:
    harness = bot(how)
    request = harness.request
    assert harness.press(press, by=BO).form == request
    assert say(harness, f"  {WHY}  ").text == ""
    harness.wait(timedelta(minutes=2))
    after = harness.find(request.id)
    assert (after.ending, after.deny_reason, after.decided_by) == (Ending.DENIED, WHY, BO)
    (entry,) = [entry for entry in harness.ledger.entries(request_id=request.id) if entry.event == "denied"]
    assert (entry.actor, entry.note) == (BO.user_id, WHY)
    assert f"Why not: {WHY}" in harness.text_on_card(request)
    assert WHY in harness.told(DANA)[-1]
    assert harness.terminal.acts == []


@pytest.mark.parametrize("text", ["", "   ", "\t\n"])
def test_where_the_reason_is_needed_an_empty_form_decides_nothing_and_is_noted(text: str) -> None:
    harness = bot()
    request = harness.request
    assert say(harness, text).text == SAY_WHY
    assert (harness.request, harness.notes_of(request)) == (request, ["usage_error"])
    assert say(harness, WHY).text == ""
    assert harness.request.ending is Ending.DENIED


def test_where_the_reason_is_wanted_an_empty_form_denies() -> None:
    harness = bot(DenyReason.WANTED)
    assert say(harness, "").text == ""
    assert (harness.request.ending, harness.request.deny_reason) == (Ending.DENIED, "")


def test_a_reason_that_is_too_long_is_said_so_and_decides_nothing() -> None:
    harness = bot()
    assert say(harness, "x" * 301).text == "The reason is longer than 300 characters. Say it shorter."
    assert harness.request.state is State.AWAITING


def test_the_rights_are_asked_again_when_the_form_is_sent() -> None:
    harness = bot()
    request = harness.request
    assert harness.press("deny", by=BO).form
    harness.remove_from("@leads", BO)
    assert say(harness, WHY).text == "You are not among those who may decide this."
    assert (harness.request, harness.notes_of(request)) == (request, ["outsider_press"])


def test_nobody_but_those_who_decide_gets_the_form() -> None:
    harness = bot()
    request = harness.request
    assert harness.press("deny", by=OLI).form is None
    assert harness.press("deny", by=DANA).text == CANCEL_INSTEAD
    assert harness.press("deny_because", by=DANA).text == CANCEL_INSTEAD
    assert (harness.request, harness.notes_of(request)) == (request, ["outsider_press", "own_press", "own_press"])


def test_an_approver_who_presses_cancel_is_told_of_deny() -> None:
    harness = bot(DenyReason.UNASKED)
    request = harness.request
    assert harness.press("cancel", by=BO).text == DENY_INSTEAD
    assert (harness.request, harness.notes_of(request)) == (request, ["outsider_press"])
    assert harness.press("cancel", by=DANA).text == ""
    assert harness.request.ending is Ending.CANCELLED


def test_a_form_that_comes_after_the_decision_says_who_decided() -> None:
    harness = bot()
    assert harness.press("deny", by=BO).form
    harness.press("approve", by=CHEN)
    assert "chen approved this" in say(harness, WHY).text
    assert "chen approved this" in harness.press("deny", by=BO).text
    assert harness.request.deny_reason == ""


def test_a_form_of_a_card_that_changed_is_stale() -> None:
    harness = bot_with(asking_leads(1, deny_reason=DenyReason.NEEDED))
    request = harness.ask_and_run("comp1 id=3,5 --sync")
    harness.choose(0, by=DANA)
    assert "The card has changed" in say(harness, WHY, version=request.version).text
    assert harness.request.state is State.AWAITING


def test_the_strictest_rule_on_a_card_counts() -> None:
    strict = asking_leads(1, name="strict", users=("bob",), deny_reason=DenyReason.NEEDED)
    harness = bot_with(strict, asking_leads(1, deny_reason=DenyReason.WANTED))
    request = harness.ask_and_run("comp1 id=3,5 --sync")
    assert request.requirement
    assert request.requirement.deny_reason is DenyReason.NEEDED
    assert say(harness, "").text == SAY_WHY


# Who decides, who is called, where


def test_who_is_called_need_not_be_who_decides() -> None:
    harness = bot_with(asking_leads(1, call=frozenset({"@oncall"})))
    request = harness.ask_and_run("comp1 id=3 --sync")
    words = harness.text_on_card(request)
    assert "Needs a yes: 0 of 1 from @leads\nCalled: @oncall (1 person)" in words
    assert "and called 1 person; it waits until" in harness.told(DANA)[-1]
    assert harness.press("approve", by=BO).text == ""


@for_each(
    ("call", "said", "told"),
    [
        (None, "2 people called", "and called 2 people"),
        (frozenset(), "Nobody is called by this card.", "and called nobody"),
        (frozenset({"@gone"}), "Called: @gone", "I have asked in C0APPROVE; it waits"),
        (LEADS | {"@gone"}, "Called: @gone", "I have asked in C0APPROVE; it waits"),
        (frozenset({BO.user_id}), "Called: U0BO (1 person)", "and called 1 person"),
    ],
)
def test_the_requester_is_told_how_many_are_called_as_far_as_it_is_known(
    call: frozenset[str] | None, said: str, told: str
) -> None:
    harness = bot_with(asking_leads(1, call=call))
    request = harness.ask_and_run("comp1 id=3 --sync")
    assert f"{said}\n" in harness.text_on_card(request)
    assert told in harness.told(DANA)[-1]


def test_the_reminder_calls_those_whom_the_card_called() -> None:
    harness = bot_with(asking_leads(1, call=frozenset({"@oncall"})))
    harness.ask_and_run("comp1 id=3 --sync")
    harness.wait(timedelta(minutes=8))
    assert [names for _, names, _ in harness.chat.replies] == [("@oncall",)]


def test_what_a_second_rule_calls_is_called_too() -> None:
    second = asking_leads(1, name="bob", users=("bob",), call=frozenset({"@oncall"}))
    harness = bot_with(second, asking_leads(1))
    request = harness.ask_and_run("comp1 id=3,5 --sync")
    assert request.requirement
    assert request.requirement.whom_to_call == LEADS | {"@oncall"}
    assert request.requirement.approve_in == APPROVALS.channel_id


def test_the_channel_of_a_second_rule_is_told_where_the_card_stands_and_can_press_nothing_there() -> None:
    need = Need(count=1, of=frozenset({"@oncall"}), rule="bob's")
    harness = bot_with(rule("bob's", users=("bob",), need=need, approve_in="C0SECOND"), asking_leads(1))
    request = harness.ask_and_run("comp1 id=3,5 --sync")
    posted = {ref.channel_id: cards[-1] for ref, cards in harness.chat.cards.items()}
    assert set(posted) == {"C0SECOND", APPROVALS.channel_id}
    assert harness.find(request.id).message_ref
    (told,) = [card for channel, card in posted.items() if channel == "C0SECOND"]
    assert told.pressable == ()
    assert "Needs a yes: 0 of 1 from @oncall" in text_of(told)
    assert f"stands in {APPROVALS.channel_id}; it waits until" in text_of(told)
    harness.press("deny", by=BO, on=request)
    harness.wait(timedelta(minutes=2))
    assert len(harness.chat.cards) == 2, "each of them is told once"


# Progress

ANY = LEADS | {"@oncall"}


def two_rules(count: int, of: frozenset[str]) -> BotHarness:
    """Bob's session takes so many of these people, Alice's one of the leads."""
    bobs = rule("bob's", users=("bob",), need=Need(count=count, of=of, rule="bob's"), approve_in=APPROVALS.channel_id)
    return bot_with(bobs, asking_leads(1))


def test_each_need_shows_who_said_yes_to_it() -> None:
    harness = two_rules(2, ANY)
    request = harness.ask_and_run("comp1 id=3,5 --sync")
    harness.press("approve", by=CHEN, on=request)
    harness.run()
    words = harness.text_on_card(request)
    assert "Has its yes: 1 of 1 from @leads: U0CHEN\n" in words
    assert "Needs a yes: 1 of 2 from @leads or @oncall: U0CHEN\n" in words
    assert Press.APPROVE in {button.press for button in harness.card_of(request).buttons}
    harness.press("approve", by=BO, on=request)
    assert harness.find(request.id).serving == (("U0CHEN", "U0BO"), ("U0CHEN", "U0BO"))
    assert harness.find(request.id).state is State.READY


def test_a_yes_that_serves_one_need_is_shown_there_alone() -> None:
    harness = two_rules(1, frozenset({"@oncall"}))
    request = harness.ask_and_run("comp1 id=3,5 --sync")
    harness.press("approve", by=BO, on=request)
    harness.run()
    words = harness.text_on_card(request)
    assert "Has its yes: 1 of 1 from @leads: U0BO\n" in words
    assert "Needs a yes: 0 of 1 from @oncall\n" in words


def test_what_is_chosen_anew_begins_at_nothing() -> None:
    harness = two_rules(2, ANY)
    request = harness.ask_and_run("comp1 id=3,5 --sync")
    harness.press("approve", by=CHEN, on=request)
    harness.choose(1, by=DANA, on=request)
    harness.run()
    assert harness.find(request.id).serving == ()
    assert "U0CHEN" not in harness.text_on_card(request)


@for_each("press", ["deny", "deny_because"])
@for_each(
    ("then", "said"),
    [("approve", "bo approved this"), ("deny", "bo denied this"), ("expire", "This card had expired already")],
)
def test_a_requester_who_denies_what_is_decided_reads_who_decided(press: str, then: str, said: str) -> None:
    harness = bot(DenyReason.UNASKED)
    if then == "expire":
        harness.jump(timedelta(hours=3))
    else:
        harness.press(then, by=BO)
        harness.run()
    response = harness.press(press, by=DANA)
    assert response.text.startswith(said)
    assert harness.notes_of(harness.request) == ["own_press"]


def test_a_reason_that_is_too_long_is_no_fault_where_the_card_is_decided() -> None:
    harness = bot()
    say(harness, WHY)
    assert say(harness, "x" * 5000).text.startswith("bo denied this")


@pytest.mark.parametrize("by", [DANA, BO])
def test_choosing_opens_no_form_where_the_card_is_decided(by: Actor) -> None:
    harness = bot_with(asking_leads(1))
    harness.ask_and_run("comp1 --all")
    assert harness.press("choose", by=by).form
    harness.press("deny", by=BO)
    response = harness.press("choose", by=by)
    assert (response.form, response.text.startswith("bo denied this")) == (None, True)


def test_a_stop_of_what_waits_is_not_called_over() -> None:
    harness = bot()
    response = harness.press("stop", by=DANA)
    assert response.text == "Nothing has begun that this could change. Look at the card again, then press."
    assert harness.request.state is State.AWAITING
