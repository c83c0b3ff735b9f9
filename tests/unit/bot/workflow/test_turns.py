"""`--stop-on-error`: one host after the other, and none after the first error."""

from __future__ import annotations

import pytest

from bot.domain.request import State
from bot.errors import Unreachable
from tests.support import builders as b
from tests.support.harness import BotHarness


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
