"""A session in words and by its sign, and the list view of the only session that was found."""

from __future__ import annotations

from datetime import timedelta
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

_PROTOCOLS = {0: "console", 1: "Citrix", 2: "RDP"}
"""WTSClientProtocolType."""


def sign_of(session: Session) -> Sign:
    """Return the sign of a session: who works there now is told apart from who left, and from what nobody knows."""
    if session.unread:
        return Sign.UNKNOWN
    if not session.account.user:
        return Sign.NOBODY
    if session.state is SessionState.DISCONNECTED:
        return Sign.LEFT
    if session.state is not SessionState.ACTIVE or session.idle is None:
        return Sign.UNKNOWN
    return Sign.IDLE if session.idle >= IDLE_FROM else Sign.AT_WORK


def by_presence(session: Session) -> tuple[bool, int, timedelta, int]:
    """Return what orders rows: people first, of them who works now, then who may, then the idle longest last."""
    order = {Sign.AT_WORK: 0, Sign.UNKNOWN: 1}
    is_nobody = not session.account.user and not session.unread
    return (is_nobody, order.get(sign_of(session), 2), session.idle or timedelta(), session.id)


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
