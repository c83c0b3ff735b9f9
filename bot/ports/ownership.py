"""The port to the ownership of the database: one process at a time runs on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bot.errors import NotOwner


class Ownership(Protocol):
    """Whether this process owns the database. Any thread may call it, and no call waits for anything."""

    def refusal(self) -> NotOwner | None:
        """Return why this process may write and begin nothing now; None while it owns the database."""
        ...

    def compare(self, owner: str) -> None:
        """Compare with the process that took over last, as the database names it. Raises `NotOwner` for another one.

        A process that has lost its lock without noticing it writes nothing from then on.
        """
        ...
