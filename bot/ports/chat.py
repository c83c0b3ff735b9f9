"""The ports to the chat. These docstrings are the specification, and `tests/contract` holds adapters to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bot.cards.model import Card
    from bot.domain.people import Actor, Place
    from bot.domain.request import MessageRef


class Chat(Protocol):
    """Messages to people. Every method raises `ChatError`."""

    def post(self, place: Place, actor: Actor | None, card: Card) -> MessageRef:
        """Post a new card in the place and return where it stands.

        When the bot may not post there, the card goes to the actor's direct messages. Without an actor `PlaceRefused`
        is raised instead. A channel that is shared with another organisation is one where the bot may not post.
        """
        ...

    def redraw(self, message_ref: MessageRef, card: Card) -> None:
        """Replace the message by this card."""
        ...

    def tell(self, place: Place, actor: Actor, card: Card) -> None:
        """Show the card to the actor alone."""
        ...

    def reply(self, message_ref: MessageRef, names: tuple[str, ...], text: str) -> None:
        """Write a line into the card's thread. `names` are the user ids, group ids and handles that it mentions."""
        ...

    def post_in_thread(self, message_ref: MessageRef, card: Card) -> None:
        """A message in the card's thread that calls nobody."""
        ...


class ChatConnection(Protocol):
    """The connection over which commands and presses arrive. Each of them is acknowledged after it is recorded."""

    def start(self) -> None:
        """Connect, and return as soon as commands can arrive. Raises `ChatError` and `SettingsError`."""
        ...

    def take_no_more(self) -> None:
        """Keep the present connection, and do not connect again after it is lost."""
        ...

    def stop(self) -> None:
        """Take no more commands and presses, and finish those that have arrived. May be called twice."""
        ...
