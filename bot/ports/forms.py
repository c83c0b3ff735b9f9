"""The port to the forms that people have open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bot.domain.request import Request


class Forms(Protocol):
    """Forms that wait for a look at a host. Only the process that opened a form knows it."""

    def show(self, request: Request) -> bool:
        """Show in its form what the look found. Return whether that is all: the request then needs no card.

        It is False for a request that no form waits for, and for a form that the chat would not redraw. It does not
        raise.
        """
        ...
