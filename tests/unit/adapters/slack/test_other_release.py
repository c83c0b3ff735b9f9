"""What only a newer release has in Slack, delivered to this one: answered in a clear sentence, and nothing is done."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from slack_bolt import App, BoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

from adapters.slack import other_release
from adapters.slack.one_listener import FIRST
from adapters.slack.render import draw_text
from bot.cards.wording import OTHER_RELEASE
from tests.support import builders as b
from tests.support.checkout import ROOT
from tests.support.harness import BotHarness

if TYPE_CHECKING:
    from collections.abc import Callable

TEAM, CHANNEL = "T0HOME0001", "C0OPS00001"
USER = {"id": b.ASKER.user_id, "username": "asker"}


class Client:
    """Takes what is sent to one person."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def chat_postEphemeral(self, *, text: str, **_: Any) -> None:  # noqa: N802 - Slack's name
        self.told.append(text)

    def chat_postMessage(self, *, text: str, **_: Any) -> None:  # noqa: N802 - Slack's name
        self.told.append(text)

    def conversations_open(self, **_: Any) -> dict[str, Any]:
        return {"channel": {"id": "D0ASKER"}}


@pytest.fixture
def harness() -> BotHarness:
    return BotHarness()


def answered(
    harness: BotHarness, body: dict[str, Any], known: Callable[[App], object] = lambda _: None
) -> tuple[int, dict[str, Any], list[str]]:
    """Return the ack and what the person was told beside it. `known` registers listeners of this release."""
    client = Client()
    app = App(
        client=WebClient("xoxb-1"),
        authorize=lambda: AuthorizeResult(enterprise_id=None, team_id=TEAM, bot_token="xoxb-1"),
        process_before_response=True,
        request_verification_enabled=False,
    )
    known(app)
    other_release.register(app, harness.intake, client)  # type: ignore[arg-type] # as much of it as is called
    said = {"team": {"id": TEAM}, "user": USER, "token": "none", "trigger_id": "1.1", **body}
    is_command = "command" in body
    text = urlencode(body) if is_command else urlencode({"payload": json.dumps(said)})
    response = app.dispatch(BoltRequest(body=text, mode="http"))
    return response.status, json.loads(response.body or "{}"), client.told


def test_a_command_of_another_release_is_noted_and_answered(harness: BotHarness) -> None:
    said = {"command": "/hold", "text": "comp1\nid=3", "user_id": b.ASKER.user_id, "channel_id": CHANNEL}
    status, ack, _ = answered(harness, {**said, "trigger_id": "1.1"})
    assert (status, ack["text"], ack["response_type"]) == (200, draw_text(OTHER_RELEASE), "ephemeral")
    (entry,) = harness.ledger.entries()
    assert (entry.reason_code, entry.text) == ("unknown_press", "other /hold comp1 id=3")
    assert (entry.actor, entry.channel) == (b.ASKER.user_id, CHANNEL)


@pytest.mark.parametrize(
    "body",
    [
        {
            "type": "block_actions",
            "actions": [{"type": "button", "action_id": "hold", "block_id": "b", "value": "TS-AAAAAA:2"}],
            "channel": {"id": CHANNEL},
        },
        {"type": "shortcut", "callback_id": "hold_everything"},
    ],
    ids=["button", "shortcut"],
)
def test_a_press_of_another_release_is_acked_noted_and_answered(harness: BotHarness, body: dict[str, Any]) -> None:
    status, _, told = answered(harness, body)
    assert (status, told) == (200, [draw_text(OTHER_RELEASE)])
    (entry,) = harness.ledger.entries()
    name = body.get("callback_id") or "hold TS-AAAAAA:2"
    assert (entry.reason_code, entry.text) == ("unknown_press", f"other {name}")


@pytest.mark.parametrize("field", ["a_field", ""])
def test_a_form_of_another_release_stays_open_and_says_so(harness: BotHarness, field: str) -> None:
    blocks = [{"type": "input", "block_id": field}] if field else []
    view = {"type": "modal", "callback_id": "hold", "private_metadata": "x", "blocks": blocks}
    status, ack, _ = answered(harness, {"type": "view_submission", "view": view})
    assert status == 200
    if field:
        assert (ack["response_action"], ack["errors"]) == ("errors", {field: draw_text(OTHER_RELEASE)})
    else:
        assert ack["response_action"] == "update"
        assert draw_text(OTHER_RELEASE) in json.dumps(ack["view"])
    assert [entry.reason_code for entry in harness.ledger.entries()] == ["unknown_press"]


def test_a_list_of_another_release_offers_nothing(harness: BotHarness) -> None:
    body = {"type": "block_suggestion", "action_id": "group", "block_id": "b", "value": "x"}
    assert answered(harness, body)[:2] == (200, {"options": []})


def slow(app: App) -> None:
    """Has a listener of each kind that does not ack."""
    for kind in (app.command, app.action, app.view, app.shortcut, app.options):
        kind(re.compile("^hold"), matchers=FIRST)(lambda: None)


@pytest.mark.parametrize(
    "body",
    [
        {"type": "block_actions", "actions": [{"type": "button", "action_id": "hold", "block_id": "b", "value": "v"}]},
        {"type": "shortcut", "callback_id": "hold"},
        {"type": "view_submission", "view": {"type": "modal", "callback_id": "hold", "blocks": []}},
        {"type": "block_suggestion", "action_id": "hold", "block_id": "b", "value": "x"},
    ],
    ids=lambda body: body["type"],
)
def test_what_this_release_knows_is_never_another_ones_however_late_its_ack(
    harness: BotHarness, body: dict[str, Any]
) -> None:
    status, _, told = answered(harness, body, slow)
    assert (status, told, list(harness.ledger.entries())) == (404, [], [])


def test_every_listener_of_an_envelope_has_it_alone() -> None:
    """All kinds that Slack wants an ack of with an answer. Events have one listener each."""
    calls = [
        call
        for path in sorted((ROOT / "adapters" / "slack").glob("*.py"))
        for call in re.findall(r"app\.(?:action|view|shortcut|options|command)\(.*", path.read_text("utf-8"))
    ]
    assert len(calls) > 12
    assert [call for call in calls if ", matchers=FIRST)(" not in call] == []
