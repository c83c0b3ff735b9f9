"""The names of the commands and the contact, from app.yaml to Slack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from adapters.slack.manifest import manifest
from app.config.commands import read_names
from bot.commands import COMMANDS
from bot.errors import SettingsError
from tests.support.app_yaml import faults, read
from tests.support.cases import for_each

if TYPE_CHECKING:
    from pathlib import Path


def test_a_command_may_have_another_name_in_a_workspace(tmp_path: Path) -> None:
    names = read(tmp_path, "commands: {sessions: /ts-sessions}").command_names()
    assert (names.slash("sessions"), names.slash("logoff")) == ("/ts-sessions", "/logoff")
    made = cast("dict[str, Any]", manifest(COMMANDS, names))
    assert "/ts-sessions" in [each["command"] for each in made["features"]["slash_commands"]]


@for_each(
    ("line", "sentence"),
    [
        ("commands: {stop: /stop}", "no command"),
        ("commands: {sessions: ts}", "no slash command"),
        ("commands: {sessions: /logoff}", "two commands are called /logoff"),
        ("commands: {sessions: /Sessions}", "no slash command"),
        (f"contact: {'x' * 81}", "80 letters"),
    ],
)
def test_a_name_that_cannot_be_is_a_fault(tmp_path: Path, line: str, sentence: str) -> None:
    assert any(sentence in fault for fault in faults(tmp_path, line))


def test_the_manifest_needs_no_complete_file(tmp_path: Path) -> None:
    path = tmp_path / "app.yaml"
    assert read_names(path).slash("sessions") == "/sessions"
    path.write_text("slack: {bot_token: '${NOT_YET}'}\ncommands: {sessions: /ts-sessions}\n")
    assert read_names(path).slash("sessions") == "/ts-sessions"
    path.write_text("commands: {sessions: '/a b'}\n")
    with pytest.raises(SettingsError, match="no slash command"):
        read_names(path)


def test_the_contact_is_named_where_somebody_may_not(tmp_path: Path) -> None:
    assert read(tmp_path, 'contact: "@ts-leads"').policy().contact == "@ts-leads"
