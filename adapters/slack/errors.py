"""The one place that translates exceptions of the Slack client into `ChatError`, by base class and by Slack's names."""

from __future__ import annotations

import re
import socket
import ssl
from contextlib import contextmanager
from datetime import timedelta
from http import HTTPStatus
from http.client import HTTPException
from typing import TYPE_CHECKING
from urllib.error import URLError

from slack_sdk.errors import SlackApiError, SlackClientError, SlackRequestError

from bot.errors import ChatError, MessageGone, PlaceRefused, TokenRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAME = re.compile(r"^[a-z0-9_]{1,60}$")
"""The form of Slack's names of errors. Another text is the client's own sentence about a broken answer (HTTP 500)."""

ELSEWHERE = frozenset(
    {
        "cannot_dm_bot",
        "channel_is_limited_access",
        "channel_not_found",
        "ekm_access_denied",
        "is_archived",
        "is_inactive",
        "message_limit_exceeded",
        "messages_tab_disabled",
        "no_permission",
        "not_in_channel",
        "restricted_action",
        "restricted_action_non_threadable_channel",
        "restricted_action_read_only_channel",
        "restricted_action_thread_locked",
        "restricted_action_thread_only_channel",
        "team_access_not_granted",
        "user_not_in_channel",
    }
)
"""Errors after which the bot may not post in the place; it uses direct messages instead."""

GONE = "message_not_found"
"""The error of a message that somebody has deleted."""

LATER = frozenset(
    {
        "external_channel_migrating",
        "fatal_error",
        "internal_error",
        "rate_limited",
        "ratelimited",
        "request_timeout",
        "service_unavailable",
        "team_added_to_org",
    }
)
"""Errors after which the same call may work later."""

TOKEN = frozenset(
    {
        "account_inactive",
        "app_uninstalled",
        "enterprise_is_restricted",
        "invalid_auth",
        "not_authed",
        "org_login_required",
        "token_expired",
        "token_revoked",
    }
)
"""Errors of the bot's token: no call works until it is renewed, or the app is installed again."""

_SECONDS = re.compile(r"^[0-9]{1,5}$")

_RENEW = "Whoever runs the bot has to install the app again, or to give it its new token."
_INVITE = "Invite the bot into the channel: /invite and its name."
_ADMIN = "An administrator of the workspace has to let the app post there, or a rule has to name another channel."

CURES = {
    **dict.fromkeys(sorted(TOKEN), _RENEW),
    "cannot_dm_bot": "This account takes no direct messages of an app.",
    "channel_is_limited_access": _ADMIN,
    "channel_not_found": f"The channel does not exist, or it is private. {_INVITE}",
    "ekm_access_denied": "An administrator of the workspace has suspended posting there.",
    "is_archived": "The channel is archived: bring it back, or use another one.",
    "is_inactive": "The channel is frozen: an administrator has to bring it back, or use another one.",
    "message_limit_exceeded": "The workspace may take no more messages: an administrator has to look at its plan.",
    "messages_tab_disabled": "Switch on the Messages tab of the app's home, and let people write there.",
    "missing_scope": "The app lacks a right: install it again with the manifest that logoff-bot manifest prints.",
    "no_permission": "The app lacks a right there: install it again, or invite it into the channel.",
    "not_allowed_token_type": "The configuration has a token of another kind: the bot needs the one with xoxb-.",
    "not_in_channel": _INVITE,
    "plan_upgrade_required": "User groups need a paid Slack plan: name people by their user ids (U...) in the rules.",
    "restricted_action": _ADMIN,
    "restricted_action_non_threadable_channel": _ADMIN,
    "restricted_action_read_only_channel": _ADMIN,
    "restricted_action_thread_locked": _ADMIN,
    "restricted_action_thread_only_channel": "The channel takes answers in threads alone: use another one.",
    "team_access_not_granted": "The app is not installed in that workspace: an administrator has to add it there.",
    "user_not_in_channel": "You are not in that channel: join it, or ask elsewhere.",
}
"""What people can do about an error that no waiting heals."""


@contextmanager
def translate_errors() -> Iterator[None]:
    """Raise `ChatError`, or one of its kinds, for exceptions of the Slack client.

    Unreadable answers and lost connections are retryable. Where no answer came, what was posted may stand; a connection
    that was never made (`URLError`) carried nothing.
    """
    try:
        yield
    except SlackApiError as exc:
        raise _refused(exc) from exc
    except (SlackRequestError, URLError) as exc:
        raise _unreached(exc, may_stand=False) from exc
    except (SlackClientError, HTTPException, OSError, ValueError) as exc:
        raise _unreached(exc, may_stand=True) from exc


def _refused(exc: SlackApiError) -> ChatError:
    said_name = str(exc.response.get("error", "")) if hasattr(exc.response, "get") else ""
    name = said_name if _NAME.match(said_name) else ""
    cure = CURES.get(name, "")
    if name in TOKEN:
        return TokenRefused(f"Slack does not take my token ({name}). {cure}")
    if name in ELSEWHERE:
        return PlaceRefused(f"Slack does not let me post there ({name}). {cure}".strip())
    if name == GONE:
        return MessageGone(f"The message is not there any more ({name}).")
    retry_after = asked_wait(exc.response)
    status = getattr(exc.response, "status_code", HTTPStatus.OK)
    is_ill = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    retryable = name in LATER or not name or retry_after is not None or is_ill
    said = f"Slack refused the call ({name or 'no reason given'}). {cure}".strip()
    return ChatError(said, retryable=retryable, retry_after=retry_after, may_stand=not name and status == HTTPStatus.OK)


def _unreached(exc: Exception, *, may_stand: bool) -> ChatError:
    return ChatError(f"Slack cannot be reached ({_why(exc)}).", retryable=True, may_stand=may_stand)


def _why(exc: BaseException) -> str:
    """Return the cause in a few words, by its kind: what an exception says may hold an address, which is a secret."""
    match exc.reason if isinstance(exc, URLError) else exc:
        case ssl.SSLCertVerificationError():
            return (
                "its certificate is of no authority that this machine knows: name that one's PEM file in SSL_CERT_FILE"
            )
        case socket.gaierror():
            return "no address is known for its name: look at DNS, or whether a proxy is needed"
        case ConnectionRefusedError():
            return "nothing listens at its address"
        case TimeoutError():
            return "no answer in time"
        case OSError() as inner:
            return type(inner).__name__
        case _:
            return type(exc).__name__


def asked_wait(response: object) -> timedelta | None:
    """Return the wait that HTTP 429 asks for; None: it asks for none. See docs.slack.dev/apis/web-api/rate-limits."""
    if getattr(response, "status_code", None) != HTTPStatus.TOO_MANY_REQUESTS:
        return None
    headers = {str(name).lower(): str(value) for name, value in getattr(response, "headers", {}).items()}
    seconds = headers.get("retry-after", "")
    return timedelta(seconds=int(seconds)) if _SECONDS.match(seconds) else None
