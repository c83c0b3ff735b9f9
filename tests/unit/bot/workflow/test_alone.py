"""What one person does alone counts over all of their requests: above the limit another person is asked."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.cards.model import mention
from bot.domain.request import Ending, State
from bot.domain.requirement import Confirm
from bot.domain.session import Account
from bot.policy.model import Force
from tests.support import builders as b
from tests.support import people as c
from tests.support.people import bot_with

if TYPE_CHECKING:
    from bot.domain.request import Request
    from tests.support.harness import BotHarness

FORCE = Force(is_allowed=True)
FORCING = c.rule(force=FORCE)
MINUTE = timedelta(minutes=1)
SAID = "You have logged 10 people off alone in the last 10 minutes; above 10 a second person is needed."


def touched(harness: BotHarness) -> int:
    return len({*harness.terminal.logged_off, *harness.terminal.disconnected})


def forced(harness: BotHarness, ids: str, **how: Any) -> Request:
    return harness.ask_and_run(f"crowd id={ids} --sync --force", **how)


def confirmed(harness: BotHarness, ids: str) -> Request:
    request = harness.ask_and_run(f"crowd id={ids} --sync")
    harness.press("approve", on=request)
    harness.run()
    return harness.find(request.id)


def test_two_forced_requests_of_one_moment_are_one_to_the_limit() -> None:
    harness = bot_with(FORCING)
    one, two = (harness.ask(f"crowd id={ids} --sync --force").wake for ids in ("1-10", "11-20"))
    harness.run()
    assert one
    assert two
    first, second = harness.find(one.request_id), harness.find(two.request_id)
    assert (first.ending, second.state, touched(harness)) == (Ending.DONE, State.AWAITING, 10)
    assert second.requirement
    assert (second.requirement.confirm, second.message) == (Confirm.OTHERS, SAID)
    assert [(need.rule, need.of) for need in second.requirement.needs] == [("many at once", c.ONCALL)]
    assert SAID in harness.text_on_card(second)
    assert mention("@oncall") in [part for line in harness.card_of(second).lines for part in line.parts]


def test_the_second_person_decides_and_the_requester_does_not() -> None:
    harness = bot_with(FORCING)
    forced(harness, "1-10")
    second = forced(harness, "11-20")
    assert "Your own yes does not count here" in harness.press("approve", by=c.DANA, on=second).text
    assert harness.press("approve", by=c.CHEN, on=second).text == ""
    harness.run()
    assert (harness.find(second.id).ending, touched(harness)) == (Ending.DONE, 20)
    assert not harness.find(second.id).alone
    assert forced(harness, "1").state is State.ENDED


@pytest.mark.parametrize(("first", "second"), [(forced, confirmed), (confirmed, forced), (confirmed, confirmed)])
def test_what_is_confirmed_alone_counts_like_what_is_forced(first: Any, second: Any) -> None:
    harness = bot_with(FORCING)
    assert first(harness, "1-10").ending is Ending.DONE
    assert (second(harness, "11").state, touched(harness)) == (State.AWAITING, 10)


def test_two_cards_that_were_below_the_limit_when_they_were_drawn_are_counted_at_the_press() -> None:
    harness = bot_with(c.rule())
    one = harness.ask_and_run("crowd id=1-10 --sync")
    two = harness.ask_and_run("crowd id=11-20 --sync")
    assert {confirm_of(each) for each in (one, two)} == {Confirm.SELF}
    harness.press("approve", on=one)
    assert harness.press("approve", on=two).text == ""
    harness.run()
    held = harness.find(two.id)
    assert (held.state, confirm_of(held), held.message, touched(harness)) == (State.AWAITING, Confirm.OTHERS, SAID, 10)
    assert (held.counted, held.decided_by) == ((), None)
    assert "second_person_needed" in harness.events_of(two)
    assert "approved" not in harness.events_of(two)
    assert [names for _, names, text in harness.chat.replies if "still waits" in text] == [("@oncall",)]
    harness.press("approve", on=two, by=c.CHEN)
    harness.run()
    assert touched(harness) == 20


def confirm_of(request: Request) -> Confirm:
    assert request.requirement
    return request.requirement.confirm


def test_a_quorum_that_the_requester_meets_alone_is_alone() -> None:
    counting = c.rule(need=c.of_leads(1, requester_counts=True))
    harness = bot_with(counting)
    for ids in ("1-10", "11"):
        request = harness.ask_and_run(f"crowd id={ids} --sync", by=c.CHEN)
        harness.press("approve", by=c.CHEN, on=request)
        harness.run()
    assert (harness.find(request.id).state, touched(harness)) == (State.AWAITING, 10)


def test_what_others_decided_does_not_count() -> None:
    harness = bot_with(c.asking_leads(1, force=FORCE))
    for ids in ("1-10", "11-19"):
        request = harness.ask_and_run(f"crowd id={ids} --sync")
        harness.press("approve", by=c.BO, on=request)
        harness.run()
    assert forced(harness, "20").ending is Ending.DONE


@pytest.mark.parametrize(("waited", "state"), [(10 * MINUTE, State.AWAITING), (10.1 * MINUTE, State.ENDED)])
def test_the_window_is_counted_from_the_end_of_the_act(waited: timedelta, state: State) -> None:
    harness = bot_with(FORCING)
    forced(harness, "1-10")
    harness.jump(waited)
    assert forced(harness, "11").state is state


def test_what_is_under_way_counts_however_long_it_waits() -> None:
    harness = bot_with(FORCING)
    harness.ask_and_run("crowd id=1-10 --force --warn 1h")
    harness.wait(30 * MINUTE)
    assert forced(harness, "11").state is State.AWAITING


def test_what_was_cancelled_skipped_or_gone_in_the_end_does_not_count() -> None:
    harness = bot_with(FORCING)
    harness.ask_and_run("crowd id=1-10 --force --warn 1h")
    harness.press("cancel")
    for number in range(1, 11):
        harness.terminal.before_act("crowd", lambda number=number: harness.terminal.sign_out("crowd", number))  # type: ignore[misc]
    assert forced(harness, "1-10").ending is Ending.DONE
    assert (touched(harness), forced(harness, "11-20").ending) == (0, Ending.DONE)


@pytest.mark.parametrize("text", ["crowd --all --whatif", "crowd", "crowd id=1-20 --whatif --force"])
def test_looks_and_previews_do_not_count(text: str) -> None:
    harness = bot_with(FORCING)
    harness.ask_and_run(text)
    harness.ask_and_run("crowd", command="sessions")
    assert forced(harness, "1-10").ending is Ending.DONE


def test_each_person_has_their_own_limit() -> None:
    harness = bot_with(FORCING)
    forced(harness, "1-10")
    assert forced(harness, "11-20", by=c.CHEN).ending is Ending.DONE


def test_a_disconnect_counts_and_the_gentler_act_is_no_way_around() -> None:
    harness = bot_with(FORCING)
    forced(harness, "1-10")
    request = harness.ask_and_run("comp1 id=5 --sync")
    assert confirm_of(request) is Confirm.OTHERS
    harness.press("disconnect", on=request)
    harness.press("approve", on=request)
    harness.run()
    assert (harness.find(request.id).state, touched(harness)) == (State.AWAITING, 10)


def test_where_nobody_could_say_the_second_yes_it_is_refused_and_said() -> None:
    harness = bot_with(c.rule(who=frozenset({c.DANA.user_id}), force=FORCE))
    forced(harness, "1-10")
    refused = forced(harness, "11")
    assert (refused.ending, touched(harness)) == (Ending.REFUSED, 10)
    assert refused.message.startswith(SAID)
    assert refused.message.endswith("Nobody could approve it.")


def test_the_numbers_are_the_files() -> None:
    harness = bot_with(FORCING, second_person_above=2, second_person_window=timedelta(hours=2))
    forced(harness, "1-2")
    harness.jump(timedelta(hours=1))
    assert forced(harness, "3").message == (
        "You have logged 2 people off alone in the last 2 hours; above 2 a second person is needed."
    )


@pytest.mark.slow
def test_more_than_two_hundred_above_the_limit_are_refused_with_a_way_to_split_them() -> None:
    harness = bot_with(c.rule(force=FORCE, max_targets=1000), second_person_above=300)
    everybody = [b.session(number, account=Account(domain="CORP", user=f"user{number}")) for number in range(1, 401)]
    for session in everybody:
        harness.terminal.set("crowd", session)
    assert forced(harness, "1-150").ending is Ending.DONE
    second = forced(harness, "151-400")
    assert (second.ending, touched(harness)) == (Ending.REFUSED, 150)
    assert "above 300 a second person is needed. These are 250 sessions" in second.message
    assert forced(harness, "151-300").ending is Ending.DONE


def test_who_has_to_decide_above_the_limit_is_called_once_the_card_and_its_list_stand() -> None:
    harness = bot_with(c.rule(), second_person_above=30)
    for number in range(21, 61):
        harness.terminal.set("crowd", b.session(number, account=Account(domain="CORP", user=f"user{number}")))
    one = harness.ask_and_run("crowd id=1-30 --sync")
    two = harness.ask_and_run("crowd id=31-60 --sync")
    harness.press("approve", on=one)
    harness.press("approve", on=two)
    harness.run()
    harness.wait(timedelta(minutes=1))
    held = harness.find(two.id)
    assert (held.state, confirm_of(held)) == (State.AWAITING, Confirm.OTHERS)
    calls = [text for card, _, text in harness.chat.replies if card == held.message_ref]
    assert calls == [f"{harness.card_of(held).headline} This still waits for a decision."]
    assert mention("@oncall") in [part for line in harness.card_of(held).lines for part in line.parts]
