"""After a restart, or a change of the owner, an order that may be under way is not sent a second time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.domain import events as e
from bot.domain.request import Ending
from bot.workflow.on_its_way import is_on_its_way
from tests.support import builders as b
from tests.support.harness import BotHarness, Crash

if TYPE_CHECKING:
    from bot.domain.request import Request

SECOND = timedelta(seconds=1)
LIMIT = 45 * SECOND


def begun(*requested_at: timedelta | None) -> Request:
    """Return a request with an order of `NOW`."""
    targets = tuple(
        replace(b.target(number), requested_at=None if after is None else b.NOW + after)
        for number, after in enumerate(requested_at, 3)
    )
    surveys = tuple(replace(look, started_at=b.NOW) for look in b.surveyed(*targets).surveys)
    return replace(b.request(), targets=targets, surveys=surveys)


@pytest.mark.parametrize(
    ("requested", "after", "expected"),
    [
        ((None,), 0 * SECOND, True),
        ((None,), 44 * SECOND, True),
        ((None,), 45 * SECOND, False),
        ((20 * SECOND, None), 45 * SECOND, True),
        ((20 * SECOND, None), 64 * SECOND, True),
        ((20 * SECOND, None), 65 * SECOND, False),
        ((20 * SECOND, 30 * SECOND), 70 * SECOND, True),
        ((None,), -timedelta(hours=1), True),
    ],
)
def test_the_newest_order_to_the_host_counts(
    requested: tuple[timedelta | None, ...], after: timedelta, *, expected: bool
) -> None:
    assert is_on_its_way(begun(*requested), "comp1", b.NOW + after, LIMIT) is expected


def test_a_host_without_an_order_has_none_on_its_way() -> None:
    request = replace(b.request(), targets=(b.target(3),), surveys=b.surveyed(b.target(3)).surveys)
    assert not is_on_its_way(request, "comp1", b.NOW, LIMIT)
    assert not is_on_its_way(begun(None), "another", b.NOW, LIMIT)


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
    assert len(harness.terminal.look_calls) > looks + 3
    harness.wait(timedelta(minutes=2))
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
