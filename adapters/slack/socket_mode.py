"""The `ChatConnection` port: a Bolt app on Socket Mode, which needs no open port in the company's network."""

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
"""How many threads take envelopes and ack them. With Bolt's default of five, envelopes would queue in a busy minute."""


class SocketMode:
    """Connects, listens and acks.

    At the start Slack is asked once which workspace the token belongs to. After that no network call precedes an ack.
    """

    def __init__(  # noqa: PLR0913 - two tokens, their workspace, and the parts that take commands and presses
        self,
        *,
        bot_token: str,
        app_token: str,
        api_url: str,
        team: str,
        intake: Intake,
        wake: Callable[[WorkItem], None],
        asked: Callable[[str, str], None],
    ) -> None:
        self._client = WebClient(token=bot_token, base_url=api_url, timeout=10)
        self._bot_token, self._app_token, self._team, self._api_url = bot_token, app_token, team, api_url
        self._intake, self._wake, self._asked = intake, wake, asked
        self._executor = ThreadPoolExecutor(max_workers=ACKING, thread_name_prefix="ack")
        self._handler: SocketModeHandler | None = None

    def start(self) -> None:
        """Connect, and return once the socket is open.

        Raises `ChatError` when Slack cannot be asked, and `SettingsError` when the token is another workspace's.
        """
        authorized = self._authorize()
        app = App(
            client=WebClient(base_url=self._api_url, timeout=10),
            authorize=lambda: authorized,
            listener_executor=self._executor,
        )
        register(app, COMMANDS, self._intake, self._wake, self._asked)
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
        """Keep the present socket, and open no new one after it is lost."""
        if self._handler:
            self._handler.client.auto_reconnect_enabled = False

    def stop(self) -> None:
        """Take no more envelopes, and finish those that have arrived. May be called twice."""
        self.take_no_more()
        if self._handler:
            self._handler.close()  # type: ignore[no-untyped-call] # the same
        self._executor.shutdown(wait=True)
