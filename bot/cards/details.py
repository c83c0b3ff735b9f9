"""What `--verbose` adds to a card: more of each session, and what a host said itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.cards.session_words import protocol, time_of
from bot.cards.text import outside

if TYPE_CHECKING:
    from bot.domain.request import Target
    from bot.domain.session import Session

LONGEST_WORDS = 200
"""Letters of a host's own words on a card, from their beginning and their end; the log has more of them."""
_LEFT_OUT = " ... "


def of_target(target: Target) -> str:
    """Return the session in the words of Windows, codes, and the host's own words when it did not answer the order."""
    session, clock = target.session, time_of(target.session.now)
    found = [
        session.state.label,
        f"window station {outside(session.station)}" if session.station else "",
        f"address {outside(session.address)}" if session.address else "",
        f"protocol {protocol(session)}",
        f"host's clock {clock}" if clock else "",
        f"error {target.code}" if target.code else "",
        *not_read(session),
        own_words(target.words),
    ]
    return ", ".join(part for part in found if part)


def not_read(session: Session) -> list[str]:
    """Return what of the session the host could not tell, with the codes of Windows."""
    return [f"{part} not read (error {code})" for part, code in session.unread_parts]


def own_words(words: str) -> str:
    """Return the words of a host that failed or refused; empty when it said nothing."""
    half = (LONGEST_WORDS - len(_LEFT_OUT)) // 2
    cut = words if len(words) <= LONGEST_WORDS else f"{words[:half]}{_LEFT_OUT}{words[-half:]}"
    return f"the computer said: {outside(cut)}" if words else ""
