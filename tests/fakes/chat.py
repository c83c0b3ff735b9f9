"""The `Chat` port without a chat: what was published, told and replied are the facts for assertions."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count
from threading import RLock
from typing import TYPE_CHECKING, assert_never

from bot.cards.shapes import Shape, shorter
from bot.domain.posting import MessageRef
from bot.errors import ChatError, MessageGone, PlaceRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.cards.attachment import Attachment
    from bot.cards.model import Card
    from bot.domain.people import Actor, Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one person alone was shown."""

    place: Place
    actor: Actor
    card: Card


class FakeChat:
    """`cards` holds each card's drawings from the first to the present one, `told`, `replies` and
    `in_threads` in their order.

    `known` is what `refusal` knows of channels (by default that a card can stand there), `facts` what `learn` finds.
    `answers` are the answers to commands. With `loses_replies` every line in a thread fails, and nothing else does. In
    a channel of `closed` the bot may not post.
    """

    def __init__(self) -> None:
        self._lock = RLock()
        self._error: ChatError | None = None
        self._failures = 0
        self.loses_replies = False
        self.closed: set[str] = set()
        self.known: dict[str, str | None] = {}
        self.facts: dict[str, str] = {}
        self._numbers = count(1)
        self.cards: dict[MessageRef, list[Card]] = {}
        self.answers: list[tuple[str, Card]] = []
        self.told: list[Told] = []
        self.replies: list[tuple[MessageRef, tuple[str, ...], str]] = []
        self.files: list[tuple[Actor, Attachment]] = []
        self.refuses_files = False
        self.in_threads: list[tuple[MessageRef, Card]] = []

    # The port

    def post(self, place: Place, card: Card, shape: Shape = Shape.WHOLE) -> MessageRef:
        with self._calling():
            if place.channel_id in self.closed:
                raise PlaceRefused("Slack does not let me post there.")
            return self._posted(place.channel_id, card, shape)

    def refusal(self, place: Place) -> str | None:
        return self.known.get(place.channel_id, "")

    def learn(self, place: Place) -> None:
        with self._calling():
            self.known[place.channel_id] = self.facts.get(place.channel_id, "")

    def post_directly(self, actor: Actor, card: Card, shape: Shape = Shape.WHOLE) -> MessageRef:
        with self._calling():
            return self._posted(f"D{actor.user_id}", card, shape)

    def _posted(self, channel_id: str, card: Card, shape: Shape) -> MessageRef:
        message_ref = MessageRef(channel_id=channel_id, ts=f"{next(self._numbers)}.000")
        self.cards[message_ref] = [in_shape(card, shape)]
        return message_ref

    def redraw(self, message_ref: MessageRef, card: Card, shape: Shape = Shape.WHOLE) -> None:
        with self._calling():
            self._standing(message_ref).append(in_shape(card, shape))

    def remove(self, message_ref: MessageRef) -> None:
        with self._calling():
            self.cards.pop(message_ref, None)

    def check(self, message_ref: MessageRef) -> None:
        with self._calling():
            if message_ref.channel_id in self.closed:
                raise PlaceRefused("The channel is archived.")
            self._standing(message_ref)

    def _standing(self, message_ref: MessageRef) -> list[Card]:
        if message_ref not in self.cards:
            raise MessageGone("The message is not there any more (message_not_found).")
        return self.cards[message_ref]

    def tell(self, place: Place, actor: Actor, card: Card, shape: Shape = Shape.WHOLE) -> None:
        with self._calling():
            self.told.append(Told(place=place, actor=actor, card=in_shape(card, shape)))

    def answer(self, request_id: str, card: Card) -> None:
        with self._calling():
            self.answers.append((request_id, in_shape(card, Shape.WORDS)))

    def reply(self, message_ref: MessageRef, names: tuple[str, ...], text: str) -> None:
        with self._calling():
            if self.loses_replies:
                raise ChatError("Slack cannot be reached.", retryable=True)
            self.replies.append((message_ref, names, text))

    def post_in_thread(self, message_ref: MessageRef, card: Card, shape: Shape = Shape.WHOLE) -> None:
        with self._calling():
            self.in_threads.append((message_ref, in_shape(card, shape)))

    def send_file(self, actor: Actor, file: Attachment) -> None:
        with self._calling():
            if self.refuses_files:
                raise ChatError("Slack refused the call (missing_scope).", retryable=False)
            self.files.append((actor, file))

    # What goes wrong

    def go_down(self, error: ChatError | None = None) -> None:
        """From now on every call fails, by default as when Slack cannot be reached."""
        self._error = error or ChatError("Slack cannot be reached.", retryable=True)
        self._failures = -1

    def come_back(self) -> None:
        self._error = None

    def fail_next(self, error: ChatError, times: int = 1) -> None:
        """The next calls fail so."""
        self._error, self._failures = error, times

    @contextmanager
    def _calling(self) -> Iterator[None]:
        with self._lock:
            if self._error and self._failures:
                self._failures -= 1
                raise self._error
            yield

    # What a person sees

    @property
    def shown(self) -> tuple[Card, ...]:
        """The cards as they stand now, in the order of posting."""
        return tuple(drawings[-1] for drawings in self.cards.values())


def in_shape(card: Card, shape: Shape) -> Card:
    """What is left of the card."""
    match shape:
        case Shape.WHOLE:
            return card
        case Shape.SHORT:
            return shorter(card)
        case Shape.WORDS:
            return replace(card, buttons=())
    assert_never(shape)
