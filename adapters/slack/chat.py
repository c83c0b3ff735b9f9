"""The `Chat` port on Slack's Web API: a card is posted once, then edited."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slack_sdk import WebClient
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

from adapters.slack.blocks import escape
from adapters.slack.cards import draw
from adapters.slack.faults import mapped
from bot.errors import PlaceRefused
from bot.model import Card

if TYPE_CHECKING:
    from bot.model import Actor, Place
    from bot.report import Report


def patient_client(token: str, api_url: str) -> WebClient:
    """A client that waits out rate limits. Never used before an ack: it may sleep.

    A lost answer is not tried again here: the call may have been carried out, and a card would stand there twice.
    """
    client = WebClient(token=token, base_url=api_url, timeout=10)
    client.retry_handlers = [RateLimitErrorRetryHandler(max_retry_count=2)]
    return client


class SlackChat:
    """Draws reports as messages."""

    def __init__(self, client: WebClient) -> None:
        self._client = client

    def post(self, place: Place, actor: Actor, report: Report) -> Card:
        try:
            return self._post(place.channel_id, report)
        except PlaceRefused:
            return self._post(self._direct_messages(actor), report)

    def redraw(self, card: Card, report: Report) -> None:
        drawing = draw(report)
        with mapped():
            self._client.chat_update(channel=card.channel_id, ts=card.ts, text=drawing.text, blocks=drawing.blocks)

    def tell(self, place: Place, actor: Actor, report: Report) -> None:
        drawing = draw(report)
        try:
            with mapped():
                self._client.chat_postEphemeral(
                    channel=place.channel_id, user=actor.user_id, text=drawing.text, blocks=drawing.blocks
                )
        except PlaceRefused:
            self._post(self._direct_messages(actor), report)

    def reply(self, card: Card, actor: Actor, text: str) -> None:
        with mapped():
            self._client.chat_postMessage(
                channel=card.channel_id, thread_ts=card.ts, text=f"<@{actor.user_id}> {escape(text)}"
            )

    def _post(self, channel_id: str, report: Report) -> Card:
        drawing = draw(report)
        with mapped():
            posted = self._client.chat_postMessage(
                channel=channel_id, text=drawing.text, blocks=drawing.blocks, unfurl_links=False, unfurl_media=False
            )
            return Card(channel_id=str(posted["channel"]), ts=str(posted["ts"]))

    def _direct_messages(self, actor: Actor) -> str:
        with mapped():
            opened = self._client.conversations_open(users=actor.user_id)
            return str(opened["channel"]["id"])
