"""A session in full, in words: what `--verbose` adds to a row, and the list view of the only session that was found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.cards.text import outside
from bot.domain.durations import exactly
from bot.domain.session import filetime_to_datetime

if TYPE_CHECKING:
    from bot.domain.request import Target
    from bot.domain.session import Session

_PROTOCOLS = {0: "console", 1: "Citrix", 2: "RDP"}
"""WTSClientProtocolType."""


def details(target: Target) -> str:
    """Return what `--verbose` adds to a row, with the words of Windows, and the host's clock."""
    session = target.session
    found = [
        session.state.label,
        f"window station {outside(session.station)}" if session.station else "",
        f"address {outside(session.address)}" if session.address else "",
        f"protocol {protocol(session)}",
        f"host's clock {_time(session.now)}" if _time(session.now) else "",
        f"error {target.code}" if target.code else "",
    ]
    return ", ".join(part for part in found if part)


def protocol(session: Session) -> str:
    """Return the way in which the client is connected, in a word."""
    return _PROTOCOLS.get(session.protocol, f"number {session.protocol}")


def in_full(session: Session) -> list[tuple[str, str]]:
    """Return the names and values of the cmdlet's list view, those that are known, in its order."""
    values = [
        ("Server", session.host),
        ("SessionID", str(session.id)),
        ("State", session.state.label),
        ("UserName", outside(str(session.account)) if session.account.user else ""),
        ("IPAddress", outside(session.address)),
        ("ClientName", outside(session.client)),
        ("WindowStationName", outside(session.station)),
        ("ClientBuildNumber", str(session.build) if session.build else ""),
        ("ClientDisplay", outside(session.display)),
        ("Protocol", protocol(session)),
        ("LoginTime", _time(session.logon)),
        ("ConnectTime", _time(session.connect)),
        ("DisconnectTime", _time(session.disconnect)),
        ("LastInputTime", _time(session.input)),
        ("CurrentTime", _time(session.now)),
        ("IdleTime", exactly(session.idle) if session.idle is not None else ""),
    ]
    return [(name, value) for name, value in values if value]


def _time(ticks: int) -> str:
    """Return a time by the host's clock; empty for one that is unknown."""
    moment = filetime_to_datetime(ticks)
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment else ""
