"""What an answer of a host, its absence, or a look makes of a target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.events import TargetEnded, TargetRequested
from bot.domain.verdicts import Reason, Verdict
from bot.errors import NoRight, NotAuthenticated, TimedOut, Unreachable

if TYPE_CHECKING:
    from bot.domain.request import Target
    from bot.errors import TerminalError
    from bot.ports.terminal import Answer


def unsettled(target: Target, blind: TerminalError | None) -> TargetEnded:
    """Return the verdict on a target whose time is over. `blind` is why the host could not be looked at; None: it was.

    An order that had no answer has the sentence of that fault, else of the look that failed. A session that nobody
    could look at is not said to be still closing.
    """
    verdict = Verdict.UNKNOWN if target.request_lost or blind else Verdict.STILL_CLOSING
    reason, note, words = target.reason, target.note, target.words
    if blind and not note:
        reason, note, words = Reason.HOST_ERROR, blind.message, blind.words
    return TargetEnded(key=target.key, verdict=verdict, code=target.code, reason=reason, note=note, words=words)


def event_of(answer: Answer, target: Target, *, is_again: bool, unseen: str = "") -> TargetEnded | TargetRequested:
    if answer.verdict is None:
        return TargetRequested(key=target.key, code=answer.code, reason=answer.reason, note=answer.note)
    verdict = answer.verdict
    if is_again and verdict is Verdict.ALREADY_GONE:
        return TargetEnded(key=target.key, verdict=Verdict.GONE, unseen=unseen)
    return TargetEnded(
        key=target.key,
        verdict=verdict,
        code=answer.code,
        reason=answer.reason,
        note=answer.note,
        unseen=unseen,
        waited=answer.waited,
    )


def event_without_answer(error: TerminalError, target: Target, *, is_again: bool) -> TargetEnded | TargetRequested:
    """Return the event for a target whose host did not answer; without a verdict when an order may have arrived."""
    if error.delivered or is_again:
        return TargetRequested(
            key=target.key, lost=True, reason=Reason.HOST_ERROR, note=error.message, words=error.words
        )
    match error:
        case Unreachable() | TimedOut():
            verdict = Verdict.UNREACHABLE
        case NoRight() | NotAuthenticated():
            verdict = Verdict.NO_RIGHT
        case _:
            verdict = Verdict.FAILED
    return TargetEnded(key=target.key, verdict=verdict, reason=Reason.HOST_ERROR, note=error.message, words=error.words)
