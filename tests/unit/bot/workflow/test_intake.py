"""The doors: a receipt means it is recorded, and a press that does not count changes nothing and is answered."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.domain.people import Actor, MemberStatus
from bot.domain.request import Ending, State
from bot.domain.request_ids import ALPHABET, new_id
from bot.errors import LedgerError
from bot.workflow.inputs import PressCall
from bot.workflow.intake import NO_LEDGER
from tests.support import builders as b
from tests.support.harness import BotHarness, text_of

if TYPE_CHECKING:
    from bot.audit.entry import Entry
    from bot.workflow.response import Response

STRANGER = Actor(user_id="U0FAR", name="stranger")


@pytest.fixture
def harness() -> BotHarness:
    return BotHarness()


@pytest.fixture
def awaiting(harness: BotHarness) -> BotHarness:
    harness.ask_and_run("comp1 id=3 --sync")
    assert harness.request.state is State.AWAITING
    return harness


def last_entry(harness: BotHarness) -> Entry:
    return harness.ledger.entries()[-1]


# Asking


def test_a_receipt_means_that_it_is_recorded(harness: BotHarness) -> None:
    response = harness.ask("comp1 id=3 --sync")
    assert response.text == f"{harness.request.id}: looking at comp1"
    assert response.wake
    assert response.wake.request_id == harness.request.id
    assert (harness.events, last_entry(harness).text) == (["asked"], "/logoff comp1 id=3 --sync")


def test_before_the_receipt_no_host_and_no_chat_is_asked(harness: BotHarness) -> None:
    harness.ask("comp1 id=3 --force")
    assert (harness.terminal.look_calls, harness.chat.cards, harness.chat.told) == ([], {}, [])


def test_what_cannot_be_recorded_is_not_done_and_said(harness: BotHarness) -> None:
    harness.ledger.fail_next()
    response = harness.ask("comp1 id=3 --force")
    assert response.text.startswith("I cannot record this, so I do nothing.")
    assert response.wake is None
    harness.run()
    assert (harness.ledger.newest(10), harness.events, harness.terminal.acts) == ((), [], [])


def test_the_same_delivery_twice_is_one_request(harness: BotHarness) -> None:
    first = harness.ask("comp1 id=3", delivery="same")
    second = harness.ask("comp1 id=3", delivery="same")
    assert second.text == first.text
    assert len(harness.ledger.newest(10)) == 1
    assert harness.events == ["asked"]


def test_the_same_command_in_two_deliveries_is_two_requests(harness: BotHarness) -> None:
    harness.ask("comp1 id=3")
    harness.ask("comp1 id=3")
    assert len({request.id for request in harness.ledger.newest(10)}) == 2


def test_what_cannot_be_understood_is_noted_and_nothing_else(harness: BotHarness) -> None:
    response = harness.ask("comp1 id=3 --snyc")
    assert (harness.ledger.newest(10), response.wake) == ((), None)
    entry = last_entry(harness)
    assert (entry.event, entry.reason_code, entry.actor, entry.text) == (
        "noted",
        "usage_error",
        b.ASKER.user_id,
        "/logoff comp1 id=3 --snyc",
    )
    assert response.card
    assert text_of(response.card).splitlines() == [
        "I do not know snyc.",
        "I read:   /logoff comp1 id=3 --snyc",
        "                             ~~~~~~",
        "Nothing was done.",
    ]
    assert [button.label for button in response.card.buttons] == ["/logoff comp1 id=3 --sync", "Help"]


def test_what_cannot_be_understood_is_explained_even_when_it_cannot_be_noted(harness: BotHarness) -> None:
    harness.ledger.fail_next()
    response = harness.ask("comp1 --snyc")
    assert response.text == "I do not know snyc. (And I cannot record anything right now.)"


@pytest.mark.parametrize("text", ["", "x" * 4000, "日本語", "comp1 \x00", "evil id=3", "'", "comp1 id=3 \ud800"])
def test_whatever_is_typed_is_answered_with_a_sentence_and_wakes_nobody(harness: BotHarness, text: str) -> None:
    response = harness.ask(text)
    assert response.text
    assert response.wake is None
    assert harness.events == ["noted"]


@pytest.mark.parametrize("text", ["comp1 \x00", "comp1 \x1b[2J", "\ud800"])
def test_what_is_noted_can_be_stored_by_any_database(harness: BotHarness, text: str) -> None:
    harness.ask(text)
    kept = last_entry(harness).text
    assert kept.isprintable()
    assert "\N{REPLACEMENT CHARACTER}" in kept


@pytest.mark.parametrize("text", ["help", " HELP ", "--help", "-?", "/?"])
def test_help_is_answered_and_not_recorded(harness: BotHarness, text: str) -> None:
    response = harness.ask(text)
    assert response.card
    assert "/logoff comp1 id=3 --sync" in text_of(response.card)
    assert harness.events == []


def test_a_number_can_be_said_over_the_telephone() -> None:
    numbers = {new_id() for _ in range(200)}
    assert len(numbers) == 200
    assert all(number.startswith("TS-") and set(number[3:]) <= set(ALPHABET) for number in numbers)
    assert not set(ALPHABET) & set("01OI")


# Pressing


def assert_nothing_came_of(harness: BotHarness, response: Response, note: str, sentence: str) -> None:
    """Noted, answered, and whatever runs now acts on nobody."""
    assert (last_entry(harness).event, last_entry(harness).reason_code) == ("noted", note)
    assert sentence in response.text
    acts = list(harness.terminal.acts)
    harness.run()
    assert harness.terminal.acts == acts


def test_the_requester_approves_and_the_card_shows_the_outcome(awaiting: BotHarness) -> None:
    response = awaiting.press("approve")
    assert (response.text, awaiting.request.state) == ("", State.READY)
    assert awaiting.request.decided_by == b.ASKER


@pytest.mark.parametrize("press", ["approve", "cancel", "stop"])
@pytest.mark.parametrize(
    ("by", "sentence"), [(b.OTHER, "Only the person who asked"), (STRANGER, "Only people of my own workspace count.")]
)
def test_a_press_by_an_outsider_changes_nothing(awaiting: BotHarness, press: str, by: Actor, sentence: str) -> None:
    awaiting.directory.statuses[STRANGER.user_id] = MemberStatus.STRANGER
    before = awaiting.request
    response = awaiting.press(press, by=by)
    assert_nothing_came_of(awaiting, response, "outsider_press", sentence)
    assert awaiting.request == before


@pytest.mark.parametrize("version", [1, 99])
def test_a_press_on_another_version_of_the_card_changes_nothing(awaiting: BotHarness, version: int) -> None:
    before = awaiting.request
    response = awaiting.press("approve", version=version)
    assert_nothing_came_of(awaiting, response, "stale_press", "The card has changed since you looked.")
    assert awaiting.request == before


def test_a_second_press_changes_nothing_and_names_the_winner(awaiting: BotHarness) -> None:
    awaiting.press("approve")
    before = awaiting.request
    response = awaiting.press("approve", version=2)
    assert "asker approved this at 2026-03-02 14:00 UTC. Your press changed nothing." in response.text
    assert awaiting.request == before
    assert last_entry(awaiting).reason_code == "lost_race"
    awaiting.run()
    assert awaiting.terminal.logged_off == [("comp1", 3)]


def test_cancel_counts_until_the_act_begins_whatever_the_card_showed(awaiting: BotHarness) -> None:
    awaiting.press("approve")
    assert awaiting.press("cancel", version=2).text == ""
    awaiting.run()
    assert (awaiting.request.ending, awaiting.terminal.acts) == (Ending.CANCELLED, [])


@pytest.mark.parametrize(
    ("first", "sentence"),
    [
        ("cancel", "asker cancelled this at 2026-03-02 14:00 UTC. Your press changed nothing."),
        ("approve", "asker approved this at 2026-03-02 14:00 UTC. Your press changed nothing."),
    ],
)
def test_a_press_after_the_end_changes_nothing_and_names_the_winner(
    awaiting: BotHarness, first: str, sentence: str
) -> None:
    awaiting.press(first)
    awaiting.run()
    before = awaiting.request
    response = awaiting.press("approve", version=2)
    assert_nothing_came_of(awaiting, response, "late_press", sentence)
    assert awaiting.request == before


def test_a_press_after_the_expiry_acts_on_nobody_even_before_any_sweep(awaiting: BotHarness) -> None:
    awaiting.clock.move(timedelta(minutes=15))
    response = awaiting.press("approve")
    assert_nothing_came_of(awaiting, response, "late_press", "This card has expired")
    assert (awaiting.request.ending, awaiting.terminal.acts) == (Ending.EXPIRED, [])
    assert "had expired already" in awaiting.press("approve", version=2).text


@pytest.mark.parametrize(
    ("press", "value"),
    [
        ("approve", "TS-UNKNOWN:2"),
        ("approve", "nonsense"),
        ("approve", ""),
        ("approve", ":"),
        ("approve", "{id}:x"),
        ("approve", "{id}:-1"),
        ("approve", "{id}"),
    ],
)
def test_a_press_on_something_unknown_changes_nothing(awaiting: BotHarness, press: str, value: str) -> None:
    before = awaiting.request
    value = value.format(id=before.id)
    response = awaiting.intake.press(PressCall(press=press, value=value, actor=b.ASKER, place=b.PLACE))
    assert_nothing_came_of(awaiting, response, "unknown_press", "I do not know this card any more.")
    assert awaiting.request == before


@pytest.mark.parametrize("value", ["{id}:2", "TS-UNKNOWN:2", ""])
def test_a_button_of_another_release_does_nothing_and_says_so(awaiting: BotHarness, value: str) -> None:
    before = awaiting.request
    call = PressCall(press="explode", value=value.format(id=before.id), actor=b.ASKER, place=b.PLACE)
    response = awaiting.intake.press(call)
    assert_nothing_came_of(awaiting, response, "unknown_press", "Another release of me made this")
    assert "try again in a minute" in response.text
    assert awaiting.request == before


@pytest.mark.parametrize("number", ["2" * 5000, "٢" * 20])
def test_a_monstrous_version_is_only_a_stale_one(awaiting: BotHarness, number: str) -> None:
    value = f"{awaiting.request.id}:{number}"
    response = awaiting.intake.press(PressCall(press="approve", value=value, actor=b.ASKER, place=b.PLACE))
    assert_nothing_came_of(awaiting, response, "stale_press", "The card has changed")


# Choosing


@pytest.fixture
def crowded(harness: BotHarness) -> BotHarness:
    harness.ask_and_run("comp1 --all")
    assert len(harness.request.targets) == 2
    return harness


def keep(harness: BotHarness, *picked: int, by: Actor = b.ASKER, version: int | None = None) -> Response:
    value = f"{harness.request.id}:{version or harness.request.version}"
    call = PressCall(press="choose", value=value, actor=by, place=b.PLACE, picked=frozenset(picked))
    return harness.intake.press(call)


def test_choose_opens_a_form_and_changes_nothing(crowded: BotHarness) -> None:
    before = crowded.request
    response = crowded.press("choose")
    assert (response.form, response.wake, crowded.request) == (before, None, before)


def test_what_the_form_keeps_stays_on_the_card(crowded: BotHarness) -> None:
    response = keep(crowded, 1)
    assert (response.text, bool(response.wake)) == ("", True)
    assert [target.session.id for target in crowded.request.targets] == [5]


def test_a_form_that_takes_nobody_out_changes_nothing(crowded: BotHarness) -> None:
    before = crowded.request
    assert keep(crowded, 0, 1).text == "Nobody was taken out, so nothing changed."
    assert crowded.request == before


def test_a_form_that_keeps_nobody_or_was_opened_on_another_card_changes_nothing(crowded: BotHarness) -> None:
    keep(crowded, 1)
    before = crowded.request
    for response in (keep(crowded, 99), keep(crowded, 1, version=2), keep(crowded, 1, by=b.OTHER)):
        assert response.text
        assert crowded.request == before


def test_after_choosing_a_press_on_the_older_card_changes_nothing(crowded: BotHarness) -> None:
    keep(crowded, 1)
    response = crowded.press("approve", version=2)
    assert_nothing_came_of(crowded, response, "stale_press", "The card has changed")


def test_a_press_that_cannot_be_recorded_changes_nothing_and_says_so(awaiting: BotHarness) -> None:
    before = awaiting.request
    awaiting.ledger.fail_next()
    response = awaiting.press("approve")
    assert (response.text, response.wake, awaiting.request) == (NO_LEDGER, None, before)


def test_a_ledger_that_cannot_be_read_is_answered_too(awaiting: BotHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    def cannot(_: str) -> None:
        raise LedgerError("I cannot reach my database.")

    monkeypatch.setattr(awaiting.ledger, "find", cannot)
    response = awaiting.intake.press(PressCall(press="approve", value="TS-AAAAAA:2", actor=b.ASKER, place=b.PLACE))
    assert (response.text, response.wake) == (NO_LEDGER, None)
    assert keep(awaiting, 0).text == NO_LEDGER
