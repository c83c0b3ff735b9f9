"""What a ledger calls due: the sweep lives on it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.domain import events as e
from bot.domain.request import WorkItem
from bot.domain.verdicts import Verdict
from tests.support import builders as b

if TYPE_CHECKING:
    from bot.ports.ledger import Ledger

SECOND = timedelta(seconds=1)
LATER = b.NOW + timedelta(days=1)
QUIET: dict[str, Any] = {"due_at": None, "expires_at": LATER}
ITSELF = WorkItem(request_id="TS-AAAAAA")


@pytest.mark.parametrize(
    ("changes", "is_due"),
    [
        ({}, False),
        ({"due_at": b.NOW}, True),
        ({"due_at": b.NOW - SECOND}, True),
        ({"due_at": b.NOW + SECOND}, False),
        ({"expires_at": b.NOW}, True),
        ({"expires_at": b.NOW + SECOND}, False),
        ({"version": 2}, True),
        ({"version": 2, "publish_after": b.NOW}, True),
        ({"version": 2, "publish_after": b.NOW + SECOND}, False),
        ({"version": 2, "published_version": 2, "publish_after": b.NOW}, False),
        ({"version": 2, "due_at": b.NOW, "expires_at": b.NOW}, True),
    ],
)
def test_a_request_is_due_when_a_date_has_passed_or_its_card_is_behind(
    ledger: Ledger, changes: dict[str, Any], *, is_due: bool
) -> None:
    ledger.open(b.request(**(QUIET | changes)))
    assert ledger.due(b.NOW) == ((ITSELF,) if is_due else ())


def test_an_ended_request_is_due_for_its_drawing_and_its_own_date_alone(ledger: Ledger) -> None:
    ledger.open(b.request())
    ended = ledger.record("TS-AAAAAA", e.Refused(rule="r", message="no"))
    assert ledger.due(LATER) == (ITSELF,)
    ledger.mark_published("TS-AAAAAA", version=ended.version, message_ref=None, publish_after=None)
    ledger.postpone(ITSELF, None)
    assert ledger.due(LATER) == ()
    ledger.postpone(ITSELF, LATER)
    assert ledger.due(LATER - SECOND) == ()
    assert ledger.due(LATER) == (ITSELF,)


def test_each_host_is_due_while_the_request_acts(ledger: Ledger) -> None:
    targets = b.target(3, host="comp1"), b.target(7, host="comp2")
    ledger.open(b.request())
    ledger.record("TS-AAAAAA", b.surveyed(*targets))
    ledger.record("TS-AAAAAA", b.approved())
    assert _hosts(ledger) == []
    ledger.record("TS-AAAAAA", b.started())
    assert _hosts(ledger) == ["comp1", "comp2"]
    ledger.postpone(WorkItem(request_id="TS-AAAAAA", host="comp1"), b.NOW + SECOND)
    assert _hosts(ledger) == ["comp2"]
    ledger.record("TS-AAAAAA", e.TargetEnded(key=("comp2", 7), verdict=Verdict.GONE))
    assert _hosts(ledger) == []
    ledger.record("TS-AAAAAA", e.Failed(reference="r", code="c"))
    ledger.postpone(WorkItem(request_id="TS-AAAAAA", host="comp1"), b.NOW)
    assert _hosts(ledger) == []


def test_what_is_due_for_several_reasons_is_named_once(ledger: Ledger) -> None:
    for name in ("A", "B"):
        ledger.open(b.request(name, version=2, expires_at=b.NOW))
    assert sorted(item.request_id for item in ledger.due(b.NOW)) == ["A", "B"]


def _hosts(ledger: Ledger) -> list[str]:
    return [item.host for item in ledger.due(b.NOW) if item.host]
