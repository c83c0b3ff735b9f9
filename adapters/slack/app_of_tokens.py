"""Whether the two tokens are of one app. A bot with those of two connects, and hears the commands of the other app."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from adapters.slack.errors import translate_errors
from bot.errors import ChatError, SettingsError

if TYPE_CHECKING:
    from datetime import timedelta

    from adapters.slack.envelopes import TwoLaneClient
    from adapters.slack.web import SlackWeb


def refuse_another_app(socket: TwoLaneClient, client: SlackWeb, bot_id: str, within: timedelta) -> None:
    """Raise `SettingsError` when Slack says that the socket and the bot are of two apps. What it does not say is fine.

    `within`: how long the socket may take to say of which app it is, which is the first that it says.
    """
    of_socket = socket.app_id(within)
    of_bot = ""
    with suppress(ChatError):
        of_bot = app_of(client, bot_id) if of_socket else ""
    if of_bot and of_socket != of_bot:
        raise SettingsError(
            f"slack.app_token is of the app {of_socket}, and slack.bot_token of the app {of_bot}. Copy both from one "
            f"app: https://api.slack.com/apps/{of_bot}"
        )


def app_of(client: SlackWeb, bot_id: str) -> str:
    """Return the id of the app that the bot belongs to; empty: Slack does not say. Raises `ChatError`."""
    with translate_errors():
        bot = client.bots_info(bot=bot_id).get("bot")
    return str(bot.get("app_id", "")) if isinstance(bot, dict) else ""
