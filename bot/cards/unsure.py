"""The words for a target of which the bot does not know what became, and for a host that failed as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.cards.text import bounded
from bot.domain.actions import Action, facts_of
from bot.domain.durations import short
from bot.domain.moments import said_at
from bot.domain.verdicts import Reason

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.request import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """What the words of a pending or unsure verdict say of time; None: that is not said."""

    since: timedelta | None = None  # how long ago the order left
    waited: timedelta | None = None  # how long the bot waited before it gave up
    until: datetime | None = None  # until when a later look may correct the verdict


SECOND = timedelta(seconds=1)

NOT_SAID = Times()


def in_progress(target: Target, done: str, times: Times) -> str:
    """Return the words for a target whose order has left and whose verdict is pending. `done`: `logged off`."""
    if said := _fault(target):
        return f"being {done}, not yet seen gone: {said}"
    return f"being {done}, {short(times.since)}" if times.since and times.since >= SECOND else f"being {done}"


def unreachable(target: Target) -> str:
    """Return the words for a host that took no order, with the sentence of its own fault."""
    said = _fault(target)
    return f"nothing was done: {said}" if said else "the computer could not be reached; nothing was done"


def unknown(target: Target, action: Action, *, looks_again: bool, times: Times = NOT_SAID) -> str:
    """Return the words for an order without an answer, or a session that could not be looked at afterwards."""
    leaves_trace = action is not Action.MESSAGE
    then = _next(target, times, looks_again=looks_again) if leaves_trace else "a message leaves no trace to look for"
    open_end = f"may or may not be {facts_of(action).done}; {then}"
    said = _fault(target)
    return f"{open_end}: {said}" if said else f"the answer was lost: {open_end}"


def still_closing(target: Target, *, looks_again: bool, times: Times = NOT_SAID) -> str:
    """Return the words for a session that was seen after its order, and not gone."""
    after = f" after {short(times.waited)}" if times.waited and looks_again else ""
    when = after if looks_again else " when I last saw it"
    return f"still closing{when}; {_next(target, times, looks_again=looks_again)}"


def _next(target: Target, times: Times, *, looks_again: bool) -> str:
    if not looks_again:
        return f"I have stopped looking, list {target.session.host} to see"
    return f"I look again until {said_at(times.until)}" if times.until else "I look again"


def _fault(target: Target) -> str:
    """Return the sentence of what failed at the host as a whole; empty when nothing did."""
    return bounded(target.note) if target.reason is Reason.HOST_ERROR else ""
