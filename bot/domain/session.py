"""The nouns of Windows: sessions, who is logged on in them, and Windows' way of telling the time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from ipaddress import ip_address

FILETIME_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


def is_address(name: str) -> bool:
    """Whether a computer is named by its IP address."""
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


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
class Machine:
    """The Windows host as it names itself; empty where it said nothing."""

    dns: str = ""  # DNS host name, up to 63 characters, without a domain: Dns.GetHostName
    netbios: str = ""  # NetBIOS name, up to 15 characters: Environment.MachineName

    def fits(self, name: str) -> bool:
        """Whether a configured name is this host's own; an address is none.

        Its first label equals the DNS host name, or its first 15 characters equal the NetBIOS name, letter case aside.
        """
        label = name.partition(".")[0].lower()
        if is_address(name) or not label:
            return False
        return label == self.dns.partition(".")[0].lower() or label[:15] == self.netbios.lower()

    def is_same_as(self, other: Machine) -> bool:
        """Whether both are one machine. A machine that named itself by nothing is no other's."""
        if not (self.dns or self.netbios):
            return False
        return (self.dns.lower(), self.netbios.lower()) == (other.dns.lower(), other.netbios.lower())


NOT_NAMED = Machine()
"""A machine that said no name."""

IDLE_FROM = timedelta(minutes=5)
"""From so long without input on, an Active session is said to be idle; below that somebody is at work."""


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
    machine: Machine = NOT_NAMED

    @property
    def idle(self) -> timedelta | None:
        """Since the last input when Active, since the disconnect when Disconnected, else unknown: the host's clock."""
        since = {SessionState.ACTIVE: self.input, SessionState.DISCONNECTED: self.disconnect}.get(self.state, 0)
        return timedelta(microseconds=max(0, self.now - since) // 10) if since > 0 and self.now > 0 else None

    @property
    def said_since(self) -> int:
        """The time that a card says something of: FILETIME ticks by the host's clock, 0 when it says nothing.

        It is the last input where an idle time is said, and the disconnect time of a Disconnected session.
        """
        if self.idle is None:
            return 0
        if self.state is SessionState.DISCONNECTED:
            return self.disconnect
        return self.input if self.idle >= IDLE_FROM else 0

    @property
    def logged_on_at(self) -> datetime | None:
        return filetime_to_datetime(self.logon)
