"""The first step at a host takes what the start of the request left; what changed since is seen all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.domain.events import Failed, HostStarted, Stopped
from bot.domain.part import at_host
from bot.domain.request import WorkItem
from bot.workflow.first_parts import FirstParts
from tests.support import builders as b
from tests.support.harness import BotHarness
from tests.support.waiting import started

if TYPE_CHECKING:
    from bot.domain.events import Event
    from bot.domain.request import Request

HOSTS = ("comp1", "comp2")


@pytest.fixture
def harness() -> BotHarness:
    return BotHarness(hosts=HOSTS)


@pytest.fixture
def acting(harness: BotHarness) -> Request:
    """Just started, with the part of each host kept."""
    request = started(harness, "comp1,comp2 id=3 --sync")
    whole = harness.ledger.find(request.id)
    assert whole
    harness.first_parts.keep(whole)
    return whole


def test_a_part_is_what_the_database_has_of_the_host_and_is_taken_once(harness: BotHarness, acting: Request) -> None:
    for host in HOSTS:
        item = WorkItem(request_id=acting.id, host=host)
        assert harness.first_parts.take(item) == harness.ledger.find(acting.id, at_host(host))
        assert harness.first_parts.take(item) is None


def test_a_request_has_no_part_of_its_own(harness: BotHarness, acting: Request) -> None:
    assert harness.first_parts.take(WorkItem(request_id=acting.id)) is None


def test_the_first_step_reads_no_part(harness: BotHarness, acting: Request, monkeypatch: pytest.MonkeyPatch) -> None:
    def find(*_: object) -> None:
        pytest.fail("it was read")

    monkeypatch.setattr(harness.ledger, "find", find)
    harness.workflow.step(WorkItem(request_id=acting.id, host="comp1"))
    assert harness.terminal.logged_off == [("comp1", 3)]


@pytest.mark.parametrize(
    "event", [Stopped(by=b.ASKER), Failed(reference="1", code="x"), HostStarted(host="comp1")], ids=repr
)
def test_what_happened_since_the_start_lets_no_order_leave(harness: BotHarness, acting: Request, event: Event) -> None:
    harness.ledger.record(acting.id, event)
    harness.workflow.step(WorkItem(request_id=acting.id, host="comp1"))
    assert harness.terminal.acts == []


def test_a_host_that_died_behind_its_start_is_looked_at_from_the_database(harness: BotHarness, acting: Request) -> None:
    harness.ledger.record(acting.id, HostStarted(host="comp1"))
    item = WorkItem(request_id=acting.id, host="comp1")
    harness.workflow.step(item)
    harness.terminal.sign_out("comp1", 3)
    harness.workflow.step(item)
    assert harness.verdicts()["comp1 3"] == "gone"


def test_a_new_process_knows_no_parts() -> None:
    assert FirstParts().take(WorkItem(request_id="TS-AAAAAA", host="comp1")) is None


def test_replicas_keep_no_parts(acting: Request) -> None:
    """The host may begin at another replica, and go on here."""
    parts = FirstParts(is_used=False)
    parts.keep(acting)
    assert all(parts.take(WorkItem(request_id=acting.id, host=host)) is None for host in HOSTS)
