"""What the doctor asks of Slack. Nothing is posted, and nobody is told anything."""

from __future__ import annotations

import json
import logging
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.builtin.connection import Connection, ConnectionState

from adapters.slack.app_of_tokens import app_of
from adapters.slack.connection import APP_TOKEN, BOT_TOKEN, checked_token
from adapters.slack.errors import translate_errors
from adapters.slack.roster import Roster
from adapters.slack.scopes import HEADER, Scope, missing_in
from adapters.slack.web import SlackWeb, proxy_for
from bot.errors import ChatError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from slack_sdk.web import SlackResponse

    from adapters.slack.roster import Channel

HELLO_WITHIN = 10.0
"""Seconds that Slack has to greet a new socket."""

_NO_HELLO = "Slack does not greet at the address of its socket. Look whether a proxy or a firewall lets wss through."

_silent = logging.getLogger(__name__)
_silent.setLevel(logging.CRITICAL + 1)  # what Slack's client says of a failure has the address in it: a secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Whom the bot's token belongs to."""

    team_id: str
    team: str
    user: str
    bot_id: str
    says_scopes: bool  # whether Slack's answer names the scopes of the token
    missing: tuple[Scope, ...]
    at: datetime | None  # Slack's time in whole seconds; None: it did not say one


class SlackInspection:
    """Each method raises `ChatError`; those that need a token also `SettingsError`, for one that is no good."""

    def __init__(self, *, bot_token: str, app_token: str, api_url: str) -> None:
        self._client = SlackWeb(token=bot_token, base_url=api_url, retries=False)
        self._app_token = app_token
        self.roster = Roster(self._client)

    def identity(self) -> Identity:
        with translate_errors():
            answer = checked_token(self._client.auth_test, BOT_TOKEN)
        headers = {str(name).lower(): value for name, value in answer.headers.items()}
        with _known_shape():
            return Identity(
                team_id=str(answer["team_id"]),
                team=str(answer.get("team", "")),
                user=str(answer.get("user", "")),
                bot_id=str(answer.get("bot_id", "")),
                says_scopes=HEADER in headers,
                missing=missing_in(headers),
                at=_time_in(headers),
            )

    def app_of(self, bot_id: str) -> str:
        """Return the id of the app that the bot belongs to; empty: Slack does not say."""
        with _known_shape():
            return app_of(self._client, bot_id)

    def new_socket(self) -> str:
        """Return the address of a new socket, which is a secret for half a minute. Nothing is connected to it."""
        with translate_errors():
            answer: SlackResponse = checked_token(
                lambda: self._client.apps_connections_open(app_token=self._app_token), APP_TOKEN
            )
        with _known_shape():
            return str(answer["url"])

    def app_of_socket(self, url: str) -> str:
        """Connect, wait for Slack's greeting, hang up, and return the id of the app that it names.

        While a socket is open, Slack may send it a command. So this is for a time when no bot runs.
        """
        greeting = _greeting_at(url)
        if greeting is None:
            raise ChatError(_NO_HELLO, retryable=True)
        match greeting:
            case {"connection_info": {"app_id": str(app_id)}}:
                return app_id
        return ""

    def channel(self, channel_id: str) -> Channel | None:
        """Return the channel; None when there is none, or none that the bot sees."""
        with _known_shape():
            return self.roster.channel(channel_id)

    def groups(self) -> dict[str, frozenset[str]]:
        """Return the people in each user group that is in use, by its id and by its handle."""
        with _known_shape():
            return self.roster.groups


@contextmanager
def _known_shape() -> Iterator[None]:
    """Raise `ChatError` for an answer of another shape than Slack's."""
    try:
        yield
    except (LookupError, TypeError, AttributeError, ValueError) as exc:
        message = "Slack's answer is of another shape than I know. Look whether a proxy answers in its place."
        raise ChatError(message, retryable=True) from exc


def lacks_scope(error: ChatError) -> bool:
    """Return whether Slack refused the call because the app lacks a scope."""
    cause = error.__cause__
    return isinstance(cause, SlackApiError) and cause.response.get("error") == "missing_scope"


def _time_in(headers: Mapping[str, object]) -> datetime | None:
    with suppress(ValueError):
        return parsedate_to_datetime(str(headers.get("date", ""))).astimezone(UTC)
    return None


def _greeting_at(url: str) -> Mapping[str, Any] | None:
    """Return the first message of the socket; None when none comes."""
    proxy, said, state = proxy_for(url), list[str](), ConnectionState()  # type: ignore[no-untyped-call]

    def end(*_: object) -> None:
        state.terminated = True
        session.close()

    def hear(text: str) -> None:
        said.append(text)
        end()

    session = Connection(
        url=url,
        logger=_silent,
        proxy=proxy.url if proxy else None,
        proxy_headers=proxy.headers if proxy else None,
        on_message_listener=hear,
        on_error_listener=lambda _error: None if state.terminated else end(),
        on_close_listener=end,
    )
    timer = threading.Timer(HELLO_WITHIN, end)
    timer.start()
    session.connect()
    if session.is_active():
        session.run_until_completion(state)
    timer.cancel()
    with suppress(ValueError):
        return next((each for each in map(json.loads, said) if isinstance(each, dict)), None)
    return None
