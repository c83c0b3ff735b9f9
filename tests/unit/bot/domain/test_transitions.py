"""The acting request and what comes after it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain import events as e
from bot.domain.act_times import PAUSES
from bot.domain.lifecycle import advance
from bot.domain.request import Ending, State
from bot.domain.transitions import READY_FOR, SETTLE_AFTER
from bot.domain.verdicts import Reason, Verdict
from bot.errors import Conflict
from tests.support import builders as b

SECOND = timedelta(seconds=1)
ONE, TWO, TARGETS = b.ONE, b.TWO, b.ONE_AND_TWO


def test_the_start_makes_every_host_due() -> None:
    assert [(look.host, look.due_at) for look in b.acting(*TARGETS).surveys] == [("comp1", b.NOW), ("comp2", b.NOW)]


def test_the_start_bounds_the_act_from_its_own_moment() -> None:
    """Otherwise an act that nobody ends would run until the decision's limit, or beyond it."""
    later = b.NOW + SECOND
    started = advance(b.ready(*TARGETS), e.Started(valid_for=7 * SECOND), later)
    assert started.expires_at == later + 7 * SECOND
    with pytest.raises(Conflict):
        advance(started, e.Expired(), later + 6 * SECOND)
    assert advance(started, e.Expired(), later + 7 * SECOND).ending is Ending.EXPIRED


def test_a_verdict_is_final() -> None:
    once = advance(b.acting(*TARGETS), e.TargetEnded(key=ONE, verdict=Verdict.CHANGED, reason=Reason.CAME_BACK), b.NOW)
    for again in (e.TargetEnded(key=ONE, verdict=Verdict.GONE), e.TargetRequested(key=ONE)):
        with pytest.raises(Conflict):
            advance(once, again, b.NOW)


def test_a_target_that_is_not_in_the_request_has_no_verdict() -> None:
    with pytest.raises(Conflict):
        advance(b.acting(*TARGETS), e.TargetEnded(key=("comp1", 7), verdict=Verdict.GONE), b.NOW)


def test_the_last_verdict_of_a_host_ends_its_turn_and_the_last_of_all_makes_the_request_due() -> None:
    half = advance(b.acting(*TARGETS), e.TargetEnded(key=ONE, verdict=Verdict.GONE), b.NOW)
    assert ([look.due_at for look in half.surveys], half.due_at) == ([None, b.NOW], None)
    with pytest.raises(Conflict):
        advance(half, e.Ended(), b.NOW)
    whole = advance(half, e.TargetEnded(key=TWO, verdict=Verdict.GONE), b.NOW + SECOND)
    assert ([look.due_at for look in whole.surveys], whole.due_at) == ([None, None], b.NOW + SECOND)


def test_an_order_without_an_answer_is_followed_up_and_remembers_when_it_was_first_given() -> None:
    first = advance(b.acting(), e.TargetRequested(key=ONE, lost=True, code=5), b.NOW)
    again = advance(first, e.TargetRequested(key=ONE), b.NOW + SECOND)
    assert (first.targets[0].request_lost, first.surveys[0].due_at) == (True, b.NOW + PAUSES[0])
    assert (again.targets[0].requested_at, again.targets[0].request_lost) == (b.NOW, False)


def test_an_order_that_was_taken_keeps_the_code_and_the_detail_that_the_host_answered() -> None:
    event = e.TargetRequested(key=ONE, code=7007, note="WTSLogoffSession")
    after = advance(b.acting(), event, b.NOW).targets[0]
    assert (after.code, after.note, after.verdict) == (7007, "WTSLogoffSession", None)


def test_a_later_look_corrects_the_verdict_and_says_what_it_saw() -> None:
    ended = advance(b.all_done(*TARGETS, verdict=Verdict.UNKNOWN), e.Ended(), b.NOW)
    event = e.Settled(key=ONE, verdict=Verdict.CHANGED, note="person: CORP\\carol")
    after = advance(ended, event, b.NOW)
    assert [(t.verdict, t.note) for t in after.targets] == [
        (Verdict.CHANGED, "person: CORP\\carol"),
        (Verdict.UNKNOWN, ""),
    ]


def test_stopping_spares_what_has_not_begun() -> None:
    begun = advance(b.acting(*TARGETS), e.HostStarted(host="comp1"), b.NOW)
    after = advance(begun, e.Stopped(by=b.ASKER), b.NOW)
    assert [target.verdict for target in after.targets] == [None, Verdict.SKIPPED]
    assert [look.due_at for look in after.surveys] == [b.NOW, None]
    assert after.due_at is None


