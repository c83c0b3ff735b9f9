"""The card of a request: neutral lines and buttons, without Slack. Its words are here and in `wording`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.cards import again, audit_card, needs, request_buttons, rows, session_table, wording
from bot.cards.model import Card, Line, LinePart, Timestamp, Tone, UserMention
from bot.cards.terms import not_there, terms_of
from bot.cards.text import bounded, outside
from bot.domain.actions import Action, ActionFacts, facts_of
from bot.domain.durations import duration
from bot.domain.request import Ending, State
from bot.domain.requirement import Confirm
from bot.domain.verdicts import Reason

if TYPE_CHECKING:
    from bot.domain.request import Request, Target

LONGEST_MESSAGE = 2000
"""Letters of a sentence about the request. It may hold a name, and names may be long."""


def build(request: Request) -> Card:
    """Return the card of the request as it is now."""
    is_table = session_table.is_for(request)
    headline = session_table.headline(request) if is_table else _headline(request)
    lines = [
        *(session_table.notes(request) if is_table else rows.of_targets(request)),
        *rows.left_out(request),
        *(session_table.silent_hosts(request) if is_table else rows.silent_hosts(request)),
        *_terms(request),
        *_said(request),
        *again.lines(request),
        *needs.of(request),
        _footer(request),
    ]
    return Card(
        headline=headline,
        summary=f"{headline}{_whom(request)} ({request.id}, asked by {wording.called(request.actor)})",
        table=session_table.table_of(request) if is_table else None,
        pick=session_table.pick_of(request) if is_table else None,
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


def _headline(request: Request) -> str:
    if request.action is Action.AUDIT:
        return audit_card.headline_at(request.ending)
    match request.state:
        case State.ASKED if request.reason_asked is not None:
            return "--force needs a reason here"
        case State.ASKED:
            return f"Looking at {_where(request)}"
        case State.AWAITING:
            return f"{verb(request).plain} {_sessions(request)} on {_where(request)}?"
        case State.READY if request.act_at:
            waiting = wording.count(len(request.open_targets), "session")
            why = ": people are warned" if request.ask.warn else f" after {duration(request.hold)}: nobody was asked"
            return f"{waiting} on {_where(request)} will be {verb(request).done}{why}"
        case State.READY | State.ACTING:
            done = len(request.targets) - len(request.open_targets)
            return f"{verb(request).going} on {_where(request)}: {done} of {len(request.targets)} done"
        case State.ENDED:
            return _ending(request)


def _ending(request: Request) -> str:
    match request.ending:
        case Ending.DONE:
            return _outcome(request)
        case Ending.ANSWERED:
            return f"{wording.count(len(request.targets), 'session')} on {_where(request)}"
        case Ending.WHATIF:
            return (
                f"What if: {_sessions(request)} on {_where(request)} would be {verb(request).done}. Nothing was changed"
            )
        case Ending.NOTHING_TO_DO:
            return f"Nobody was {verb(request).done} on {_where(request)}"
        case Ending.REFUSED:
            return f"Not allowed. Nobody was {verb(request).done}"
        case Ending.DENIED:
            return f"Denied. Nobody was {verb(request).done}"
        case Ending.CANCELLED:
            return f"Cancelled. Nobody was {verb(request).done}"
        case Ending.EXPIRED:
            return f"Expired. {_outcome(request)}"
        case Ending.FAILED:
            return f"Failed. {_outcome(request)}"
        case None:
            return "Over"


def _outcome(request: Request) -> str:
    gone, total = len(_gone(request)), len(request.targets)
    if total and not gone:
        unsure = len(request.unsure_targets)
        nobody = f"Nobody was {verb(request).done} on {_where(request)}"
        return f"{wording.count(unsure, 'session')} not yet seen gone" if unsure else nobody
    if not total:
        return f"Nobody was {verb(request).done} on {_where(request)}"
    of_all = "" if gone == total else f" of {total}"
    return f"{verb(request).past} {gone}{of_all} {'session' if total == 1 else 'sessions'} on {_where(request)}"


def _gone(request: Request) -> list[Target]:
    return [target for target in request.targets if target.verdict in verb(request).done_verdicts]


def verb(request: Request) -> ActionFacts:
    """Return the words for the action of the request."""
    return facts_of(request.action)


def _sessions(request: Request) -> str:
    return wording.count(len(request.targets), "session")


def _where(request: Request) -> str:
    hosts = list(dict.fromkeys(target.session.host for target in request.targets)) or list(request.ask.hosts)
    return wording.join_names(hosts)


def _whom(request: Request) -> str:
    names = list(
        dict.fromkeys(outside(str(target.session.account)) for target in request.targets if target.session.account.user)
    )
    return f": {wording.join_names(names)}" if 0 < len(names) <= 3 else ""


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
