"""What the core needs of the world. These docstrings are the specification that `tests/contract` holds adapters to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bot.cards.model import Card
    from bot.domain.people import Actor, Place
    from bot.domain.request import MessageRef


class Chat(Protocol):
    """Drawing reports where people read them. Raises `ChatError`."""

    def post(self, place: Place, actor: Actor | None, card: Card) -> MessageRef:
        """A new card in the place, or in the actor's direct messages when the bot may not post there.

        Without an actor there is no other place: `PlaceRefused`. A channel shared with another organisation is none.
        """
        ...

    def redraw(self, message_ref: MessageRef, card: Card) -> None:
        """Replace the card by this drawing."""
        ...

    def tell(self, place: Place, actor: Actor, card: Card) -> None:
        """Show it to the actor alone."""
        ...

    def reply(self, message_ref: MessageRef, names: tuple[str, ...], text: str) -> None:
        """A line in the card's thread that calls these people and groups."""
        ...

    def post_in_thread(self, message_ref: MessageRef, card: Card) -> None:
        """A message in the card's thread that calls nobody."""
        ...


class ChatConnection(Protocol):
    """Where commands and presses come in. Each is acknowledged once it is recorded."""

    def start(self) -> None:
        """Connect; returns once commands are taken. Raises `ChatError`, `SettingsError`."""
        ...

    def take_no_more(self) -> None:
        """Do not connect again once the connection is gone."""
        ...

    def stop(self) -> None:
        """Take nothing any more; what is in hand is finished. Safe to repeat."""
        ...
