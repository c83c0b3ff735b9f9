"""The nouns of Windows: sessions, accounts, and times as FILETIME ticks (100 ns since 1601 UTC)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from ipaddress import ip_address

from bot.domain.letters import is_same

FILETIME_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


def is_address(name: str) -> bool:
    """Whether a computer is named by its IP address."""
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


EARLIEST = 125_911_584_000_000_000
"""FILETIME ticks of 2000-01-01."""

LATEST = 189_025_920_000_000_000
"""FILETIME ticks of 2200-01-01."""


def known_ticks(ticks: int) -> int:
    """Return the ticks, or 0 for a time that no session can have: before the year 2000, or from 2200 on.

    0 stands for "none" and for "unknown" alike: the bot concludes nothing from either.
    """
    return ticks if EARLIEST <= ticks < LATEST else 0


def filetime_to_datetime(ticks: int) -> datetime | None:
    """Return the FILETIME ticks as a time in UTC, cut to microseconds; None for a time that is unknown."""
    return FILETIME_EPOCH + timedelta(microseconds=ticks // 10) if known_ticks(ticks) else None


class SessionState(IntEnum):
    """WTS_CONNECTSTATE_CLASS, with the names that Get-TSSession prints."""

    UNKNOWN = -1  # the host said a number that this release does not know
    ACTIVE = 0  # a user is logged on and connected
    CONNECTED = 1  # a client is connected; no user is logged on
    CONNECT_QUERY = 2  # a client is about to connect
    SHADOWING = 3  # the session watches another session
    DISCONNECTED = 4  # a user is logged on; no client is connected
    IDLE = 5  # the session waits for a client
    LISTENING = 6  # a listener, which takes new connections
    RESET = 7  # the session is being reset
    DOWN = 8  # the session failed to start
    INITIALIZING = 9  # the session is starting

    @property
    def label(self) -> str:
        """The name that Get-TSSession prints: `Active`, `ConnectQuery`."""
        return "ConnectQuery" if self is SessionState.CONNECT_QUERY else self.name.capitalize()


KNOWN_STATES = tuple(state for state in SessionState if state is not SessionState.UNKNOWN)
"""The states that Windows has, which are the words of filters and of rules."""

_WITH_IDLE = (SessionState.ACTIVE, SessionState.DISCONNECTED)
"""The states in which a session of a user has an idle time."""

WITHOUT_USER = frozenset(
    {
        SessionState.CONNECTED,
        SessionState.CONNECT_QUERY,
        SessionState.IDLE,
        SessionState.LISTENING,
        SessionState.INITIALIZING,
    }
)
"""The states in which nobody is logged on. In every other one Windows may still be closing somebody's session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A Windows account as the host names it, in full length."""

    domain: str  # NetBIOS name of the domain or of the computer; empty: none
    user: str  # the account's name without its domain; empty: no user is logged on

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
        label = name.partition(".")[0]
        if is_address(name) or not label:
            return False
        return is_same(label, self.dns.partition(".")[0]) or is_same(label[:15], self.netbios)

    def is_same_as(self, other: Machine) -> bool:
        """Whether this machine is the other one, by each name that the other said; one without a name is nobody's."""
        said = [(mine, theirs) for mine, theirs in ((self.dns, other.dns), (self.netbios, other.netbios)) if theirs]
        return bool(said) and all(is_same(mine, theirs) for mine, theirs in said)


NOT_NAMED = Machine()
"""A machine that said no name."""

IDLE_FROM = timedelta(minutes=5)
"""From so long without input on, an Active session is said to be idle; below that somebody is at work."""

_ACCESS_DENIED = (5, 7045)
"""ERROR_ACCESS_DENIED and ERROR_CTX_WINSTATION_ACCESS_DENIED."""


def _not_read(code: int) -> str:
    if code in _ACCESS_DENIED:
        return "could not be read: the bot's account lacks the right Query Information on RDP-Tcp there"
    return f"could not be read: Windows answered error {code}"


_TICKS = ("logon", "connect", "disconnect", "input", "now")


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One session as a host described it. Ticks are FILETIME ticks (100 ns since 1601 UTC) by the host's clock.

    Ticks that no session can have are kept as 0, unknown: see `known_ticks`.
    """

    host: str  # the host's name in the inventory
    id: int  # the session id; 0 is the services' session, a user's are 1 to 65535
    state: SessionState  # Windows' state of the session
    account: Account  # the account that is logged on
    station: str = ""  # name of the window station: `Console`, `RDP-Tcp#3`; empty when Disconnected
    client: str = ""  # name of the client computer; empty: unknown
    address: str = ""  # address of the client computer; empty: unknown
    protocol: int = 0  # WTSClientProtocolType: 0 console, 1 Citrix, 2 RDP
    build: int = 0  # build number of the client program; 0: unknown
    display: str = ""  # width x height x bits of colour, `1920x1080x32`; empty: unknown
    logon: int  # ticks of the logon; 0: none
    connect: int = 0  # ticks of the last connect; 0: none
    disconnect: int = 0  # ticks of the last disconnect; 0: none
    input: int = 0  # ticks of the last input; 0: none
    now: int = 0  # ticks when the host described the session; 0: unknown
    error: int = 0  # Win32 code when user, domain or times could not be read; 0: all were read
    machine: Machine = NOT_NAMED  # as the host named itself
    unread_parts: tuple[tuple[str, int], ...] = ()  # what could not be read, with its Win32 code: `("client", 5)`
    cut: int = 0  # letters of its names that were left out, because no name is so long

    def __post_init__(self) -> None:
        for name in _TICKS:
            object.__setattr__(self, name, known_ticks(getattr(self, name)))

    @property
    def unread(self) -> str:
        """Why account, times or state are unknown, as a part of a sentence; empty when the host told all of them."""
        if self.error:
            return _not_read(self.error)
        return "could not be read: its state is unknown" if self.state is SessionState.UNKNOWN else ""

    def unread_part(self, part: str) -> str:
        """Why this part of it is unknown, as a part of a sentence; empty when the host told it."""
        return next((_not_read(code) for name, code in self.unread_parts if name == part), "")

    @property
    def idle(self) -> timedelta | None:
        """The idle time by the host's clock: since the last input when Active, since the disconnect when Disconnected.

        None in other states, and when a time is unknown.
        """
        since = self._since
        return timedelta(microseconds=max(0, self.now - since) // 10) if since > 0 and self.now > 0 else None

    @property
    def _since(self) -> int:
        """Ticks of the last input when Active, of the disconnect when Disconnected; 0 in other states, and unknown.

        Nobody types in a session or leaves it before the logon, so an older time is taken for that of the logon.
        """
        since = {SessionState.ACTIVE: self.input, SessionState.DISCONNECTED: self.disconnect}.get(self.state, 0)
        return max(since, self.logon) if since > 0 else 0

    @property
    def is_idle_unknown(self) -> bool:
        """Whether somebody is logged on in a state that has an idle time, and the host could not tell it."""
        return bool(self.account.user) and self.state in _WITH_IDLE and self.idle is None

    @property
    def said_since(self) -> int:
        """The time that a card says something of: FILETIME ticks by the host's clock, 0 when it says nothing.

        It is the last input where an idle time is said, and the disconnect time of a Disconnected session.
        """
        if self.idle is None:
            return 0
        return self._since if self.state is SessionState.DISCONNECTED or self.idle >= IDLE_FROM else 0

    @property
    def logged_on_at(self) -> datetime | None:
        """The time of the logon in UTC, by the host's clock; None: there is none."""
        return filetime_to_datetime(self.logon)
