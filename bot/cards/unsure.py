"""The words for a target of which the bot does not know what became, and for a host that failed as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.cards.text import bounded
from bot.domain.verdicts import Reason

if TYPE_CHECKING:
    from bot.domain.request import Target


def requested(target: Target) -> str:
    """Return the words for a target whose order has left and whose verdict is pending."""
    return f"not yet seen gone: {_fault(target)}" if _fault(target) else "asked to go, not yet seen gone"


def unreachable(target: Target) -> str:
    """Return the words for a host that took no order, with the sentence of its own fault."""
    said = _fault(target)
    return f"nothing was done: {said}" if said else "the computer could not be reached; nothing was done"


def unknown(target: Target, *, looks_again: bool) -> str:
    """Return the words for an order without an answer, or a session that could not be looked at afterwards."""
    open_end, said = f"may or may not be logged off; {_next(target, looks_again=looks_again)}", _fault(target)
    return f"{open_end}: {said}" if said else f"the answer was lost: {open_end}"


def still_closing(target: Target, *, looks_again: bool) -> str:
    """Return the words for a session that was seen after its order, and not gone."""
    when = "when the time was up" if looks_again else "when I last saw it"
    return f"asked to go, still closing {when}; {_next(target, looks_again=looks_again)}"


def _next(target: Target, *, looks_again: bool) -> str:
    return "I look again" if looks_again else f"I have stopped looking, list {target.session.host} to see"


def _fault(target: Target) -> str:
    """Return the sentence of what failed at the host as a whole; empty when nothing did."""
    return bounded(target.note) if target.reason is Reason.HOST_ERROR else ""
