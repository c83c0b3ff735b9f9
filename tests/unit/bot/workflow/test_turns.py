"""`--stop-on-error`: one host after the other, and none after the first error."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from bot.domain.events import HostStarted, TargetEnded
from bot.domain.part import WHOLE, Part, at_host
from bot.domain.request import State, WorkItem
from bot.domain.verdicts import Verdict
from bot.errors import Unreachable
from bot.workflow.turns import Turn, turn_of
from tests.fakes.terminal import FakeTerminal
from tests.support import builders as b
from tests.support.harness import BotHarness
from tests.support.waiting import started

if TYPE_CHECKING:
    from bot.domain.request import Request
    from bot.ports.ledger import Ledger


@dataclass
class PartsRead:
    """A ledger that keeps which parts were read."""

    ledger: Ledger
    read: list[Part] = field(default_factory=list)

    def find(self, request_id: str, part: Part = WHOLE) -> Request | None:
        self.read.append(part)
        return self.ledger.find(request_id, part)

    def prove(self, request_id: str, part: Part = WHOLE) -> Request | None:
        self.read.append(part)
        return self.ledger.prove(request_id, part)


@pytest.fixture
def harness() -> BotHarness:
    return BotHarness()


def acted_on(harness: BotHarness, text: str) -> list[str]:
    harness.ask_and_run(text)
    harness.approve_and_run()
    harness.wait(b.GRACE * 3)
    assert harness.request.state is State.ENDED
    return [host for host, _ in harness.terminal.logged_off]


@pytest.mark.parametrize("spelling", ["--stop-on-error", "-ErrorAction Stop"])
def test_hosts_have_their_turns_in_the_order_of_the_command(harness: BotHarness, spelling: str) -> None:
    assert acted_on(harness, f"comp3,comp1,comp2 id=3 --sync {spelling}") == ["comp3", "comp1", "comp2"]


def test_after_an_error_no_further_host_gets_orders(harness: BotHarness) -> None:
    harness.terminal.fail_act("comp1", Unreachable("comp1 cannot be reached.", host="comp1"))
    assert acted_on(harness, "comp3,comp1,comp2 id=3 --sync --stop-on-error") == ["comp3"]
    assert harness.verdicts() == {"comp3 3": "gone", "comp1 3": "unreachable", "comp2 3": "skipped"}
    assert "stopped" in harness.events


@pytest.mark.parametrize("spelling", ["", "-ErrorAction Continue"])
def test_without_it_the_rest_goes_on(harness: BotHarness, spelling: str) -> None:
    harness.terminal.fail_act("comp1", Unreachable("comp1 cannot be reached.", host="comp1"))
    assert sorted(acted_on(harness, f"comp3,comp1,comp2 id=3 --sync {spelling}")) == ["comp2", "comp3"]


def test_the_card_says_it_before_anybody_decides(harness: BotHarness) -> None:
    request = harness.ask_and_run("comp1,comp2 id=3 --stop-on-error")
    assert "no further one after the first error" in harness.text_on_card(request)


def test_a_host_without_a_target_lets_the_one_before_it_speak() -> None:
    here, away = b.session(3), b.session(5)
    harness = BotHarness(terminal=FakeTerminal({"comp1": [here], "comp2": [away], "comp3": [here]}))
    harness.terminal.fail_act("comp1", Unreachable("comp1 cannot be reached.", host="comp1"))
    assert acted_on(harness, "comp1,comp2,comp3 id=3 --sync --stop-on-error") == []
    assert harness.verdicts() == {"comp1 3": "unreachable", "comp3 3": "skipped"}


def test_a_host_that_waits_reads_no_other_one_but_the_nearest_before_it(harness: BotHarness) -> None:
    request = started(harness, "comp1,comp2,comp3 id=3 --sync --stop-on-error")
    ledger = PartsRead(harness.ledger)
    part = harness.ledger.find(request.id, at_host("comp3"))
    assert part
    assert turn_of(ledger, part, "comp3", harness.clock.now()) is Turn.WAIT
    assert ledger.read == [at_host("comp2")]


def test_a_host_that_had_begun_goes_on_after_an_error_elsewhere(harness: BotHarness) -> None:
    """The bot died behind the order. Its host was in its turn, and what came of it is looked for."""
    request = started(harness, "comp1,comp2 id=3 --sync --stop-on-error")
    harness.ledger.record(request.id, HostStarted(host="comp1"))
    harness.ledger.record(request.id, HostStarted(host="comp2"))
    harness.ledger.record(request.id, TargetEnded(key=("comp1", 3), verdict=Verdict.UNKNOWN))
    harness.workflow.step(WorkItem(request_id=request.id, host="comp2"))
    assert harness.verdicts() == {"comp1 3": "unknown", "comp2 3": "open"}
    harness.terminal.sign_out("comp2", 3)
    harness.workflow.step(WorkItem(request_id=request.id, host="comp2"))
    assert harness.verdicts() == {"comp1 3": "unknown", "comp2 3": "gone"}
