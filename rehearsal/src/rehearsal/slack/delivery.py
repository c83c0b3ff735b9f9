"""What came of one delivery to the app."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from rehearsal.slack.errors import SlackError

ACK_LIMIT: Final = timedelta(seconds=3)
"""docs.slack.dev: acknowledge within three seconds."""

OPERATION_TIMEOUT: Final = "operation_timeout"
DISPATCH_FAILED: Final = "dispatch_failed"


Take = Callable[[Any], str]
"""Shows what an ack carried, at the moment when it comes in, and returns the text of it. May raise SlackError."""


def take_nothing(_body: Any) -> str:
    """For what has no use for an ack's body: Slack ignores it, too."""
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """`reply` is the text that the ack carried. Without an ack in time `acked_after` is None and `error` says why."""

    error: str | None = None
    acked_after: timedelta | None = None
    reply: str = ""


def make_receipt(after: timedelta, body: Any, take: Take) -> Receipt:
    try:
        return Receipt(acked_after=after, reply=take(body))
    except SlackError as exc:
        return Receipt(acked_after=after, error=exc.error)
