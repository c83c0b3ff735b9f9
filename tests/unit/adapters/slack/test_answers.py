"""Answers to a press and to words: as a card, else as text, and never an error that nobody hears of."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.webhook import WebhookResponse
from structlog.testing import capture_logs

from adapters.slack.answers import answer_press, answer_words
from adapters.slack.render import Drawing
from tests.fakes.web_client import FakeSlack

SHOWN = Drawing(text="The card has changed.", blocks=[{"type": "divider"}])
BODY = {"user": {"id": "U0DANA"}, "channel": {"id": "C0OPS"}}


class Responds:
    """The response URL of a press: answers with this status, or fails."""

    def __init__(self, status: int = 200, error: Exception | None = None) -> None:
        self.status, self.error = status, error
        self.taken: list[dict[str, Any]] = []

    def __call__(self, **message: Any) -> WebhookResponse:
        if self.error:
            raise self.error
        self.taken.append(message)
        return WebhookResponse(url="", status_code=self.status, body="", headers={})


def test_a_press_is_answered_once_by_its_own_url() -> None:
    slack, respond = FakeSlack(), Responds()
    answer_press(respond, slack, BODY, SHOWN, replaces=True)  # type: ignore[arg-type] # as Bolt's and Slack's
    (taken,) = respond.taken
    assert (taken["text"], taken["replace_original"], slack.private) == (SHOWN.text, True, [])


@pytest.mark.parametrize("respond", [Responds(404), Responds(500), Responds(error=TimeoutError("slow"))])
def test_a_press_whose_url_is_not_taken_is_answered_in_its_channel(respond: Responds) -> None:
    slack = FakeSlack()
    answer_press(respond, slack, BODY, SHOWN, replaces=False)  # type: ignore[arg-type] # the same
    ((user, message),) = slack.private
    assert (user, message.channel, message.text, message.blocks) == ("U0DANA", "C0OPS", SHOWN.text, [])


@pytest.mark.parametrize("is_private", [True, False])
def test_words_are_answered_as_text_when_slack_does_not_take_the_card(*, is_private: bool) -> None:
    slack = FakeSlack()
    slack.refuse("chat_postMessage" if is_private else "chat_postEphemeral", "invalid_blocks", times=1)
    answer_words(slack, "C0OPS", "U0DANA", SHOWN, is_private=is_private)  # type: ignore[arg-type] # the same
    shown = [*slack.standing.values(), *(message for _, message in slack.private)]
    assert [(message.text, message.blocks) for message in shown] == [(SHOWN.text, [])]


def test_an_answer_that_goes_no_way_is_in_the_log() -> None:
    slack = FakeSlack()
    slack.refuse("chat_postEphemeral", "no_permission")
    with capture_logs() as logs:
        answer_press(Responds(500), slack, BODY, SHOWN, replaces=False)  # type: ignore[arg-type] # the same
    assert [line["event"] for line in logs] == ["answer.not_taken"] * 2
