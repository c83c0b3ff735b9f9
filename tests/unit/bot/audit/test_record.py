"""What each event leaves in the audit log."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.audit.entry import BOT
from bot.audit.record import (
    entry_for,
    entry_for_note,
    entry_for_opening,
    entry_for_pause,
    entry_for_policy,
)
from bot.commands.logoff import LogoffAsk
from bot.domain import events as e
from bot.domain.actions import Action
from bot.domain.lifecycle import advance
from bot.domain.note_kind import NoteKind
from bot.domain.request import Ending, ExcludedSession
from bot.domain.requirement import Confirm
from bot.domain.session import Account, Machine
from bot.domain.verdicts import Reason, Verdict
from tests.support import builders as b
from tests.support.cases import for_each

if TYPE_CHECKING:
    from datetime import datetime

    from bot.audit.entry import AuditTarget, Entry
    from bot.domain.request import Request

ONE = ("comp1", 3)
LATER = b.NOW + timedelta(seconds=90)


def recorded(before: Request, event: e.Event, now: datetime = b.NOW) -> Entry:
    return entry_for(before, event, advance(before, event, now), now)


def told(rows: tuple[AuditTarget, ...]) -> list[tuple[str, str, int | None, str, str]]:
    return [(row.role, row.host, row.session_id, row.user, row.why) for row in rows]


def test_the_first_entry_says_who_asked_what_where_and_why() -> None:
    request = b.request(ask=LogoffAsk(hosts=("comp1",), reason="nightly update"))
    entry = entry_for_opening(request)
    assert (entry.event, entry.request_id, entry.channel) == ("asked", request.id, b.PLACE.channel_id)
    assert (entry.requester, entry.actor, entry.actor_name) == (b.ASKER.user_id, b.ASKER.user_id, b.ASKER.name)
    assert (entry.reason, entry.text) == ("nightly update", "/logoff comp1 id=3 --sync")
    assert (entry.forced, entry.expires_at, entry.version) == (False, request.expires_at, 1)
    assert entry_for_opening(b.request(ask=LogoffAsk(hosts=("comp1",), force=True))).forced


def test_the_survey_names_every_session_in_a_row_of_its_own() -> None:
    machine = Machine(dns="comp1", netbios="COMP1")
    event = b.surveyed(
        b.target(3, session=b.session(3, machine=machine)),
        surveys=(b.look(), b.look("comp2", code="unreachable"), b.look("alias", code="same_machine")),
        excluded=(ExcludedSession(session=b.session(1), why="a rule protects it"),),
        unseen=(ExcludedSession(session=b.session(9), why="no rule lets you"),),
        requirement=b.requirement(confirm=Confirm.OTHERS, needs=(b.need(),), rules=("four eyes", "night")),
        message="look well",
    )
    entry = recorded(b.request(), event, LATER)
    assert told(entry.rows) == [
        ("target", "comp1", 3, "CORP\\alice", ""),
        ("left_out", "comp1", 1, "CORP\\alice", "a rule protects it"),
        ("not_shown", "comp1", 9, "CORP\\alice", "no rule lets you"),
        ("no_answer", "comp2", None, "", "unreachable"),
        ("same_machine", "alias", None, "", "same_machine"),
    ]
    assert (entry.rows[0].machine, entry.rows[0].logon) == ("comp1", b.LOGON)
    assert (entry.rule, entry.note, entry.took_ms) == ("four eyes, night", "confirm: others; look well", 90_000)
    assert (entry.forced, entry.version, entry.expires_at) == (False, 2, LATER + b.CARD_LIFE)


def test_a_forced_request_is_said_to_be_forced_in_every_later_entry() -> None:
    event = b.surveyed(requirement=b.requirement(confirm=Confirm.NOBODY))
    forced = advance(b.request(), event, b.NOW)
    assert recorded(b.request(), event).forced
    assert recorded(forced, b.started()).forced


def test_a_list_shows_its_sessions_and_ends_the_request() -> None:
    event = b.surveyed(b.target(3), requirement=None, ending=Ending.ANSWERED)
    entry = recorded(b.request(), event)
    assert told(entry.rows) == [("shown", "comp1", 3, "CORP\\alice", "")]
    assert (entry.reason_code, entry.expires_at) == ("answered", None)


def test_a_session_without_a_user_is_named_by_its_host_and_id() -> None:
    event = b.surveyed(b.target(0, session=b.session(0, account=Account(domain="", user=""))))
    assert told(recorded(b.request(), event).rows) == [("target", "comp1", 0, "", "")]


def test_a_survey_that_found_nobody_names_nobody() -> None:
    entry = recorded(b.request(), e.Surveyed(targets=(), surveys=(), valid_for=b.CARD_LIFE))
    assert (entry.rows, entry.reason_code) == ((), "nothing_to_do")


def begun(request: Request, at: datetime = b.NOW) -> Request:
    return advance(request, e.HostStarted(host="comp1"), at)


@pytest.mark.parametrize(
    "event",
    [
        e.TargetEnded(key=ONE, verdict=Verdict.GONE, code=7, reason=Reason.SEEN_LATER, note="why"),
        e.TargetEnded(key=ONE, verdict=Verdict.CHANGED, reason=Reason.PERSON, note="CORP\\carol", unseen="CORP\\ceo"),
    ],
)
def test_a_verdict_names_the_person_the_session_and_the_host(event: e.TargetEnded) -> None:
    entry = recorded(begun(b.acting()), event, LATER)
    assert (entry.host, entry.session_id, entry.user, entry.logon) == ("comp1", 3, "CORP\\alice", b.LOGON)
    assert (entry.verdict, entry.code, entry.actor) == (event.verdict.value, event.code, BOT)
    assert event.reason
    assert entry.reason_code == event.reason.value
    assert entry.note == (f"{event.note}; not shown: {event.unseen}" if event.unseen else event.note)
    assert entry.took_ms == 90_000


def test_a_verdict_that_was_corrected_later_has_the_time_since_the_order_too() -> None:
    unsure = e.TargetEnded(key=ONE, verdict=Verdict.UNKNOWN)
    ended = advance(advance(begun(b.acting()), unsure, b.NOW), e.Ended(), b.NOW)
    entry = recorded(ended, e.Settled(key=ONE, verdict=Verdict.GONE, reason=Reason.SEEN_LATER), LATER)
    assert (entry.verdict, entry.reason_code, entry.took_ms) == ("gone", "seen_later", 90_000)


def test_a_verdict_without_an_order_has_no_time_since_it() -> None:
    entry = recorded(b.acting(), e.TargetEnded(key=ONE, verdict=Verdict.SKIPPED, reason=Reason.NOT_ALLOWED), LATER)
    assert (entry.verdict, entry.took_ms) == ("skipped", None)


@for_each(
    ("before", "event", "shows"),
    [
        (
            b.acting(),
            e.TargetRequested(key=ONE, code=5, reason=Reason.HOST_ERROR, note="busy"),
            {"host": "comp1", "session_id": 3, "reason_code": "host_error", "note": "busy", "code": 5},
        ),
        (b.acting(), e.TargetRequested(key=ONE, lost=True), {"note": "the order may not have arrived"}),
        (b.acting(), e.HostStarted(host="comp1"), {"host": "comp1", "actor": BOT, "took_ms": None}),
        (
            b.awaiting(),
            e.Refused(rule="protected", message="Not this one."),
            {"rule": "protected", "note": "Not this one.", "actor": BOT, "reason_code": "refused", "took_ms": 90_000},
        ),
        (
            b.awaiting(),
            b.approved(by=b.OTHER),
            {"actor": b.OTHER.user_id, "actor_name": b.OTHER.name, "rule": "own sessions", "took_ms": 90_000},
        ),
        (b.awaiting(), replace(b.approved(), void=frozenset({"U2", "U1"})), {"void": "U1 U2"}),
        (b.awaiting(), e.Counted(by=b.OTHER, on_version=2), {"actor": b.OTHER.user_id, "void": ""}),
        (b.awaiting(), e.Counted(by=b.OTHER, on_version=2, void=frozenset({"U1"})), {"void": "U1"}),
        (
            b.awaiting(),
            e.ActionChanged(by=b.OTHER, on_version=2, action=Action.DISCONNECT, requirement=b.by_others()),
            {"event": "action_changed", "actor": b.OTHER.user_id, "note": "disconnect", "rule": "four eyes"},
        ),
        (
            b.awaiting(),
            e.SecondPersonNeeded(by=b.ASKER, on_version=2, requirement=b.by_others(message="above ten")),
            {"note": "above ten", "rule": "four eyes"},
        ),
        (
            b.awaiting(),
            e.Denied(by=b.OTHER, on_version=2),
            {"actor": b.OTHER.user_id, "reason_code": "denied", "rule": "own sessions", "took_ms": 90_000},
        ),
        (
            b.awaiting(),
            e.Cancelled(by=b.ASKER, on_version=2),
            {"actor": b.ASKER.user_id, "reason_code": "cancelled", "took_ms": 90_000, "expires_at": None},
        ),
        (b.ready(), e.WarningStarted(key=ONE), {"host": "comp1", "session_id": 3, "actor": BOT, "note": ""}),
        (b.ready(), e.WarningDelivered(key=ONE), {"host": "comp1", "user": "CORP\\alice", "note": ""}),
        (
            b.ready(),
            e.WarningFailed(key=ONE, note="nobody is there"),
            {"session_id": 3, "note": "nobody is there", "verdict": "skipped", "reason_code": "not_warned"},
        ),
        (b.ready(), e.GraceStarted(grace=timedelta(minutes=5)), {"event": "grace_started", "actor": BOT}),
        (b.ready(), b.started(), {"rule": "own sessions", "took_ms": 90_000, "version": 4}),
        (b.request(), b.REASON_ASKED, {"note": r"INC-\d+", "reason": ""}),
        (b.acting(), e.StepFailed(reference="r1", code="c", again_in=b.GRACE, host="comp1"), {"note": "c r1"}),
        (
            b.awaiting(),
            e.Noted(kind=NoteKind.LATE_PRESS, by=b.OTHER, detail="Log off 1"),
            {"event": "noted", "reason_code": "late_press", "text": "Log off 1", "actor": b.OTHER.user_id},
        ),
    ],
)
def test_an_event_is_written_down_with_what_matters_of_it(
    before: Request, event: e.Event, shows: dict[str, object]
) -> None:
    entry = recorded(before, event, LATER)
    assert {name: getattr(entry, name) for name in shows} == shows
    assert (entry.event, entry.request_id) == (e.name_of(event), "TS-AAAAAA")
    assert (entry.requester, entry.channel) == (b.ASKER.user_id, b.PLACE.channel_id)


def test_the_reason_that_was_asked_for_is_the_reason_of_its_entry() -> None:
    asked = advance(b.request(), b.REASON_ASKED, b.NOW)
    entry = recorded(asked, e.ReasonGiven(by=b.ASKER, on_version=2, reason="INC-7", valid_for=b.GRACE))
    assert (entry.reason, entry.note) == ("INC-7", "")


@pytest.mark.parametrize(
    ("event", "ending"),
    [
        (e.Stopped(by=b.OTHER), ""),
        (e.Failed(reference="ab12", code="ledger"), "failed"),
        (e.Expired(), "expired"),
    ],
)
def test_what_ends_an_act_names_whose_host_had_its_order_and_whose_had_not(event: e.Event, ending: str) -> None:
    acting = begun(b.acting(b.target(3), b.target(7, host="comp2")))
    now = acting.expires_at if isinstance(event, e.Expired) else LATER
    entry = recorded(acting, event, now)
    assert told(entry.rows) == [
        ("not_begun", "comp2", 7, "CORP\\alice", ""),
        ("begun", "comp1", 3, "CORP\\alice", ""),
    ]
    assert entry.reason_code == ending
    if isinstance(event, e.Failed):
        assert entry.note == "ledger ab12"


@pytest.mark.parametrize("event", [e.Stopped(by=b.OTHER), e.Failed(reference="ab12", code="ledger"), e.Expired()])
def test_what_ends_an_act_names_who_of_one_host_had_an_order_and_who_had_none(event: e.Event) -> None:
    """The first call ended at the session that still closes, so no order for the one behind it has left."""
    acting = begun(b.acting(b.target(3), b.target(5)))
    waiting = advance(acting, e.TargetRequested(key=ONE, waited=timedelta(seconds=15)), LATER)
    entry = recorded(waiting, event, waiting.expires_at if isinstance(event, e.Expired) else LATER)
    assert told(entry.rows) == [
        ("not_begun", "comp1", 5, "CORP\\alice", ""),
        ("begun", "comp1", 3, "CORP\\alice", ""),
    ]


def test_who_was_kept_and_who_was_taken_out_is_named() -> None:
    before = b.awaiting(b.target(3), b.target(7, host="comp2"))
    entry = recorded(before, e.Narrowed(by=b.OTHER, on_version=2, keys=frozenset({("comp2", 7)})))
    assert told(entry.rows) == [
        ("kept", "comp2", 7, "CORP\\alice", ""),
        ("taken_out", "comp1", 3, "CORP\\alice", ""),
    ]
    assert entry.actor == b.OTHER.user_id


def test_a_clock_that_was_set_back_makes_no_time_below_zero() -> None:
    assert recorded(b.awaiting(), b.approved(), b.NOW - timedelta(hours=1)).took_ms == 0


def test_a_note_without_a_request_names_its_place() -> None:
    entry = entry_for_note(e.Noted(kind=NoteKind.USAGE_ERROR, by=b.ASKER, detail="/logoff ???"), b.PLACE)
    assert (entry.event, entry.request_id, entry.channel) == ("noted", "", b.PLACE.channel_id)
    assert (entry.actor, entry.reason_code, entry.text) == (b.ASKER.user_id, "usage_error", "/logoff ???")


def test_the_switch_for_everything_names_who_turned_it_and_why() -> None:
    paused, resumed = entry_for_pause("operator ann", "patch day"), entry_for_pause("operator ann", None)
    assert (paused.event, paused.actor, paused.reason) == ("paused", "operator ann", "patch day")
    assert (resumed.event, resumed.actor, resumed.reason) == ("resumed", "operator ann", "")


def test_a_policy_is_recorded_with_its_text() -> None:
    entry = entry_for_policy('{"rules":[]}')
    assert (entry.event, entry.text, entry.actor) == ("policy_loaded", '{"rules":[]}', BOT)


def test_the_words_of_computers_that_did_not_answer_are_kept_and_bounded() -> None:
    silent = b.look("comp2", code="no_right", message="A sentence.", words="Zugriff verweigert. " + "x" * 400)
    (row,) = recorded(b.request(), b.surveyed(b.target(3), surveys=(b.look(), silent))).rows[1:]
    assert row.why.startswith("no_right; the computer said: Zugriff verweigert. xxx")
    assert len(row.why) < 200


@pytest.mark.parametrize("event", [e.TargetEnded, e.TargetRequested])
def test_what_the_computer_said_of_an_order_stands_in_the_record(event: type[Any]) -> None:
    told: dict[str, Any] = {"reason": Reason.HOST_ERROR, "note": "comp1 says no.", "words": "Zugriff verweigert."}
    told |= {"verdict": Verdict.FAILED} if event is e.TargetEnded else {"lost": True}
    note = recorded(b.acting(b.target(3)), event(key=("comp1", 3), **told)).note
    assert note.endswith("; the computer said: Zugriff verweigert.")
