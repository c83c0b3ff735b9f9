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
