from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.audit.chain import GENESIS, first_fault, seal
from bot.audit.entry import BOT, Entry
from bot.audit.record import entry_for, entry_for_note, entry_for_opening, entry_for_pause
from bot.commands.logoff import LogoffAsk
from bot.domain import events as e
from bot.domain.actions import Action
from bot.domain.note_kind import NoteKind
from bot.domain.request import Ending, ExcludedSession
from bot.domain.requirement import Confirm
from bot.domain.session import Account
from bot.domain.verdicts import Reason, Verdict
from tests.support import builders as b

KEY = b"a key"
ONE = ("comp1", 3)


def chain(length: int = 5, key: bytes = KEY) -> list[Entry]:
    entries: list[Entry] = []
    for number in range(1, length + 1):
        before = entries[-1].mac if entries else GENESIS
        entry = Entry(event="asked", request_id=f"TS-{number}", session_id=number, text="日本語")
        entries.append(seal(entry, seq=number, at=b.NOW + timedelta(seconds=number), before=before, key=key))
    return entries


def test_a_chain_that_nobody_touched_holds() -> None:
    assert first_fault(chain(), KEY) is None
    assert first_fault([], KEY) is None


def test_without_the_key_no_chain_is_made() -> None:
    assert first_fault(chain(key=b"another key"), KEY) == 1


CHANGES: dict[str, Any] = {
    "seq": 9,
    "at": b.NOW,
    "event": "approved",
    "request_id": "TS-9",
    "actor": "U9",
    "actor_name": "Mallory",
    "channel": "C9",
    "host": "comp9",
    "session_id": None,
    "user": "CORP\\bob",
    "verdict": "gone",
    "code": 5,
    "reason": "because",
    "text": "日本",
    "mac": "é",
}


def test_every_field_of_an_entry_has_its_change_here() -> None:
    assert set(CHANGES) == {field.name for field in fields(Entry)}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_field_is_found(name: str) -> None:
    entries = chain()
    entries[2] = replace(entries[2], **{name: CHANGES[name]})
    assert first_fault(entries, KEY) == 3


def test_a_missing_doubled_or_moved_entry_is_found() -> None:
    first, second, third, fourth, fifth = chain()
    assert first_fault([first, second, fourth, fifth], KEY) == 3
    assert first_fault([first, first, second], KEY) == 2
    assert first_fault([first, third, second], KEY) == 2
    assert first_fault([second, third], KEY) == 1


def test_entries_that_were_sealed_again_without_the_one_before_are_found() -> None:
    entries = chain()
    forged = replace(entries[2], actor="U9")
    entries[2] = seal(forged, seq=3, at=b.NOW, before=entries[1].mac, key=KEY)
    assert first_fault(entries, KEY) == 4


def test_a_long_log_is_checked_in_pieces() -> None:
    entries = chain(6)
    assert first_fault(entries[3:], KEY, before=entries[2].mac, last_seq=3) is None
    assert first_fault(entries[3:], KEY, before=entries[1].mac, last_seq=3) == 4


def test_the_same_moment_in_another_zone_is_the_same_entry() -> None:
    there = b.NOW.astimezone(timezone(timedelta(hours=9)))
    here = seal(Entry(event="asked"), seq=1, at=b.NOW, before=GENESIS, key=KEY)
    assert seal(Entry(event="asked"), seq=1, at=there, before=GENESIS, key=KEY) == here


@given(reason=st.text(st.characters(exclude_categories=())), text=st.text(st.characters(exclude_categories=())))
def test_text_does_not_run_from_one_field_into_the_next(reason: str, text: str) -> None:
    def mac(entry: Entry) -> str:
        return seal(entry, seq=1, at=b.NOW, before=GENESIS, key=KEY).mac

    apart = mac(Entry(event="asked", reason=reason, text=text))
    together = mac(Entry(event="asked", reason=reason + text, text=""))
    assert (apart == together) == (text == "")


def test_the_first_entry_says_who_asked_what_where_and_why() -> None:
    request = b.request(ask=LogoffAsk(hosts=("comp1",), reason="nightly update"))
    entry = entry_for_opening(request)
    assert (entry.event, entry.request_id, entry.channel) == ("asked", request.id, b.PLACE.channel_id)
    assert (entry.actor, entry.actor_name) == (b.ASKER.user_id, b.ASKER.name)
    assert (entry.reason, entry.text) == ("nightly update", "/logoff comp1 id=3 --sync")


def test_the_survey_is_written_down_as_it_was_shown() -> None:
    event = b.surveyed(
        b.target(3),
        surveys=(b.look(), b.look("comp2", code="unreachable")),
        excluded=(ExcludedSession(session=b.session(1), why="a rule protects it"),),
        requirement=b.requirement(confirm=Confirm.OTHERS, needs=(b.need(),), rules=("four eyes", "night")),
        ending=Ending.WHATIF,
    )
    reason = entry_for(b.request(), event).reason
    for said in (
        "targets: comp1 3 CORP\\alice",
        "left out: comp1 1 (a rule protects it)",
        "no answer: comp2 (unreachable)",
        "confirm: others by four eyes, night",
        "whatif",
    ):
        assert said in reason


def test_the_words_of_computers_that_did_not_answer_are_kept_and_bounded() -> None:
    silent = b.look("comp2", code="no_right", message="A sentence.", words="Zugriff verweigert. " + "x" * 400)
    reason = entry_for(b.request(), b.surveyed(b.target(3), surveys=(silent,))).reason
    assert "no answer: comp2 (no_right; the computer said: Zugriff verweigert. xxx" in reason
    assert len(reason) < 300


