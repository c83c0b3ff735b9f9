"""The bot's end of Slack: a Bolt app on Socket Mode. Nothing of the company's network is opened to the outside."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

from adapters.slack.errors import translate_errors
from adapters.slack.listeners import register
from bot.commands import COMMANDS
from bot.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.domain.request import WorkItem
    from bot.workflow.intake import Intake

ACKING = 32
"""Threads that take envelopes and ack them; Bolt's own five would queue a busy minute."""


class SocketMode:
    """Connects, listens, and acks. The tokens are kept by the client objects alone.

    Slack is asked once, at the start, who the token belongs to; after that no network call stands before an ack.
    """

    def __init__(  # noqa: PLR0913 - two tokens, where they count, and who takes what comes in
        self,
        *,
        bot_token: str,
        app_token: str,
        api_url: str,
        team: str,
        intake: Intake,
        wake: Callable[[WorkItem], None],
    ) -> None:
        self._client = WebClient(token=bot_token, base_url=api_url, timeout=10)
        self._bot_token, self._app_token, self._team, self._api_url = bot_token, app_token, team, api_url
        self._intake, self._wake = intake, wake
        self._executor = ThreadPoolExecutor(max_workers=ACKING, thread_name_prefix="ack")
        self._handler: SocketModeHandler | None = None

    def start(self) -> None:
        """Connect; returns once the socket is open.

        `ChatError` when Slack cannot be asked, `SettingsError` when the token is another workspace's.
        """
        authorized = self._authorize()
        app = App(
            client=WebClient(base_url=self._api_url, timeout=10),
            authorize=lambda: authorized,
            listener_executor=self._executor,
        )
        register(app, COMMANDS, self._intake, self._wake)
        self._handler = SocketModeHandler(app, self._app_token, concurrency=ACKING)
        with translate_errors():
            self._handler.connect()  # type: ignore[no-untyped-call] # Bolt's handler has no types here

    def _authorize(self) -> AuthorizeResult:
        with translate_errors():
            answer = self._client.auth_test()
        if answer["team_id"] != self._team:
            message = (
                f"team: the bot's token belongs to workspace {answer['team_id']}, the configuration says {self._team}."
            )
            raise SettingsError(message)
        return AuthorizeResult.from_auth_test_response(auth_test_response=answer, bot_token=self._bot_token)

    def take_no_more(self) -> None:
        """Once the socket is gone it stays gone."""
        if self._handler:
            self._handler.client.auto_reconnect_enabled = False

    def stop(self) -> None:
        """Take no more envelopes; what is in hand is finished. Safe to repeat."""
        self.take_no_more()
        if self._handler:
            self._handler.close()  # type: ignore[no-untyped-call] # the same
        self._executor.shutdown(wait=True)
