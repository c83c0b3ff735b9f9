"""What has been delivered by HTTP and answered: a delivery that comes again gets its answer again, and does nothing.

Slack repeats an event that it got no answer for, and whoever has seen a request can send it again. Commands and presses
are told apart in the database, too, where all replicas see them and a restart forgets nothing.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from slack_bolt import BoltResponse

KEPT_FOR = 15 * 60.0
"""Seconds. A signature is good for ten minutes at the most, and Slack's last retry comes some six minutes after."""

MOST = 20_000
"""How many deliveries are kept; a flood pushes the oldest out."""


class Deliveries:
    """Used in one event loop."""

    def __init__(self, clock: Callable[[], float] = monotonic, most: int = MOST) -> None:
        self._clock, self._most = clock, most
        self._answers: OrderedDict[str, tuple[float, asyncio.Task[BoltResponse]]] = OrderedDict()

    async def once(self, key: str, answer: Callable[[], Coroutine[Any, Any, BoltResponse]]) -> BoltResponse:
        """Return the answer to the delivery with this key, which is computed once. One that failed may come again."""
        self._forget_old()
        if key not in self._answers:
            self._answers[key] = (self._clock(), asyncio.ensure_future(answer()))
        _, task = self._answers[key]
        try:
            return await asyncio.shield(task)  # a caller who hangs up does not end it for another
        finally:
            if task.done() and not _is_good(task) and self._answers.get(key, (0, None))[1] is task:
                del self._answers[key]

    def _forget_old(self) -> None:
        oldest = self._clock() - KEPT_FOR
        while self._answers and (len(self._answers) >= self._most or next(iter(self._answers.values()))[0] < oldest):
            self._answers.popitem(last=False)


def _is_good(task: asyncio.Task[BoltResponse]) -> bool:
    return not task.cancelled() and not task.exception() and task.result().status < 300
