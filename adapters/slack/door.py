"""The bot's end of Slack: a Bolt app on Socket Mode. Nothing of the company's network is opened to the outside."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from adapters.slack.listeners import register
from bot.commands import COMMANDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.intake import Intake
    from bot.model import WorkItem

ACKING = 32
"""Threads that take envelopes and ack them; Bolt's own five would queue a busy minute."""


class SlackDoor:
    """Connects, listens, and acks. The tokens are kept by the client objects alone."""

    def __init__(
        self, *, bot_token: str, app_token: str, api_url: str, intake: Intake, wake: Callable[[WorkItem], None]
    ) -> None:
        client = WebClient(token=bot_token, base_url=api_url, timeout=10)
        executor = ThreadPoolExecutor(max_workers=ACKING, thread_name_prefix="ack")
        self.app = App(client=client, token_verification_enabled=True, listener_executor=executor)
        register(self.app, COMMANDS, intake, wake)
        self._executor = executor
        self._handler = SocketModeHandler(self.app, app_token, concurrency=ACKING)

    def start(self) -> None:
        """Connect; returns once the socket is open."""
        self._handler.connect()  # type: ignore[no-untyped-call] # Bolt's handler has no types here

    def take_no_more(self) -> None:
        """Once the socket is gone it stays gone."""
        self._handler.client.auto_reconnect_enabled = False

    def stop(self) -> None:
        """Take no more envelopes; what is in hand is finished. Safe to repeat."""
        self.take_no_more()
        self._handler.close()  # type: ignore[no-untyped-call] # the same
        self._executor.shutdown(wait=True)
