"""A delivery that comes again gets its answer again; what is kept for that has a bound and an end."""

from __future__ import annotations

import asyncio

import pytest
from slack_bolt import BoltResponse

from adapters.slack.deliveries import KEPT_FOR, Deliveries


class Listener:
    """Answers with how often it was asked."""

    def __init__(self, status: int = 200) -> None:
        self.asked, self.status = 0, status

    async def __call__(self) -> BoltResponse:
        self.asked += 1
        number = self.asked
        await asyncio.sleep(0)
        return BoltResponse(status=self.status, body=str(number))


def test_the_same_delivery_gets_the_same_answer_while_it_runs_and_afterwards() -> None:
    async def play() -> list[str]:
        deliveries, listener = Deliveries(), Listener()
        together = await asyncio.gather(*(deliveries.once("a", listener) for _ in range(3)))
        later = await deliveries.once("a", listener)
        other = await deliveries.once("b", listener)
        return [each.body for each in (*together, later, other)]

    assert asyncio.run(play()) == ["1", "1", "1", "1", "2"]


def test_a_delivery_that_failed_may_come_again() -> None:
    async def play() -> int:
        deliveries, listener = Deliveries(), Listener(status=404)
        await deliveries.once("a", listener)
        await deliveries.once("a", listener)

        async def broken() -> BoltResponse:
            raise OSError("x")

        with pytest.raises(OSError, match="x"):
            await deliveries.once("b", broken)
        await deliveries.once("b", listener)
        return listener.asked

    assert asyncio.run(play()) == 3


def test_who_hangs_up_does_not_end_it_for_another() -> None:
    async def play() -> tuple[str, int]:
        deliveries, listener = Deliveries(), Listener()
        first = asyncio.ensure_future(deliveries.once("a", listener))
        await asyncio.sleep(0)
        first.cancel()
        return (await deliveries.once("a", listener)).body, listener.asked

    assert asyncio.run(play()) == ("1", 1)


def test_what_is_kept_has_an_end_and_a_bound() -> None:
    now = [0.0]

    async def play() -> list[int]:
        deliveries, listener, seen = Deliveries(lambda: now[0], most=3), Listener(), []
        for key, at in (("a", 0), ("a", KEPT_FOR), ("a", KEPT_FOR + 1), ("b", 0), ("c", 0), ("d", 0), ("a", 0)):
            now[0] = max(now[0], float(at))
            await deliveries.once(key, listener)
            seen.append(listener.asked)
        return seen

    assert asyncio.run(play()) == [1, 1, 2, 3, 4, 5, 6]
