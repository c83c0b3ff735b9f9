from __future__ import annotations

import pytest

from bot.audit.keys import SigningKeys
from bot.domain import events as e
from bot.domain.request import Ending
from bot.errors import LedgerError
from bot.workflow.key_change import ASK_AGAIN, change_key
from tests.fakes.clock import SettableClock
from tests.fakes.ledger import FakeLedger
from tests.support import builders as b
from tests.support.chains import first_fault

KEYS, NEW = SigningKeys("the old key"), SigningKeys("the new key")


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(b.NOW)


@pytest.fixture
def ledger(clock: SettableClock) -> FakeLedger:
    return FakeLedger(clock, KEYS)


def test_what_waits_has_to_be_asked_again_what_acts_fails_and_the_rest_stays(
    ledger: FakeLedger, clock: SettableClock
) -> None:
    acting = (b.surveyed(), b.approved(), b.started())
    lives: dict[str, tuple[e.Event, ...]] = {
        "asked": (),
        "awaiting": acting[:1],
        "ready": acting[:2],
        "acting": acting,
        "ended": (e.Refused(rule="r", message="no"),),
    }
    for name, steps in lives.items():
        ledger.open(b.request(name))
        for step in steps:
            ledger.record(name, step)
    taken = change_key(ledger, clock, "operator ann", NEW)
    ends = {request.id: (request.ending, request.message) for request in ledger.newest(9)}
    again = (Ending.REFUSED, ASK_AGAIN)
    assert ends == {
        "asked": again,
        "awaiting": again,
        "ready": again,
        "acting": (Ending.FAILED, ""),
        "ended": (Ending.REFUSED, "no"),
    }
    entries = ledger.entries()
    assert [entry.event for entry in entries[-2:]] == ["key_changed", "key_taken_up"]
    assert (entries[-1], taken.key_id, ledger.head().key_id) == (taken, NEW.key_id, NEW.key_id)
    assert first_fault(entries[:-1], KEYS.public) is None
    assert first_fault([taken], NEW.public, before=entries[-2].hash, last_seq=entries[-2].seq) is None


def test_what_is_too_late_expires(ledger: FakeLedger, clock: SettableClock) -> None:
    ledger.open(b.request())
    clock.move(b.GRACE)
    change_key(ledger, clock, "operator ann", NEW)
    assert ledger.newest(1)[0].ending is Ending.EXPIRED


class Busy(FakeLedger):
    """Somebody approves between the reading and the writing of the end."""

    def unended(self) -> tuple[object, ...]:  # type: ignore[override]
        found = super().unended()
        if found and found[0].version == 2:
            self.record(found[0].id, b.approved())
            self.record(found[0].id, b.started())
        return found


def test_what_others_record_meanwhile_is_taken_into_account(clock: SettableClock) -> None:
    ledger = Busy(clock, KEYS)
    ledger.open(b.request())
    ledger.record("TS-AAAAAA", b.surveyed())
    change_key(ledger, clock, "operator ann", NEW)  # type: ignore[arg-type] # see above
    assert ledger.newest(1)[0].ending is Ending.FAILED


def test_an_empty_log_has_no_key_to_change(ledger: FakeLedger, clock: SettableClock) -> None:
    with pytest.raises(LedgerError, match="empty"):
        change_key(ledger, clock, "operator ann", NEW)
