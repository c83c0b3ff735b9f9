"""Answers that need no request: to a press, and to words. Each has a second way when Slack refuses the first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog

from adapters.slack.errors import translate_errors
from adapters.slack.web import post_to
from bot.errors import ChatError

if TYPE_CHECKING:
    from collections.abc import Callable

    from slack_sdk import WebClient

    from adapters.slack.render import Drawing
    from bot.workflow.inputs import CommandCall, PressCall

log = structlog.get_logger()


def answer_sender(
    client: WebClient, url: str, call: PressCall | CommandCall, shown: Drawing, *, replaces: bool
) -> None:
    """Answer the sender alone: at the address that came with the press or command, else in its channel as text.

    Where the bot may not post there it writes to them directly.
    """

    def in_its_channel() -> None:
        client.chat_postEphemeral(channel=call.place.channel_id, user=call.actor.user_id, text=shown.text)

    def directly() -> None:
        opened = client.conversations_open(users=call.actor.user_id)
        client.chat_postMessage(channel=str(opened["channel"]["id"]), text=shown.text)

    by_its_url = [lambda: post_to(url, {**private(shown), "replace_original": replaces})] if url else []
    there = [in_its_channel] if call.place.channel_id else []  # a home has no channel
    _first_that_works("sender", *by_its_url, *there, directly)


def private(shown: Drawing) -> dict[str, Any]:
    """Return the message that its reader alone sees, as an ack or a response URL takes it."""
    return {"text": shown.text, "blocks": shown.blocks or None, "response_type": "ephemeral"}


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
