"""Any events in any order at any time: what stays true of a request."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain import events as e
from bot.domain.actions import Action
from bot.domain.ask import ActAsk
from bot.domain.lifecycle import advance
from bot.domain.note_kind import NoteKind
from bot.domain.part import WHOLE, part_for
from bot.domain.request import Ending, Request, State
from bot.domain.requirement import Confirm
from bot.domain.verdicts import Verdict
from bot.errors import Conflict, ConflictReason
from tests.support import builders as b
from tests.support.effort import PROFILE, examples
from tests.support.parts import put_back, taken

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

TARGETS = (b.target(3), b.target(5), b.target(7, host="comp2"))
KEYS = st.sampled_from([target.key for target in TARGETS])
HOSTS = st.sampled_from(["comp1", "comp2"])
PEOPLE = st.sampled_from([b.ASKER, b.OTHER])
VERSIONS = st.integers(1, 6)
VERDICTS = st.sampled_from(Verdict)
LATER = st.sampled_from([timedelta(minutes=1), timedelta(minutes=10)])
REQUIREMENTS = st.sampled_from([None, b.requirement(), b.requirement(confirm=Confirm.NOBODY), b.by_others()])
VOID = st.frozensets(st.sampled_from([b.ASKER.user_id, b.OTHER.user_id]))

EVENTS: st.SearchStrategy[e.Event] = st.one_of(
    st.builds(lambda requirement: b.surveyed(*TARGETS, requirement=requirement), REQUIREMENTS),
    st.builds(e.ReasonAsked, tickets=st.just(("INC",)), valid_for=LATER),
    st.builds(e.ReasonGiven, by=PEOPLE, on_version=VERSIONS, reason=st.just("INC"), valid_for=LATER),
    st.builds(e.Narrowed, by=PEOPLE, on_version=VERSIONS, keys=st.frozensets(KEYS)),
    st.builds(
        e.ActionChanged,
        by=PEOPLE,
        on_version=VERSIONS,
        action=st.sampled_from([Action.DISCONNECT, Action.LOG_OFF]),
        requirement=st.just(b.by_others()),
    ),
    st.builds(e.Counted, by=PEOPLE, on_version=VERSIONS, void=VOID),
    st.builds(e.Approved, by=PEOPLE, on_version=VERSIONS, valid_for=LATER, void=VOID),
    st.builds(e.SecondPersonNeeded, by=PEOPLE, on_version=VERSIONS, requirement=st.just(b.by_others())),
    st.builds(e.Denied, by=PEOPLE, on_version=VERSIONS),
    st.builds(e.Cancelled, by=PEOPLE, on_version=VERSIONS),
    st.builds(e.Refused, rule=st.just("r"), message=st.just("no")),
    st.builds(e.Expired),
    st.builds(e.WarningStarted, key=KEYS),
    st.builds(e.WarningDelivered, key=KEYS),
    st.builds(e.WarningFailed, key=KEYS, note=st.just("not there")),
    st.builds(e.GraceStarted, grace=LATER),
    st.builds(e.Started, valid_for=LATER),
    st.builds(e.HostStarted, host=HOSTS),
    st.builds(e.HostContinued, host=HOSTS),
    st.builds(e.TargetRequested, key=KEYS, lost=st.booleans(), waited=st.sampled_from([None, timedelta(seconds=15)])),
    st.builds(e.TargetEnded, key=KEYS, verdict=VERDICTS),
    st.builds(e.Stopped, by=PEOPLE),
    st.builds(e.Ended),
    st.builds(e.Settled, key=KEYS, verdict=VERDICTS),
    st.builds(e.SettlingAbandoned),
    st.builds(e.Announced, failed=st.sampled_from(["", "no"])),
    st.builds(
        e.StepFailed, reference=st.just("r"), code=st.just("c"), again_in=LATER, host=st.sampled_from(["", "comp1"])
    ),
    st.builds(e.Failed, reference=st.just("r"), code=st.just("c")),
    st.builds(e.Noted, kind=st.sampled_from(NoteKind), by=PEOPLE),
)
TWO = b.ONE_AND_TWO
DEPTH = {"quick": 2, "ci": 3, "deep": 6}[PROFILE]
PAUSES = st.sampled_from([timedelta(0)] * 8 + [timedelta(seconds=30), timedelta(minutes=5)])


@settings(max_examples=examples(3))
@given(
    start=st.sampled_from([b.request(), b.awaiting(*TARGETS), b.ready(*TARGETS), b.acting(*TARGETS)]),
    walk=st.lists(st.tuples(EVENTS, PAUSES), max_size=25),
)
def test_any_events_at_any_time_keep_the_invariants(start: Request, walk: list[tuple[e.Event, timedelta]]) -> None:
    request, now = start, b.NOW
    for event, pause in walk:
        now += pause
        meant = on_the_card_of(request, event)
        check_part(request, meant, now)
        try:
            after = advance(request, meant, now)
        except Conflict:
            continue
        check_step(request, event, after)
        check(after)
        request = after


def test_all_events_in_all_orders_keep_the_invariants(subtests: pytest.Subtests) -> None:
    """All events in all orders, from every state, as deep as the profile says."""
    for start in (b.request(), b.awaiting(*TWO), b.ready(*TWO), b.acting(*TWO)):
        with subtests.test(state=start.state):
            reached = {start}
            for _ in range(DEPTH):
                reached = {after for before in reached for after in steps_from(before)}
            assert reached


def steps_from(request: Request) -> Iterator[Request]:
    """What one event makes of it, in its time and when its time is over."""
    events = {event for key, by in product((b.ONE, b.TWO), (b.ASKER, b.OTHER))
              for event in b.one_of_each(request, key, by).values()}  # fmt: skip
    for event, now in product(events, (b.NOW, request.expires_at)):
        check_part(request, event, now)
        try:
            after = advance(request, event, now)
        except Conflict:
            continue
        check_step(request, event, after)
        check(after)
        if after.version > request.version:
            yield after


def check_part(request: Request, event: e.Event, now: datetime) -> None:
    """An event on the part that it concerns makes of the request what it makes of the whole."""
    part = part_for(event)
    assert outcome(taken(request, part), event, now, request) == outcome(request, event, now, request)


def outcome(request: Request, event: e.Event, now: datetime, whole: Request) -> Request | ConflictReason:
    try:
        after = advance(request, event, now)
    except Conflict as conflict:
        return conflict.reason
    return after if part_for(event) == WHOLE else put_back(whole, after)


def on_the_card_of(request: Request, event: e.Event) -> e.Event:
    """Most presses are not stale."""
    match event:
        case (
            e.ReasonGiven()
            | e.Narrowed()
            | e.ActionChanged()
            | e.Counted()
            | e.Approved()
            | e.SecondPersonNeeded()
            | e.Denied()
            | e.Cancelled()
        ) if event.on_version > 2:
            return replace(event, on_version=request.version)
        case _:
            return event


def check_step(before: Request, event: e.Event, after: Request) -> None:
    """What no event may do."""
    order = list(State)
    assert order.index(after.state) >= order.index(before.state)
    is_new = after.content_version != before.content_version
    is_same = (before.action, len(before.targets)) == (after.action, len(after.targets))
    assert is_same or is_new or before.state is State.ASKED
    assert not is_new or after.counted == ()
    assert before.version <= after.version <= before.version + 1
    assert (after.id, after.delivery, after.actor) == (before.id, before.delivery, before.actor)
    assert after.ask == before.ask or isinstance(event, e.ReasonGiven)
    assert isinstance(after.ask, ActAsk)
    assert isinstance(before.ask, ActAsk)
    assert replace(after.ask, reason=before.ask.reason) == before.ask
    assert before.ending in (None, after.ending)
    assert before.decided_by in (None, after.decided_by) or after.ending is Ending.CANCELLED
    if before.state is not State.ASKED:
        assert {target.key for target in after.targets} <= {target.key for target in before.targets}
    if before.state is State.ENDED:
        assert after.expires_at == before.expires_at
    if after.state is State.ENDED and after.unsure_targets and after.due_at is None:
        assert isinstance(event, e.SettlingAbandoned) or (before.state, before.due_at) == (State.ENDED, None)
    for target in before.targets:
        now = after.target_at(target.key)
        if now is not None and not target.is_open:
            corrected = target.verdict in (Verdict.UNKNOWN, Verdict.STILL_CLOSING) and after.state is State.ENDED
            assert now.verdict == target.verdict or corrected
            assert not now.is_open


def check(request: Request) -> None:
    """What is true of every request."""
    warned = request.state is State.READY
    is_over = request.state is State.ENDED
    assert is_over == (request.ending is not None) == (request.ended_at is not None)
    if request.ending in (Ending.DONE, Ending.EXPIRED, Ending.FAILED):
        assert request.open_targets == ()
    if request.state is State.ACTING and not request.open_targets:
        assert request.due_at is not None
    if is_over:
        assert not any(look.due_at for look in request.surveys) or request.attempts
    if request.state is State.READY:
        assert request.due_at is not None
    if request.state in (State.ASKED, State.AWAITING, State.READY):
        assert not any(look.started_at for look in request.surveys)
        assert {target.verdict for target in request.targets} <= ({None, Verdict.SKIPPED} if warned else {None})
    assert len({actor.user_id for actor in request.counted}) == len(request.counted)
    assert request.content_version <= request.version
