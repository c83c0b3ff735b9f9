"""What the core needs of the world. These docstrings are the specification that `tests/contract` holds adapters to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bot.cards.model import Report
    from bot.domain.people import Actor, Place
    from bot.domain.request import Card


class Chat(Protocol):
    """Drawing reports where people read them. Raises `ChatError`."""

    def post(self, place: Place, actor: Actor | None, report: Report) -> Card:
        """A new card in the place, or in the actor's direct messages when the bot may not post there.

        Without an actor there is no other place: `PlaceRefused`. A channel shared with another organisation is none.
        """
        ...

    def redraw(self, card: Card, report: Report) -> None:
        """Replace the card by this drawing."""
        ...

    def tell(self, place: Place, actor: Actor, report: Report) -> None:
        """Show it to the actor alone."""
        ...

    def reply(self, card: Card, names: tuple[str, ...], text: str) -> None:
        """A line in the card's thread that calls these people and groups."""
        ...
