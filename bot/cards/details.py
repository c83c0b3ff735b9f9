"""What `--verbose` adds to a card: what Windows' own tools show, and what a host said itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.cards.text import outside
from bot.domain.session import filetime_to_datetime

if TYPE_CHECKING:
    from bot.domain.request import Target

LONGEST_WORDS = 200
"""Letters of a host's own words on a card, from their beginning and their end; the log has more of them."""
_LEFT_OUT = " ... "


def of_target(target: Target) -> str:
    """Return codes, the host's clock, and the host's own words when it did not answer the order."""
    session, clock = target.session, filetime_to_datetime(target.session.now)
    found = [
        f"state {int(session.state)}",
        f"window station {outside(session.station)}" if session.station else "",
        f"address {outside(session.address)}" if session.address else "",
        f"protocol {session.protocol}",
        f"host's clock {clock:%H:%M:%S} UTC" if clock else "",
        f"error {target.code}" if target.code else "",
        *(f"{part} not read (error {code})" for part, code in session.unread_parts),
        own_words(target.words),
    ]
    return ", ".join(part for part in found if part)


def own_words(words: str) -> str:
    """Return the words of a host that failed or refused; empty when it said nothing."""
    half = (LONGEST_WORDS - len(_LEFT_OUT)) // 2
    cut = words if len(words) <= LONGEST_WORDS else f"{words[:half]}{_LEFT_OUT}{words[-half:]}"
    return f"the computer said: {outside(cut)}" if words else ""
