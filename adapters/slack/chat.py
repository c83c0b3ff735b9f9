"""The `Chat` port on Slack's Web API. A card is posted once and then edited."""

from __future__ import annotations

import math
import time
from contextlib import contextmanager, nullcontext, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any, assert_never

from adapters.slack.errors import translate_errors
from adapters.slack.render import Drawing, draw, draw_reply, draw_words
from adapters.slack.response_urls import ResponseUrls
from adapters.slack.uploads import upload
from adapters.slack.web import SlackWeb
from bot.cards.shapes import Shape, shorter
from bot.domain.posting import MessageRef
from bot.errors import ChatError, MessageGone, PlaceRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from slack_sdk import WebClient

    from bot.cards.attachment import Attachment
    from bot.cards.model import Card
    from bot.domain.people import Actor, Place


SHARED_GOOD_FOR = timedelta(minutes=10)
"""How long the answer counts that a channel is, or is not, shared with another organisation."""

STANDS_GOOD_FOR = timedelta(seconds=25)
"""How long the answer counts that a channel is there, for the cards that wait in it."""

SHARED = "This channel is shared with another organisation."

_NOT_ASKED: tuple[dict[str, Any], float] = ({}, -math.inf)

PATIENCE = 30
"""Seconds until a call counts as unanswered. Slack may be slow, and a card whose answer is lost has to be repeated."""


def patient_client(token: str, api_url: str) -> WebClient:
    """Return a client with a time-out of 30 seconds and without retries. It must not be used before an ack.

    A retry after a rate limit would sleep, and the step would sleep with it; the error says when to try again. A retry
    after a lost answer could post a card twice.
    """
    return SlackWeb(token=token, base_url=api_url, timeout=PATIENCE, retries=False)


