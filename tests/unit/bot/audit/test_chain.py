"""The chain of entries: whatever is changed, the check says so, and nobody makes one without the key."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta, timezone
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.audit.chain import GENESIS, fault_in, hash_of, hash_of_rows, seal, verify_entry
from bot.audit.entry import AuditTarget, Entry
from bot.audit.keys import SigningKeys
from bot.audit.named import LONGEST, LONGEST_TEXT, LONGEST_WHY, MOST_ROWS
from tests.support import builders as b
from tests.support.cases import for_each
from tests.support.chains import first_fault

KEYS, OTHER_KEYS = SigningKeys("a key"), SigningKeys("another key")
ROWS = (
    AuditTarget(role="target", host="comp1", session_id=3, user="CORP\\alice", logon=b.LOGON),
    AuditTarget(role="left_out", host="comp1", session_id=5, user="CORP\\bob", logon=b.LOGON, why="protected"),
)


def chain(length: int = 5, keys: SigningKeys = KEYS) -> list[Entry]:
    entries: list[Entry] = []
    for number in range(1, length + 1):
        before = entries[-1].hash if entries else GENESIS
        entry = Entry(event="asked", request_id=f"TS-{number}", session_id=number, text="日本語", rows=ROWS)
        entries.append(seal(entry, seq=number, at=b.NOW + timedelta(seconds=number), before=before, keys=keys))
    return entries


def test_a_chain_that_nobody_touched_holds() -> None:
    assert first_fault(chain(), KEYS.public) is None
    assert first_fault([], KEYS.public) is None


def test_two_half_characters_are_not_the_one_that_they_make() -> None:
    """JSON of ASCII letters writes both in the same way, and the database does not."""
    whole = seal(Entry(event="asked", text="\N{GRINNING FACE}"), seq=1, at=b.NOW, before=GENESIS, keys=KEYS)
    halves = replace(whole, text="\ud83d\ude00")
    assert first_fault([whole], KEYS.public) is None
    assert first_fault([halves], KEYS.public) == 1
    assert hash_of_rows((replace(ROWS[0], why=whole.text),)) != hash_of_rows((replace(ROWS[0], why=halves.text),))


def test_without_the_key_no_chain_is_made() -> None:
    assert first_fault(chain(keys=OTHER_KEYS), KEYS.public) == 1


CHANGES: dict[str, Any] = {
    "seq": 9,
    "at": b.NOW,
    "event": "approved",
    "request_id": "TS-9",
    "requester": "U9",
    "channel": "C9",
    "actor": "U9",
    "actor_name": "Mallory",
    "rule": "everybody",
    "host": "comp9",
    "machine": "COMP9",
    "session_id": None,
    "user": "CORP\\bob",
    "logon": 0,
    "verdict": "gone",
    "reason_code": "person",
    "code": 5,
    "reason": "because",
    "note": "nothing",
    "text": "日本",
    "forced": True,
    "took_ms": 0,
    "expires_at": b.NOW,
    "version": 7,
    "void": "U1",
    "content": "0" * 64,
    "hosts_digest": "0" * 64,
    "bot_version": "9",
    "agent_version": "9",
    "policy": "9",
    "left_out": 1,
    "targets": 1,
    "targets_hash": "0" * 64,
    "key_id": OTHER_KEYS.key_id,
    "hash": "é",
    "signature": "é",
    "rows": ROWS[:1],
}


def test_every_field_of_an_entry_has_its_change_here() -> None:
    assert set(CHANGES) == {field.name for field in fields(Entry)}


@for_each("name", CHANGES)
def test_a_changed_field_is_found(name: str) -> None:
    entries = chain()
    entries[2] = replace(entries[2], **{name: CHANGES[name]})
    assert first_fault(entries, KEYS.public) == 3


@for_each("name", [field.name for field in fields(AuditTarget)])
def test_a_changed_field_of_a_session_is_found(name: str) -> None:
    entries = chain()
    value = getattr(ROWS[1], name)
    other: Any = value + 1 if isinstance(value, int) else f"{value}."
    changed = replace(ROWS[1], **{name: other})
    entries[2] = replace(entries[2], rows=(ROWS[0], changed))
    assert first_fault(entries, KEYS.public) == 3
    entries[2] = replace(entries[2], targets_hash=hash_of_rows(entries[2].rows))
    assert first_fault(entries, KEYS.public) == 3


def test_sessions_in_another_order_are_found() -> None:
    entries = chain()
    entries[2] = replace(entries[2], rows=ROWS[::-1])
    assert first_fault(entries, KEYS.public) == 3


def test_a_missing_doubled_or_moved_entry_is_found() -> None:
    first, second, third, fourth, fifth = chain()
    assert first_fault([first, second, fourth, fifth], KEYS.public) == 3
    assert first_fault([first, first, second], KEYS.public) == 2
    assert first_fault([first, third, second], KEYS.public) == 2
    assert first_fault([second, third], KEYS.public) == 1


def test_an_entry_that_was_hashed_again_without_the_key_is_found() -> None:
    """Whoever has the public half and the database can reckon every hash, and can sign none."""
    entries = chain()
    for at in range(2, 5):
        forged = replace(entries[at], actor="U9")
        entries[at] = replace(forged, hash=hash_of(forged, entries[at - 1].hash))
    assert first_fault(entries, KEYS.public) == 3
    assert "its signature does not fit" in fault_in(entries[2], entries[1].hash, KEYS.public)


def test_an_entry_that_was_sealed_again_with_the_key_does_not_fit_the_next_one() -> None:
    entries = chain()
    forged = replace(entries[2], actor="U9")
    entries[2] = seal(forged, seq=3, at=b.NOW, before=entries[1].hash, keys=KEYS)
    assert first_fault(entries, KEYS.public) == 4


def test_a_long_log_is_checked_in_pieces() -> None:
    entries = chain(6)
    assert first_fault(entries[3:], KEYS.public, before=entries[2].hash, last_seq=3) is None
    assert first_fault(entries[3:], KEYS.public, before=entries[1].hash, last_seq=3) == 4


def test_one_entry_is_checked_alone_and_without_its_sessions() -> None:
    first, second, *_ = chain()
    assert verify_entry(replace(second, rows=()), first.hash, KEYS.public)
    assert not verify_entry(second, GENESIS, KEYS.public)
    assert not verify_entry(second, first.hash, OTHER_KEYS.public)
    assert not verify_entry(replace(second, verdict="gone"), first.hash, KEYS.public)


def test_the_same_moment_in_another_zone_is_the_same_entry() -> None:
    there = b.NOW.astimezone(timezone(timedelta(hours=9)))
    here = seal(Entry(event="asked", expires_at=b.NOW), seq=1, at=b.NOW, before=GENESIS, keys=KEYS)
    assert seal(Entry(event="asked", expires_at=there), seq=1, at=there, before=GENESIS, keys=KEYS) == here


@given(reason=st.text(st.characters(exclude_categories=())), text=st.text(st.characters(exclude_categories=())))
def test_text_does_not_run_from_one_field_into_the_next(reason: str, text: str) -> None:
    def hashed(entry: Entry) -> str:
        return hash_of(entry, GENESIS)

    apart = hashed(Entry(event="asked", reason=reason, text=text))
    together = hashed(Entry(event="asked", reason=reason + text, text=""))
    assert (apart == together) == (text == "")


def sealed(entry: Entry) -> Entry:
    made = seal(entry, seq=1, at=b.NOW, before=GENESIS, keys=KEYS)
    assert first_fault([made], KEYS.public) is None
    return made


@for_each("name", ["reason", "note", "text", "void", "actor_name", "rule", "user", "host"])
def test_a_text_without_end_is_cut_and_what_was_left_out_is_counted(name: str) -> None:
    most = LONGEST.get(name, LONGEST_TEXT)
    texts: dict[int, Any] = {length: {name: "x" * length} for length in (most, most + 30)}
    whole = sealed(replace(Entry(event="asked"), **texts[most]))
    assert (len(getattr(whole, name)), whole.left_out) == (most, 0)
    cut = sealed(replace(Entry(event="asked"), **texts[most + 30]))
    assert (len(getattr(cut, name)), cut.left_out) == (most, 30)


def test_the_text_of_a_policy_is_kept_whole() -> None:
    """It comes from the configuration, and the digest on each entry is of it."""
    assert len(sealed(Entry(event="policy_loaded", text="x" * 100_000)).text) == 100_000


def test_sessions_without_end_are_cut_and_what_was_left_out_is_counted() -> None:
    entry = sealed(Entry(event="surveyed", rows=(ROWS[0],) * (MOST_ROWS + 7)))
    assert (len(entry.rows), entry.targets, entry.left_out) == (MOST_ROWS, MOST_ROWS, 7)
    long = sealed(Entry(event="surveyed", rows=(replace(ROWS[1], why="y" * (LONGEST_WHY + 5)), ROWS[0])))
    assert (len(long.rows[0].why), long.targets, long.left_out) == (LONGEST_WHY, 2, 5)
