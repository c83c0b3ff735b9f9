"""The nouns of Windows: sessions, who is logged on in them, and Windows' way of telling the time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum

FILETIME_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


def filetime_to_datetime(ticks: int) -> datetime | None:
    """Windows FILETIME (100 ns since 1601, UTC), cut to microseconds; 0 means "not applicable" and gives None."""
    return FILETIME_EPOCH + timedelta(microseconds=ticks // 10) if ticks > 0 else None


class SessionState(IntEnum):
    """WTS_CONNECTSTATE_CLASS, with the names that Get-TSSession prints."""

    ACTIVE = 0
    CONNECTED = 1
    CONNECT_QUERY = 2
    SHADOWING = 3
    DISCONNECTED = 4
    IDLE = 5
    LISTENING = 6
    RESET = 7
    DOWN = 8
    INITIALIZING = 9

    @property
    def label(self) -> str:
        return "ConnectQuery" if self is SessionState.CONNECT_QUERY else self.name.capitalize()


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A Windows account as the host names it, in full length."""

    domain: str
    user: str

    def __str__(self) -> str:
        return f"{self.domain}\\{self.user}" if self.domain else self.user


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One session as a host described it at `now`. Times are FILETIME ticks by the host's own clock, 0 for none.

    `build` is that of the client's program; `display` is width x height x bits of colour, `1920x1080x32`.
    """

    host: str
    id: int
    state: SessionState
    account: Account
    station: str = ""
    client: str = ""
    address: str = ""
    protocol: int = 0
    build: int = 0
    display: str = ""
    logon: int
    connect: int = 0
    disconnect: int = 0
    input: int = 0
    now: int = 0
    error: int = 0

    @property
    def idle(self) -> timedelta | None:
        """Since the last input when Active, since the disconnect when Disconnected, else unknown: the host's clock."""
        since = {SessionState.ACTIVE: self.input, SessionState.DISCONNECTED: self.disconnect}.get(self.state, 0)
        return timedelta(microseconds=max(0, self.now - since) // 10) if since > 0 and self.now > 0 else None

    @property
    def logged_on_at(self) -> datetime | None:
        return filetime_to_datetime(self.logon)