class SlackChat:
    """Posts cards as messages. `group_ids` has the ids of user groups by handle; the directory keeps it up to date."""

    def __init__(
        self,
        client: WebClient,
        group_ids: Mapping[str, str],
        urls: ResponseUrls | None = None,
        away: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        """`away` is entered while a caller only waits for Slack."""
        self._client, self._group_ids, self._away = client, group_ids, away
        self._urls = urls or ResponseUrls()
        self._channels: dict[str, tuple[dict[str, Any], float]] = {}
        self._closed: set[str] = set()  # ids of the channels that did not take the last card
        self._direct: set[str] = set()  # ids of direct messages in which the bot has posted

    def post(self, place: Place, card: Card, shape: Shape = Shape.WHOLE) -> MessageRef:
        try:
            self._refuse_shared(place.channel_id)
            posted = self._post(place.channel_id, self._draw(card, shape))
        except PlaceRefused:
            self._closed.add(place.channel_id)
            raise
        self._closed.discard(place.channel_id)
        return self._noted(posted)

    def refusal(self, place: Place) -> str | None:
        """A channel that did not take the last card is not known: the next try finds out.

        Nor are direct messages that took none yet: they may be those of two other people.
        """
        if place.channel_id.startswith("D"):
            return "" if place.channel_id in self._direct else None
        known, asked_at = self._channels.get(place.channel_id, _NOT_ASKED)
        if time.monotonic() - asked_at > SHARED_GOOD_FOR.total_seconds():
            return None
        return SHARED if _is_shared(known) else (None if place.channel_id in self._closed else "")

    def _noted(self, posted: MessageRef) -> MessageRef:
        """Keep that these direct messages are the bot's own."""
        if posted.channel_id.startswith("D"):
            self._direct.add(posted.channel_id)
        return posted

    def learn(self, place: Place) -> None:
        self._channel(place.channel_id, SHARED_GOOD_FOR)

    def post_directly(self, actor: Actor, card: Card, shape: Shape = Shape.WHOLE) -> MessageRef:
        return self._noted(self._post(self._direct_messages(actor), self._draw(card, shape)))

    def redraw(self, message_ref: MessageRef, card: Card, shape: Shape = Shape.WHOLE) -> None:
        drawn = self._draw(card, shape)
        with self._calling():
            self._client.chat_update(
                channel=message_ref.channel_id, ts=message_ref.ts, text=drawn.text, blocks=drawn.blocks or None
            )

    def remove(self, message_ref: MessageRef) -> None:
        with suppress(MessageGone), self._calling():
            self._client.chat_delete(channel=message_ref.channel_id, ts=message_ref.ts)

    def check(self, message_ref: MessageRef) -> None:
        self._refuse_archived(message_ref.channel_id)
        with self._calling():
            self._client.chat_getPermalink(channel=message_ref.channel_id, message_ts=message_ref.ts)

    def tell(self, place: Place, actor: Actor, card: Card, shape: Shape = Shape.WHOLE) -> None:
        drawn = self._draw(card, shape)
        with self._calling():
            self._client.chat_postEphemeral(
                channel=place.channel_id, user=actor.user_id, text=drawn.text, blocks=drawn.blocks or None
            )

    def answer(self, request_id: str, card: Card) -> None:
        text = draw_words(card, self._group_ids).text
        with self._away():
            self._urls.answer(request_id, text)

    def reply(self, message_ref: MessageRef, names: tuple[str, ...], text: str) -> None:
        self._post(message_ref.channel_id, draw_reply(names, text, self._group_ids), message_ref.ts)

    def post_in_thread(self, message_ref: MessageRef, card: Card, shape: Shape = Shape.WHOLE) -> None:
        self._post(message_ref.channel_id, self._draw(card, shape), message_ref.ts)

    def send_file(self, actor: Actor, file: Attachment) -> None:
        with self._calling():
            upload(self._client, self._direct_messages(actor), file)

    @contextmanager
    def _calling(self) -> Iterator[None]:
        with self._away(), translate_errors():
            yield

    def _draw(self, card: Card, shape: Shape) -> Drawing:
        match shape:
            case Shape.WHOLE:
                return draw(card, self._group_ids)
            case Shape.SHORT:
                return draw(shorter(card), self._group_ids)
            case Shape.WORDS:
                return draw_words(card, self._group_ids)
        assert_never(shape)

    def _post(self, channel_id: str, drawn: Drawing, thread_ts: str | None = None) -> MessageRef:
        with self._calling():
            posted = self._client.chat_postMessage(
                channel=channel_id,
                thread_ts=thread_ts,
                text=drawn.text,
                blocks=drawn.blocks or None,
                unfurl_links=False,
                unfurl_media=False,
            )
            return MessageRef(channel_id=str(posted["channel"]), ts=str(posted["ts"]))

    def _refuse_shared(self, channel_id: str) -> None:
        """Raise `PlaceRefused` for a channel that people of another organisation can read.

        Slack is asked again after `SHARED_GOOD_FOR`, because a channel may be shared later.
        """
        if _is_shared(self._channel(channel_id, SHARED_GOOD_FOR)):
            raise PlaceRefused(SHARED)

    def _refuse_archived(self, channel_id: str) -> None:
        if self._channel(channel_id, STANDS_GOOD_FOR).get("is_archived"):
            self._channels.pop(channel_id, None)
            raise PlaceRefused("The channel is archived.")

    def _channel(self, channel_id: str, good_for: timedelta) -> dict[str, Any]:
        """Return what Slack says of the channel. What it cannot say of this one refuses this one alone."""
        if channel_id.startswith("D"):
            return {}  # direct messages between two people; asking about them needs a scope that nothing else needs
        known, asked_at = self._channels.get(channel_id, _NOT_ASKED)
        if time.monotonic() - asked_at > good_for.total_seconds():
            try:
                with self._calling():
                    known = dict(self._client.conversations_info(channel=channel_id)["channel"])
            except ChatError as error:
                raise _about_the_channel(error) from error
            self._channels[channel_id] = (known, time.monotonic())
        return known

    def _direct_messages(self, actor: Actor) -> str:
        try:
            with self._calling():
                opened = self._client.conversations_open(users=actor.user_id)
                return str(opened["channel"]["id"])
        except ChatError as error:
            error.may_stand = False  # nothing was posted yet
            raise


def _is_shared(channel: Mapping[str, Any]) -> bool:
    return bool(channel.get("is_ext_shared") or channel.get("is_pending_ext_shared"))


def _about_the_channel(error: ChatError) -> ChatError:
    """Return the error of a question about a channel: nothing was posted, and another place may do."""
    if not error.retryable and not isinstance(error, PlaceRefused):
        return PlaceRefused(error.message)
    error.may_stand = False
    return error
