"""What a form keeps between two answers of its reader. It has no secret, and nothing in it is trusted as a right."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.domain.people import Place

PAGE = 100
"""The most sessions that a form shows at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A form for `/logoff` that is being filled in."""

    place: Place  # where the card goes; without an id for the shortcut, until the direct messages are open
    host: str = ""  # the computer that was chosen; empty: none yet
    look: str = ""  # the id of the request that looked there; empty: none did
    page: int = 0  # the page of sessions that is shown, from 0
    ticked: frozenset[int] = frozenset()  # places of sessions in the look, from 0, on every page

    def with_page(self, page: int, ticked: frozenset[int]) -> Draft:
        """Return the draft on another page. `ticked` are the places that are ticked on this one."""
        here = range(self.page * PAGE, (self.page + 1) * PAGE)
        kept = frozenset(place for place in self.ticked if place not in here)
        return replace(self, page=max(0, page), ticked=kept | {place for place in ticked if place in here})
