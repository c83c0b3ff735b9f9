"""Warn first: a message on each desktop, time to save, then everything is compared again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.domain import events as e
from bot.domain.request import Ending, State
from bot.domain.session import Account
from bot.domain.verdicts import Reason, Verdict
from bot.errors import Conflict, TimedOut, Unreachable
from tests.support.council import BO, DANA, OLI, Council, asking_leads
from tests.support.harness import Crash

if TYPE_CHECKING:
    from bot.domain.request import Request

WARN = 'comp1 id=3,5 --sync --warn 5m "Updates tonight"'
GRACE = timedelta(minutes=5)


def warned(council: Council, text: str = WARN) -> Request:
    """Asked, confirmed, and whoever can be warned is warned."""
    request = council.ask(text)
    council.press(request, "approve", by=DANA)
    council.run()
    return council.find(request.id)


def sent(council: Council) -> list[tuple[str, int]]:
    return [(host, number) for host, number, _, _ in council.terminal.messages]


def verdicts(council: Council, request: Request) -> dict[int, Verdict | None]:
    return {target.session.id: target.verdict for target in council.find(request.id).targets}


def test_nobody_is_warned_before_somebody_has_said_yes() -> None:
    council = Council(asking_leads(1))
    request = council.ask(WARN)
    assert council.terminal.messages == []
    council.press(request, "approve", by=BO)
    council.run()
    assert sent(council) == [("comp1", 3), ("comp1", 5)]


def test_all_are_warned_nobody_is_touched_before_the_time_is_over_and_all_go_then() -> None:
    council = Council()
    request = warned(council)
    assert (request.state, sent(council)) == (State.READY, [("comp1", 3), ("comp1", 5)])
    council.wait(GRACE - timedelta(seconds=1))
    assert council.terminal.logged_off == []
    council.wait(timedelta(seconds=1))
    assert council.terminal.logged_off == [("comp1", 3), ("comp1", 5)]
    assert council.find(request.id).ending is Ending.DONE
    assert len(council.terminal.messages) == 2


def test_the_message_says_what_was_typed_how_long_there_is_and_who_asked() -> None:
    council = Council()
    warned(council)
    (_, _, title, text), _ = council.terminal.messages
    assert title == "Please save your work"
    assert text == (
        "Updates tonight\n\nYou will be logged off in 5 minutes. Please save your work now. (Asked for by dana.)"
    )


def test_the_card_shows_who_is_warned_when_it_begins_and_cancel() -> None:
    council = Council()
    request = warned(council)
    shown = council.shown(request)
    assert "2 sessions on comp1 will be logged off: people are warned" in shown
    assert shown.count("warned at 2026-03-02 14:00") == 2
    assert "begins at 2026-03-02 14:05" in shown
    assert request.message_ref
    assert [button.label for button in council.chat.cards[request.message_ref][-1].buttons] == ["Cancel"]


def test_who_could_not_be_warned_is_left_alone_and_the_rest_goes() -> None:
    council = Council()
    council.terminal.take_down("comp2", Unreachable("comp2 cannot be reached.", host="comp2"))
    council.terminal.bring_up("comp2")
    request = council.ask('comp1,comp2 id=3 --sync --warn 5m "save"')
    council.press(request, "approve", by=DANA)
    council.terminal.take_down("comp2")
    council.run()
    council.terminal.bring_up("comp2")
    council.wait(GRACE)
    assert council.terminal.logged_off == [("comp1", 3)]
    skipped = council.target(request, "comp2", 3)
    assert (skipped.verdict, skipped.reason, skipped.note) == (
        Verdict.SKIPPED,
        Reason.NOT_WARNED,
        "comp2 cannot be reached.",
    )
    assert "left alone: could not be warned: comp2 cannot be reached." in council.shown(request)


def test_a_message_that_windows_refused_is_no_warning() -> None:
    council = Council()
    request = council.ask(WARN)
    council.press(request, "approve", by=DANA)
    council.terminal.refuse("comp1", 5)
    council.run()
    council.terminal.refuse("comp1", 0)
    council.wait(GRACE)
    assert council.terminal.logged_off == []
    assert set(verdicts(council, request).values()) == {Verdict.SKIPPED}
    assert "Windows refused (error 5)" in council.target(request, "comp1", 3).note
    assert council.find(request.id).ending is Ending.DONE


def test_who_left_before_the_warning_is_said_to_be_gone() -> None:
    council = Council()
    request = council.ask(WARN)
    council.press(request, "approve", by=DANA)
    council.terminal.sign_out("comp1", 3)
    council.run()
    assert "gone already" in council.target(request, "comp1", 3).note
    assert "error 0" not in council.shown(request)
    council.wait(GRACE)
    assert council.terminal.logged_off == [("comp1", 5)]


def test_an_answer_that_was_lost_is_no_proof_and_the_message_is_not_sent_again() -> None:
    council = Council()
    request = council.ask(WARN)
    council.press(request, "approve", by=DANA)
    lost = TimedOut("comp1 did not answer in time.", host="comp1", delivered=True)
    council.terminal.fail_act("comp1", lost, after=1, is_carried_out=True)
    council.run()
    assert sent(council) == [("comp1", 3), ("comp1", 5)]
    council.wait(GRACE)
    assert len(council.terminal.messages) == 2
    assert verdicts(council, request) == {3: Verdict.GONE, 5: Verdict.SKIPPED}


def test_an_order_without_an_answer_is_no_proof_either() -> None:
    class Forgetful(type(Council().terminal)):  # type: ignore[misc] # the council's own terminal, one answer short
        def message(self, *args: object, **kwargs: object) -> object:
            return iter(list(super().message(*args, **kwargs))[:1])

    council = Council()
    request = council.ask(WARN)
    council.press(request, "approve", by=DANA)
    council.terminal.__class__ = Forgetful
    council.run()
    council.wait(GRACE)
    assert verdicts(council, request) == {3: Verdict.GONE, 5: Verdict.SKIPPED}


@pytest.mark.parametrize(
    ("dies_before", "messages"), [(e.WarningStarted, 2), (e.WarningDelivered, 2), (e.GraceStarted, 2)]
)
def test_a_crash_while_warning_sends_no_message_twice(dies_before: type[e.Event], messages: int) -> None:
    council = Council()
    request = council.ask(WARN)
    council.press(request, "approve", by=DANA)
    council.ledger.die_before = dies_before
    with pytest.raises(Crash):
        council.run()
    council.restart()
    council.run()
    council.wait(GRACE)
    assert len(sent(council)) == len(set(sent(council))) == messages
    not_proven = {n for n, verdict in verdicts(council, request).items() if verdict is Verdict.SKIPPED}
    assert {number for _, number in council.terminal.logged_off} == {3, 5} - not_proven
    assert not_proven == ({3, 5} if dies_before is e.WarningDelivered else set())


def test_a_crash_between_intent_and_message_leaves_the_person_alone_unwarned_and_logged_on() -> None:
    """Whether the message left cannot be told any more; so it is not sent, and he is not logged off."""
    council = Council()
    request = council.ask(WARN)
    council.press(request, "approve", by=DANA)
    council.ledger.die_after = e.WarningStarted
    with pytest.raises(Crash):
        council.run()
    council.restart()
    council.run()
    council.wait(GRACE)
    assert (sent(council), council.terminal.logged_off) == ([("comp1", 5)], [("comp1", 5)])
    assert council.target(request, "comp1", 3).note == "its delivery is not proven"


def test_the_time_to_save_survives_a_restart_and_is_not_given_twice() -> None:
    council = Council()
    request = warned(council)
    council.wait(timedelta(minutes=3))
    council.restart()
    council.run()
    assert council.find(request.id).act_at == request.act_at
    council.wait(timedelta(minutes=1, seconds=59))
    assert council.terminal.logged_off == []
    council.wait(timedelta(seconds=1))
    assert council.terminal.logged_off == [("comp1", 3), ("comp1", 5)]
    assert len(council.terminal.messages) == 2


def test_cancel_in_the_last_second_logs_nobody_off() -> None:
    council = Council()
    request = warned(council)
    council.wait(GRACE - timedelta(seconds=1))
    council.press(request, "cancel", by=DANA)
    council.wait(timedelta(minutes=10))
    after = council.find(request.id)
    assert (after.ending, council.terminal.logged_off) == (Ending.CANCELLED, [])
    assert "Cancelled. Nobody was logged off" in council.shown(request)


def test_when_cancel_and_the_start_meet_in_the_last_second_one_of_them_is_true() -> None:
    council = Council()
    request = warned(council)
    council.clock.move(GRACE)
    request = council.find(request.id)
    council.ledger.record(request.id, e.Cancelled(by=DANA, on_version=request.version))
    with pytest.raises(Conflict):
        council.ledger.record(request.id, e.Started(valid_for=timedelta(minutes=1)))
    council.run()
    assert council.terminal.logged_off == []


def test_cancel_after_the_start_is_told_that_it_came_too_late() -> None:
    council = Council()
    request = warned(council)
    council.wait(GRACE)
    assert "dana approved this at 14:00 UTC" in council.press(request, "cancel", by=DANA).text
    assert "cancelled" not in council.events(request)


def test_an_outsider_cannot_cancel_and_a_lead_who_may_approve_can() -> None:
    council = Council(asking_leads(1))
    request = council.ask(WARN)
    council.press(request, "approve", by=BO)
    council.run()
    assert "Only the person who asked" in council.press(request, "cancel", by=OLI).text
    assert council.find(request.id).state is State.READY
    council.press(request, "cancel", by=BO)
    assert council.find(request.id).ending is Ending.CANCELLED


def test_who_comes_back_to_work_in_the_time_to_save_is_left_alone() -> None:
    council = Council()
    request = warned(council)
    council.terminal.return_to_work("comp1", 3)
    council.wait(GRACE)
    target = council.target(request, "comp1", 3)
    assert (target.verdict, target.reason) == (Verdict.CHANGED, Reason.CAME_BACK)
    assert council.terminal.logged_off == [("comp1", 5)]


def test_another_person_at_the_same_number_is_left_alone() -> None:
    council = Council()
    request = warned(council)
    council.terminal.take_over("comp1", 3, Account(domain="CORP", user="mallory"))
    council.wait(GRACE)
    assert council.target(request, "comp1", 3).verdict is Verdict.CHANGED
    assert council.terminal.logged_off == [("comp1", 5)]


def test_what_was_protected_in_the_time_to_save_is_not_touched() -> None:
    council = Council()
    request = warned(council)
    council.policy = replace(council.policy, protected_users=("bob",))
    council.wait(GRACE)
    assert council.find(request.id).ending is Ending.REFUSED
    assert council.terminal.logged_off == []
    assert "CORP\\bob on comp1 may no longer be touched: a protected user" in council.shown(request)


def test_when_nobody_could_be_warned_a_restart_ends_it_in_the_same_words() -> None:
    council = Council(asking_leads(1))
    request = council.ask(WARN)
    council.press(request, "approve", by=BO)
    council.terminal.refuse("comp1", 5)
    council.ledger.die_after = e.GraceStarted
    with pytest.raises(Crash):
        council.run()
    council.restart()
    council.wait(GRACE)
    assert council.find(request.id).ending is Ending.DONE
    assert set(verdicts(council, request).values()) == {Verdict.SKIPPED}
