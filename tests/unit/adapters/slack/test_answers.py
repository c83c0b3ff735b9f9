"""Answers to a press and to words: as a card, else as text, and never an error that nobody hears of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs

from adapters.slack import answers
from adapters.slack.answers import answer_sender, answer_words
from adapters.slack.render import Drawing
from bot.domain.people import Place
from bot.errors import ChatError
from bot.workflow.inputs import CommandCall
from tests.fakes.web_client import FakeSlack
from tests.support import builders as b

if TYPE_CHECKING:
    from collections.abc import Mapping

SHOWN = Drawing(text="The card has changed.", blocks=[{"type": "divider"}])
CALL = CommandCall(command="logoff", text="", actor=b.ASKER, place=Place(channel_id="C0OPS"), delivery="1")
URL = "https://hooks.example/answer"


@pytest.fixture
def posted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Mapping[str, Any]]]:
    """What response URLs were given. One that is named after an error fails with it."""
    taken: list[tuple[str, Mapping[str, Any]]] = []

    def post_to(url: str, message: Mapping[str, Any]) -> None:
        if "fails" in url:
            raise ChatError("Slack took no answer there.", retryable="later" in url)
        taken.append((url, message))

    monkeypatch.setattr(answers, "post_to", post_to)
    return taken


def test_a_press_is_answered_once_by_its_own_url(posted: list[tuple[str, Mapping[str, Any]]]) -> None:
    slack: Any = FakeSlack()
    answer_sender(slack, URL, CALL, SHOWN, replaces=True)
    ((url, taken),) = posted
    assert (url, taken["text"], taken["replace_original"], slack.private) == (URL, SHOWN.text, True, [])


@pytest.mark.usefixtures("posted")
@pytest.mark.parametrize("url", ["https://fails/", "https://fails/later", ""])
def test_a_press_whose_url_is_not_taken_is_answered_in_its_channel(url: str) -> None:
    slack: Any = FakeSlack()
    answer_sender(slack, url, CALL, SHOWN, replaces=False)
    ((user, message),) = slack.private
    assert (user, message.channel, message.text, message.blocks) == (b.ASKER.user_id, "C0OPS", SHOWN.text, [])


@pytest.mark.usefixtures("posted")
@pytest.mark.parametrize("how", ["not_in_channel", "channel_not_found", "an_error_of_tomorrow"])
def test_who_pressed_where_the_bot_may_not_post_is_answered_directly(how: str) -> None:
    slack: Any = FakeSlack()
    slack.refuse("chat_postEphemeral", how)
    answer_sender(slack, "https://fails/", CALL, SHOWN, replaces=False)
    (message,) = slack.standing.values()
    assert (message.channel, message.text) == (f"D{b.ASKER.user_id}", SHOWN.text)


@pytest.mark.parametrize("is_private", [True, False])
def test_words_are_answered_as_text_when_slack_does_not_take_the_card(*, is_private: bool) -> None:
    slack: Any = FakeSlack()
    slack.refuse("chat_postMessage" if is_private else "chat_postEphemeral", "invalid_blocks", times=1)
    answer_words(slack, "C0OPS", "U0DANA", SHOWN, is_private=is_private)
    shown = [*slack.standing.values(), *(message for _, message in slack.private)]
    assert [(message.text, message.blocks) for message in shown] == [(SHOWN.text, [])]


@pytest.mark.usefixtures("posted")
def test_an_answer_that_goes_no_way_is_in_the_log() -> None:
    slack: Any = FakeSlack()
    slack.refuse("chat_postEphemeral", "no_permission")
    with capture_logs() as logs:
        answer_sender(slack, "https://fails/", CALL, SHOWN, replaces=False)
    assert [line["event"] for line in logs] == ["answer.not_taken"] * 2
