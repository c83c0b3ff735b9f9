"""The ports to the chat. These docstrings are the specification, and `tests/contract` holds adapters to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from bot.cards.shapes import Shape

if TYPE_CHECKING:
    from bot.cards.attachment import Attachment
    from bot.cards.model import Card
    from bot.domain.people import Actor, Place
    from bot.domain.posting import MessageRef


class Chat(Protocol):
    """Messages to people. Every method raises `ChatError`.

    `shape` is how much of the card is sent. One call is one try: nothing is repeated in here.
    """

    def post(self, place: Place, card: Card, shape: Shape = Shape.WHOLE) -> MessageRef:
        """Post a new card in the place and return where it stands.

        Raises `PlaceRefused` when the bot may not post there. A channel that is shared with another organisation is one
        where the bot may not post.
        """
        ...

    def refusal(self, place: Place) -> str | None:
        """Return why a card cannot stand in the place, as a sentence; empty: it can. None: that is not known now.

        It waits for nothing and raises nothing.
        """
        ...

    def learn(self, place: Place) -> None:
        """Ask the chat about the place, so that `refusal` knows of it."""
        ...

    def post_directly(self, actor: Actor, card: Card, shape: Shape = Shape.WHOLE) -> MessageRef:
        """Post a new card in the actor's direct messages and return where it stands."""
        ...

    def redraw(self, message_ref: MessageRef, card: Card, shape: Shape = Shape.WHOLE) -> None:
        """Replace the message by this card."""
        ...

    def remove(self, message_ref: MessageRef) -> None:
        """Take the message away. One that is gone already is no error."""
        ...

    def check(self, message_ref: MessageRef) -> None:
        """Return when the message stands where people can press its buttons. Raises `ChatError` when it does not."""
        ...

    def tell(self, place: Place, actor: Actor, card: Card, shape: Shape = Shape.WHOLE) -> None:
        """Show the card to the actor alone."""
        ...

    def answer(self, request_id: str, card: Card) -> None:
        """Show the words of the card to the requester as the answer to their command.

        It needs no place and no right, and is possible a few times and for a while after the command, while the process
        lives that took it.
        """
        ...

    def reply(self, message_ref: MessageRef, names: tuple[str, ...], text: str) -> None:
        """Write a line into the card's thread. `names` are the user ids, group ids and handles that it mentions."""
        ...

    def post_in_thread(self, message_ref: MessageRef, card: Card, shape: Shape = Shape.WHOLE) -> None:
        """A message in the card's thread that calls nobody."""
        ...

    def send_file(self, actor: Actor, file: Attachment) -> None:
        """Send the file to the actor's direct messages."""
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
