"""The `Chat` port on Slack's Web API. A card is posted once and then edited."""

from __future__ import annotations

import math
import time
from datetime import timedelta
from typing import TYPE_CHECKING

from adapters.slack.errors import translate_errors
from adapters.slack.render import Drawing, draw, draw_reply
from adapters.slack.web import SlackWeb
from bot.domain.request import MessageRef
from bot.errors import PlaceRefused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from slack_sdk import WebClient

    from bot.cards.model import Card
    from bot.domain.people import Actor, Place


SHARED_GOOD_FOR = timedelta(minutes=10)
"""How long the answer counts that a channel is, or is not, shared with another organisation."""


def patient_client(token: str, api_url: str) -> WebClient:
    """Return a client with a time-out of 10 seconds and without retries. It must not be used before an ack.

    A retry after a rate limit would sleep, and the step would sleep with it; the error says when to try again. A retry
    after a lost answer could post a card twice.
    """
    return SlackWeb(token=token, base_url=api_url, retries=False)


class SlackChat:
    """Posts cards as messages. `group_ids` has the ids of user groups by handle; the directory keeps it up to date."""

    def __init__(self, client: WebClient, group_ids: Mapping[str, str]) -> None:
        self._client, self._group_ids = client, group_ids
        self._shared: dict[str, tuple[bool, float]] = {}

    def post(self, place: Place, actor: Actor | None, card: Card) -> MessageRef:
        try:
            self._refuse_shared(place.channel_id)
            return self._post(place.channel_id, self._draw(card))
        except PlaceRefused:
            if actor is None:
                raise
            return self._post(self._direct_messages(actor), self._draw(card))

    def redraw(self, message_ref: MessageRef, card: Card) -> None:
        slack_message = self._draw(card)
        with translate_errors():
            self._client.chat_update(
                channel=message_ref.channel_id, ts=message_ref.ts, text=slack_message.text, blocks=slack_message.blocks
            )

    def tell(self, place: Place, actor: Actor, card: Card) -> None:
        slack_message = self._draw(card)
        try:
            with translate_errors():
                self._client.chat_postEphemeral(
                    channel=place.channel_id, user=actor.user_id, text=slack_message.text, blocks=slack_message.blocks
                )
        except PlaceRefused:
            self._post(self._direct_messages(actor), slack_message)

    def reply(self, message_ref: MessageRef, names: tuple[str, ...], text: str) -> None:
        self._post(message_ref.channel_id, draw_reply(names, text, self._group_ids), message_ref.ts)

    def post_in_thread(self, message_ref: MessageRef, card: Card) -> None:
        self._post(message_ref.channel_id, self._draw(card), message_ref.ts)

    def _draw(self, card: Card) -> Drawing:
        return draw(card, self._group_ids)

    def _post(self, channel_id: str, slack_message: Drawing, thread_ts: str | None = None) -> MessageRef:
        with translate_errors():
            posted = self._client.chat_postMessage(
                channel=channel_id,
                thread_ts=thread_ts,
                text=slack_message.text,
                blocks=slack_message.blocks,
                unfurl_links=False,
                unfurl_media=False,
            )
            return MessageRef(channel_id=str(posted["channel"]), ts=str(posted["ts"]))

    def _refuse_shared(self, channel_id: str) -> None:
        """Raise `PlaceRefused` for a channel that people of another organisation can read.

        Slack is asked again after `SHARED_GOOD_FOR`, because a channel may be shared later.
        """
        if channel_id.startswith("D"):
            return  # direct messages between two people; asking about them needs a scope that nothing else needs
        is_shared, asked_at = self._shared.get(channel_id, (False, -math.inf))
        if time.monotonic() - asked_at > SHARED_GOOD_FOR.total_seconds():
            with translate_errors():
                channel = self._client.conversations_info(channel=channel_id)["channel"]
            is_shared = bool(channel.get("is_ext_shared") or channel.get("is_pending_ext_shared"))
            self._shared[channel_id] = (is_shared, time.monotonic())
        if is_shared:
            raise PlaceRefused("This channel is shared with another organisation.")

    def _direct_messages(self, actor: Actor) -> str:
        with translate_errors():
            opened = self._client.conversations_open(users=actor.user_id)
            return str(opened["channel"]["id"])
