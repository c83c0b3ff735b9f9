"""After a restart, or a change of the owner, an order that may be under way is not sent a second time."""

from __future__ import annotations

import pytest

from bot.domain import events as e
from bot.domain.request import Ending
from tests.support.harness import BotHarness, Crash
from tests.support.waiting import MINUTE, SECOND


def ordered_and_killed(typed: str = "comp1 id=3 --sync") -> BotHarness:
    """The process dies after the record of the order; nobody knows whether it left."""
    harness = BotHarness(records_failures=True)
    harness.ask_and_run(typed)
    harness.press("approve")
    harness.ledger.die_after = e.HostStarted
    with pytest.raises(Crash):
        harness.run()
    harness.restart()
    return harness


def test_who_takes_over_looks_at_once_and_orders_again_only_when_the_time_of_the_order_is_over() -> None:
    harness = ordered_and_killed()
    looks = len(harness.terminal.look_calls)
    harness.wait(20 * SECOND)
    assert (harness.terminal.acts, harness.verdicts()) == ([], {"comp1 3": "open"})
    assert len(harness.terminal.look_calls) >= looks + 3  # 2, 4 and 8 seconds after one another
    harness.wait(2 * MINUTE)
    assert harness.terminal.logged_off == [("comp1", 3)]
    assert (harness.request.ending, harness.verdicts()) == (Ending.DONE, {"comp1 3": "gone"})
    assert harness.events.count("host_started") == 1


def test_an_order_that_was_on_its_way_is_seen_done_without_a_second_one() -> None:
    harness = ordered_and_killed()
    harness.wait(5 * SECOND)
    harness.terminal.sign_out("comp1", 3)
    harness.wait(10 * SECOND)
    assert (harness.terminal.acts, harness.verdicts()) == ([], {"comp1 3": "gone"})
    assert harness.request.ending is Ending.DONE


def test_other_hosts_begin_at_once_meanwhile() -> None:
    harness = ordered_and_killed("comp1,comp2 id=3 --sync")
    harness.wait(10 * SECOND)
    assert harness.terminal.logged_off == [("comp2", 3)]
    assert harness.verdicts() == {"comp1 3": "open", "comp2 3": "gone"}
