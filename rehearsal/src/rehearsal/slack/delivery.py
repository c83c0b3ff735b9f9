"""One delivery to the app, by socket or by HTTP, and what came of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from rehearsal.slack.errors import SlackError

ACK_LIMIT: Final = timedelta(seconds=3)
"""docs.slack.dev: acknowledge within three seconds."""

OPERATION_TIMEOUT: Final = "operation_timeout"
DISPATCH_FAILED: Final = "dispatch_failed"


OnAck = Callable[[Any], str]
"""Reads the body of an ack when it arrives, shows what it carries, and returns its text. May raise SlackError."""


def ignore_ack(_body: Any) -> str:
    """Slack, too, ignores the body of most acks."""
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """`payload` goes to the app `times` times at once: to `url`, or without one by socket. `on_ack` reads the ack."""

    kind: str
    payload: dict[str, Any]
    url: str | None
    times: int
    on_ack: OnAck = ignore_ack


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryResult:
    """`reply` is the text in the ack. Without an ack in time `acked_after` is None and `error` says why."""

    error: str | None = None
    acked_after: timedelta | None = None
    reply: str = ""


def make_result(after: timedelta, body: Any, on_ack: OnAck) -> DeliveryResult:
    try:
        return DeliveryResult(acked_after=after, reply=on_ack(body))
    except SlackError as exc:
        return DeliveryResult(acked_after=after, error=exc.error)
