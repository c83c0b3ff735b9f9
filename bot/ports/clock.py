"""What the core needs of the world. These docstrings are the specification that `tests/contract` holds adapters to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime


class Clock(Protocol):
    def now(self) -> datetime:
        """The time, aware, UTC."""
        ...
