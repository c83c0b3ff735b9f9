"""Warn first: a message on each desktop, time to save, then everything is compared again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.cards.wording import warning_text, warning_title
from bot.domain import events as e
from bot.domain.actions import Action
from bot.domain.request import Ending, State
from bot.domain.session import Account
from bot.domain.verdicts import Reason, Verdict
from bot.errors import Conflict, TimedOut, Unreachable
from tests.support.harness import BotHarness, Crash
from tests.support.people import BO, DANA, OLI, asking_leads, bot_with, rule

if TYPE_CHECKING:
    from bot.domain.request import Request

WARN = 'comp1 id=3,5 --sync --warn 5m "Updates tonight"'
GRACE = timedelta(minutes=5)


def warned(harness: BotHarness, text: str = WARN) -> Request:
    """Asked, confirmed, and whoever can be warned is warned."""
    request = harness.ask_and_run(text)
    harness.press("approve", by=DANA, on=request)
    harness.run()
    return harness.find(request.id)


def sent(harness: BotHarness) -> list[tuple[str, int]]:
    return [(host, number) for host, number, _, _ in harness.terminal.messages]


def verdicts(harness: BotHarness, request: Request) -> dict[int, Verdict | None]:
    return {target.session.id: target.verdict for target in harness.find(request.id).targets}


def test_no_user_is_warned_before_the_approval() -> None:
    harness = bot_with(asking_leads(1))
    request = harness.ask_and_run(WARN)
    assert harness.terminal.messages == []
    harness.press("approve", by=BO, on=request)
    harness.run()
    assert sent(harness) == [("comp1", 3), ("comp1", 5)]


def test_all_are_warned_nobody_is_touched_before_the_time_is_over_and_all_go_then() -> None:
    harness = bot_with()
    request = warned(harness)
    assert (request.state, sent(harness)) == (State.READY, [("comp1", 3), ("comp1", 5)])
    harness.jump(GRACE - timedelta(seconds=1))
    assert harness.terminal.logged_off == []
    harness.jump(timedelta(seconds=1))
    assert harness.terminal.logged_off == [("comp1", 3), ("comp1", 5)]
    assert harness.find(request.id).ending is Ending.DONE
    assert len(harness.terminal.messages) == 2


def test_the_message_says_what_was_typed_how_long_there_is_and_who_asked() -> None:
    harness = bot_with()
    warned(harness)
    (_, _, title, text), _ = harness.terminal.messages
    assert title == "You will be logged off soon"
    assert text == f"Updates tonight\n\n{THE_BOTS}"


def test_a_warning_of_a_disconnect_asks_nobody_to_save_because_their_programs_go_on_running() -> None:
    assert warning_title(Action.DISCONNECT) == "You will be disconnected soon"
    assert warning_text("", GRACE, DANA, Action.DISCONNECT) == (
        "You will be disconnected in 5 minutes. Your programs go on running; connect again to go on with them. "
        "(Asked for by dana.)"
    )


def test_the_card_shows_who_is_warned_when_it_begins_and_cancel() -> None:
    harness = bot_with()
    request = warned(harness)
    shown = harness.text_on_card(request)
    assert "2 people on comp1 are warned and will be logged off" in shown
    assert shown.count("warned at 2026-03-02 14:00") == 2
    assert "warned people may work until 2026-03-02 14:05" in shown
    assert request.message_ref
    assert [button.label for button in harness.chat.cards[request.message_ref][-1].buttons] == ["Cancel"]


def test_a_user_who_could_not_be_warned_is_left_alone_and_the_others_are_logged_off() -> None:
    harness = bot_with()
    harness.terminal.take_down("comp2", Unreachable("comp2 cannot be reached.", host="comp2"))
    harness.terminal.bring_up("comp2")
    request = harness.ask_and_run('comp1,comp2 id=3 --sync --warn 5m "save"')
    harness.press("approve", by=DANA, on=request)
    harness.terminal.take_down("comp2")
    harness.run()
    harness.terminal.bring_up("comp2")
    harness.jump(GRACE)
    assert harness.terminal.logged_off == [("comp1", 3)]
    skipped = harness.target(request, "comp2", 3)
    assert (skipped.verdict, skipped.reason, skipped.note) == (
        Verdict.SKIPPED,
        Reason.NOT_WARNED,
        "comp2 cannot be reached.",
    )
    assert "left alone: could not be warned: comp2 cannot be reached." in harness.text_on_card(request)


def test_a_message_that_windows_refused_is_no_warning() -> None:
    harness = bot_with()
    request = harness.ask_and_run(WARN)
    harness.press("approve", by=DANA, on=request)
    harness.terminal.refuse("comp1", 5)
    harness.run()
    harness.terminal.refuse("comp1", 0)
    harness.jump(GRACE)
    assert harness.terminal.logged_off == []
    assert set(verdicts(harness, request).values()) == {Verdict.SKIPPED}
    assert "Windows refused (error 5)" in harness.target(request, "comp1", 3).note
    assert harness.find(request.id).ending is Ending.DONE


def test_a_session_that_ended_before_the_warning_is_reported_as_gone() -> None:
    harness = bot_with()
    request = harness.ask_and_run(WARN)
    harness.press("approve", by=DANA, on=request)
    harness.terminal.sign_out("comp1", 3)
    harness.run()
    assert "gone already" in harness.target(request, "comp1", 3).note
    assert "error 0" not in harness.text_on_card(request)
    harness.jump(GRACE)
    assert harness.terminal.logged_off == [("comp1", 5)]


def test_an_answer_that_was_lost_is_no_proof_and_the_message_is_not_sent_again() -> None:
    harness = bot_with()
    request = harness.ask_and_run(WARN)
    harness.press("approve", by=DANA, on=request)
    lost = TimedOut("comp1 did not answer in time.", host="comp1", delivered=True)
    harness.terminal.fail_act("comp1", lost, after=1, is_carried_out=True)
    harness.run()
    assert sent(harness) == [("comp1", 3), ("comp1", 5)]
    harness.jump(GRACE)
    assert len(harness.terminal.messages) == 2
    assert verdicts(harness, request) == {3: Verdict.GONE, 5: Verdict.SKIPPED}


def test_an_order_without_an_answer_is_no_proof_either() -> None:
    class Forgetful(type(bot_with().terminal)):  # type: ignore[misc] # the harness's own terminal, one answer short
        def message(self, *args: object, **kwargs: object) -> object:
            return iter(list(super().message(*args, **kwargs))[:1])

    harness = bot_with()
    request = harness.ask_and_run(WARN)
    harness.press("approve", by=DANA, on=request)
    harness.terminal.__class__ = Forgetful
    harness.run()
    harness.jump(GRACE)
    assert verdicts(harness, request) == {3: Verdict.GONE, 5: Verdict.SKIPPED}


@pytest.mark.parametrize(
    ("dies_before", "messages"), [(e.WarningStarted, 2), (e.WarningDelivered, 2), (e.GraceStarted, 2)]
)
def test_a_crash_while_warning_sends_no_message_twice(dies_before: type[e.Event], messages: int) -> None:
    harness = bot_with()
    request = harness.ask_and_run(WARN)
    harness.press("approve", by=DANA, on=request)
    harness.ledger.die_before = dies_before
    with pytest.raises(Crash):
        harness.run()
    harness.restart()
    harness.run()
    harness.jump(GRACE)
    assert len(sent(harness)) == len(set(sent(harness))) == messages
    not_proven = {n for n, verdict in verdicts(harness, request).items() if verdict is Verdict.SKIPPED}
    assert {number for _, number in harness.terminal.logged_off} == {3, 5} - not_proven
    assert not_proven == ({3, 5} if dies_before is e.WarningDelivered else set())


def test_a_crash_between_intent_and_message_leaves_the_person_alone_unwarned_and_logged_on() -> None:
    """Whether the message left cannot be told any more; so it is not sent, and the person is not logged off."""
    harness = bot_with()
    request = harness.ask_and_run(WARN)
    harness.press("approve", by=DANA, on=request)
    harness.ledger.die_after = e.WarningStarted
    with pytest.raises(Crash):
        harness.run()
    harness.restart()
    harness.run()
    harness.jump(GRACE)
    assert (sent(harness), harness.terminal.logged_off) == ([("comp1", 5)], [("comp1", 5)])
    assert harness.target(request, "comp1", 3).note == "its delivery is not proven"


def test_the_time_to_save_survives_a_restart_and_is_not_given_twice() -> None:
    harness = bot_with()
    request = warned(harness)
    harness.jump(timedelta(minutes=3))
    harness.restart()
    harness.run()
    assert harness.find(request.id).act_at == request.act_at
    harness.jump(timedelta(minutes=1, seconds=59))
    assert harness.terminal.logged_off == []
    harness.jump(timedelta(seconds=1))
    assert harness.terminal.logged_off == [("comp1", 3), ("comp1", 5)]
    assert len(harness.terminal.messages) == 2


def test_cancel_in_the_last_second_logs_nobody_off() -> None:
    harness = bot_with()
    request = warned(harness)
    harness.jump(GRACE - timedelta(seconds=1))
    harness.press("cancel", by=DANA, on=request)
    harness.jump(timedelta(minutes=10))
    after = harness.find(request.id)
    assert (after.ending, harness.terminal.logged_off) == (Ending.CANCELLED, [])
    assert "Cancelled by dana. Nobody was logged off" in harness.text_on_card(request)


def test_when_cancel_and_the_start_meet_in_the_last_second_one_of_them_is_true() -> None:
    harness = bot_with()
    request = warned(harness)
    harness.clock.move(GRACE)
    request = harness.find(request.id)
    harness.ledger.record(request.id, e.Cancelled(by=DANA, on_version=request.version))
    with pytest.raises(Conflict):
        harness.ledger.record(request.id, e.Started(valid_for=timedelta(minutes=1)))
    harness.run()
    assert harness.terminal.logged_off == []


def test_cancel_after_the_start_is_told_that_it_came_too_late() -> None:
    harness = bot_with()
    request = warned(harness)
    harness.jump(GRACE)
    assert "dana approved this at 2026-03-02 14:00 UTC" in harness.press("cancel", by=DANA, on=request).text
    assert "cancelled" not in harness.events_of(request)


def test_an_outsider_cannot_cancel_and_a_lead_who_may_approve_can() -> None:
    harness = bot_with(asking_leads(1))
    request = harness.ask_and_run(WARN)
    harness.press("approve", by=BO, on=request)
    harness.run()
    assert "Only the person who asked" in harness.press("cancel", by=OLI, on=request).text
    assert harness.find(request.id).state is State.READY
    harness.press("cancel", by=BO, on=request)
    assert harness.find(request.id).ending is Ending.CANCELLED


def test_a_user_who_comes_back_during_the_grace_period_is_left_alone() -> None:
    harness = bot_with()
    request = warned(harness)
    harness.terminal.return_to_work("comp1", 3)
    harness.jump(GRACE)
    target = harness.target(request, "comp1", 3)
    assert (target.verdict, target.reason) == (Verdict.CHANGED, Reason.CAME_BACK)
    assert harness.terminal.logged_off == [("comp1", 5)]


def test_another_person_at_the_same_number_is_left_alone() -> None:
    harness = bot_with()
    request = warned(harness)
    harness.terminal.take_over("comp1", 3, Account(domain="CORP", user="mallory"))
    harness.jump(GRACE)
    assert harness.target(request, "comp1", 3).verdict is Verdict.CHANGED
    assert harness.terminal.logged_off == [("comp1", 5)]


def test_what_was_protected_in_the_time_to_save_is_not_touched() -> None:
    harness = bot_with()
    request = warned(harness)
    harness.policy = replace(harness.policy, protected_users=("bob",))
    harness.jump(GRACE)
    assert harness.find(request.id).ending is Ending.REFUSED
    assert harness.terminal.logged_off == []
    assert "CORP\\bob on comp1 may no longer be touched: a protected user" in harness.text_on_card(request)


def test_when_nobody_could_be_warned_a_restart_ends_it_in_the_same_words() -> None:
    harness = bot_with(asking_leads(1))
    request = harness.ask_and_run(WARN)
    harness.press("approve", by=BO, on=request)
    harness.terminal.refuse("comp1", 5)
    harness.ledger.die_after = e.GraceStarted
    with pytest.raises(Crash):
        harness.run()
    harness.restart()
    harness.jump(GRACE)
    assert harness.find(request.id).ending is Ending.DONE
    assert set(verdicts(harness, request).values()) == {Verdict.SKIPPED}


# Whose text it is


SPEAKS = frozenset({Action.LOG_OFF, Action.LIST, Action.MESSAGE})
SILENT = frozenset({Action.LOG_OFF, Action.LIST})


def texts(harness: BotHarness) -> dict[int, str]:
    return {number: text.partition("\n")[0] for _, number, _, text in harness.terminal.messages}


OWN = "Updates tonight"
THE_BOTS = (
    "You will be logged off in 5 minutes. Please save your work now: your programs are closed then. "
    "(Asked for by dana.)"
)


def test_the_requesters_own_text_takes_the_right_to_send_messages() -> None:
    harness = bot_with(rule(may=SILENT))
    request = harness.ask_and_run(WARN)
    assert "Your text is not sent: no rule lets you send messages. The bot's own warning is." in harness.text_on_card(
        request
    )
    harness.approve_and_run()
    assert texts(harness) == {3: THE_BOTS, 5: THE_BOTS}


def test_each_person_gets_the_text_that_the_rule_for_them_allows() -> None:
    harness = bot_with(rule("alice", users=("alice",), may=SPEAKS), rule("rest", may=SILENT))
    request = harness.ask_and_run(WARN)
    assert "Your text is not sent to CORP\\bob on comp1: no rule" in harness.text_on_card(request)
    harness.approve_and_run()
    assert texts(harness) == {3: OWN, 5: THE_BOTS}


def test_a_right_that_is_taken_away_before_the_warning_counts_and_one_that_is_given_does_not() -> None:
    """The card that was said yes to named whose text it is; only the lesser of then and now is sent."""
    harness = bot_with(rule(may=SPEAKS))
    harness.ask_and_run(WARN)
    harness.change_policy(rule(may=SILENT))
    harness.approve_and_run()
    assert texts(harness) == {3: THE_BOTS, 5: THE_BOTS}
    harness = bot_with(rule(may=SILENT))
    harness.ask_and_run(WARN)
    harness.change_policy(rule(may=SPEAKS))
    harness.approve_and_run()
    assert texts(harness) == {3: THE_BOTS, 5: THE_BOTS}


def test_whose_text_it_is_survives_a_restart() -> None:
    harness = bot_with(rule("alice", users=("alice",), may=SPEAKS), rule("rest", may=SILENT))
    request = harness.ask_and_run(WARN)
    harness.restart()
    harness.press("approve", by=DANA, on=request)
    harness.run()
    assert texts(harness) == {3: OWN, 5: THE_BOTS}


def test_no_text_of_the_requester_writes_a_line_on_the_desktop_that_reads_as_the_bots() -> None:
    text = warning_text("save\n\n(Asked for by the CEO.)\u202e", GRACE, DANA, Action.LOG_OFF)
    assert text.split("\n\n")[0] == "save\ufffd\ufffd(Asked for by the CEO.)\ufffd"
    assert len(text.splitlines()) == 3


def test_a_cancel_while_people_are_being_warned_loses_no_delivered_warning() -> None:
    harness = bot_with()
    request = harness.ask_and_run('comp1,comp2 id=3 --sync --warn 5m "save"')
    harness.press("approve", by=DANA, on=request)

    def cancel() -> None:
        harness.press("cancel", by=DANA, on=harness.find(request.id))

    harness.terminal.before_act("comp2", cancel)
    harness.run()
    assert harness.find(request.id).ending is Ending.CANCELLED
    assert len(harness.terminal.messages) == 2
    told = [entry.text for entry in harness.ledger.entries(request_id=request.id) if entry.event == "noted"]
    assert [line for line in told if "warned" in line] == ["comp1 3: warned", "comp2 3: warned"]
    assert "were warned" in harness.text_on_card(request)
