"""The beginning of a call: it waits for its turn at the host, then for room there, both within its own time."""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, TypeVar

from adapters.windows.shell import Deadline
from adapters.windows.winrm import errors
from bot.errors import TerminalError, TimedOut

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import timedelta

    from adapters.windows.winrm.call_limit import CallLimit

_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 2.0  # seconds between two questions whether a full host has room
_LAST_PART = 8  # a call that has waited does not begin in the last eighth of its time, which it would not end in
SHORTEST_RESERVE, _LONGEST_RESERVE = 0.25, 2.0  # seconds at the end of a call, for the deletion of its shell

Call = TypeVar("Call")


def reserve_of(within: timedelta) -> float:
    """Return the seconds that a call leaves at its end: 0.4 of a look's 8, because a host may answer until then.

    A call of 20 seconds can spare 2.
    """
    return max(SHORTEST_RESERVE, min(_LONGEST_RESERVE, (within.total_seconds() - 5) / 7.5))


@contextmanager
def begun(limit: CallLimit, host: str, within: timedelta, begin: Callable[[], Call]) -> Iterator[Call]:
    """Have a turn at the host and, inside the block, what `begin` returns. Raises `TerminalError`.

    `begin` is called again and again while the host is full, each time in a new turn.
    """
    begin_by = Deadline(within - within / _LAST_PART)
    full: TerminalError | None = None
    for pause in _pauses():
        with _turn(limit, host, begin_by, full):
            try:
                call = begin()
            except TerminalError as error:
                full = _full(error, full)
            else:
                yield call
                return
        if not begin_by.left:
            raise full
        time.sleep(min(pause, begin_by.left))


@contextmanager
def _turn(limit: CallLimit, host: str, begin_by: Deadline, full: TerminalError | None) -> Iterator[None]:
    """Wait for a turn at the host. Raises `TerminalError` when it is late: that the host was full, if it was."""
    with ExitStack() as stack:
        try:
            stack.enter_context(limit.turn(host, begin_by))
        except TimeoutError as exc:
            raise full or errors.NO_TURN.at(host, delivered=False) from exc
        yield


def _pauses() -> Iterator[float]:
    """Yield growing pauses, in seconds, without an end."""
    pause = _FIRST_PAUSE
    while True:
        yield pause
        pause = min(2 * pause, _LONGEST_PAUSE)


def _full(error: TerminalError, before: TerminalError | None) -> TerminalError:
    """Return the error of a host that has no room now and may have some soon. Raises any other error.

    `before` is what the host said when it was asked before. A call that waited for room until its time was over has
    failed for want of room.
    """
    if errors.is_full(error):
        return error
    raise before if before and isinstance(error, TimedOut) else error
