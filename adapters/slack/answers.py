"""Answers that need no request: to a press, and to words. Each has a second way when Slack refuses the first."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import structlog

from adapters.slack.errors import translate_errors
from bot.errors import ChatError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from slack_bolt import Respond
    from slack_sdk import WebClient

    from adapters.slack.render import Drawing

log = structlog.get_logger()


def answer_press(
    respond: Respond, client: WebClient, body: Mapping[str, Any], shown: Drawing, *, replaces: bool
) -> None:
    """Answer the presser alone: by the press's own URL, else in its channel as text."""
    channel, user = str((body.get("channel") or {}).get("id") or ""), str(body["user"]["id"])

    def by_its_url() -> None:
        answered = respond(
            text=shown.text, blocks=shown.blocks or None, response_type="ephemeral", replace_original=replaces
        )
        if answered.status_code != HTTPStatus.OK:
            raise ChatError(f"Slack took no answer to the press ({answered.status_code}).", retryable=False)

    def in_its_channel() -> None:
        client.chat_postEphemeral(channel=channel, user=user, text=shown.text)

    _first_that_works("press", by_its_url, in_its_channel)


def answer_words(client: WebClient, channel: str, user: str, shown: Drawing, *, is_private: bool) -> None:
    """Answer a direct message there, and a mention for its writer alone: as a card, else as text."""

    def say(blocks: list[dict[str, object]] | None) -> None:
        if is_private:
            client.chat_postMessage(channel=channel, text=shown.text, blocks=blocks)
        else:
            client.chat_postEphemeral(channel=channel, user=user, text=shown.text, blocks=blocks)

    _first_that_works("words", lambda: say(shown.blocks), lambda: say(None))


def _first_that_works(what: str, *ways: Callable[[], object]) -> None:
    for way in ways:
        try:
            with translate_errors():
                way()
        except ChatError as error:
            log.warning("answer.not_taken", what=what, message=error.message)
        else:
            return
