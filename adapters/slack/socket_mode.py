"""The `ChatConnection` port on Socket Mode, which needs no open port in the company's network."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Unpack

from adapters.slack.app_of_tokens import refuse_another_app
from adapters.slack.connection import ACKING, APP_TOKEN, BoltConnection, Listening
from adapters.slack.envelopes import TwoLaneClient
from adapters.slack.web import SlackWeb

if TYPE_CHECKING:
    from slack_bolt import App

GREETED_WITHIN = timedelta(seconds=3)
"""How long a new socket may take for its first message, which names its app."""


class SocketMode(BoltConnection):
    """Slack's envelopes come over a socket that the bot opens, with its app-level token."""

    def __init__(self, *, app_token: str, **needs: Unpack[Listening]) -> None:
        super().__init__(**needs)
        self._app_token = app_token
        self._socket: TwoLaneClient | None = None

    def _listen(self, app: App, deadline: float) -> None:
        web_client = SlackWeb(base_url=self._needs["api_url"], retries=False)
        self._socket = TwoLaneClient(app, app_token=self._app_token, web_client=web_client, concurrency=ACKING)
        self._patiently(self._open, APP_TOKEN, deadline)
        refuse_another_app(self._socket, self._client, self._bot_id, GREETED_WITHIN)

    def _open(self) -> None:
        """Open the socket. Raises as Slack's client does, and `ConnectionError` when nobody answers at its address."""
        if self._socket and not self._socket.is_connected():
            self._socket.connect_to_new_endpoint(force=True)
            if not self._socket.is_connected():
                raise ConnectionError("the socket did not open")

    def heard(self) -> object | None:
        """Return a mark that changes with each sign of life of Slack; None while no socket is open."""
        return self._socket.heard() if self._socket else None

    def take_no_more(self) -> None:
        """Keep the present socket, and open no new one after it is lost. A start that still waits ends."""
        super().take_no_more()
        if self._socket:
            self._socket.take_no_more()

    def _end(self) -> None:
        if self._socket:
            self._socket.close()
