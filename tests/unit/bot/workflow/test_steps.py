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
from tests.support.harness import BotHarness, text_of

if TYPE_CHECKING:
    from bot.errors import TerminalError

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
MALLORY = Account(domain="CORP", user="mallory")
ON_TWO = "comp1,comp2 id=3 --sync"


@pytest.fixture
def harness() -> BotHarness:
    return BotHarness()


# The main job


def test_the_main_job_ends_with_alice_gone_and_a_whole_record(harness: BotHarness) -> None:
    assert harness.ask_and_run("comp1 id=3 --sync").state is State.AWAITING
    assert harness.approve_and_run().ending is Ending.DONE
    assert harness.verdicts() == {"comp1 3": "gone"}
    assert harness.terminal.logged_off == [("comp1", 3)]
    assert harness.events == ["asked", "surveyed", "approved", "started", "host_started", "target_ended", "ended"]


def test_one_card_is_posted_and_then_redrawn_to_its_outcome(harness: BotHarness) -> None:
    harness.ask_and_run("comp1 id=3 --sync")
    assert [button.press for button in harness.card.buttons] == [Press.APPROVE, Press.CANCEL]
    harness.approve_and_run()
    harness.wait(MINUTE)
    assert harness.card.headline == "Logged off CORP\\alice on comp1"
    assert harness.card.buttons == ()
    assert harness.chat.replies == []  # the requester has just pressed, and looks at the card


def test_a_cancelled_request_ends_and_touches_no_session(harness: BotHarness) -> None:
    harness.ask_and_run("comp1 id=3 --sync")
    harness.press("cancel")
    harness.run()
    assert (harness.request.ending, harness.terminal.acts) == (Ending.CANCELLED, [])
    assert harness.card.buttons == ()


def test_force_asks_nobody(harness: BotHarness) -> None:
    assert harness.ask_and_run("comp1 id=3 --sync --force").ending is Ending.DONE
    assert harness.verdicts() == {"comp1 3": "gone"}
    assert "approved" not in harness.events


@pytest.mark.parametrize("typed", ["comp1 --all --whatif", "comp1 --all --whatif --force", "comp1"])
def test_a_preview_touches_no_session_and_only_the_requester_sees_it(harness: BotHarness, typed: str) -> None:
    harness.ask_and_run(typed)
    assert (harness.terminal.acts, harness.chat.cards) == ([], {})
    assert [told.actor for told in harness.chat.told] == [b.ASKER]


def test_an_unauthorized_request_is_refused_before_any_host_is_contacted(harness: BotHarness) -> None:
    harness.directory.groups.clear()
    assert harness.ask_and_run("comp1 id=3").ending is Ending.REFUSED
    assert (harness.terminal.look_calls, harness.chat.cards) == ([], {})
    assert "No rule lets you" in text_of(harness.chat.told[0].card)


def test_a_requester_who_lost_the_right_between_card_and_press_is_refused(harness: BotHarness) -> None:
    harness.ask_and_run("comp1 id=3 --sync")
    harness.directory.groups.clear()
    assert harness.approve_and_run().ending is Ending.REFUSED
    assert harness.terminal.acts == []
    assert "No rule lets you" in text_of(harness.card)


def test_a_second_request_for_the_same_session_finds_it_gone(harness: BotHarness) -> None:
    first = harness.ask_and_run("comp1 id=3 --sync")
    harness.clock.move(SECOND)
    harness.ask_and_run("comp1 id=3 --sync")
    harness.press("approve", on=first)
    harness.approve_and_run()
    assert harness.verdicts() == {"comp1 3": "already_gone"}
    assert harness.terminal.logged_off == [("comp1", 3)]


# Somebody else, or somebody back at work


def test_a_user_who_came_back_to_work_is_not_logged_off(harness: BotHarness) -> None:
    harness.ask_and_run("comp1 id=3 --sync")
    harness.terminal.return_to_work("comp1", 3)
    harness.approve_and_run()
    assert (harness.verdicts(), harness.terminal.logged_off) == ({"comp1 3": "changed"}, [])
    assert "came back to work" in text_of(harness.card)
    assert harness.card.headline == "Nobody was logged off on comp1"


def test_a_user_who_took_over_the_session_id_is_not_logged_off(harness: BotHarness) -> None:
    harness.ask_and_run("comp1 id=3 --sync")
    harness.terminal.take_over("comp1", 3, MALLORY)
    harness.approve_and_run()
    assert (harness.verdicts(), harness.terminal.logged_off) == ({"comp1 3": "changed"}, [])
    assert r"another person, or a new logon, holds this session now (CORP\mallory)" in text_of(harness.card)


def test_a_session_that_ended_meanwhile_was_gone_already(harness: BotHarness) -> None:
    harness.ask_and_run("comp1 id=3 --sync")
    harness.terminal.sign_out("comp1", 3)
    harness.approve_and_run()
    assert harness.verdicts() == {"comp1 3": "already_gone"}


# Hosts that do not answer


def test_a_host_down_at_the_survey_stands_on_the_card_and_the_rest_is_done(harness: BotHarness) -> None:
    harness.terminal.take_down("comp2")
    request = harness.ask_and_run(ON_TWO)
    assert [(look.host, look.code) for look in request.surveys] == [("comp1", ""), ("comp2", "unreachable")]
    assert "⚠️ comp2 cannot be reached." in text_of(harness.card)
    harness.approve_and_run()
    assert harness.verdicts() == {"comp1 3": "gone"}


def test_a_host_down_at_the_act_is_unreachable_and_the_rest_is_done(harness: BotHarness) -> None:
    harness.ask_and_run(ON_TWO)
    harness.terminal.take_down("comp1")
    assert harness.approve_and_run().ending is Ending.DONE
    assert harness.verdicts() == {"comp1 3": "unreachable", "comp2 3": "gone"}


