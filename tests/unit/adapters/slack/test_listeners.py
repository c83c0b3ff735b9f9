"""What a person reads when a listener fails."""

from __future__ import annotations

import json

from structlog.testing import capture_logs

from adapters.slack.listeners import on_error


def test_a_listener_that_fails_says_where_to_look_and_names_the_failure_in_the_log() -> None:
    with capture_logs() as logs:
        response = on_error(RuntimeError("secret of the database"), {"type": "block_actions"})
    (failure,) = logs
    text = json.loads(response.body)["text"]
    assert (response.status, failure["event"]) == (200, "listener.failed")
    assert failure["reference"] in text
    assert "Look at the card" in text
    assert "secret" not in text
    assert "recorded" not in text
