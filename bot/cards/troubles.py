"""What the requester is told when a message of their request cannot stand, and what stands in its place.

Each of these names the request, says what that means for it, and gives the next step.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.cards import request_card, wording
from bot.cards.model import Card, Line, Tone
from bot.domain.request import Ending, State

if TYPE_CHECKING:
    from bot.domain.request import Request

RUNNER = "Tell whoever runs the bot."

BUTTONS_COME = "The buttons come in a moment. If none come, this is a copy: the card itself stands elsewhere."
"""On a card that is posted before the bot knows where it stands: nobody can press what may never be redrawn."""

TWICE = "I sent it more than once, and Slack gave no answer."
"""Why a message is not sent again."""

_ENDED = {
    Ending.DONE: "it is done",
    Ending.ANSWERED: "it was answered",
    Ending.NOTHING_TO_DO: "there was nothing to do",
    Ending.WHATIF: "it was a preview, and nothing was changed",
    Ending.REFUSED: "a rule said no",
    Ending.DENIED: "an approver said no",
    Ending.CANCELLED: "it was cancelled",
    Ending.EXPIRED: "nobody decided in time",
    Ending.FAILED: "it failed",
}
"""How a request ended, for a card that cannot be drawn."""


def bare(card: Card) -> Card:
    """Return the card without its buttons, as it is posted first; one without buttons is returned as it is."""
    if not card.pressable:
        return card
    return replace(card.unpressable(), lines=(*card.lines, Line(parts=(BUTTONS_COME,), tone=Tone.QUIET)))


def waits(request: Request) -> Card:
    """Return what a requester is told once when no card has come for a while."""
    if request.state is State.ASKED and request.reason_asked is None:
        hosts = request.ask.hosts
        doing = f"look at {wording.join_names(hosts)}" if hosts else "read the audit log"
        return _told(request, f"I still {doing}.", "The answer comes by itself.")
    return _told(request, "the card is ready, and Slack has not taken it yet.", "I go on trying; nothing is lost.")


def nobody_asked(request: Request, channel: str, fault: str) -> Card:
    """Return the notice for a requester whose card could not be posted in the approvers' channel."""
    return _told(request, f"it waits for somebody else's yes, but I could not ask in {channel}:", f"{fault} {RUNNER}")


def not_shown(request: Request, fault: str) -> Card:
    """Return the notice for a requester whose own card cannot be shown, so that nobody can decide."""
    return _told(request, "I cannot show you its card, so nothing happens:", f"{fault} Ask again when that is mended.")


def goes_on(request: Request, fault: str) -> Card:
    """Return the notice for a requester whose card cannot be shown while the request goes on all the same."""
    return _told(request, "it goes on, and I cannot show you its card:", f"{fault} How it ends is told to you here.")


def outcome(request: Request, fault: str) -> Card:
    """Return the outcome for a requester whose card can no longer be drawn."""
    ended = request_card.build(request)
    text = f"You see this here because the card cannot be drawn any more: {fault}"
    return replace(ended.unpressable(), lines=(*ended.lines, Line(parts=(text,), tone=Tone.QUIET)))


def not_announced(request: Request, channel: str, fault: str) -> Card:
    """Return the notice for a requester whose break-glass could not be announced. The audit log has it all the same."""
    why = f"{fault} It stands in the audit log. {RUNNER}"
    return _told(request, f"it was forced, and I could not announce it in {channel}:", why)


def not_listed(request: Request, fault: str) -> Card:
    """For the requester, when nobody can say yes because the names could not be written down."""
    text = f"I could not write the list of all {len(request.targets):,} into the thread: {fault}"
    then = f"So the card has no button to say yes. Cancel it and ask for fewer. {RUNNER}"
    return _told(request, text, then)


def broken(request: Request, reference: str) -> Card:
    """Return what the requester is told when a step fails by a fault of the bot and the card shows nothing of it."""
    text = f"something went wrong on my side, so its card is not up to date (reference {reference})."
    return _told(request, text, f"I try again for a minute. If nothing more comes: {RUNNER}")


def ended_in_words(request: Request, reference: str) -> Card:
    """Return how the request ended, where its card cannot be drawn by a fault of the bot."""
    how = _ENDED[request.ending] if request.ending else "it goes on"
    then = f"I cannot draw its card. Give this reference to {RUNNER.removeprefix('Tell ').rstrip('.')}: {reference}"
    return _told(request, f"{how}.", then)


def yes_is_void(request: Request) -> str:
    """Return the line for a person whose yes stopped counting."""
    again = " Look at the card, and say yes again if you still mean it." if request.state is State.AWAITING else ""
    return f"Your yes to {request.id} no longer counts: what it asks for, or who may say yes, has changed.{again}"


def copy(request: Request) -> str:
    """Return what stands in the place of a copy of a card after a press on it."""
    return f"This was a copy of the card of {request.id}. The card itself stands elsewhere and shows what became of it."


def _told(request: Request, what: str, then: str) -> Card:
    text = f"{request.id}: {what} {then}"
    return Card(headline=f"{request.id}: {what}".rstrip(":"), summary=text, lines=(Line(parts=(then,)),))
