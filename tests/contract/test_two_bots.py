"""Two bots on one database: one works, the other waits, and takes over when the first has gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.domain.request import Ending
from bot.domain.verdicts import Verdict
from rehearsal.slack import UserClient
from rehearsal_testing.waiting import wait_until
from tests.e2e.test_death_and_rebirth import World, world_on

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow


@pytest.fixture
def world(url: str) -> Iterator[World]:
    with world_on(url) as world:
        yield world


def cards(dana: UserClient) -> int:
    return sum(message.thread_ts is None and not message.ephemeral for message in dana.messages())


def test_the_second_takes_over_and_nothing_is_done_twice(world: World) -> None:
    """The first is killed while people have their time to save; both had the whole time to post, to warn and to act."""
    dana = UserClient(world.workspace.url, "dana")
    with world.bot(owned=True) as first, world.bot(owned=True, waits=True) as second:
        assert dana.command("/logoff comp1 id=3 --warn 20s --sync").ok
        wait_until(lambda: any(message.buttons for message in dana.messages()))
        dana.press("Log off 1")
        wait_until(lambda: world.ledger.entries()[-1].event == "grace_started")
        first.kill()
        wait_until(world.is_over, within=60)
        assert second.poll() is None
    request = world.request()
    assert (request.ending, [target.verdict for target in request.targets]) == (Ending.DONE, [Verdict.GONE])
    assert [call.name for call in world.farm.calls("comp1")] == ["message", "logoff"]
    assert cards(dana) == 1
    events = [entry.event for entry in world.ledger.entries()]
    assert (events.count("warning_started"), events.count("host_started"), events.count("surveyed")) == (1, 1, 1)


def test_a_second_bot_that_waits_takes_nothing_from_the_first(world: World) -> None:
    dana = UserClient(world.workspace.url, "dana")
    with world.bot(owned=True), world.bot(owned=True, waits=True):
        assert dana.command("/logoff comp1 id=3 --sync").ok
        wait_until(lambda: any(message.buttons for message in dana.messages()))
        dana.press("Log off 1")
        wait_until(world.is_over)
    assert [target.verdict for target in world.request().targets] == [Verdict.GONE]
    assert [call.name for call in world.farm.calls("comp1")] == ["logoff"]
    assert cards(dana) == 1
