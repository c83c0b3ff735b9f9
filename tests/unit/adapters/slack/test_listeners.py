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


def test_a_form_whose_listener_fails_stays_open_and_says_so_at_its_first_field() -> None:
    blocks = [{"type": "section", "block_id": "note"}, {"type": "input", "block_id": "form_host"}]
    body = {"type": "view_submission", "view": {"blocks": blocks}}
    response = on_error(RuntimeError("secret"), body, BoltContext())
    assert response
    said = json.loads(response.body)
    assert (said["response_action"], list(said["errors"])) == ("errors", ["form_host"])
    assert "Reference" in said["errors"]["form_host"]
    assert "secret" not in response.body
