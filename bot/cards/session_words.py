"""A session in words and by its sign, and the list view of the only session that was found."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from bot.cards.signs import Sign
from bot.cards.text import outside
from bot.domain.durations import exactly
from bot.domain.session import IDLE_FROM, SessionState, filetime_to_datetime

if TYPE_CHECKING:
    from bot.domain.session import Session

ROW = 75
"""Letters of one row that can be ticked or picked: more are cut."""

_LEAST_OF_A_NAME, _AROUND = 20, 8
"""What stays of a name beside the longest words, and room for what stands around one that is cut."""

_LONGEST_NAME = 40
_PROTOCOLS = {0: "console", 1: "Citrix", 2: "RDP"}
"""WTSClientProtocolType."""


class Presence(StrEnum):
    """Whether somebody works in a session, by its word."""

    AT_WORK = "at work"
    UNKNOWN = "unknown"  # somebody is logged on, and nobody knows whether they work
    UNREAD = "could not be read"
    IDLE = "idle"
    LEFT = "left"
    NOBODY = "nobody"  # a service or a listener


_SIGNS = {
    Presence.AT_WORK: Sign.AT_WORK,
    Presence.UNKNOWN: Sign.UNKNOWN,
    Presence.UNREAD: Sign.UNKNOWN,
    Presence.IDLE: Sign.IDLE,
    Presence.LEFT: Sign.LEFT,
    Presence.NOBODY: Sign.NOBODY,
}
_ORDER = {Presence.AT_WORK: 0, Presence.UNKNOWN: 1, Presence.UNREAD: 1, Presence.NOBODY: 3}


def presence(session: Session) -> Presence:
    """Return whether somebody works in the session, as far as its host could tell."""
    if session.unread:
        return Presence.UNREAD
    if not session.account.user:
        return Presence.NOBODY
    if session.state is SessionState.DISCONNECTED:
        return Presence.LEFT
    if session.state is not SessionState.ACTIVE or session.idle is None:
        return Presence.UNKNOWN
    return Presence.IDLE if session.idle >= IDLE_FROM else Presence.AT_WORK


def sign_of(session: Session) -> Sign:
    """Return the sign of a session: who works there now is told apart from who left, and from what nobody knows."""
    return _SIGNS[presence(session)]


def by_presence(session: Session) -> tuple[int, timedelta, str, int]:
    """Return what orders rows: people first, of them who works now, then who may, then the idle longest last."""
    return (_ORDER.get(presence(session), 2), session.idle or timedelta(), session.host, session.id)


def label_of(session: Session, *, says_host: bool) -> str:
    """Return one session in a line that fits a button and an option, whatever its names are."""
    where = f" on {session.host}" if says_host else ""
    return f"{outside(str(session.account), _LONGEST_NAME)}, session {session.id}{where}"


def in_one_row(session: Session, rest: str) -> str:
    """Return the person and the rest as one row of a menu or a form. A long name is cut, and the rest stays whole."""
    most = max(_LEAST_OF_A_NAME, ROW - len(rest) - _AROUND)
    return f"{outside(str(session.account), most)} - {rest}"


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