def test_stopping_before_any_host_began_leaves_only_the_end() -> None:
    after = advance(b.acting(*TARGETS), e.Stopped(by=b.ASKER), b.NOW)
    assert (after.open_targets, after.due_at) == ((), b.NOW)
    assert advance(after, e.Ended(), b.NOW).ending is Ending.DONE


@pytest.mark.parametrize(
    ("event", "ending"), [(e.Failed(reference="r", code="c"), Ending.FAILED), (e.Expired(), Ending.EXPIRED)]
)
def test_what_may_have_been_done_is_unknown_and_what_was_not_begun_is_skipped(event: e.Event, ending: Ending) -> None:
    begun = advance(b.acting(*TARGETS), e.HostStarted(host="comp1"), b.NOW)
    after = advance(begun, event, begun.expires_at)
    assert [target.verdict for target in after.targets] == [Verdict.UNKNOWN, Verdict.SKIPPED]
    assert (after.ending, after.due_at) == (ending, begun.expires_at + SETTLE_AFTER)


def test_a_later_look_settles_what_was_not_known_and_nothing_else() -> None:
    ended = advance(b.all_done(*TARGETS, verdict=Verdict.UNKNOWN), e.Ended(), b.NOW)
    assert ended.due_at == b.NOW + SETTLE_AFTER
    half = advance(ended, e.Settled(key=ONE, verdict=Verdict.GONE), b.NOW)
    assert half.due_at == ended.due_at
    whole = advance(half, e.Settled(key=TWO, verdict=Verdict.GONE), b.NOW)
    assert (whole.due_at, whole.ending) == (None, Ending.DONE)
    with pytest.raises(Conflict):
        advance(whole, e.Settled(key=ONE, verdict=Verdict.UNKNOWN), b.NOW)


def test_a_failed_step_is_tried_again_and_progress_resets_the_count() -> None:
    stumbled = advance(b.request(), e.StepFailed(reference="r", code="c", again_in=SECOND), b.NOW)
    assert (stumbled.attempts, stumbled.due_at, stumbled.version) == (1, b.NOW + SECOND, 1)
    assert advance(stumbled, b.surveyed(), b.NOW).attempts == 0


def test_a_failed_step_on_a_host_concerns_that_host_alone() -> None:
    stumble = e.StepFailed(reference="r", code="c", again_in=SECOND, host="comp2")
    after = advance(b.acting(*TARGETS), stumble, b.NOW)
    assert ([look.due_at for look in after.surveys], after.due_at) == ([b.NOW, b.NOW + SECOND], None)


def test_a_new_state_is_drawn_at_once_and_progress_when_its_turn_has_come() -> None:
    request = replace(b.acting(*TARGETS), publish_after=b.NOW + SECOND)
    assert advance(request, e.HostStarted(host="comp1"), b.NOW).publish_after == b.NOW + SECOND
    assert advance(request, e.Failed(reference="r", code="c"), b.NOW).publish_after is None


# Warn first


def test_a_warning_is_remembered_from_its_setting_out_to_its_arrival() -> None:
    out = advance(b.ready(*TARGETS), e.WarningStarted(key=ONE), b.NOW)
    warned = advance(out, e.WarningDelivered(key=ONE), b.NOW + SECOND)
    assert [(target.warning_at, target.warned_at) for target in warned.targets] == [
        (b.NOW, b.NOW + SECOND),
        (None, None),
    ]


def test_a_user_who_could_not_be_warned_is_left_alone() -> None:
    after = advance(b.ready(*TARGETS), e.WarningFailed(key=ONE, note="nobody can prove it"), b.NOW)
    assert [(target.verdict, target.reason, target.note) for target in after.targets] == [
        (Verdict.SKIPPED, Reason.NOT_WARNED, "nobody can prove it"),
        (None, None, ""),
    ]
    started = advance(after, b.started(), b.NOW)
    assert [look.due_at for look in started.surveys] == [None, b.NOW]


def test_the_act_waits_until_the_time_to_save_is_over() -> None:
    grace = timedelta(minutes=30)
    after = advance(b.ready(), e.GraceStarted(grace=grace), b.NOW)
    assert (after.act_at, after.due_at, after.expires_at) == (b.NOW + grace, b.NOW + grace, b.NOW + grace + READY_FOR)
    assert advance(after, e.Cancelled(by=b.ASKER, on_version=after.version), b.NOW + grace).ending is Ending.CANCELLED


def test_when_nobody_could_be_warned_the_started_act_is_due_at_once() -> None:
    left = advance(b.ready(), e.WarningFailed(key=ONE, note="nobody is there"), b.NOW)
    started = advance(left, b.started(), b.NOW + SECOND)
    assert (started.state, started.due_at) == (State.ACTING, b.NOW + SECOND)
