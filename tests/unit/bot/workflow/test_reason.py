"""A forced command that lacks its reason and nothing else: a button, a form, and then as if it had been typed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.cards.model import Press
from bot.domain import events as e
from bot.domain.request import Ending, State
from bot.policy.model import Force
from bot.workflow.presses import NoEffect
from tests.support import people as c
from tests.support.cases import for_each
from tests.support.harness import Crash
from tests.support.people import bot_with

if TYPE_CHECKING:
    from bot.domain.people import Actor
    from bot.domain.request import Request
    from tests.support.harness import BotHarness

SECOND, FIVE = timedelta(seconds=1), timedelta(minutes=5)
WANTS_REASON = c.rule(force=Force(is_allowed=True, needs_reason=True), approve_in=c.APPROVALS.channel_id)
WANTS_TICKET = c.rule(force=Force(is_allowed=True, ticket=r"INC-\d+"))
FORCE = "comp1 id=5 --sync --force"
PASTED = [
    "Get-TSSession -ComputerName comp1 -State Active | Stop-TSSession -Force",
    "Get-TSSession -ComputerName comp1 -State Active -Synchronous | Stop-TSSession -Force",
    "Stop-TSSession -ComputerName comp1 -Id 5 -Confirm:$false",
    "comp1 id=5 -Confirm:$false",
]


def asked(harness: BotHarness, text: str = FORCE) -> Request:
    request = harness.ask_and_run(text)
    assert (request.state, harness.terminal.acts) == (State.ASKED, [])
    assert request.reason_asked is not None
    return request


@pytest.fixture
def harness() -> BotHarness:
    return bot_with(WANTS_REASON)


@pytest.mark.parametrize("text", PASTED)
def test_the_pages_examples_are_answered_by_a_button_and_run_with_the_reason(harness: BotHarness, text: str) -> None:
    request = asked(harness, text)
    (told,) = harness.chat.told
    assert (told.actor, told.card.headline) == (c.DANA, "--force needs a reason here")
    assert [(one.press, one.label) for one in told.card.buttons] == [(Press.REASON, "Give the reason")]
    assert harness.press("reason").form == request
    assert harness.give("the farm is full").text == ""
    harness.run()
    assert 5 in [target.session.id for target in harness.request.targets]
    assert harness.terminal.logged_off
    harness.wait(timedelta(minutes=1))
    assert harness.request.ending is Ending.DONE


def test_it_goes_on_exactly_as_if_the_reason_had_been_typed(harness: BotHarness) -> None:
    asked(harness)
    harness.give("the farm is full")
    harness.run()
    typed = bot_with(WANTS_REASON)
    typed.ask_and_run(f'{FORCE} --reason "the farm is full"')
    assert harness.request.ask == typed.request.ask
    assert harness.events_of(harness.request)[:4] == ["asked", "reason_asked", "reason_given", "surveyed"]
    assert harness.events_of(harness.request)[3:] == typed.events_of(typed.request)[1:]
    number, other = harness.request.id, typed.request.id
    shown = [repr(cards[0].lines).replace(number, other) for cards in harness.chat.cards.values()]
    assert shown == [repr(cards[0].lines) for cards in typed.chat.cards.values()]
    (given,) = [entry for entry in harness.ledger.entries() if entry.event == "reason_given"]
    assert (given.actor, given.reason) == (c.DANA.user_id, "the farm is full")


def test_nothing_is_posted_or_announced_before_the_reason_is_given(harness: BotHarness) -> None:
    asked(harness, f"{FORCE} --here")
    harness.wait(timedelta(minutes=4))
    assert harness.chat.cards == {}
    assert (harness.terminal.look_calls, len(harness.chat.told)) == (["comp1"], 1)


@pytest.mark.parametrize("by", [c.CHEN, c.BO, c.GUS, c.FAY])
def test_nobody_else_opens_the_form_or_sends_it(harness: BotHarness, by: Actor) -> None:
    request = asked(harness)
    opened = harness.press("reason", by=by)
    assert opened.text
    assert opened.form is None
    assert harness.give("for the requester", by=by).text
    harness.run()
    assert harness.find(request.id) == request
    assert harness.notes_of(request) == ["outsider_press", "outsider_press"]


def test_a_requester_who_counts_no_longer_gives_no_reason(harness: BotHarness) -> None:
    request = asked(harness)
    harness.directory.statuses[c.DANA.user_id] = c.STATUSES[c.GUS.user_id]
    assert "only members count" in harness.give("now").text
    assert harness.find(request.id) == request


def test_given_twice_it_runs_once(harness: BotHarness) -> None:
    asked(harness)
    assert harness.give("first").text == ""
    again = harness.give("second")
    assert again.text == "The reason was given already; nothing more is needed."
    harness.run()
    assert harness.press("reason").text == again.text
    assert (harness.request.ask.reason, harness.terminal.logged_off) == ("first", [("comp1", 5)])


def test_after_five_minutes_it_has_expired_and_both_button_and_form_say_so(harness: BotHarness) -> None:
    asked(harness)
    harness.clock.move(FIVE)
    for answer in (harness.press("reason"), harness.give("late")):
        assert "has expired" in answer.text
        assert answer.form is None
    harness.run()
    assert harness.request.ending is Ending.EXPIRED
    assert "had expired already" in harness.give("later").text
    assert "waits until" not in harness.told(harness.asker)[-1]
    assert harness.terminal.acts == []
    assert harness.chat.cards == {}


def test_within_five_minutes_it_is_taken(harness: BotHarness) -> None:
    asked(harness)
    harness.wait(FIVE - SECOND)
    harness.give("in time")
    harness.run()
    assert harness.terminal.logged_off == [("comp1", 5)]


@for_each(
    ("text", "says"),
    [
        ("", "Say in a few words"),
        (" \n\t ", "Say in a few words"),
        ("x" * 301, "longer than 300 characters"),
        ("it hangs", r"has to contain a ticket number, like INC-\d+"),
        ("INC-", r"has to contain a ticket number, like INC-\d+"),
    ],
)
def test_a_reason_that_will_not_do_is_said_at_its_field_and_may_be_given_again(text: str, says: str) -> None:
    harness = bot_with(WANTS_TICKET)
    request = asked(harness)
    assert says in harness.give(text).text
    assert harness.find(request.id) == request
    assert harness.notes_of(request) == ["usage_error"]
    assert harness.give("x" * 294 + " INC-7").text == ""
    harness.run()
    assert harness.terminal.logged_off == [("comp1", 5)]


def test_signs_that_steer_a_terminal_are_made_harmless(harness: BotHarness) -> None:
    asked(harness)
    harness.give("full\x1b[2J\nreally")
    assert harness.request.ask.reason == "full\N{REPLACEMENT CHARACTER}[2J really"


def test_what_the_rules_say_after_the_reason_counts(harness: BotHarness) -> None:
    asked(harness)
    harness.change_policy(replace(WANTS_REASON, force=Force(is_allowed=True, ticket=r"INC-\d+")))
    harness.give("it hangs")
    harness.run()
    assert (harness.request.ending, harness.terminal.acts) == (Ending.REFUSED, [])
    assert "needs a ticket number" in harness.request.message


def test_a_pause_stops_it_after_the_reason_too(harness: BotHarness) -> None:
    asked(harness)
    harness.ledger.pause("operator", "patch night")
    harness.give("it hangs")
    harness.run()
    assert (harness.request.ending, harness.terminal.acts) == (Ending.REFUSED, [])


@pytest.mark.parametrize("event", [e.ReasonAsked, e.ReasonGiven])
def test_the_death_of_the_process_loses_neither_the_question_nor_the_reason(
    harness: BotHarness, event: type[e.Event]
) -> None:
    harness.ledger.die_after = event

    def all_of_it() -> None:
        asked(harness)
        harness.give("it hangs")

    with pytest.raises(Crash):
        all_of_it()
    harness.restart()
    harness.run()
    assert len(harness.chat.told) == 1
    if event is e.ReasonAsked:
        harness.give("it hangs")
        harness.run()
    assert harness.terminal.logged_off == [("comp1", 5)]


@pytest.mark.parametrize("press", ["approve", "deny", "choose", "disconnect", "stop"])
def test_no_other_button_moves_it(harness: BotHarness, press: str) -> None:
    request = asked(harness)
    harness.press(press)
    harness.run()
    assert harness.find(request.id).state is State.ASKED
    assert harness.terminal.acts == []


def test_where_a_reason_was_never_wanted_none_is_taken() -> None:
    harness = bot_with(c.rule())
    request = harness.ask_and_run("comp1 id=5 --sync")
    assert harness.press("reason").form is None
    assert harness.give("I like to").text
    assert harness.find(request.id) == request


def test_two_forms_at_the_same_moment_are_one_reason(harness: BotHarness) -> None:
    request = asked(harness)
    taken = harness.presses.take(request, Press.REASON, c.DANA, request.version, text="first")
    late = harness.presses.take(request, Press.REASON, c.DANA, request.version, text="second")
    assert not isinstance(taken, NoEffect)
    assert isinstance(late, NoEffect)
    assert (late.kind.value, harness.request.ask.reason) == ("repeated_press", "first")
