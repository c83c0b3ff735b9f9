from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import TYPE_CHECKING, get_args

import pytest

from bot.domain import events as e
from bot.domain.actions import Action
from bot.domain.lifecycle import TABLE, advance
from bot.domain.request import Ending, Request, State
from bot.domain.requirement import Confirm
from bot.domain.verdicts import Verdict
from bot.errors import Conflict, ConflictReason
from tests.support import builders as b

if TYPE_CHECKING:
    from datetime import datetime

SECOND = timedelta(seconds=1)
TWO, TARGETS = b.TWO, b.ONE_AND_TWO

LEADS_TO: dict[State, dict[str, State]] = {
    State.ASKED: {
        "surveyed": State.AWAITING,
        "refused": State.ENDED,
        "reason_asked": State.ASKED,
        "reason_given": State.ASKED,
        "cancelled": State.ENDED,
        "expired": State.ENDED,
        "step_failed": State.ASKED,
        "failed": State.ENDED,
    },
    State.AWAITING: {
        "narrowed": State.AWAITING,
        "action_changed": State.AWAITING,
        "counted": State.AWAITING,
        "approved": State.READY,
        "second_person_needed": State.AWAITING,
        "denied": State.ENDED,
        "refused": State.ENDED,
        "cancelled": State.ENDED,
        "expired": State.ENDED,
        "step_failed": State.AWAITING,
        "failed": State.ENDED,
    },
    State.READY: {
        "warning_started": State.READY,
        "warning_delivered": State.READY,
        "warning_failed": State.READY,
        "grace_started": State.READY,
        "announced": State.READY,
        "started": State.ACTING,
        "refused": State.ENDED,
        "cancelled": State.ENDED,
        "expired": State.ENDED,
        "step_failed": State.READY,
        "failed": State.ENDED,
    },
    State.ACTING: {
        "announced": State.ACTING,
        "host_started": State.ACTING,
        "target_requested": State.ACTING,
        "target_ended": State.ACTING,
        "stopped": State.ACTING,
        "ended": State.ENDED,
        "expired": State.ENDED,
        "step_failed": State.ACTING,
        "failed": State.ENDED,
    },
    State.ENDED: {
        "announced": State.ENDED,
        "settled": State.ENDED,
        "settling_abandoned": State.ENDED,
        "step_failed": State.ENDED,
    },
}
"""The state machine as people were promised it; `noted` is admitted everywhere."""


def request_in(state: State) -> Request:
    match state:
        case State.ASKED:
            return b.request()
        case State.AWAITING:
            return b.awaiting(*TARGETS)
        case State.READY:
            return b.ready(*TARGETS)
        case State.ACTING:
            return b.acting(*TARGETS)
        case State.ENDED:
            return advance(b.all_done(*TARGETS, verdict=Verdict.UNKNOWN), e.Ended(), b.NOW)


def request_for(state: State, name: str) -> Request:
    """A request in this state that is as far as the event needs."""
    match state, name:
        case State.ACTING, "ended":
            return b.all_done(*TARGETS)
        case State.ASKED, "reason_given":
            return advance(b.request(), b.REASON_ASKED, b.NOW)
        case _:
            return request_in(state)


NAMES = sorted(b.one_of_each(b.request()))


def test_there_is_a_sample_of_every_event_and_a_row_for_every_state() -> None:
    assert len(NAMES) == len(get_args(e.Event))
    assert set(TABLE) == set(State) == set(LEADS_TO)


def test_each_event_in_each_state_leads_where_the_table_says_or_is_a_conflict(subtests: pytest.Subtests) -> None:
    for state, name in product(State, NAMES):
        with subtests.test(state=state, event=name):
            request = request_for(state, name)
            now = request.expires_at if name == "expired" else b.NOW
            check_step(request, b.one_of_each(request)[name], now, LEADS_TO[state])


def check_step(request: Request, event: e.Event, now: datetime, leads_to: dict[str, State]) -> None:
    name = e.name_of(event)
    if name == "noted":
        assert advance(request, event, now) is request
    elif name in leads_to:
        after = advance(request, event, now)
        assert after.state is leads_to[name]
        assert after.version == request.version + (name not in ("step_failed", "announced"))
        assert (after.ended_at is None) == (after.ending is None) == (after.state is not State.ENDED)
    else:
        with pytest.raises(Conflict) as caught:
            advance(request, event, now)
        assert caught.value.request is request


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (State.ASKED, ConflictReason.OUT_OF_ORDER),
        (State.READY, ConflictReason.DECIDED),
        (State.ENDED, ConflictReason.OVER),
    ],
)
def test_a_press_that_does_not_fit_is_told_why(state: State, reason: ConflictReason) -> None:
    request = request_in(state)
    with pytest.raises(Conflict) as caught:
        advance(request, b.approved(on_version=request.version), b.NOW)
    assert caught.value.reason is reason


PRESSES = [name for name, event in b.one_of_each(b.request()).items() if hasattr(event, "on_version")]


def test_a_press_on_another_version_of_the_card_is_stale(subtests: pytest.Subtests) -> None:
    assert {"narrowed", "action_changed", "counted", "approved", "denied", "cancelled"} <= set(PRESSES)
    for name, version in product(PRESSES, [1, 3]):
        with subtests.test(event=name, version=version):
            request = request_for(State.AWAITING if name in LEADS_TO[State.AWAITING] else State.ASKED, name)
            assert request.version == 2
            event = b.one_of_each(replace(request, version=version))[name]
            with pytest.raises(Conflict) as caught:
                advance(request, event, b.NOW)
            assert caught.value.reason is ConflictReason.STALE


