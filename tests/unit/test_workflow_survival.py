"""What a request survives: lost answers, killed processes, steps that fail, a chat that is down."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from bot.domain import events as e
from bot.domain.request import Ending, State
from bot.errors import ChatError, TimedOut
from tests.support import builders as b
from tests.support.harness import HOSTS, Crash, House, text_of

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def house() -> House:
    return House()


# Answers that get lost


@pytest.mark.parametrize("typed", ["comp1 id=3 --sync", "comp1 id=3"])
def test_a_lost_reply_is_looked_at_again_and_alice_is_seen_gone(house: House, typed: str) -> None:
    lost = TimedOut("comp1 did not answer.", host="comp1", delivered=True)
    house.terminal.fail_act("comp1", lost, is_carried_out=True)
    house.ask_and_run(typed)
    house.approve_and_run()
    house.wait(timedelta(seconds=10))
    assert (house.verdicts(), house.terminal.logged_off) == ({"comp1 3": "gone"}, [("comp1", 3)])


def test_a_lost_order_is_unknown_after_a_minute_and_never_sent_again(house: House) -> None:
    house.terminal.fail_act("comp1", TimedOut("comp1 did not answer.", host="comp1", delivered=True))
    house.ask_and_run("comp1 id=3 --sync")
    house.approve_and_run()
    house.wait(70 * SECOND)
    assert (house.verdicts(), house.terminal.acts) == ({"comp1 3": "unknown"}, [])
    assert "may or may not be logged off" in text_of(house.card)
    house.terminal.sign_out("comp1", 3)
    house.wait(2 * MINUTE)
    assert house.verdicts() == {"comp1 3": "gone"}


# Processes that die


def test_a_crash_between_the_record_and_the_wake_loses_nothing(house: House) -> None:
    house.intake.ask(command="logoff", text="comp1 id=3", actor=b.ASKER, place=b.PLACE, delivery="d")
    house.restart()
    house.run()
    assert house.request.state is State.AWAITING
    assert len(house.chat.cards) == 1


@pytest.mark.parametrize("moment", ["die_before", "die_after"])
@pytest.mark.parametrize("event", [e.Started, e.HostStarted, e.TargetEnded, e.Ended])
@pytest.mark.parametrize("wait", ["--sync", ""])
def test_a_crash_at_any_point_of_the_act_is_made_good_after_a_restart(
    house: House, moment: str, event: type[e.Event], wait: str
) -> None:
    house.ask_and_run(f"comp1 id=3 {wait}")
    house.press("approve")
    setattr(house.ledger, moment, event)
    with pytest.raises(Crash):
        house.wait(MINUTE)
    house.restart()
    house.wait(MINUTE)
    assert (house.request.ending, house.verdicts()) == (Ending.DONE, {"comp1 3": "gone"})
    assert house.terminal.logged_off == [("comp1", 3)]
    assert house.events.count("host_started") == 1
    assert house.card.headline == "Logged off 1 session on comp1"


def test_a_restart_after_the_time_is_over_acts_on_nobody(house: House) -> None:
    house.ask_and_run("comp1 id=3 --sync")
    house.press("approve")
    house.ledger.die_before = e.Started
    with pytest.raises(Crash):
        house.run()
    house.clock.move(HOUR)
    house.restart()
    house.run()
    assert (house.request.ending, house.terminal.acts) == (Ending.EXPIRED, [])
    assert house.card.headline == "Expired. Nobody was logged off on comp1"


def test_a_database_that_fails_after_the_act_costs_a_try_and_not_the_truth(house: House) -> None:
    house.ask_and_run("comp1 id=3 --sync")
    house.terminal.before_act("comp1", lambda: house.ledger.fail_next(1))
    house.approve_and_run()
    house.wait(MINUTE)
    assert house.verdicts() == {"comp1 3": "gone"}
    assert house.events.count("stumbled") == 1


# Steps that fail


def test_a_step_that_always_fails_is_tried_five_times_and_then_failed_with_a_reference(house: House) -> None:
    house.people.groups = None  # type: ignore[assignment] # a bug that nobody foresaw
    house.ask_and_run("comp1 id=3")
    assert house.wait(MINUTE).ending is Ending.FAILED
    assert house.events == ["asked", *["stumbled"] * 4, "failed"]
    reference = house.request.say
    assert reference
    assert reference in text_of(house.chat.told[-1].report)


def test_a_step_that_fails_for_a_while_goes_on_where_it_was(house: House) -> None:
    groups, house.people.groups = house.people.groups, None  # type: ignore[assignment] # the same
    house.ask_and_run("comp1 id=3")
    house.people.groups = groups
    house.wait(timedelta(seconds=10))
    assert (house.request.state, house.events) == (State.AWAITING, ["asked", "stumbled", "surveyed"])


# Slack down


def test_slack_down_for_an_hour_loses_nothing(house: House) -> None:
    house.ask("comp1 id=3 --sync --force")
    house.chat.go_down()
    house.run()
    house.wait(HOUR)
    assert (house.verdicts(), house.chat.cards) == ({"comp1 3": "gone"}, {})
    house.chat.come_back()
    house.wait(MINUTE)
    assert house.card.headline == "Logged off 1 session on comp1"


def test_slack_down_during_the_act_and_the_card_is_redrawn_later(house: House) -> None:
    house.ask_and_run("comp1 id=3 --sync")
    house.chat.go_down()
    house.approve_and_run()
    house.wait(HOUR)
    assert house.card.buttons
    house.chat.come_back()
    house.wait(MINUTE)
    assert (house.card.headline, house.card.buttons) == ("Logged off 1 session on comp1", ())


def test_a_card_that_slack_refuses_is_given_up_and_the_act_goes_on(house: House) -> None:
    house.ask_and_run("comp1 id=3 --sync")
    house.chat.go_down(ChatError("Slack refused the call.", retryable=False))
    house.approve_and_run()
    assert house.verdicts() == {"comp1 3": "gone"}
    assert house.request.drawn_version == house.request.version


def test_progress_is_drawn_at_most_every_three_seconds(house: House) -> None:
    sessions = [(host, number) for host in HOSTS for number in (3, 5)]
    for host, number in sessions:
        house.terminal.hang(host, number)
    house.ask_and_run("comp1,comp2,comp3 --all")
    house.approve_and_run()
    (drawings,) = house.chat.cards.values()
    drawn_at = []
    for second in range(1, 25):
        if second % 2 and sessions:
            house.terminal.stop_hanging(*sessions.pop())
        before = len(drawings)
        house.wait(SECOND)
        drawn_at += [second] * (len(drawings) - before)
    *progress, end = drawn_at
    assert len(progress) > 2
    assert all(later - earlier >= 3 for earlier, later in pairwise(progress))
    assert drawings[-1].headline.startswith("Logged off 6 sessions"), end


def test_a_reply_that_is_lost_is_only_a_notice(house: House) -> None:
    house.chat.loses_replies = True
    house.ask_and_run("comp1 id=3 --sync")
    house.approve_and_run()
    house.wait(MINUTE)
    assert (house.card.headline, house.chat.replies) == ("Logged off 1 session on comp1", [])
    assert "stumbled" not in house.events
