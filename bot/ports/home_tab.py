"""The port to the tab that each person has with the bot. `tests/contract` holds adapters to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bot.cards.home import Home
    from bot.domain.people import Actor


class HomeTab(Protocol):
    """The tab of one person at a time. One call is one try: nothing is repeated in here."""

    def publish(self, reader: Actor, home: Home) -> None:
        """Show the home to its reader, instead of what stood there. Raises `ChatError`."""
        ...
