"""The one place that translates exceptions of the Slack client into `ChatError`, by base class and by Slack's names."""

from __future__ import annotations

import re
from contextlib import contextmanager
from datetime import timedelta
from http import HTTPStatus
from http.client import HTTPException
from typing import TYPE_CHECKING

from slack_sdk.errors import SlackApiError, SlackClientError

from bot.errors import ChatError, PlaceRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAME = re.compile(r"^[a-z_]{1,60}$")
"""The form of Slack's names of errors. Another text is the client's own sentence about a broken answer (HTTP 500)."""

ELSEWHERE = frozenset(
    {
        "channel_not_found",
        "not_in_channel",
        "is_archived",
        "restricted_action",
        "restricted_action_read_only_channel",
        "team_access_not_granted",
        "user_not_in_channel",
    }
)
"""Errors after which the bot may not post in the place; it uses direct messages instead."""

LATER = frozenset(
    {"ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"}
)
"""Errors after which the same call may work later."""

_SECONDS = re.compile(r"^[0-9]{1,5}$")


CURES = {
    "plan_upgrade_required": "User groups need a paid Slack plan: name people by their user ids (U...) in the rules.",
    "missing_scope": "The app lacks a right: install it again with the manifest that `logoff-bot manifest` prints.",
}
"""What the operator of the bot can do about an error."""


@contextmanager
def translate_errors() -> Iterator[None]:
    """Raise `ChatError`, or `PlaceRefused`, for exceptions of the Slack client.

    Unreadable answers and lost connections are retryable.
    """
    try:
        yield
    except SlackApiError as exc:
        said_name = str(exc.response.get("error", "")) if hasattr(exc.response, "get") else ""
        name = said_name if _NAME.match(said_name) else ""
        if name in ELSEWHERE:
            raise PlaceRefused(f"Slack does not let me post there ({name}).") from exc
        retry_after = _retry_after(exc.response)
        retryable = name in LATER or not name or retry_after is not None
        said = f"Slack refused the call ({name or 'no reason given'}). {CURES.get(name, '')}".strip()
        raise ChatError(said, retryable=retryable, retry_after=retry_after) from exc
    except (SlackClientError, HTTPException, OSError, ValueError) as exc:
        raise ChatError(f"Slack cannot be reached ({type(exc).__name__}).", retryable=True) from exc


def _retry_after(response: object) -> timedelta | None:
    """Return the wait that HTTP 429 asks for; None: it asks for none. See docs.slack.dev/apis/web-api/rate-limits."""
    if getattr(response, "status_code", None) != HTTPStatus.TOO_MANY_REQUESTS:
        return None
    headers = {str(name).lower(): str(value) for name, value in getattr(response, "headers", {}).items()}
    seconds = headers.get("retry-after", "")
    return timedelta(seconds=int(seconds)) if _SECONDS.match(seconds) else None
