"""A session in words: the list view of the only session that was found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.cards.text import outside
from bot.domain.durations import exactly
from bot.domain.session import filetime_to_datetime

if TYPE_CHECKING:
    from bot.domain.session import Session

_PROTOCOLS = {0: "console", 1: "Citrix", 2: "RDP"}
"""WTSClientProtocolType."""


def protocol(session: Session) -> str:
    """Return the way in which the client is connected, in a word."""
    return _PROTOCOLS.get(session.protocol, f"number {session.protocol}")


def in_full(session: Session) -> list[tuple[str, str]]:
    """Return the names and values of the cmdlet's list view, in its order, without those that are unknown.

    What the host could not tell says why.
    """
    part = session.unread_part
    values = [
        ("Server", session.host),
        ("SessionID", str(session.id)),
        ("State", session.state.label),
        ("UserName", outside(str(session.account)) if session.account.user else session.unread),
        ("IPAddress", outside(session.address) or part("address")),
        ("ClientName", outside(session.client) or part("client")),
        ("WindowStationName", outside(session.station)),
        ("ClientBuildNumber", str(session.build) if session.build else part("build")),
        ("ClientDisplay", outside(session.display) or part("display")),
        ("Protocol", part("protocol") or protocol(session)),
        ("LoginTime", time_of(session.logon)),
        ("ConnectTime", time_of(session.connect)),
        ("DisconnectTime", time_of(session.disconnect)),
        ("LastInputTime", time_of(session.input)),
        ("CurrentTime", time_of(session.now)),
        ("IdleTime", exactly(session.idle) if session.idle is not None else ""),
    ]
    return [(name, value) for name, value in values if value]


def time_of(ticks: int) -> str:
    """Return a time by the host's clock; empty for one that is unknown."""
    moment = filetime_to_datetime(ticks)
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment else ""
