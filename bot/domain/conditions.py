"""Filters on sessions. The survey compares them, and the host compares them again right before the act.

`Target.cs` compares the same way; docs/agent-protocol.md is the specification of both. A filter narrows what may be
touched, so it holds here only where every folding of letter case says so (`bot/domain/letters.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, assert_never

from bot.domain import letters
from bot.domain.session import SessionState
from bot.domain.wildcards import LONGEST_NAME, compiled

if TYPE_CHECKING:
    from bot.domain.session import Session

_EVERY = len(letters.EVERY)


class Field(StrEnum):
    """What a condition compares. The values are words of the agent's protocol."""

    USER = "user"  # `user` or `DOMAIN\user`, by pattern
    STATE = "state"  # the WTS state number, 0 to 9
    CLIENT = "client"  # the name of the client computer, by pattern
    ADDRESS = "address"  # the address of the client computer, by pattern
    STATION = "station"  # the name of the window station, by pattern
    IDLE = "idle"  # the idle time in whole seconds, by the host's clock
    LOGON = "logon"  # the logon time in FILETIME ticks (100 ns since 1601 UTC)


class Operator(StrEnum):
    """How a condition compares. The values are words of the agent's protocol."""

    LIKE = "like"  # one of the patterns matches the whole text; for user, client, address and station
    IN = "in"  # the number is one of the values; for state, and for logon
    LESS = "lt"  # less than the one value; this and the following for idle and logon
    AT_MOST = "le"  # less than the one value, or equal
    MORE = "gt"  # more than the one value
    AT_LEAST = "ge"  # more than the one value, or equal


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One filter on sessions."""

    field: Field  # what is compared
    operator: Operator  # how it is compared; `Operator` says for which fields
    values: tuple[str, ...]  # as the agent gets them: patterns, state numbers, a number of seconds, numbers of ticks

    def holds_for(self, session: Session) -> bool:
        """Return whether the session meets the condition. An unknown idle or logon time never does."""
        match self.operator:
            case Operator.LIKE:
                return any(_is_like_one_of(self.values, text) for text in self._texts(session))
            case Operator.IN:
                number = self._number(session) if self.field is Field.LOGON else int(session.state)
                return str(number) in self.values
            case _:
                number = self._number(session)
                return number is not None and _compare(self.operator, number, int(self.values[0]))

    def is_open_for(self, session: Session) -> bool:
        """Return whether nobody can say if the session meets the condition, because the host could not tell it.

        An error hides the account and the times together; client and address are read apart. A user's time that is
        unknown is an open question; where nobody is logged on there is none.
        """
        has_user = bool(session.account.user)
        match self.field:
            case Field.USER:
                return bool(session.error)
            case Field.LOGON:
                return bool(session.error) or (has_user and not session.logon)
            case Field.STATE:
                return session.state is SessionState.UNKNOWN
            case Field.IDLE:
                return bool(session.unread) or session.is_idle_unknown
            case Field.CLIENT | Field.ADDRESS:
                return bool(session.unread_part(self.field.value))
            case Field.STATION:
                return False
            case _:
                assert_never(self.field)

    def _texts(self, session: Session) -> tuple[str, ...]:
        return {
            Field.USER: (session.account.user, str(session.account)),
            Field.CLIENT: (session.client,),
            Field.ADDRESS: (session.address,),
            Field.STATION: (session.station,),
        }[self.field]

    def _number(self, session: Session) -> int | None:
        if self.field is Field.LOGON:
            return session.logon or None
        return None if session.idle is None else int(session.idle.total_seconds())


def _compare(operator: Operator, left: int, right: int) -> bool:
    return {
        Operator.LESS: left < right,
        Operator.AT_MOST: left <= right,
        Operator.MORE: left > right,
        Operator.AT_LEAST: left >= right,
    }[operator]


def is_like(pattern: str, text: str) -> bool:
    """Return whether the pattern matches the whole text in every folding of letter case: for permissions.

    `*` matches any number of characters, `?` exactly one. A longer text than any name of Windows matches `*` alone.
    """
    if pattern == "*":
        return True
    if len(text) > LONGEST_NAME:
        return False
    if pattern.isascii() and text.isascii():
        return compiled(pattern.upper()).fits(text.upper())
    return all(map(_fits, _folded(pattern)[:_EVERY], _folded(text)[:_EVERY]))


def may_be_like(pattern: str, text: str) -> bool:
    """Return whether the pattern matches in one folding of letter case: for protections.

    A longer text than any name of Windows is protected by every pattern: nobody can be sure whose it is.
    """
    if len(text) > LONGEST_NAME:
        return True
    if pattern.isascii() and text.isascii():
        return compiled(pattern.upper()).fits(text.upper())
    return any(map(_fits, _folded(pattern), _folded(text)))


def _is_like_one_of(patterns: tuple[str, ...], text: str) -> bool:
    """Return whether one of the patterns matches. Plain names are looked up, so a hundred cost no more than one."""
    if not text.isascii() or len(text) > LONGEST_NAME:
        return any(is_like(pattern, text) for pattern in patterns)
    names, others = _parted(patterns)
    return text.upper() in names or any(is_like(pattern, text) for pattern in others)


@lru_cache(maxsize=256)
def _parted(patterns: tuple[str, ...]) -> tuple[frozenset[str], tuple[str, ...]]:
    """Return the names in ASCII among the patterns, in capitals, and all others as they are."""
    others = tuple(each for each in patterns if "*" in each or "?" in each or not each.isascii())
    return frozenset(each.upper() for each in patterns if each not in others), others


def _fits(pattern: str, text: str) -> bool:
    return compiled(pattern).fits(text)


@lru_cache(maxsize=4096)
def _folded(text: str) -> tuple[str, ...]:
    """Return the text in each folding, those of `letters.EVERY` first."""
    return tuple(folding(text) for folding in letters.ANY)


@dataclass(frozen=True, slots=True)
class Ids:
    """Session ids as typed, single ones and ranges."""

    ranges: tuple[tuple[int, int], ...] = ()  # lowest and highest id, both included, 0 to 65535; empty: no id named

    def __contains__(self, session_id: object) -> bool:
        return isinstance(session_id, int) and any(low <= session_id <= high for low, high in self.ranges)

    def __bool__(self) -> bool:
        return bool(self.ranges)

    @property
    def count(self) -> int:
        """How many ids these are; one that is named twice counts twice."""
        return sum(high - low + 1 for low, high in self.ranges)

    def __str__(self) -> str:
        return ",".join(str(low) if low == high else f"{low}-{high}" for low, high in self.ranges)