def test_a_refusal_of_windows_names_the_missing_right(harness: BotHarness) -> None:
    harness.ask_and_run("comp1 id=3 --sync")
    harness.terminal.refuse("comp1", 5)
    harness.approve_and_run()
    assert harness.verdicts() == {"comp1 3": "no_right"}
    assert "lacks the right" in text_of(harness.card)


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
    harness: BotHarness, error: TerminalError, verdict: str
) -> None:
    harness.terminal.fail_act("comp1", error)
    harness.ask_and_run("comp1 id=3 --sync")
    harness.approve_and_run()
    assert (harness.verdicts(), harness.terminal.logged_off) == ({"comp1 3": verdict}, [])
    assert error.message in text_of(harness.card) or verdict == "unreachable"
    assert "error 0" not in text_of(harness.card)


# Sessions that take their time


def test_sync_past_its_deadline_is_still_closing_and_settles_later(harness: BotHarness) -> None:
    harness.terminal.hang("comp1", 3)
    harness.ask_and_run("comp1 id=3 --sync")
    harness.approve_and_run()
    harness.wait(85 * SECOND)
    assert harness.verdicts() == {"comp1 3": "open"}
    assert harness.wait(5 * SECOND).ending is Ending.DONE
    assert harness.verdicts() == {"comp1 3": "still_closing"}
    harness.wait(MINUTE)
    assert harness.verdicts() == {"comp1 3": "still_closing"}
    harness.terminal.stop_hanging("comp1", 3)
    harness.wait(5 * MINUTE)
    assert harness.verdicts() == {"comp1 3": "gone"}
    assert harness.events[-1] == "settled"
    assert harness.card.headline == "Logged off CORP\\alice on comp1"


def test_a_wake_before_its_time_contacts_no_host(harness: BotHarness) -> None:
    harness.terminal.hang("comp1", 3)
    harness.ask_and_run("comp1 id=3 --sync")
    harness.approve_and_run()
    surveys = len(harness.terminal.look_calls)
    harness.scheduler.wake(WorkItem(request_id=harness.request.id))
    harness.run()
    assert len(harness.terminal.look_calls) == surveys


def test_what_never_settles_is_not_looked_at_for_ever(harness: BotHarness) -> None:
    harness.terminal.hang("comp1", 3)
    harness.ask_and_run("comp1 id=3 --sync")
    harness.approve_and_run()
    harness.wait(HOUR)
    surveys = len(harness.terminal.look_calls)
    harness.wait(HOUR)
    assert (len(harness.terminal.look_calls), surveys < 20) == (surveys, True)
    assert harness.verdicts() == {"comp1 3": "still_closing"}


def test_a_card_promises_another_look_only_while_one_is_planned(harness: BotHarness) -> None:
    harness.terminal.hang("comp1", 3)
    harness.ask_and_run("comp1 id=3 --sync")
    harness.approve_and_run()
    harness.wait(90 * SECOND)
    assert harness.request.due_at
    assert "I look again" in text_of(harness.card)
    later = harness.wait(HOUR)
    assert later.due_at is None
    assert "I look again" not in text_of(harness.card)
    assert "I have stopped looking, list comp1 to see" in text_of(harness.card)
    assert harness.ledger.entries()[-1].event == "settling_abandoned"


def test_without_sync_it_is_followed_until_it_is_seen_gone(harness: BotHarness) -> None:
    harness.terminal.hang("comp1", 3)
    harness.ask_and_run("comp1 id=3")
    harness.approve_and_run()
    assert harness.wait(3 * SECOND).state is State.ACTING
    assert "being logged off" in text_of(harness.card)
    harness.terminal.stop_hanging("comp1", 3)
    harness.wait(timedelta(seconds=10))
    assert (harness.verdicts(), harness.request.ending) == ({"comp1 3": "gone"}, Ending.DONE)
    assert len(harness.terminal.acts) == 1


def test_without_sync_it_is_followed_for_a_minute_and_then_still_closing(harness: BotHarness) -> None:
    harness.terminal.hang("comp1", 3)
    harness.ask_and_run("comp1 id=3")
    harness.approve_and_run()
    harness.wait(70 * SECOND)
    assert (harness.verdicts(), harness.request.ending) == ({"comp1 3": "still_closing"}, Ending.DONE)


def test_an_id_that_somebody_else_holds_later_means_that_alice_is_gone(harness: BotHarness) -> None:
    harness.terminal.hang("comp1", 3)
    harness.ask_and_run("comp1 id=3")
    harness.approve_and_run()
    harness.terminal.take_over("comp1", 3, MALLORY)
    harness.wait(timedelta(seconds=10))
    assert harness.verdicts() == {"comp1 3": "gone"}
    assert len(harness.terminal.acts) == 1


def test_a_session_that_lost_its_name_only_is_not_gone(harness: BotHarness) -> None:
    harness.terminal.hang("comp1", 3)
    harness.ask_and_run("comp1 id=3")
    harness.approve_and_run()
    harness.terminal.take_over("comp1", 3, Account(domain="", user=""))
    harness.wait(timedelta(seconds=10))
    assert harness.verdicts() == {"comp1 3": "open"}


# Stop the rest


def test_stop_leaves_alone_what_has_not_begun(harness: BotHarness) -> None:
    harness.ask_and_run(ON_TWO)

    def stop() -> None:
        harness.press("stop")

    harness.terminal.before_act("comp1", stop)
    harness.approve_and_run()
    assert harness.verdicts() == {"comp1 3": "gone", "comp2 3": "skipped"}
    assert harness.terminal.logged_off == [("comp1", 3)]
    assert "left alone: stopped before its turn" in text_of(harness.card)
