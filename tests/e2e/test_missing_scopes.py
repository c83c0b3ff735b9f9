"""The bot with each scope missing in turn: it starts, names the scope with its consequence, and the rest works."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml
from structlog.testing import capture_logs

from adapters.slack.scopes import SCOPES
from app.rehearse.environment import WORKSPACE, open_stage

if TYPE_CHECKING:
    from pathlib import Path

    from adapters.slack.scopes import Scope
    from app.config.settings import Settings
    from app.rehearse.environment import Rehearsal

MANUAL = "I take commands"


def said_by_the_bot(stage: Rehearsal, place: str) -> list[str]:
    seen = stage.visitor("dana").messages()
    return [m.text for m in seen if m.channel_name == place and m.author_name == "Logoff Bot"]


def has_card(stage: Rehearsal, place: str) -> bool:
    seen = [m for m in stage.visitor("dana").messages() if MANUAL not in m.text and not m.ephemeral]
    return any(m.buttons and m.channel_name == place for m in seen)


def found(stage: Rehearsal) -> dict[str, Any]:
    """Type a command in a channel of the bot's and in one that it may not post in, and speak to the bot twice."""
    dana = stage.visitor("dana")
    is_known = dana.command("/logoff comp1 id=3").ok
    dana.command("/logoff-audit last 7d")
    dana.say(f"hello @{stage.bot_handle}")
    dana.say("hello", f"@{stage.bot_handle}")
    dana.command("/logoff comp1 id=3", "#partners")
    stage.wait_until_still()
    acked = [envelope.acked_after for envelope in stage.workspace.store.envelopes.values()]
    assert None not in acked
    stage.hang_up()  # what answers an event is said after its ack
    return {
        "commands": is_known,
        "mention": any(MANUAL in text for text in said_by_the_bot(stage, "#ops")),
        "direct": any(MANUAL in text for text in said_by_the_bot(stage, "@logoffbot")),
        "files": any(message.files for message in dana.messages()),
        "card": has_card(stage, "#ops"),
        "card elsewhere": has_card(stage, "@logoffbot"),
    }


ALL = {"commands": True, "mention": True, "direct": True, "files": True, "card": True, "card elsewhere": True}
NO_CARD = {"card": False, "card elsewhere": False}
LOST: dict[str, dict[str, bool]] = {
    "commands": {"commands": False, "files": False, **NO_CARD},
    "app_mentions:read": {"mention": False},
    "im:history": {"direct": False},
    "chat:write": {"mention": False, "direct": False, **NO_CARD},
    "chat:write.public": {},
    "im:write": {"card elsewhere": False, "files": False},
    "files:write": {"files": False},
    "usergroups:read": {"files": False, **NO_CARD},
    "users:read": {"files": False, **NO_CARD},
    "channels:read": {"card": False},  # it goes to direct messages
    "groups:read": {},
}
"""Scope -> what of `ALL` does not work without it, where the bot is a member of the channel and the channel public."""


@pytest.mark.parametrize("missing", SCOPES, ids=lambda scope: scope.name)
def test_without_a_scope_the_bot_starts_says_what_is_missing_and_loses_that_alone(
    settings: Settings, tmp_path: Path, missing: Scope
) -> None:
    file = tmp_path / "workspace.yaml"
    workspace = yaml.safe_load(WORKSPACE.read_text(encoding="utf-8"))
    workspace["app"]["scopes"].remove(missing.name)
    file.write_text(yaml.safe_dump(workspace), encoding="utf-8")
    with capture_logs() as logs, open_stage(settings, engine="double", workspace_file=file) as stage:
        assert found(stage) == ALL | LOST[missing.name]
        refused = [call for call in stage.workspace.store.calls if call.error == "missing_scope"]
    warned = [(each["scope"], each["message"]) for each in logs if each["event"] == "slack.scope_missing"]
    assert warned == [(missing.name, missing.consequence)]
    assert bool(refused) is (missing.name in ASKED_FOR)


ASKED_FOR = {"chat:write", "im:write", "files:write", "usergroups:read", "users:read", "channels:read"}
"""Scopes whose lack Slack says at a call; the others' events or commands never come, or another error is said."""


def test_with_the_scopes_of_the_manifest_no_call_is_refused(settings: Settings) -> None:
    with capture_logs() as logs, open_stage(settings, engine="double") as stage:
        assert found(stage) == ALL
        assert [call.method for call in stage.workspace.store.calls if call.error == "missing_scope"] == []
    assert [each for each in logs if each["event"] == "slack.scope_missing"] == []
