"""The port to the pause."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bot.domain.request import Pause


class PauseSwitch(Protocol):
    """The switch that stops new acts. Every method raises `LedgerError`."""

    def pause(self, by: str, reason: str) -> None:
        """Switch the pause on and append a `paused` entry. A second call replaces the operator and the reason."""
        ...

    def resume(self, by: str) -> None:
        """Switch the pause off and append a `resumed` entry."""
        ...

    def paused(self) -> Pause | None:
        """Return the pause with its operator, start and reason; None when it is off."""
        ...
