"""The `Chat` port without a chat: what was published, told and replied are the facts for assertions."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from threading import RLock
from typing import TYPE_CHECKING

from bot.domain.request import MessageRef
from bot.errors import ChatError, PlaceRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

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

    With `loses_replies` every line in a thread fails, and nothing else does. In a channel of `closed` the bot may not
    post: the card goes to a direct message, if there is an actor for it.
    """

    def __init__(self) -> None:
        self._lock = RLock()
        self._error: ChatError | None = None
        self._failures = 0
        self.loses_replies = False
        self.closed: set[str] = set()
        self.cards: dict[MessageRef, list[Card]] = {}
        self.told: list[Told] = []
        self.replies: list[tuple[MessageRef, tuple[str, ...], str]] = []
        self.in_threads: list[tuple[MessageRef, Card]] = []

    # The port

    def post(self, place: Place, actor: Actor | None, card: Card) -> MessageRef:
        with self._calling():
            channel_id = place.channel_id
            if channel_id in self.closed:
                if actor is None:
                    raise PlaceRefused("Slack does not let me post there.")
                channel_id = f"D{actor.user_id}"
            message_ref = MessageRef(channel_id=channel_id, ts=f"{len(self.cards) + 1}.000")
            self.cards[message_ref] = [card]
            return message_ref

    def redraw(self, message_ref: MessageRef, card: Card) -> None:
        with self._calling():
            self.cards[message_ref].append(card)

    def tell(self, place: Place, actor: Actor, card: Card) -> None:
        with self._calling():
            self.told.append(Told(place=place, actor=actor, card=card))

    def reply(self, message_ref: MessageRef, names: tuple[str, ...], text: str) -> None:
        with self._calling():
            if self.loses_replies:
                raise ChatError("Slack cannot be reached.", retryable=True)
            self.replies.append((message_ref, names, text))

    def post_in_thread(self, message_ref: MessageRef, card: Card) -> None:
        with self._calling():
            self.in_threads.append((message_ref, card))

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
