"""What every ledger promises. Each test runs on all of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.audit.chain import GENESIS
from bot.audit.decisions import decided
from bot.audit.entry import Entry, Head
from bot.audit.keys import SigningKeys
from bot.commands.logoff import LogoffAsk
from bot.domain import events as e
from bot.domain.ask import Choice
from bot.domain.conditions import Condition, Field, Ids, Operator
from bot.domain.note_kind import NoteKind
from bot.domain.part import HEAD, UNSURE, WHOLE, at_host, part_for
from bot.domain.people import Actor, Place
from bot.domain.posting import MessageRef
from bot.domain.request import Ending, ExcludedSession, State, WorkItem
from bot.domain.requirement import Confirm
from bot.domain.session import Account
from bot.domain.verdicts import Reason, Verdict
from bot.errors import Conflict, ConflictReason, Duplicate, LedgerError
from tests.support import builders as b
from tests.support.chains import first_fault
from tests.support.effort import examples
from tests.support.parts import taken

if TYPE_CHECKING:
    from bot.domain.request import Request
    from bot.ports.store import Store
    from tests.fakes.clock import SettableClock

KEY = SigningKeys("the key of the tests")
SECOND = timedelta(seconds=1)
CARD = MessageRef(channel_id="C0ONCALL", ts="1770000000.000100")
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=30)
ODD_TEXTS = ("\x00", "a\x00b", "\ud800", "a\udfffb", "\udc00\ud83d\x00", "\ud83d\x00\ude00")

FULL_ASK = LogoffAsk(
    hosts=("comp1", "comp2"),
    ids=Ids(((3, 3), (5, 9))),
    conditions=(Condition(field=Field.USER, operator=Operator.LIKE, values=("CORP\\al*", "josé")),),
    choice=Choice.MATCHING,
    here=True,
    wait=timedelta(seconds=90),
    reason='the nightly update, "as agreed"',
)


def log_of(ledger: Store) -> list[str]:
    return [entry.event for entry in ledger.entries()]


def whole(ledger: Store) -> Request:
    found = ledger.find("TS-AAAAAA")
    assert found is not None
    return found


def life() -> list[e.Event]:
    """Two sessions on two hosts: one goes, of the other nobody knows at first."""
    one, two = b.target(3), b.target(7, host="comp2")
    out = ExcludedSession(session=b.session(0), why="session 0")
    return [
        b.surveyed(one, two, excluded=(out,), message="look well"),
        b.approved(by=b.OTHER),
        b.started(),
        e.HostStarted(host="comp1"),
        e.TargetRequested(key=one.key, code=7007),
        e.TargetEnded(key=one.key, verdict=Verdict.GONE),
        e.TargetEnded(
            key=two.key,
            verdict=Verdict.UNKNOWN,
            code=0x8007_0005,
            reason=Reason.HOST_ERROR,
            note="the reply was lost",
            words="Killed: \u00e9",
        ),
        e.Ended(),
        e.Settled(key=two.key, verdict=Verdict.GONE, reason=Reason.SEEN_LATER, note="seen gone"),
    ]


def test_what_was_opened_is_found_again(ledger: Store) -> None:
    request = b.request(ask=FULL_ASK, text="comp1 user=josé 日本語 <!channel>")
    assert ledger.open(request) == request
    assert ledger.find(request.id) == request


def test_opening_writes_who_asked_what_and_where(ledger: Store) -> None:
    ledger.open(b.request(ask=FULL_ASK))
    (entry,) = ledger.entries()
    assert (entry.seq, entry.at, entry.event, entry.request_id) == (1, b.NOW, "asked", "TS-AAAAAA")
    assert (entry.actor, entry.channel, entry.text) == (
        b.ASKER.user_id,
        b.PLACE.channel_id,
        "/logoff comp1 id=3 --sync",
    )
    assert entry.reason == FULL_ASK.reason


def test_the_same_delivery_twice_is_one_request(ledger: Store) -> None:
    first = ledger.open(b.request())
    with pytest.raises(Duplicate) as caught:
        ledger.open(replace(first, id="TS-BBBBBB"))
    assert caught.value.request == first
    assert ledger.find("TS-BBBBBB") is None
    assert log_of(ledger) == ["asked"]


def test_a_number_that_is_taken_is_not_given_twice(ledger: Store) -> None:
    first = ledger.open(b.request())
    with pytest.raises(LedgerError, match="taken by chance"):
        ledger.open(replace(first, delivery="another", text="another"))
    assert ledger.newest(9) == (first,)
    assert log_of(ledger) == ["asked"]


def test_an_unknown_request_is_not_found_and_takes_no_event(ledger: Store) -> None:
    assert ledger.find("TS-ZZZZZZ") is None
    with pytest.raises(LedgerError, match="I know no request TS-ZZZZZZ"):
        ledger.record("TS-ZZZZZZ", e.Refused(rule="r", message="no"))
    assert ledger.entries() == ()


def test_each_event_of_a_life_is_kept_with_its_entry(ledger: Store, clock: SettableClock) -> None:
    request = ledger.open(b.request(ask=FULL_ASK))
    for number, event in enumerate(life(), start=2):
        now = clock.move(SECOND)
        expected, _ = decided(request, event, now, seal_key=KEY.seal_key)
        assert ledger.record(request.id, event) == taken(expected, part_for(event))
        request = whole(ledger)
        assert request == expected
        newest = ledger.entries()[-1]
        assert (newest.seq, newest.event, newest.at) == (number, e.name_of(event), now)
    assert (request.state, request.ending, request.decided_by) == (State.ENDED, Ending.DONE, b.OTHER)
    assert [target.verdict for target in request.targets] == [Verdict.GONE, Verdict.GONE]
    assert first_fault(ledger.entries(), KEY.public) is None


def test_targets_that_were_taken_out_stay_out_and_the_order_stays(ledger: Store) -> None:
    targets = [b.target(number, host=host) for host, number in (("b", 9), ("a", 2), ("c", 1), ("a", 1))]
    ledger.open(b.request())
    ledger.record("TS-AAAAAA", b.surveyed(*targets))
    kept = frozenset({("b", 9), ("a", 1), ("c", 1)})
    after = ledger.record("TS-AAAAAA", e.Narrowed(by=b.ASKER, on_version=2, keys=kept))
    assert [target.key for target in after.targets] == [("b", 9), ("c", 1), ("a", 1)]
    assert ledger.find("TS-AAAAAA") == after


def test_a_reason_that_is_asked_for_and_given_is_kept_in_the_ask(ledger: Store) -> None:
    ledger.open(b.request())
    asked = ledger.record("TS-AAAAAA", e.ReasonAsked(tickets=(r"INC-\d+",), valid_for=b.GRACE))
    assert (asked.reason_asked, asked.due_at, asked.expires_at) == ((r"INC-\d+",), None, b.NOW + b.GRACE)
    assert ledger.find("TS-AAAAAA") == asked
    assert ledger.due(b.NOW + SECOND) == (WorkItem(request_id="TS-AAAAAA"),), "its card is behind"
    given = e.ReasonGiven(by=b.ASKER, on_version=2, reason="INC-7: josé \x00", valid_for=b.GRACE)
    after = ledger.record("TS-AAAAAA", given)
    assert (after.ask.reason, after.reason_asked, after.due_at) == ("INC-7: josé \x00", None, b.NOW)
    assert ledger.find("TS-AAAAAA") == after
    with pytest.raises(Conflict) as caught:
        ledger.record("TS-AAAAAA", given)
    assert caught.value.reason is ConflictReason.STALE
    assert log_of(ledger) == ["asked", "reason_asked", "reason_given"]


def test_a_conflict_changes_nothing(ledger: Store) -> None:
    before = ledger.open(b.request())
    with pytest.raises(Conflict) as caught:
        ledger.record(before.id, b.started())
    assert (caught.value.reason, caught.value.request) == (ConflictReason.OUT_OF_ORDER, before)
    assert ledger.find(before.id) == before
    assert log_of(ledger) == ["asked"]


def test_the_time_of_a_press_is_checked_when_it_is_written(ledger: Store, clock: SettableClock) -> None:
    ledger.open(b.request())
    request = ledger.record("TS-AAAAAA", b.surveyed())
    clock.move(b.CARD_LIFE)
    with pytest.raises(Conflict) as caught:
        ledger.record(request.id, b.approved())
    assert caught.value.reason is ConflictReason.EXPIRED
    assert ledger.record(request.id, e.Expired()).ending is Ending.EXPIRED


def test_a_second_press_changes_nothing_and_names_the_winner(ledger: Store) -> None:
    ledger.open(b.request())
    ledger.record("TS-AAAAAA", b.surveyed())
    won = ledger.record("TS-AAAAAA", b.approved(by=b.OTHER))
    with pytest.raises(Conflict) as caught:
        ledger.record("TS-AAAAAA", b.approved(by=b.ASKER))
    assert caught.value.reason is ConflictReason.DECIDED
    assert caught.value.request == won
    assert won.decided_by == b.OTHER


def test_a_note_is_an_entry_and_no_change(ledger: Store) -> None:
    before = ledger.open(b.request())
    noted = e.Noted(kind=NoteKind.OUTSIDER_PRESS, by=b.OTHER, detail="Log off 1")
    assert ledger.record(before.id, noted) == before
    ledger.note(e.Noted(kind=NoteKind.USAGE_ERROR, by=b.ASKER, detail="/logoff ???"), b.PLACE)
    assert ledger.find(before.id) == before
    pressed, typed = ledger.entries(after=1)
    assert (pressed.request_id, pressed.actor, pressed.reason_code) == (before.id, b.OTHER.user_id, "outsider_press")
    assert (typed.request_id, typed.channel, typed.text) == ("", b.PLACE.channel_id, "/logoff ???")


def test_what_the_card_shows_never_goes_back(ledger: Store) -> None:
    ledger.open(b.request())
    ledger.mark_published("TS-AAAAAA", version=4, message_ref=CARD, publish_after=None)
    ledger.mark_published("TS-AAAAAA", version=3, message_ref=MessageRef(channel_id="C1", ts="1"), publish_after=b.NOW)
    assert ledger.find("TS-AAAAAA") == b.request(published_version=4, message_ref=CARD)


def test_a_drawing_without_a_card_keeps_the_card_that_is_there(ledger: Store) -> None:
    ledger.open(b.request())
    ledger.mark_published("TS-AAAAAA", version=2, message_ref=CARD, publish_after=None)
    ledger.mark_published("TS-AAAAAA", version=2, message_ref=None, publish_after=b.NOW + SECOND)
    assert ledger.find("TS-AAAAAA") == b.request(published_version=2, message_ref=CARD, publish_after=b.NOW + SECOND)


def test_what_is_listed_belongs_to_what_people_decide_about(ledger: Store) -> None:
    ledger.open(b.request())
    seen = ledger.record("TS-AAAAAA", b.surveyed(b.target(3), b.target(5)))
    ledger.mark_listed("TS-AAAAAA", content_version=seen.content_version, listed=2)
    assert ledger.find("TS-AAAAAA") == replace(seen, listed=2)
    counted = ledger.record("TS-AAAAAA", e.Counted(by=b.OTHER, on_version=seen.version))
    assert counted.listed == 2
    fewer = e.Narrowed(by=b.OTHER, on_version=counted.version, keys=frozenset({("comp1", 3)}))
    narrowed = ledger.record("TS-AAAAAA", fewer)
    ledger.mark_listed("TS-AAAAAA", content_version=seen.content_version, listed=2)
    assert (narrowed.listed, ledger.find("TS-AAAAAA")) == (0, narrowed)


def test_whose_text_a_warning_is_comes_back_as_it_was(ledger: Store) -> None:
    ledger.open(b.request())
    seen = ledger.record("TS-AAAAAA", b.surveyed(b.target(3, own_warning=True), b.target(5)))
    assert ledger.find("TS-AAAAAA") == seen
    assert [target.own_warning for target in seen.targets] == [True, False]


def test_bookkeeping_is_no_event(ledger: Store) -> None:
    ledger.open(b.request())
    ledger.record("TS-AAAAAA", b.surveyed())
    ledger.postpone(WorkItem(request_id="TS-AAAAAA"), b.NOW + SECOND)
    ledger.postpone(WorkItem(request_id="TS-AAAAAA", host="comp1"), b.NOW + 2 * SECOND)
    ledger.mark_published("TS-AAAAAA", version=2, message_ref=CARD, publish_after=None)
    found = ledger.find("TS-AAAAAA")
    assert found is not None
    assert (found.due_at, found.surveys[0].due_at, found.version) == (b.NOW + SECOND, b.NOW + 2 * SECOND, 2)
    assert log_of(ledger) == ["asked", "surveyed"]


def test_an_announcement_is_kept_beside_what_the_card_shows(ledger: Store, clock: SettableClock) -> None:
    ledger.open(b.request())
    ledger.record("TS-AAAAAA", b.surveyed(requirement=b.requirement(confirm=Confirm.NOBODY)))
    at = clock.move(SECOND)
    ledger.record("TS-AAAAAA", e.Announced())
    clock.move(SECOND)
    ledger.record("TS-AAAAAA", e.Announced(failed="the channel is archived"))
    found = whole(ledger)
    assert (found.announced_at, found.published_version, found.version) == (at, 1, 2)
    assert log_of(ledger) == ["asked", "surveyed", "announced", "announced"]


def test_a_part_has_the_head_and_its_hosts_and_counts_the_rest(ledger: Store) -> None:
    ledger.open(b.request(ask=FULL_ASK))
    for event in life():
        ledger.record("TS-AAAAAA", event)
        for part in (WHOLE, HEAD, UNSURE, at_host("comp1"), at_host("comp2"), at_host("comp9")):
            assert ledger.find("TS-AAAAAA", part) == taken(whole(ledger), part), (event, part)
    assert ledger.find("TS-ZZZZZZ", HEAD) is None


def test_an_event_after_a_drawing_does_not_undo_it(ledger: Store) -> None:
    ledger.open(b.request())
    ledger.record("TS-AAAAAA", b.surveyed())
    ledger.mark_published("TS-AAAAAA", version=2, message_ref=CARD, publish_after=None)
    ledger.record("TS-AAAAAA", b.approved())
    after = whole(ledger)
    assert (after.message_ref, after.published_version, after.version) == (CARD, 2, 3)


def test_the_newest_requests_come_first(ledger: Store) -> None:
    for minute in (2, 0, 3, 1):
        ledger.open(b.request(f"TS-{minute}", asked_at=b.NOW + timedelta(minutes=minute)))
    assert [request.id for request in ledger.newest(3)] == ["TS-3", "TS-2", "TS-1"]


def test_the_log_is_read_in_pieces(ledger: Store) -> None:
    for name in ("A", "B"):
        ledger.open(b.request(name))
        ledger.record(name, e.Refused(rule="protected", message="no"))
    assert [entry.seq for entry in ledger.entries(after=1, limit=2)] == [2, 3]
    assert [(entry.seq, entry.event) for entry in ledger.entries(request_id="B")] == [(3, "asked"), (4, "refused")]
    assert [entry.seq for entry in ledger.entries(request_id="B", after=3)] == [4]
    assert ledger.entries(after=4) == ()


def test_the_chain_holds_under_its_key_alone(ledger: Store) -> None:
    for name in ("A", "B", "C"):
        ledger.open(b.request(name))
    entries = ledger.entries()
    assert first_fault(entries, KEY.public) is None
    assert first_fault(entries, SigningKeys("another key").public) == 1
    assert first_fault([entries[0], entries[2]], KEY.public) == 2


@settings(max_examples=examples(0.4), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=ANY_TEXT, name=ANY_TEXT)
@example(text="\x00", name="a\x00b")
@example(text="a\ud800b", name="\udfff")
@example(text="\udc00\ud83d\x00", name="\ud83d\x00\ude00")
def test_any_text_survives(ledger: Store, text: str, name: str) -> None:
    """NUL and broken surrogate pairs, too: people paste them and Windows allows them."""
    before = ledger.head()
    write_and_read_back(ledger, f"TS-{before.seq}", text, name)
    added = ledger.entries(after=before.seq)
    assert len(added) == 2
    assert first_fault(added, KEY.public, before=before.hash, last_seq=before.seq) is None


def test_odd_texts_leave_the_chain_whole(ledger: Store) -> None:
    pairs = list(zip(ODD_TEXTS, reversed(ODD_TEXTS), strict=True))
    for number, (text, name) in enumerate(pairs):
        write_and_read_back(ledger, f"TS-{number}", text, name)
    entries = ledger.entries()
    assert [entry.seq for entry in entries] == list(range(1, 2 * len(pairs) + 1))
    assert first_fault(entries, KEY.public) is None


def write_and_read_back(ledger: Store, number: str, text: str, name: str) -> None:
    request = b.request(
        number,
        text=text,
        actor=Actor(user_id="U1", name=name),
        place=Place(channel_id="C1", name=name),
        ask=LogoffAsk(hosts=(name,), reason=text),
    )
    ledger.open(request)
    assert ledger.find(request.id) == request
    target = b.target(host="comp1", session=b.session(account=Account(domain=text, user=name)))
    after = ledger.record(request.id, b.surveyed(target, message=text))
    assert ledger.find(request.id) == after


def test_times_come_back_in_utc_and_to_the_microsecond(ledger: Store) -> None:
    there = timezone(timedelta(hours=5, minutes=30))
    at = datetime(2026, 3, 2, 1, 2, 3, 456_789, tzinfo=there)
    ledger.open(b.request(asked_at=at, expires_at=at + timedelta(days=400)))
    found = ledger.find("TS-AAAAAA")
    assert found is not None
    assert found.asked_at == at
    assert found.asked_at.astimezone(UTC).isoformat() == "2026-03-01T19:32:03.456789+00:00"
    (entry,) = ledger.entries()
    assert isinstance(entry, Entry)
    assert entry.at == b.NOW


def test_the_head_is_the_last_entry_and_before_the_first_nothing(ledger: Store) -> None:
    assert ledger.head() == Head(0, GENESIS)
    for name in ("A", "B"):
        ledger.open(b.request(name))
        last = ledger.entries()[-1]
        assert ledger.head() == Head(last.seq, last.hash, KEY.key_id)
