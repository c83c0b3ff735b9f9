"""The switch for everything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bot.domain.request import Pause


class PauseSwitch(Protocol):
    """While it is on, nothing new is started. Every call raises `LedgerError`."""

    def pause(self, by: str, reason: str) -> None:
        """Switch it on. Recorded as `paused`; a second call replaces the reason."""
        ...

    def resume(self, by: str) -> None:
        """Switch it off. Recorded as `resumed`."""
        ...

    def paused(self) -> Pause | None:
        """Return who paused, since when and why; None when work goes on."""
        ...
