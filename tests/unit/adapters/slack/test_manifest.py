"""The app manifest follows the commands, within Slack's limits, and asks for no more rights than are used."""

from __future__ import annotations

import re
from typing import Any, cast

import pytest

from adapters.slack.manifest import SCOPES, manifest
from bot.commands import COMMANDS
from tests.support.checkout import ROOT

MANIFEST = cast("dict[str, Any]", manifest(COMMANDS))
CALLS = {
    "commands": r"app\.command\(",
    "app_mentions:read": r"app\.event\(\"app_mention\"\)",
    "im:history": r"app\.event\(\"message\"\)",
    "chat:write": r"chat_(postMessage|update|postEphemeral)\(",
    "chat:write.public": r"chat_postMessage\(",
    "im:write": r"conversations_open\(",
    "usergroups:read": r"usergroups_(list|users_list)\(",
    "users:read": r"users_info\(",
    "channels:read": r"conversations_info\(",
    "groups:read": r"conversations_info\(",
}
"""Scope -> the call that needs it."""


def test_every_command_is_in_the_manifest_and_nothing_else() -> None:
    commands = MANIFEST["features"]["slash_commands"]
    assert [command["command"] for command in commands] == [command.slash for command in COMMANDS]


@pytest.mark.parametrize("command", MANIFEST["features"]["slash_commands"], ids=lambda command: command["command"])
def test_a_command_is_within_the_limits_of_slack(command: dict[str, Any]) -> None:
    assert re.fullmatch(r"/[a-z-]{1,31}", command["command"])
    assert 0 < len(command["description"]) <= 2000
    assert 0 < len(command["usage_hint"]) <= 1000
    assert command["should_escape"] is False, "names of computers and DOMAIN\\user come as they were typed"


def test_the_names_are_within_the_limits_of_slack() -> None:
    assert 0 < len(MANIFEST["display_information"]["name"]) <= 35
    assert 0 < len(MANIFEST["features"]["bot_user"]["display_name"]) <= 80
    assert len(COMMANDS) <= 50


def test_the_bot_listens_to_nothing_from_the_outside() -> None:
    assert MANIFEST["settings"]["socket_mode_enabled"] is True
    assert "url" not in str(MANIFEST)


def test_presses_are_delivered() -> None:
    assert MANIFEST["settings"]["interactivity"] == {"is_enabled": True}


def test_each_right_is_used_by_a_call() -> None:
    folder = ROOT / "adapters" / "slack"
    code = "\n".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    used = {scope for scope, call in CALLS.items() if re.search(call, code)}
    assert used == {*SCOPES}
    assert MANIFEST["oauth_config"]["scopes"]["bot"] == [*SCOPES]
