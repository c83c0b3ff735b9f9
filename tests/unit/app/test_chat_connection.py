from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from app.chat_connection import connection_of
from app.config.settings import Slack, load
from bot.errors import SettingsError
from tests.support.checkout import ROOT

if TYPE_CHECKING:
    from bot.ports.chat import ChatConnection


def connection(**slack: Any) -> ChatConnection:
    settings = load(ROOT / "app.yaml", {}).model_copy(update={"slack": Slack(**slack)})
    parts: Any = dict.fromkeys(("intake", "wake", "asked", "keeper", "looks"))
    return connection_of(settings, **parts)


def test_the_mode_says_which_connection_there_is() -> None:
    assert type(connection()).__name__ == "SocketMode"
    assert type(connection(mode="http", signing_secret="5" * 32)).__name__ == "HttpMode"


def test_http_mode_without_its_extra_is_refused_with_the_command_that_brings_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "adapters.slack.http_mode", None)
    with pytest.raises(SettingsError, match="uv sync --locked --inexact --extra http"):
        connection(mode="http", signing_secret="5" * 32)
    assert type(connection()).__name__ == "SocketMode"
