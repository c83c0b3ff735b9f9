"""What a person reads when a listener fails, and when a form does not open."""

from __future__ import annotations

import json
from typing import Any

import pytest
from slack_bolt import BoltContext
from structlog.testing import capture_logs

from adapters.slack.listeners import on_error


def test_a_listener_that_fails_says_where_to_look_and_names_the_failure_in_the_log() -> None:
    with capture_logs() as logs:
        response = on_error(RuntimeError("secret of the database"), {"command": "/logoff"}, BoltContext())
    (failure,) = logs
    assert response
    text = json.loads(response.body)["text"]
    assert (response.status, failure["event"]) == (200, "listener.failed")
    assert failure["reference"] in text
    assert "Look at the card" in text
    assert "secret" not in text
    assert "recorded" not in text


@pytest.mark.parametrize("body", [{"type": "block_actions"}, {"type": "block_actions", "response_url": "file:///etc"}])
def test_a_listener_that_fails_after_its_ack_changes_no_ack(body: dict[str, Any]) -> None:
    context = BoltContext()
    context.ack()
    assert on_error(RuntimeError("late"), body, context) is None
