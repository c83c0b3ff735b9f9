"""The app manifest follows the commands, within Slack's limits, and asks for no more rights than are used."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, cast

from adapters.slack.manifest import manifest
from adapters.slack.scopes import SCOPES, missing_in
from bot.commands import COMMANDS
from rehearsal.slack import SHIPPED_WORKSPACE
from rehearsal.slack.workspace_file import read_workspace
from tests.support.cases import for_each
from tests.support.checkout import ROOT

if TYPE_CHECKING:
    from adapters.slack.scopes import Scope

NAMES = [scope.name for scope in SCOPES]
MANIFEST = cast("dict[str, Any]", manifest(COMMANDS))
CALLS = {
    "commands": r"app\.command\(",
    "app_mentions:read": r"app\.event\(\"app_mention\"\)",
    "im:history": r"app\.event\(\"message\"\)",
    "chat:write": r"chat_(postMessage|update|postEphemeral)\(",
    "chat:write.public": r"chat_postMessage\(",
    "im:write": r"conversations_open\(",
    "files:write": r"files_completeUploadExternal\(",
    "usergroups:read": r"usergroups_(list|users_list)\(",
    "users:read": r"users_info\(",
    "channels:read": r"conversations_info\(",
    "groups:read": r"conversations_info\(",
}
"""Scope -> the call that needs it."""


def test_every_command_is_in_the_manifest_and_nothing_else() -> None:
    commands = MANIFEST["features"]["slash_commands"]
    assert [command["command"] for command in commands] == [command.slash for command in COMMANDS]


@for_each("command", MANIFEST["features"]["slash_commands"], ids=lambda command: command["command"])
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
    assert used == {*NAMES}
    assert MANIFEST["oauth_config"]["scopes"]["bot"] == NAMES


def test_people_may_write_in_the_bots_messages_tab() -> None:
    tab = MANIFEST["features"]["app_home"]
    assert (tab["messages_tab_enabled"], tab["messages_tab_read_only_enabled"]) == (True, False)


def test_the_bot_has_a_home_and_hears_when_it_is_opened() -> None:
    assert MANIFEST["features"]["app_home"]["home_tab_enabled"] is True
    events = MANIFEST["settings"]["event_subscriptions"]["bot_events"]
    assert events == ["app_home_opened", "app_mention", "message.im"]
    code = (ROOT / "adapters" / "slack" / "listeners.py").read_text(encoding="utf-8")
    assert sorted(re.findall(r"app\.event\(\"(.+?)\"\)", code)) == [each.partition(".")[0] for each in events]


def test_the_local_workspace_grants_what_the_manifest_asks_for_and_no_more() -> None:
    assert list(read_workspace(SHIPPED_WORKSPACE).app.scopes) == NAMES


def test_the_local_workspace_lists_the_shortcut_of_the_manifest() -> None:
    listed = [asdict(one) for one in read_workspace(SHIPPED_WORKSPACE).app.shortcuts]
    assert [{**one, "type": "global"} for one in listed] == MANIFEST["features"]["shortcuts"]


def test_the_operators_page_has_each_scope_with_its_reason() -> None:
    page = (ROOT / "docs" / "running.md").read_text(encoding="utf-8")
    rows = [tuple(row) for row in re.findall(r"^\| `([a-z_.:]+)` \| (.+) \| (.+) \|$", page, re.MULTILINE)]
    assert rows == [(scope.name, scope.reason, scope.consequence) for scope in SCOPES]


@for_each("name", ["x-oauth-scopes", "X-OAuth-Scopes"])
@for_each("missing", SCOPES, ids=lambda scope: scope.name)
def test_a_scope_that_the_token_lacks_is_found(name: str, missing: Scope) -> None:
    granted = [scope for scope in NAMES if scope != missing.name]
    assert missing_in({name: ",".join(granted)}) == (missing,)
    assert missing_in({name: ", ".join([*granted, "reactions:write"])}) == (missing,)


def test_all_scopes_or_no_word_of_them_lack_nothing() -> None:
    assert missing_in({"x-oauth-scopes": ",".join(NAMES)}) == ()
    assert missing_in({"date": "today"}) == ()
    assert missing_in({"x-oauth-scopes": ""}) == SCOPES
