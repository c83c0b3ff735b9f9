"""The card of a request: neutral lines and buttons, without Slack. Its words are here and in `wording`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.cards import again, choosing, fleet, headlines, needs, request_buttons, rows, session_table, wording
from bot.cards.model import Card, Line, LinePart, Timestamp, Tone, UserMention
from bot.cards.terms import not_there, terms_of
from bot.cards.text import bounded, outside
from bot.domain.request import Ending, State
from bot.domain.requirement import Confirm
from bot.domain.verdicts import Reason

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.request import Request

LONGEST_MESSAGE = 2000
"""Letters of a sentence about the request. It may hold a name, and names may be long."""


def build(request: Request, now: datetime | None = None) -> Card:
    """Return the card of the request. `now`: when it is drawn, so that it says how long a host has been at work."""
    is_table = session_table.is_for(request)
    lines = [
        *fleet.totals(request),
        *(session_table.notes(request) if is_table else rows.of_targets(request, now)),
        *rows.left_out(request),
        *(session_table.silent_hosts(request) if is_table else rows.silent_hosts(request)),
        *_terms(request),
        *_said(request),
        *again.lines(request),
        *needs.of(request),
        _footer(request),
    ]
    return Card(
        sign=headlines.sign_of(request),
        headline=headlines.headline(request),
        summary=headlines.on_a_phone(request),
        table=session_table.table_of(request) if is_table else None,
        pick=session_table.pick_of(request) if is_table else choosing.pick_of(request),
        lines=tuple(lines),
        buttons=request_buttons.of(request),
        menu=request_buttons.menu_of(request),
    )


def is_private(request: Request) -> bool:
    """Return whether only the requester sees the card.

    Lists, previews and refusals are private. A request that people decided on, or that acted on a host, is not.
    """
    if request.reason_asked is not None:
        return True
    acted = bool(request.begun)
    return request.state is State.ENDED and not (request.message_ref or request.decided_by or request.ask.here or acted)


def _terms(request: Request) -> list[Line]:
    """Return what is named and not there, and what the command widens. Small print once nobody decides any more."""
    tone = Tone.PLAIN if request.state is State.AWAITING or request.ending is Ending.WHATIF else Tone.QUIET
    lines = [Line(parts=(text,)) for text in not_there(request)]
    terms = list(terms_of(request))
    if tone is Tone.QUIET:
        return [*lines, *([Line(parts=(" ".join(terms),), tone=tone)] if terms else [])]
    return [*lines, *(Line(parts=(term,)) for term in terms)]


def _said(request: Request) -> list[Line]:
    lines: list[Line] = []
    if request.ask.reason:
        lines.append(Line(parts=("Reason: ", outside(request.ask.reason, wording.LONGEST_TEXT))))
    warned = any(target.warning_at and target.reason is not Reason.NOT_WARNED for target in request.targets)
    if warned and request.state is State.ENDED and request.ending is not Ending.DONE:
        lines.append(Line(parts=(wording.WARNED_IN_VAIN,)))
    if request.ending is Ending.FAILED:
        text = (
            f"Something went wrong on my side. Give this reference to whoever runs the bot: {request.failure_reference}"
        )
        lines.append(Line(parts=(text,)))
    elif request.message:
        lines.append(Line(parts=(bounded(request.message, LONGEST_MESSAGE),)))
    return lines


def _footer(request: Request) -> Line:
    parts: list[LinePart] = [f"{request.id}, asked by ", UserMention(request.actor.user_id)]
    match request:
        case _ if request.ending is Ending.CANCELLED and request.decided_by:
            parts += [", cancelled by ", UserMention(request.decided_by.user_id)]
        case _ if request.ending is Ending.DENIED and request.decided_by:
            parts += [", denied by ", UserMention(request.decided_by.user_id)]
        case _ if request.decided_by:
            yes = [UserMention(actor.user_id) for actor in request.counted] or [UserMention(request.decided_by.user_id)]
            parts += [", approved by ", *needs.joined(yes, " and ")]
        case _ if request.requirement and request.requirement.confirm is Confirm.NOBODY:
            parts.append(", forced: nobody was asked")
    if request.decided_at:
        parts += [", ", Timestamp(request.decided_at)]
    if request.state is State.READY and request.act_at:
        is_warned = any(target.warned_at for target in request.targets)
        until = ", warned people may work until " if is_warned else ", begins at "
        parts += [until, Timestamp(request.begins_at or request.act_at)]
    if request.state is State.AWAITING or (request.state is State.ASKED and request.reason_asked is not None):
        parts += [", waits until ", Timestamp(request.expires_at)]
    return Line(parts=tuple(parts), tone=Tone.QUIET)