@pytest.mark.parametrize("event", [e.TargetEnded, e.TargetRequested])
def test_what_the_computer_said_of_an_order_stands_in_the_record(event: type[Any]) -> None:
    told: dict[str, Any] = {"reason": Reason.HOST_ERROR, "note": "comp1 says no.", "words": "Zugriff verweigert."}
    told |= {"verdict": Verdict.FAILED} if event is e.TargetEnded else {"lost": True}
    reason = entry_for(b.request(targets=(b.target(3),)), event(key=("comp1", 3), **told)).reason
    assert reason.endswith("; the computer said: Zugriff verweigert.")


def test_a_session_without_a_user_is_named_by_its_host_and_id() -> None:
    event = b.surveyed(b.target(0, session=b.session(0, account=Account(domain="", user=""))), b.target(3))
    assert entry_for(b.request(), event).reason.startswith("targets: comp1 0, comp1 3 CORP\\alice;")


def test_a_survey_that_found_nobody_says_so() -> None:
    event = e.Surveyed(targets=(), surveys=(), valid_for=b.CARD_LIFE)
    assert entry_for(b.request(), event).reason == "targets: nobody"


@pytest.mark.parametrize(
    "event",
    [
        e.TargetEnded(key=ONE, verdict=Verdict.GONE, code=7, reason=Reason.SEEN_LATER, note="why"),
        e.Settled(key=ONE, verdict=Verdict.GONE, reason=Reason.SEEN_LATER, note="why"),
    ],
)
def test_a_verdict_names_the_person_the_session_and_the_host(event: e.TargetEnded | e.Settled) -> None:
    entry = entry_for(b.acting(), event)
    assert (entry.host, entry.session_id, entry.user) == ("comp1", 3, "CORP\\alice")
    assert (entry.verdict, entry.reason, entry.actor) == ("gone", "seen_later: why", BOT)
    assert entry.code == getattr(event, "code", 0)


@pytest.mark.parametrize(
    ("event", "shows"),
    [
        (
            e.TargetRequested(key=ONE, code=5, reason=Reason.HOST_ERROR, note="busy"),
            {"host": "comp1", "session_id": 3, "reason": "host_error: busy"},
        ),
        (e.TargetRequested(key=ONE, lost=True), {"reason": "the order may not have arrived"}),
        (e.HostStarted(host="comp1"), {"host": "comp1", "actor": BOT}),
        (e.Refused(rule="protected", message="Not this one."), {"reason": "protected: Not this one.", "actor": BOT}),
        (b.approved(by=b.OTHER), {"actor": b.OTHER.user_id, "actor_name": b.OTHER.name, "reason": ""}),
        (replace(b.approved(), void=frozenset({"U2", "U1"})), {"reason": "void by now: U1, U2"}),
        (e.Counted(by=b.OTHER, on_version=2), {"actor": b.OTHER.user_id, "reason": ""}),
        (e.Counted(by=b.OTHER, on_version=2, void=frozenset({"U1"})), {"reason": "void by now: U1"}),
        (
            e.ActionChanged(by=b.OTHER, on_version=2, action=Action.DISCONNECT, requirement=b.requirement()),
            {"event": "action_changed", "actor": b.OTHER.user_id, "reason": "disconnect"},
        ),
        (e.WarningStarted(key=ONE), {"event": "warning_started", "host": "comp1", "session_id": 3, "actor": BOT}),
        (
            e.WarningDelivered(key=ONE),
            {"event": "warning_delivered", "host": "comp1", "user": "CORP\\alice", "reason": ""},
        ),
        (e.WarningFailed(key=ONE, note="nobody is there"), {"session_id": 3, "reason": "nobody is there"}),
        (e.GraceStarted(grace=timedelta(minutes=5)), {"event": "grace_started", "actor": BOT}),
        (e.Stopped(by=b.OTHER), {"event": "stopped", "actor": b.OTHER.user_id}),
        (e.Failed(reference="ab12", code="ledger"), {"reason": "ledger ab12; not begun: comp1 3 CORP\\alice"}),
        (e.Narrowed(by=b.OTHER, on_version=2, keys=frozenset({("b", 2), ("a", 9)})), {"reason": "kept a 9, b 2"}),
        (
            e.Noted(kind=NoteKind.LATE_PRESS, by=b.OTHER, detail="Log off 1"),
            {"event": "noted", "reason": "late_press", "text": "Log off 1", "actor": b.OTHER.user_id},
        ),
    ],
)
def test_an_event_is_written_down_with_what_matters_of_it(event: e.Event, shows: dict[str, object]) -> None:
    entry = entry_for(b.acting(), event)
    assert {name: getattr(entry, name) for name in shows} == shows
    assert (entry.event, entry.request_id) == (e.name_of(event), "TS-AAAAAA")


def test_a_note_without_a_request_names_its_place() -> None:
    entry = entry_for_note(e.Noted(kind=NoteKind.USAGE_ERROR, by=b.ASKER, detail="/logoff ???"), b.PLACE)
    assert (entry.event, entry.request_id, entry.channel) == ("noted", "", b.PLACE.channel_id)
    assert (entry.actor, entry.reason, entry.text) == (b.ASKER.user_id, "usage_error", "/logoff ???")


def test_the_switch_for_everything_names_who_turned_it_and_why() -> None:
    paused, resumed = entry_for_pause("operator ann", "patch day"), entry_for_pause("operator ann", None)
    assert (paused.event, paused.actor, paused.reason) == ("paused", "operator ann", "patch day")
    assert (resumed.event, resumed.actor, resumed.reason) == ("resumed", "operator ann", "")
