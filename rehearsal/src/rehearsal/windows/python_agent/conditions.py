"""The conditions of a target: docs/agent-protocol.md, the table below "Request lines"."""

import operator
from collections.abc import Callable

from rehearsal.windows.python_agent.request_lines import Condition
from rehearsal.windows.sessions import ALWAYS_NOW, TICKS_PER_SECOND, Session, State

_COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}


def holds(condition: Condition, session: Session, now: int) -> bool:
    match condition.field:
        case "state":
            return str(int(session.state)) in condition.values
        case "idle":
            return _compares(condition, idle_seconds(session, now))
        case "logon" if condition.operator == "in":
            return session.logon > 0 and session.logon in map(int, condition.values)
        case "logon":
            return _compares(condition, session.logon or None)
        case _:
            return any(is_like(text, each) for text in _texts(condition.field, session) for each in condition.values)


def _compares(condition: Condition, seen: int | None) -> bool:
    """Compares with the last value, if there are several. An unknown value never matches."""
    return seen is not None and _COMPARISONS[condition.operator](seen, int(condition.values[-1]))


def idle_seconds(session: Session, now: int) -> int | None:
    """By the host's clock; None where Windows cannot know."""
    match session.state:
        case State.ACTIVE:
            since = last_input(session, now)
        case State.DISCONNECTED:
            since = session.disconnect
        case _:
            since = 0
    since = since_logon(session, since)
    return max(0, now - since) // TICKS_PER_SECOND if since > 0 and now > 0 else None


def since_logon(session: Session, ticks: int) -> int:
    """A last input or a disconnect before the logon is taken for the time of the logon; 0 is unknown."""
    return max(ticks, session.logon) if ticks > 0 else 0


def last_input(session: Session, now: int) -> int:
    return now if session.input == ALWAYS_NOW else session.input


def is_like(text: str, pattern: str) -> bool:
    """`*` and `?` over the whole text, letter case ignored. One pass: the bits of a number are all ways at once."""
    units = [[""]]
    for sign in upper(pattern):
        if sign == "*":
            units[-1].append("*")
        else:
            units.append([sign])
    stays = sum(1 << at for at, unit in enumerate(units) if "*" in unit)
    takes = {sign: sum(1 << at for at, unit in enumerate(units) if unit[0] in (sign, "?")) for sign in upper(text)}
    ways = 1
    for sign in upper(text):
        ways = ((ways << 1) & takes[sign]) | (ways & stays)
    return bool(ways >> (len(units) - 1) & 1)


def upper(text: str) -> str:
    """Character by character, as String.ToUpperInvariant: nothing becomes longer (no SS for sharp s)."""
    return "".join(big if len(big := sign.upper()) == 1 else sign for sign in text)


def _texts(name: str, session: Session) -> tuple[str, ...]:
    if name == "user":
        return session.user, session.account
    value: str = getattr(session, name)
    return (value,)
