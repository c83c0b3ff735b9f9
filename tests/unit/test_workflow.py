"""A request from its asking to its end, on hosts and a chat in memory: the walks that have to come out right."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.cards.model import Press
from bot.domain.request import Ending, State, WorkItem
from bot.domain.session import Account
from bot.errors import BadReply, CannotCompile, NoRight, NotAuthenticated, TimedOut
from tests.support import builders as b
from tests.support.harness import House, text_of

if TYPE_CHECKING:
    from bot.errors import TerminalError

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
MALLORY = Account(domain="CORP", user="mallory")
ON_TWO = "comp1,comp2 id=3 --sync"


@pytest.fixture
def house() -> House:
    return House()


# The main job


def test_the_main_job_ends_with_alice_gone_and_a_whole_record(house: House) -> None:
    assert house.ask_and_run("comp1 id=3 --sync").state is State.AWAITING
    assert house.approve_and_run().ending is Ending.DONE
    assert house.verdicts() == {"comp1 3": "gone"}
    assert house.terminal.logged_off == [("comp1", 3)]
    assert house.events == ["asked", "surveyed", "approved", "started", "host_started", "target_ended", "ended"]


def test_one_card_is_posted_and_then_redrawn_to_its_outcome(house: House) -> None:
    house.ask_and_run("comp1 id=3 --sync")
    assert [button.press for button in house.card.buttons] == [Press.APPROVE, Press.CANCEL]
    house.approve_and_run()
    house.wait(MINUTE)
    assert house.card.headline == "Logged off 1 session on comp1"
    assert house.card.buttons == ()
    assert [(names, text) for _, names, text in house.chat.replies] == [
        ((b.ASKER.user_id,), "Logged off 1 session on comp1.")
    ]


def test_who_cancels_ends_it_and_nobody_is_touched(house: House) -> None:
    house.ask_and_run("comp1 id=3 --sync")
    house.press("cancel")
    house.run()
    assert (house.request.ending, house.terminal.acts) == (Ending.CANCELLED, [])
    assert house.card.buttons == ()


def test_force_asks_nobody(house: House) -> None:
    assert house.ask_and_run("comp1 id=3 --sync --force").ending is Ending.DONE
    assert house.verdicts() == {"comp1 3": "gone"}
    assert "approved" not in house.events


@pytest.mark.parametrize("typed", ["comp1 --all --whatif", "comp1 --all --whatif --force", "comp1"])
def test_a_preview_touches_nobody_and_is_told_to_the_asker_alone(house: House, typed: str) -> None:
    house.ask_and_run(typed)
    assert (house.terminal.acts, house.chat.cards) == ([], {})
    assert [told.actor for told in house.chat.told] == [b.ASKER]


def test_who_may_not_is_refused_before_any_host_is_looked_at(house: House) -> None:
    house.people.groups.clear()
    assert house.ask_and_run("comp1 id=3").ending is Ending.REFUSED
    assert (house.terminal.looks, house.chat.cards) == ([], {})
    assert "No rule lets you" in text_of(house.chat.told[0].report)


def test_who_lost_the_right_between_card_and_press_is_refused(house: House) -> None:
    house.ask_and_run("comp1 id=3 --sync")
    house.people.groups.clear()
    assert house.approve_and_run().ending is Ending.REFUSED
    assert house.terminal.acts == []
    assert "No rule lets you" in text_of(house.card)


def test_a_second_request_for_the_same_session_finds_it_gone(house: House) -> None:
    first = house.ask_and_run("comp1 id=3 --sync")
    house.clock.move(SECOND)
    house.ask_and_run("comp1 id=3 --sync")
    house.press("approve", on=first)
    house.approve_and_run()
    assert house.verdicts() == {"comp1 3": "already_gone"}
    assert house.terminal.logged_off == [("comp1", 3)]


# Somebody else, or somebody back at work


def test_who_came_back_to_work_is_not_thrown_out(house: House) -> None:
    house.ask_and_run("comp1 id=3 --sync")
    house.terminal.return_to_work("comp1", 3)
    house.approve_and_run()
    assert (house.verdicts(), house.terminal.logged_off) == ({"comp1 3": "changed"}, [])
    assert "came back to work" in text_of(house.card)
    assert house.card.headline == "Nobody was logged off on comp1"


def test_who_took_the_id_over_is_not_thrown_out(house: House) -> None:
    house.ask_and_run("comp1 id=3 --sync")
    house.terminal.take_over("comp1", 3, MALLORY)
    house.approve_and_run()
    assert (house.verdicts(), house.terminal.logged_off) == ({"comp1 3": "changed"}, [])
    assert r"another person, or a new logon, holds this session now (CORP\mallory)" in text_of(house.card)


def test_who_left_meanwhile_was_gone_already(house: House) -> None:
    house.ask_and_run("comp1 id=3 --sync")
    house.terminal.sign_out("comp1", 3)
    house.approve_and_run()
    assert house.verdicts() == {"comp1 3": "already_gone"}


# Hosts that do not answer


def test_a_host_down_at_the_survey_stands_on_the_card_and_the_rest_is_done(house: House) -> None:
    house.terminal.take_down("comp2")
    request = house.ask_and_run(ON_TWO)
    assert [(look.host, look.code) for look in request.looks] == [("comp1", ""), ("comp2", "unreachable")]
    assert "⚠ comp2 cannot be reached." in text_of(house.card)
    house.approve_and_run()
    assert house.verdicts() == {"comp1 3": "gone"}


def test_a_host_down_at_the_act_is_unreachable_and_the_rest_is_done(house: House) -> None:
    house.ask_and_run(ON_TWO)
    house.terminal.take_down("comp1")
    assert house.approve_and_run().ending is Ending.DONE
    assert house.verdicts() == {"comp1 3": "unreachable", "comp2 3": "gone"}


def test_a_refusal_of_windows_names_the_missing_right(house: House) -> None:
    house.ask_and_run("comp1 id=3 --sync")
    house.terminal.refuse("comp1", 5)
    house.approve_and_run()
    assert house.verdicts() == {"comp1 3": "no_right"}
    assert "lacks the right" in text_of(house.card)


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (NotAuthenticated("comp1 did not accept my account.", host="comp1"), "no_right"),
        (NoRight("I may not open a shell on comp1.", host="comp1"), "no_right"),
        (BadReply("comp1 answered something else.", host="comp1"), "failed"),
        (CannotCompile("comp1 cannot compile.", host="comp1"), "failed"),
        (TimedOut("comp1 did not answer in time.", host="comp1"), "unreachable"),
    ],
)
def test_a_host_that_takes_no_order_has_its_verdict_and_its_reason(
    house: House, error: TerminalError, verdict: str
) -> None:
    house.terminal.fail_act("comp1", error)
    house.ask_and_run("comp1 id=3 --sync")
    house.approve_and_run()
    assert (house.verdicts(), house.terminal.logged_off) == ({"comp1 3": verdict}, [])
    assert error.say in text_of(house.card) or verdict == "unreachable"
    assert "error 0" not in text_of(house.card)


# Sessions that take their time


def test_sync_past_its_deadline_is_still_closing_and_settles_later(house: House) -> None:
    house.terminal.hang("comp1", 3)
    house.ask_and_run("comp1 id=3 --sync")
    assert house.approve_and_run().ending is Ending.DONE
    assert house.verdicts() == {"comp1 3": "still_closing"}
    house.wait(MINUTE)
    assert house.verdicts() == {"comp1 3": "still_closing"}
    house.terminal.stop_hanging("comp1", 3)
    house.wait(5 * MINUTE)
    assert house.verdicts() == {"comp1 3": "gone"}
    assert house.events[-1] == "settled"
    assert house.card.headline == "Logged off 1 session on comp1"


def test_a_wake_before_its_time_looks_at_nobody(house: House) -> None:
    house.terminal.hang("comp1", 3)
    house.ask_and_run("comp1 id=3 --sync")
    house.approve_and_run()
    looks = len(house.terminal.looks)
    house.engine.wake(WorkItem(request_id=house.request.id))
    house.run()
    assert len(house.terminal.looks) == looks


def test_what_never_settles_is_not_looked_at_for_ever(house: House) -> None:
    house.terminal.hang("comp1", 3)
    house.ask_and_run("comp1 id=3 --sync")
    house.approve_and_run()
    house.wait(HOUR)
    looks = len(house.terminal.looks)
    house.wait(HOUR)
    assert (len(house.terminal.looks), looks < 20) == (looks, True)
    assert house.verdicts() == {"comp1 3": "still_closing"}


def test_a_card_promises_another_look_only_while_one_is_planned(house: House) -> None:
    house.terminal.hang("comp1", 3)
    house.ask_and_run("comp1 id=3 --sync")
    house.approve_and_run()
    assert house.request.due_at
    assert "I look again" in text_of(house.card)
    later = house.wait(HOUR)
    assert later.due_at is None
    assert "I look again" not in text_of(house.card)
    assert "I have stopped looking, see `/sessions comp1`" in text_of(house.card)
    assert house.ledger.entries()[-1].event == "gave_up_looking"


def test_without_sync_it_is_followed_until_it_is_seen_gone(house: House) -> None:
    house.terminal.hang("comp1", 3)
    house.ask_and_run("comp1 id=3")
    house.approve_and_run()
    assert house.wait(3 * SECOND).state is State.ACTING
    assert "asked to go, not yet seen gone" in text_of(house.card)
    house.terminal.stop_hanging("comp1", 3)
    house.wait(timedelta(seconds=10))
    assert (house.verdicts(), house.request.ending) == ({"comp1 3": "gone"}, Ending.DONE)
    assert len(house.terminal.acts) == 1


def test_without_sync_it_is_followed_for_a_minute_and_then_still_closing(house: House) -> None:
    house.terminal.hang("comp1", 3)
    house.ask_and_run("comp1 id=3")
    house.approve_and_run()
    house.wait(70 * SECOND)
    assert (house.verdicts(), house.request.ending) == ({"comp1 3": "still_closing"}, Ending.DONE)


def test_an_id_that_somebody_else_holds_later_means_that_alice_is_gone(house: House) -> None:
    house.terminal.hang("comp1", 3)
    house.ask_and_run("comp1 id=3")
    house.approve_and_run()
    house.terminal.take_over("comp1", 3, MALLORY)
    house.wait(timedelta(seconds=10))
    assert house.verdicts() == {"comp1 3": "gone"}
    assert len(house.terminal.acts) == 1


def test_a_session_that_lost_its_name_only_is_not_gone(house: House) -> None:
    house.terminal.hang("comp1", 3)
    house.ask_and_run("comp1 id=3")
    house.approve_and_run()
    house.terminal.take_over("comp1", 3, Account(domain="", user=""))
    house.wait(timedelta(seconds=10))
    assert house.verdicts() == {"comp1 3": "open"}


# Stop the rest


def test_stop_leaves_alone_what_has_not_begun(house: House) -> None:
    house.ask_and_run(ON_TWO)

    def stop() -> None:
        house.press("stop")

    house.terminal.before_act("comp1", stop)
    house.approve_and_run()
    assert house.verdicts() == {"comp1 3": "gone", "comp2 3": "skipped"}
    assert house.terminal.logged_off == [("comp1", 3)]
    assert "left alone: stopped before its turn" in text_of(house.card)
