"""What happens behind an ack: the steps of the bot stand back while many people wait, and long waits are told."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from adapters.scheduler.places import Places

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.slack.ack_keeper import AckKeeper
    from adapters.slack.response_urls import ResponseUrls
    from bot.domain.request import WorkItem
    from bot.ports.clock import Clock
    from bot.ports.scheduler import Scheduler
    from bot.workflow.patience import Patience
    from bot.workflow.receipts import Receipts
    from bot.workflow.response import Response

BURST = timedelta(seconds=0.5)
"""How long the steps of a burst stand back: those of its first commands would make the acks of its last ones late."""


def places_behind(keeper: AckKeeper) -> Places:
    """Return the places of steps: fewer while the keeper has many acks to send."""
    places = Places(keeper.is_busy)
    keeper.when_served = places.people_are_served
    return places


def wake_behind(keeper: AckKeeper, scheduler: Scheduler, clock: Clock) -> Callable[[WorkItem], None]:
    """Return what wakes the step of a command or a press; in a burst for the moment when its acks are sent."""
    return lambda item: scheduler.wake(item, clock.now() + BURST if keeper.is_busy() else None, here=True)


def what_is_asked(urls: ResponseUrls, patience: Patience, receipts: Receipts) -> Callable[[Response, str], None]:
    """Return what is called with the response to each command that became a request, and its response URL."""

    def asked(response: Response, url: str) -> None:
        if response.wake:
            urls.keep(response.wake.request_id, url)
            patience.expect(response.wake.request_id)
            receipts.after_ack(response)

    return asked
