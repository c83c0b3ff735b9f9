"""The check of a whole log, by any of its public halves."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.audit import segment
from bot.audit.chain import GENESIS, seal
from bot.audit.entry import Entry, Head
from bot.audit.keys import SigningKeys
from bot.audit.record import entry_for_key, entry_for_pause, entry_for_taking_up
from bot.audit.verify import Unreadable, check_log, halves_in, in_words
from tests.support import builders as b
from tests.support.cases import for_each

ONE, TWO, THREE = (SigningKeys(f"key {number}") for number in (1, 2, 3))
PAUSE = entry_for_pause("operator ann", "patch day")


def log_of(*written: tuple[Entry, SigningKeys]) -> list[Entry]:
    entries: list[Entry] = []
    for number, (entry, keys) in enumerate(written, start=1):
        before = entries[-1].hash if entries else GENESIS
        entries.append(seal(entry, seq=number, at=b.NOW, before=before, keys=keys))
    return entries


def handed(old: SigningKeys, new: SigningKeys) -> tuple[tuple[Entry, SigningKeys], tuple[Entry, SigningKeys]]:
    return (entry_for_key("ann", old.public, new.public), old), (entry_for_taking_up("ann", old.public), new)


PLAIN = log_of(*[(PAUSE, ONE)] * 4)
TURNED = log_of((PAUSE, ONE), *handed(ONE, TWO), (PAUSE, TWO), *handed(TWO, THREE), (PAUSE, THREE))
NAMED = tuple(half for entry in TURNED if (pair := halves_in(entry)) for half in pair)


def head_of(entries: list[Entry], keys: SigningKeys) -> Head:
    return Head(entries[-1].seq, entries[-1].hash, keys.key_id)


def test_a_log_of_one_key_holds() -> None:
    found = check_log(PLAIN, head_of(PLAIN, ONE), ONE.public)
    assert (found.fault, found.last, found.keys) == ("", head_of(PLAIN, ONE), (ONE.key_id,))
    assert "4 entries, and the log holds. Proven: none is missing from 1 to 4" in in_words(found)
    assert "Not proven" in in_words(found)


@pytest.mark.parametrize("keys", [ONE, TWO, THREE])
def test_a_log_of_several_keys_holds_for_each_half(keys: SigningKeys) -> None:
    found = check_log(TURNED, head_of(TURNED, THREE), keys.public, named=NAMED)
    assert (found.fault, found.keys) == ("", (ONE.key_id, TWO.key_id, THREE.key_id))
    assert f"signed with the keys {ONE.key_id}, {TWO.key_id}, {THREE.key_id}." in in_words(found)


def test_a_time_that_goes_back_is_no_fault_and_is_said() -> None:
    entries: list[Entry] = []
    for number, hours in enumerate((0, 2, 1, 3, 0, 4), start=1):
        before, at = entries[-1].hash if entries else GENESIS, b.NOW + timedelta(hours=hours)
        entries.append(seal(PAUSE, seq=number, at=at, before=before, keys=ONE))
    found = check_log(entries, head_of(entries, ONE), ONE.public)
    assert (found.fault, found.backwards) == ("", (3, 5))
    assert "The clock was set back: older than an entry before them are 3, 5." in in_words(found)
    whole = segment.SegmentHead(first=1, last=6)
    said = segment.in_words(whole, segment.check_segment(whole, entries, ONE.public))
    assert "The clock was set back: older than an entry before them are 3, 5." in said
    assert "clock" not in in_words(check_log(PLAIN, head_of(PLAIN, ONE), ONE.public))


def test_of_many_times_that_go_back_the_first_are_named() -> None:
    entries: list[Entry] = []
    for number in range(1, 20):
        before, at = entries[-1].hash if entries else GENESIS, b.NOW - timedelta(hours=number)
        entries.append(seal(PAUSE, seq=number, at=at, before=before, keys=ONE))
    said = in_words(check_log(entries, head_of(entries, ONE), ONE.public))
    assert "2, 3, 4, 5, 6 and perhaps more" in said


def test_an_empty_log_is_said_to_be_empty() -> None:
    found = check_log([], Head(0, GENESIS), ONE.public)
    assert found.fault == ""
    assert in_words(found).startswith("The log is empty: nothing is recorded, so nothing is proven.")


def test_an_anchor_at_the_end_leaves_nothing_unproven_and_an_older_one_the_rest() -> None:
    anchors = [Head(entry.seq, entry.hash) for entry in PLAIN]
    whole = check_log(PLAIN, head_of(PLAIN, ONE), ONE.public, anchors=anchors)
    assert "Entry 4 is that of the anchor, so nothing up to it was cut." in in_words(whole)
    assert "Not proven" not in in_words(whole)
    part = check_log(PLAIN, head_of(PLAIN, ONE), ONE.public, anchors=anchors[:2])
    assert "Entry 2 is that of the anchor" in in_words(part)
    assert "Not proven" in in_words(part)


@for_each(
    ("rows", "fault"),
    [
        ([*PLAIN[:2], *PLAIN[3:]], "Entry 3 is missing."),
        ([PLAIN[0], *PLAIN], "Entry 1 is there twice."),
        ([replace(PLAIN[0], seq=-2), *PLAIN], "A row says that it is entry -2: the first one is entry 1."),
        ([PLAIN[0], Unreadable(number="2", fault="its column at does not hold a time")], "Entry 2: its column at"),
        ([PLAIN[0], replace(PLAIN[1], reason="x")], "Entry 2: it was changed after it was signed"),
        ([PLAIN[0], replace(PLAIN[1], hash="0" * 64)], "Entry 2: its hash does not follow"),
        ([PLAIN[0], replace(PLAIN[1], signature="0" * 128)], "Entry 2: its signature does not fit"),
        ([PLAIN[0], replace(PLAIN[1], key_id="")], "Entry 2: it names the key of nobody"),
        (PLAIN[:3], "The log ends with entry 3, but its end is marked at 4: its tail was cut."),
    ],
)
def test_the_first_bad_entry_is_named_with_what_is_wrong(rows: list[Entry | Unreadable], fault: str) -> None:
    found = check_log(rows, head_of(PLAIN, ONE), ONE.public)
    assert found.fault.startswith(fault)


def test_a_mark_of_the_end_that_was_moved_back_or_has_another_hash_is_told() -> None:
    back = check_log(PLAIN, head_of(PLAIN[:2], ONE), ONE.public)
    assert back.fault == "The log ends with entry 4, but its end is marked at 2: the mark was moved back."
    other = check_log(PLAIN, Head(4, PLAIN[0].hash, ONE.key_id), ONE.public)
    assert other.fault == "The mark of the end has another hash than entry 4."


def test_the_mark_of_the_end_has_to_name_the_key_that_signs() -> None:
    found = check_log(PLAIN, head_of(PLAIN, TWO), ONE.public)
    assert found.fault == f"The mark of the end names the key {TWO.key_id}; {ONE.key_id} signs there."


def test_a_key_that_nobody_names_is_not_believed() -> None:
    found = check_log(PLAIN, head_of(PLAIN, ONE), TWO.public)
    assert found.fault.startswith(f"Entry 1: it is signed with the key {ONE.key_id}, and neither you nor the log")
    changed = [PLAIN[0], replace(PLAIN[1], reason="x")]
    assert check_log(changed, head_of(PLAIN, ONE), TWO.public).fault.startswith(
        "Entry 2: it was changed, or it does not"
    )


def test_a_log_that_only_names_the_trusted_key_is_not_believed() -> None:
    """A forger signs with a key of their own and hands over to the trusted one, which has signed nothing."""
    forged = log_of((PAUSE, TWO), handed(TWO, ONE)[0])
    found = check_log(forged, head_of(forged, ONE), ONE.public, named=(TWO.public, ONE.public))
    assert found.fault == f"Entry 2: no entry up to it is signed with the key {ONE.key_id}, which you gave."


def test_a_key_is_handed_over_by_its_owner_alone() -> None:
    """An entry that names another old key than the one that signed it, or none, is no change of the key."""
    other = log_of((PAUSE, ONE), (entry_for_key("eve", TWO.public, THREE.public), ONE))
    found = check_log(other, head_of(other, THREE), ONE.public)
    assert found.fault == "Entry 2: it names another old key than the one that signed it."
    none = log_of((PAUSE, ONE), (replace(entry_for_key("eve", ONE.public, TWO.public), text="two halves"), ONE))
    assert check_log(none, head_of(none, TWO), ONE.public).fault == "Entry 2: it names no two public halves."


def test_after_the_change_the_old_key_signs_nothing_more() -> None:
    late = log_of((PAUSE, ONE), *handed(ONE, TWO), (PAUSE, ONE))
    found = check_log(late, head_of(late, TWO), ONE.public)
    assert found.fault == f"Entry 4: it names the key {ONE.key_id}, and {TWO.key_id} signs there."


def test_an_anchor_that_is_not_there_and_one_with_another_hash_are_told() -> None:
    end = head_of(PLAIN, ONE)
    cut = check_log(PLAIN, end, ONE.public, anchors=[Head(9, "0" * 64)])
    assert cut.fault.startswith("Entry 9 of the anchor is not among the 4 entries: the log was cut")
    other = check_log(PLAIN, end, ONE.public, anchors=[Head(2, PLAIN[2].hash)])
    assert other.fault == "Entry 2 has another hash than the anchor: another log was put in its place."
