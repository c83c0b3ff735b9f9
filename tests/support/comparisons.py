"""What a card said of a session's time, what the host reports in the moment of the act, and what follows: as data.

Every reader of these rules is held to the same rows: the agent in C#, its Python double, and the fake.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.session import SessionState
from bot.domain.verdicts import Reason

SECOND = 10_000_000
ACTIVE, LEFT = SessionState.ACTIVE, SessionState.DISCONNECTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Times are ticks after the time that the card said, -1 for a time that Windows does not tell."""

    name: str
    said: SessionState
    now: SessionState
    later: int = 0  # the last input (Active) or the disconnect time (Disconnected) by now
    is_said: bool = True  # False: the card said no time
    even_if_active: bool = False
    reason: Reason | None = None  # None: touched


COMPARISONS = (
    Comparison(name="idle, and idle still", said=ACTIVE, now=ACTIVE),
    Comparison(name="idle, and the mouse moved within the minute", said=ACTIVE, now=ACTIVE, later=60 * SECOND),
    Comparison(
        name="idle, and back at the keyboard", said=ACTIVE, now=ACTIVE, later=60 * SECOND + 1, reason=Reason.CAME_BACK
    ),
    Comparison(name="at work, and at work still", said=ACTIVE, now=ACTIVE, later=3600 * SECOND, is_said=False),
    Comparison(name="at work, and left", said=ACTIVE, now=LEFT, is_said=False),
    Comparison(name="idle, and left since", said=ACTIVE, now=LEFT, later=SECOND, reason=Reason.LEFT),
    Comparison(name="idle, and no input is told now", said=ACTIVE, now=ACTIVE, later=-1, reason=Reason.UNREAD),
    Comparison(name="left, and left still", said=LEFT, now=LEFT),
    Comparison(name="left, came back, and left again", said=LEFT, now=LEFT, later=1, reason=Reason.CAME_BACK),
    Comparison(name="left, and no time is told now", said=LEFT, now=LEFT, later=-1, reason=Reason.UNREAD),
    Comparison(name="left, and at work now", said=LEFT, now=ACTIVE, later=SECOND, reason=Reason.CAME_BACK),
    Comparison(
        name="left at no known time, and at work now",
        said=LEFT,
        now=ACTIVE,
        is_said=False,
        later=SECOND,
        reason=Reason.CAME_BACK,
    ),
    Comparison(name="left at no known time, and left again", said=LEFT, now=LEFT, is_said=False, later=SECOND),
    Comparison(
        name="back at the keyboard, even if active", said=ACTIVE, now=ACTIVE, later=3600 * SECOND, even_if_active=True
    ),
    Comparison(name="at work now, even if active", said=LEFT, now=ACTIVE, later=SECOND, even_if_active=True),
    Comparison(name="left again, even if active", said=LEFT, now=LEFT, later=SECOND, even_if_active=True),
    Comparison(name="no time is told, even if active", said=LEFT, now=LEFT, later=-1, even_if_active=True),
)
