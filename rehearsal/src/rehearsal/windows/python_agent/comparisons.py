"""Whether a session is still as the card described it: the order of the comparisons is docs/agent-protocol.md's."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from rehearsal.windows.python_agent.conditions import holds, since_logon, upper
from rehearsal.windows.python_agent.request_lines import Target
from rehearsal.windows.sessions import TICKS_PER_SECOND, Session, State

_FIRST_LISTENER = 65536
_CONSOLE = "CONSOLE"
_MINUTE = 60 * TICKS_PER_SECOND
_WITHOUT_USER = {State.CONNECTED, State.CONNECT_QUERY, State.IDLE, State.LISTEN, State.INIT}


class Seen(NamedTuple):
    """A session as the agent read it, when, and the Win32 code when account or times could not be read.

    `unread` are all that could not be read, with the code of each, and `cut` counts the letters that were left out.
    """

    session: Session
    now: int
    error: int
    unread: Mapping[str, int] = MappingProxyType({})
    cut: int = 0


def compare(target: Target, seen: Seen) -> tuple[str, int, str] | None:
    """Verdict, code and why of a session that may not be touched; None when it is as the card described it."""
    session = seen.session
    if session.state is State.LISTEN or session.id >= _FIRST_LISTENER:
        return "protected", 0, "listener"
    if seen.error:
        return "refused", seen.error, "WTSQuerySessionInformationW"
    if not session.user:
        return "protected", 0, "no user"
    if session.logon == 0:
        return "protected", 0, "no logon time"
    if not is_held(target, session):
        return "changed", 0, "person"
    if target.not_at_console and upper(session.station) == _CONSOLE:
        return "protected", 0, "console"
    if not target.even_if_active and (why := _change_of_time(target, session)):
        return "changed", 0, why
    if not all(holds(condition, session, seen.now) for condition in target.conditions):
        return "changed", 0, "filter"
    return None


def _change_of_time(target: Target, session: Session) -> str:
    """How the session's time differs from what the card said of it; empty when it does not."""
    if session.state is State.ACTIVE and target.state != State.ACTIVE:
        return "came_back"
    if target.since <= 0:
        return ""
    if target.state == State.ACTIVE and session.state is State.DISCONNECTED:
        return "left"
    if session.state != target.state:
        return ""
    is_active = session.state is State.ACTIVE
    since = since_logon(session, session.input if is_active else session.disconnect)
    if since <= 0:
        return "unread"
    return "came_back" if since > target.since + (_MINUTE if is_active else 0) else ""


def _is_person(target: Target, session: Session) -> bool:
    return upper(session.user) == upper(target.user) and upper(session.domain) == upper(target.domain)


def is_held(target: Target, session: Session) -> bool:
    return _is_person(target, session) and session.logon == target.logon


def is_gone(target: Target, seen: Seen | None) -> bool:
    """What could not be read proves nothing."""
    if seen is None:
        return True
    if seen.error:
        return False
    session = seen.session
    if not session.user:
        return session.state in _WITHOUT_USER
    if not (session.domain and session.logon):
        return False
    is_another = _are_others(session.user, target.user) or _are_others(session.domain, target.domain)
    return session.logon != target.logon or is_another


def _are_others(one: str, other: str) -> bool:
    """Names prove two people where no table of letter case can make them one."""
    return bool(one and other) and one.isascii() and other.isascii() and upper(one) != upper(other)


def is_left(target: Target, seen: Seen | None) -> bool:
    return (
        seen is not None
        and not seen.error
        and seen.session.state is State.DISCONNECTED
        and is_held(target, seen.session)
    )
