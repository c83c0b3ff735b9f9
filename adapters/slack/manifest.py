"""The manifest of the Slack app, made from the commands: https://docs.slack.dev/reference/app-manifest/."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.slack.logoff_view import SHORTCUT_CALLBACK
from adapters.slack.scopes import SCOPES
from bot.cards.logoff_form import SHORTCUT, SHORTCUT_HINT
from bot.commands.naming import OWN_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.commands.command import Command
    from bot.commands.naming import CommandNames

EVENTS = ("app_home_opened", "app_mention", "message.im")
"""A look at the bot's home, and what is said to it: a mention in a channel, a direct message. It reads nothing else."""

_DISPLAY = {"name": "Logoff Bot", "description": "Log off Windows sessions", "background_color": "#1d3557"}

_SHORTCUT = {
    "name": SHORTCUT,
    "type": "global",
    "callback_id": SHORTCUT_CALLBACK,
    "description": SHORTCUT_HINT,
}


def manifest(commands: Iterable[Command], names: CommandNames = OWN_NAMES, request_url: str = "") -> dict[str, object]:
    """Return the manifest for "Create an app from a manifest".

    With `request_url` Slack sends everything there; without one it goes by Socket Mode, which needs no open port.
    """
    by_url, by_request_url = ({"url": request_url}, {"request_url": request_url}) if request_url else ({}, {})
    return {
        "_metadata": {"major_version": 1, "minor_version": 1},
        "display_information": _DISPLAY,
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": "logoffbot", "always_online": True},
            "shortcuts": [_SHORTCUT],
            "slash_commands": [
                {
                    "command": names.slash(command.name),
                    **by_url,
                    "description": command.description,
                    "usage_hint": command.usage_hint,
                    "should_escape": False,
                }
                for command in commands
            ],
        },
        "oauth_config": {"scopes": {"bot": [scope.name for scope in SCOPES]}},
        "settings": {
            "event_subscriptions": {**by_request_url, "bot_events": list(EVENTS)},
            "interactivity": {"is_enabled": True, **by_request_url},
            "org_deploy_enabled": False,
            "socket_mode_enabled": not request_url,
            "token_rotation_enabled": False,
        },
    }
