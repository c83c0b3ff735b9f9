"""The port to the clock. These docstrings are the specification, and `tests/contract` holds adapters to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime


class Clock(Protocol):
    """The bot's clock."""

    def now(self) -> datetime:
        """Return the present time as an aware value in UTC."""
        ...
