"""A flood of one person, and commands of people whom no rule names: they cost the others nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.domain.events import Started
from bot.domain.inventory import expand
from bot.domain.part import WHOLE, Part
from bot.domain.people import Actor, MemberStatus
from bot.domain.request import Ending, State
from bot.workflow.inputs import PressCall, SaidCall
from tests.support import builders as b
from tests.support.cases import for_each
from tests.support.effort import PROFILE, sample
from tests.support.harness import BotHarness, CrashingLedger
from tests.support.people import CHEN, DANA, EVE, asking_leads, bot_with

if TYPE_CHECKING:
    from bot.domain.request import Request
    from bot.workflow.response import Response

FAR = Actor(user_id="U0FAR0001", name="far")
MOST = 60
FLOOD = 100 if PROFILE == "quick" else 1500
WAIT = "You sent more than 60 commands, presses and messages in a minute. Wait 1 second and try again."
NOT_OURS = "Only people of my own workspace count."
FLEET = tuple(expand("rds-[001-500]"))


@pytest.fixture
def harness() -> BotHarness:
    """A request of Dana waits for a lead. Far is of no workspace of ours; Eve is, and no rule names her."""
    found = bot_with(asking_leads(1))
    found.directory.statuses[FAR.user_id] = MemberStatus.STRANGER
    found.ask_and_run("comp1 id=3 --sync", by=DANA)
    assert found.request.state is State.AWAITING
    return found


def notes(harness: BotHarness, kind: str, by: Actor) -> list[str]:
    entries = harness.ledger.entries()
    return [entry.text for entry in entries if entry.reason_code == kind and entry.actor == by.user_id]


def flood(harness: BotHarness, press: str, by: Actor, times: int = FLOOD) -> list[Response]:
    return [harness.press(press, by=by) for _ in range(times)]


# One limit for everything


@pytest.mark.parametrize("press", ["approve", "deny", "cancel", "stop", "choose", "disconnect", "reason", "nonsense"])
@pytest.mark.parametrize("by", [FAR, EVE])
def test_1500_presses_of_an_outsider_write_no_more_than_the_limit(harness: BotHarness, press: str, by: Actor) -> None:
    before = len(harness.ledger.entries())
    many = 1500 if (press, by) == ("approve", FAR) else FLOOD
    answers = flood(harness, press, by, many)
    assert len(harness.ledger.entries()) == before + MOST + 1
    assert [answer.text for answer in answers[MOST:]] == [WAIT] * (many - MOST)
    assert [answer.is_repeated for answer in answers[MOST:]] == [False, *[True] * (many - MOST - 1)]
    assert harness.request.state is State.AWAITING
    harness.press("approve", by=CHEN)
    assert harness.request.decided_by == CHEN


def test_above_the_limit_one_entry_a_minute_counts_what_was_not_taken(harness: BotHarness) -> None:
    for _ in range(5):
        flood(harness, "approve", FAR, 500)
        harness.clock.move(timedelta(seconds=30))
    harness.clock.move(timedelta(minutes=2))
    harness.press("approve", by=CHEN)
    said = [int(text.split()[0].replace(",", "")) for text in notes(harness, "held_back", FAR)]
    taken = len(notes(harness, "outsider_press", FAR))
    assert len(said) == 4
    assert sum(said) + taken == 2500
    assert notes(harness, "held_back", FAR)[0] == "1 not taken, above the limit of 60 in a minute"


def test_commands_presses_forms_mistakes_and_messages_count_together(harness: BotHarness) -> None:
    card = harness.request
    for number in range(12):
        harness.ask(f"comp1 id={number}", by=EVE)
        harness.press("approve", by=EVE, on=card)
        harness.choose(0, by=EVE, on=card)
        harness.ask("comp1 id=", by=EVE)
        harness.intake.said(SaidCall(text="hello", actor=EVE, place=b.PLACE))
    before = len(harness.ledger.entries())
    assert harness.ask("comp1 id=3", by=EVE).text == WAIT
    assert harness.press("approve", by=EVE, on=card).text == WAIT
    assert harness.choose(0, by=EVE, on=card).text == WAIT
    assert harness.give("frozen", by=EVE, on=card).text == WAIT
    assert harness.ask("comp1 id=", by=EVE).text == WAIT
    assert harness.intake.said(SaidCall(text="hello", actor=EVE, place=b.PLACE)) is None
    assert len(harness.ledger.entries()) == before + 1
    harness.clock.move(timedelta(seconds=1))
    assert harness.ask("comp1 id=3", by=EVE).wake


def test_a_message_above_the_limit_is_answered_once(harness: BotHarness) -> None:
    said = SaidCall(text="hello", actor=EVE, place=b.PLACE)
    answers = [harness.intake.said(said) for _ in range(MOST + 5)]
    assert [answer.summary if answer else None for answer in answers[MOST:]] == [WAIT, None, None, None, None]


def test_the_limit_is_the_policys(harness: BotHarness) -> None:
    harness.change_policy(max_sent=10)
    assert [answer.is_repeated for answer in flood(harness, "approve", FAR, 12)][10:] == [False, True]
    assert "more than 10 " in harness.press("approve", by=FAR).text


def test_what_the_database_does_not_take_is_counted_again(harness: BotHarness) -> None:
    flood(harness, "approve", FAR, MOST)
    harness.ledger.fail_next()
    assert harness.press("approve", by=FAR).text == WAIT
    assert notes(harness, "held_back", FAR) == []
    harness.clock.move(timedelta(minutes=2))
    harness.press("approve", by=CHEN)
    assert notes(harness, "held_back", FAR) == ["1 not taken, above the limit of 60 in a minute"]


# What ends something


@pytest.mark.parametrize(("press", "by"), [("deny", CHEN), ("cancel", DANA)])
def test_what_ends_a_request_is_held_back_by_no_limit(harness: BotHarness, press: str, by: Actor) -> None:
    card = harness.request
    for _ in range(MOST + 5):
        harness.ask("comp9", by=by)
    assert harness.press(press, by=by, on=card).text == ""
    assert harness.find(card.id).ending in (Ending.DENIED, Ending.CANCELLED)
    assert harness.press(press, by=by, on=card).text == WAIT, "what has ended already ends no more"


def test_stop_is_held_back_by_no_limit(harness: BotHarness) -> None:
    harness.press("approve", by=CHEN)
    harness.ledger.record(harness.request.id, Started(valid_for=timedelta(minutes=5)))
    assert harness.request.state is State.ACTING
    for _ in range(MOST + 5):
        harness.ask("comp9", by=DANA)
    assert harness.press("stop", by=DANA).text == ""
    assert harness.events[-1] == "stopped"


def test_a_deny_on_an_old_card_and_one_of_a_person_who_may_not_are_held_back(harness: BotHarness) -> None:
    for person in (CHEN, EVE):
        for _ in range(MOST + 5):
            harness.ask("comp9", by=person)
    assert harness.press("deny", by=CHEN, version=99).text == WAIT
    assert harness.press("deny", by=EVE).text == WAIT
    assert harness.press("approve", by=CHEN).text == WAIT
    call = PressCall(press="deny", value="TS-AAAAAA:1", actor=CHEN, place=b.PLACE)
    assert harness.intake.press(call).text == WAIT
    assert harness.intake.press(replace(call, value="nonsense")).text == WAIT
    assert harness.request.state is State.AWAITING


# Standing first


LARGE = ["rds-*", "*," * 980, "group:web", "rds-[001-400] id=3", "comp1 " + "x" * 300, "a?," * 400, "x " * 4000]


@for_each("text", sample(LARGE, 2))
@for_each(
    ("status", "sentence"),
    [
        (MemberStatus.STRANGER, NOT_OURS),
        (MemberStatus.GUEST, "Guests do not count"),
        (MemberStatus.DEACTIVATED, "only members count"),
        (MemberStatus.UNKNOWN, "I could not ask Slack for a while who you are"),
        (MemberStatus.MEMBER, "No rule lets you log sessions off."),
    ],
)
def test_what_expands_is_not_read_of_a_person_who_can_only_be_refused(
    status: MemberStatus, sentence: str, text: str
) -> None:
    harness = BotHarness(hosts=("comp1", *FLEET))
    harness.directory.statuses[FAR.user_id] = status
    response = harness.ask(text, by=FAR)
    assert sentence in response.text
    assert response.wake is None
    assert harness.events == ["noted"]
    assert notes(harness, "refused", FAR)[0].startswith(f"/logoff {text[:20]}".rstrip())


def test_a_short_command_of_such_a_person_is_a_request_that_is_refused(harness: BotHarness) -> None:
    refused = harness.ask_and_run("comp1 id=3", by=FAR)
    assert (refused.ending, refused.message) == (Ending.REFUSED, NOT_OURS)
    assert harness.ask_and_run("comp1 id=3", by=EVE).ending is Ending.REFUSED


def test_such_a_person_is_told_no_name_that_they_did_not_type(harness: BotHarness) -> None:
    assert "comp1" in str(harness.ask("cop1 id=3", by=DANA).card)
    for person in (FAR, EVE):
        response = harness.ask("cop1 id=3", by=person)
        assert "comp1" not in response.text
        assert "comp1" not in str(response.card)


def test_a_list_of_a_stranger_reaches_no_computer_that_they_did_not_name() -> None:
    harness = BotHarness(hosts=("comp1", *FLEET))
    harness.directory.statuses[FAR.user_id] = MemberStatus.GUEST
    assert "Guests do not count" in harness.ask("user=alice", by=FAR, command="sessions").text
    assert harness.events == ["noted"]


def test_who_may_ask_elsewhere_is_read_as_ever(harness: BotHarness) -> None:
    harness.change_policy(*(replace(rule, where=frozenset({"C0ELSEWHERE"})) for rule in harness.policy.rules))
    assert (
        harness.ask_and_run("comp* id=3", by=DANA).message
        == "You may log sessions off, but not asked from this channel."
    )


class CountedLedger(CrashingLedger):
    """Counts how often requests are read."""

    reads = 0

    def find(self, request_id: str, part: Part = WHOLE) -> Request | None:
        self.reads += 1
        return super().find(request_id, part)

    def unended(self) -> tuple[Request, ...]:
        self.reads += 1
        return super().unended()


@pytest.mark.parametrize("text", ["status", "TS-AAAAAA"])
def test_a_question_of_a_stranger_reads_no_request(harness: BotHarness, text: str) -> None:
    harness.ledger = ledger = CountedLedger(harness.clock)
    harness.ask(text, by=FAR)
    assert ledger.reads == 0
    harness.ask(text, by=DANA)
    assert ledger.reads == 1