FACTS = {"warning_delivered", "warning_failed", "expired", "failed", "step_failed", "stopped", "ended"}
FACTS |= {"target_requested", "target_ended", "announced"}


def test_after_the_expiry_facts_are_recorded_and_wishes_are_refused(subtests: pytest.Subtests) -> None:
    """What the bot saw is true at any time; what a person wants is not."""
    for state, name in product(set(LEADS_TO) - {State.ENDED}, NAMES):
        if name not in LEADS_TO[state]:
            continue
        with subtests.test(state=state, event=name):
            request = request_for(state, name)
            check_expiry(request, b.one_of_each(request)[name])


def check_expiry(request: Request, event: e.Event) -> None:
    advance(request, event, request.expires_at - SECOND * (e.name_of(event) != "expired"))
    if e.name_of(event) in FACTS:
        advance(request, event, request.expires_at)
    else:
        with pytest.raises(Conflict) as caught:
            advance(request, event, request.expires_at)
        assert caught.value.reason is ConflictReason.EXPIRED


def test_nothing_expires_before_its_time() -> None:
    request = b.awaiting()
    with pytest.raises(Conflict):
        advance(request, e.Expired(), request.expires_at - SECOND)


def test_a_survey_that_needs_nobody_is_ready_at_once() -> None:
    nobody = b.requirement(confirm=Confirm.NOBODY)
    after = advance(b.request(), b.surveyed(requirement=nobody), b.NOW)
    assert (after.state, after.due_at, after.expires_at) == (State.READY, b.NOW, b.NOW + b.CARD_LIFE)


@pytest.mark.parametrize("ending", [Ending.WHATIF, Ending.ANSWERED, Ending.NOTHING_TO_DO])
def test_a_survey_can_be_the_end(ending: Ending) -> None:
    after = advance(b.request(), b.surveyed(ending=ending), b.NOW)
    assert (after.state, after.ending, after.due_at, after.ended_at) == (State.ENDED, ending, None, b.NOW)


def test_a_survey_without_anything_to_decide_has_nothing_to_do() -> None:
    assert advance(b.request(), b.surveyed(requirement=None), b.NOW).ending is Ending.NOTHING_TO_DO


def test_a_card_lives_from_the_survey_and_a_decision_from_its_press() -> None:
    waiting = advance(b.request(), b.surveyed(), b.NOW + SECOND)
    assert (waiting.expires_at, waiting.due_at) == (b.NOW + SECOND + b.CARD_LIFE, None)
    decided = advance(waiting, b.approved(by=b.OTHER), b.NOW + 2 * SECOND)
    assert (decided.expires_at, decided.due_at) == (b.NOW + 2 * SECOND + b.GRACE, b.NOW + 2 * SECOND)
    assert (decided.decided_by, decided.decided_at) == (b.OTHER, b.NOW + 2 * SECOND)


def test_taking_a_target_out_makes_the_answers_so_far_void() -> None:
    counted = advance(b.awaiting(*TARGETS), e.Counted(by=b.OTHER, on_version=2), b.NOW)
    assert counted.counted == (b.OTHER,)
    after = advance(counted, e.Narrowed(by=b.ASKER, on_version=3, keys=frozenset({TWO})), b.NOW)
    assert ([target.key for target in after.targets], after.counted) == ([TWO], ())
    assert [out.session.id for out in after.excluded] == [3]


def test_the_gentler_act_makes_the_answers_so_far_void() -> None:
    counted = advance(b.awaiting(*TARGETS), e.Counted(by=b.OTHER, on_version=2), b.NOW)
    event = e.ActionChanged(by=b.ASKER, on_version=3, action=Action.DISCONNECT, requirement=b.by_others())
    after = advance(counted, event, b.NOW)
    assert (after.action, after.requirement, after.counted) == (Action.DISCONNECT, b.by_others(), ())


def test_only_what_people_decide_about_makes_older_buttons_worthless() -> None:
    first = b.awaiting(*TARGETS)
    counted = advance(first, e.Counted(by=b.OTHER, on_version=2), b.NOW)
    narrowed = advance(counted, e.Narrowed(by=b.ASKER, on_version=3, keys=frozenset({TWO})), b.NOW)
    assert [request.content_version for request in (first, counted, narrowed)] == [2, 2, 4]


def test_each_approver_is_counted_once_and_only_while_the_approval_is_valid() -> None:
    once = advance(b.awaiting(), e.Counted(by=b.OTHER, on_version=2), b.NOW)
    renamed = replace(b.OTHER, name="other, renamed")
    again = advance(once, e.Counted(by=renamed, on_version=3), b.NOW)
    assert again.counted == (renamed,)
    void = frozenset({b.OTHER.user_id})
    assert advance(again, replace(b.approved(on_version=4), void=void), b.NOW).counted == (b.ASKER,)


def test_a_card_that_waits_for_others_reminds_them_at_half_its_life() -> None:
    waiting = advance(b.request(), b.surveyed(requirement=b.by_others()), b.NOW)
    assert (waiting.due_at, waiting.expires_at) == (b.NOW + b.CARD_LIFE / 2, b.NOW + b.CARD_LIFE)


def test_the_last_target_cannot_be_taken_out() -> None:
    with pytest.raises(Conflict):
        advance(b.awaiting(), e.Narrowed(by=b.ASKER, on_version=2, keys=frozenset({TWO})), b.NOW)
