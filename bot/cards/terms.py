"""What a command widens or loosens beyond the names on its card, and what it named that is not there."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot.cards.text import bounded, outside
from bot.cards.wording import LONGEST_TEXT, count
from bot.domain.actions import Action, facts_of
from bot.domain.ask import Choice
from bot.domain.conditions import Condition, Field, Operator
from bot.domain.durations import exactly, typed
from bot.domain.request import Ending, State
from bot.domain.session import SessionState, filetime_to_datetime

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.domain.ask import Ask
    from bot.domain.request import Request

MOST_LINES = 10
_NAMES = {Field.ADDRESS: "ip", Field.STATION: "session"}
"""Filters that are typed by another name than the field has."""
_SIGNS = {
    Operator.LIKE: "=",
    Operator.IN: "=",
    Operator.LESS: "<",
    Operator.AT_MOST: "<=",
    Operator.MORE: ">",
    Operator.AT_LEAST: ">=",
}
_GOES = {Action.LOG_OFF: ("go", "gone"), Action.DISCONNECT: ("disconnect", "disconnected")}
_NEVER_BEGAN = (Ending.REFUSED, Ending.DENIED, Ending.CANCELLED, Ending.NOTHING_TO_DO, Ending.ANSWERED)
_YOUR_TEXT = "Your text is not sent: no rule lets you send messages. The bot's own warning is."


def terms_of(request: Request) -> Iterator[str]:
    """One sentence for each switch that reaches further than the names: nobody has to say yes to what is not there."""
    ask = request.ask
    is_unasked = not request.targets or ask.choice is Choice.NONE or request.ending in _NEVER_BEGAN
    if facts_of(request.action).only_reads or is_unasked:
        return
    is_over = request.state is State.ENDED and request.ending is not Ending.WHATIF
    if ask.even_if_active and request.action in _GOES:
        yield (
            "Nobody was spared for having come back to work (--even-if-active)."
            if is_over
            else "Also if somebody came back to work since (--even-if-active)."
        )
    if ask.stop_on_error:
        yield "One computer after the other; no further one after the first error (--stop-on-error)."
    if ask.conditions:
        filters = outside(", ".join(map(in_words, ask.conditions)), LONGEST_TEXT)
        yield (
            f"Only sessions that still matched {filters} when it happened."
            if is_over
            else f"Only sessions that still match {filters} when it happens."
        )
    if request.action is Action.MESSAGE:
        yield from _message(ask, is_over=is_over)
    if request.action in _GOES:
        yield _waiting(request.action, ask.wait, is_over=is_over)
    yield from _warning(request)


def _message(ask: Ask, *, is_over: bool) -> Iterator[str]:
    """What people read."""
    title = f", under the title {outside(ask.caption, LONGEST_TEXT)}" if ask.caption else ""
    yield f"The message{' was' if is_over else ''}{title}: {outside(ask.warning, LONGEST_TEXT)}"


def _waiting(action: Action, wait: timedelta | None, *, is_over: bool) -> str:
    go, gone = _GOES[action]
    if wait is None:
        return (
            f"Asked each session to {go} and did not wait."
            if is_over
            else f"Asks each session to {go} and does not wait."
        )
    waits = "Waited" if is_over else "Waits"
    return f"{waits} until each session {'was' if is_over else 'is'} {gone}, {_short(wait)} at most."


def _warning(request: Request) -> Iterator[str]:
    """What people are told first, and whether it is the requester's own text."""
    ask = request.ask
    if not ask.warn or (request.state is State.ENDED and request.ending is not Ending.WHATIF):
        return
    are, get = ("would be", "would get") if request.ending is Ending.WHATIF else ("are", "get")
    yield f"People {are} warned first and {get} {exactly(ask.warn)} to save their work."
    if not ask.warning:
        return
    others = [target.session for target in request.targets if not target.own_warning]
    if len(others) < len(request.targets):
        yield f"They read your text: {outside(ask.warning, LONGEST_TEXT)}"
    if len(others) == len(request.targets):
        yield _YOUR_TEXT
    elif others:
        names = [f"{outside(str(session.account))} on {session.host}" for session in others[:MOST_LINES]]
        more = f" and {len(others) - len(names):,} more" if len(others) > len(names) else ""
        yield (
            f"Your text is not sent to {', '.join(names)}{more}: no rule lets you send messages there. "
            "The bot's own warning is."
        )


def not_there(request: Request) -> list[str]:
    """Computers and ids that were named and are no targets, in the words of the survey."""
    said = [bounded(look.message) for look in request.surveys if look.message and not look.code]
    more = len(said) - MOST_LINES
    return said if more <= 0 else [*said[:MOST_LINES], f"{count(more, 'more computer')} without what was named."]


def in_words(condition: Condition) -> str:
    """`user=al*`, `idle>2h`: a filter as it is typed."""
    values = condition.values
    match condition.field:
        case Field.STATE:
            values = tuple(SessionState(int(value)).label for value in values)
        case Field.IDLE:
            values = tuple(typed(timedelta(seconds=int(value))) for value in values)
        case Field.LOGON:
            values = tuple(_moment(value) for value in values)
        case _:
            pass
    return f"{_NAMES.get(condition.field, condition.field.value)}{_SIGNS[condition.operator]}{','.join(values)}"


def _moment(ticks: str) -> str:
    at = filetime_to_datetime(int(ticks))
    return at.replace(tzinfo=None).isoformat("T", "auto" if at.second else "minutes") if at else ticks


def _short(wait: timedelta) -> str:
    """`90 s`, `10 min`."""
    seconds = int(wait.total_seconds())
    minutes, rest = divmod(seconds, 60)
    if seconds <= 120 or not minutes:
        return f"{seconds} s"
    return f"{minutes} min {rest} s" if rest else f"{minutes} min"
