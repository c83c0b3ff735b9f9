"""One row for each target: its sign, who it is, and whether somebody works there or what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.cards import details, target_list, verdict_words, wording
from bot.cards.model import Bold, Break, Line, LinePart, Mark, Timestamp, Tone
from bot.cards.session_words import sign_of
from bot.cards.signs import Sign
from bot.cards.target_list import MOST_ROWS, by_host
from bot.cards.text import outside
from bot.cards.unsure import Times
from bot.cards.verdict_words import Progress
from bot.domain.act_times import FOLLOW_FOR
from bot.domain.request import LIST_FAILED, Ending, State
from bot.domain.transitions import SETTLE_FOR
from bot.domain.verdicts import Reason, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime, timedelta

    from bot.domain.request import Request, Target
    from bot.domain.session import Session

ROOM_FOR = 10
"""Up to so many targets of one computer a row has room for the time of the logon and the name of the client."""

_NOT_WELL = (Verdict.STILL_CLOSING, Verdict.NO_RIGHT, Verdict.FAILED, Verdict.UNREACHABLE, Verdict.UNKNOWN)


def of_targets(request: Request, now: datetime | None) -> list[Line]:
    """Return the rows by computer, and how many have none. Nothing else depends on the order of the rows.

    A computer is a line of its own where there are several.
    """
    shown = _first(request)
    hosts = dict.fromkeys(target.session.host for target in request.targets)
    is_roomy = len(hosts) == 1 and len(request.targets) <= ROOM_FOR
    lines: list[Line] = []
    host = ""
    for target in shown:
        if len(hosts) > 1 and target.session.host != host:
            host = target.session.host
            lines.append(Line(parts=(Bold(host),), tone=Tone.ROW))
        lines.append(_row(request, target, now, is_roomy=is_roomy))
    if len(request.targets) > len(shown):
        lines.append(_rest(request))
    return lines


def _first(request: Request) -> list[Target]:
    """Return the targets that have a row: while they are decided on by presence, later what did not go well first."""
    targets = by_host(request.targets)
    if len(targets) > MOST_ROWS and request.begun:
        targets = by_host(sorted(targets, key=lambda target: _urgency(request, target))[:MOST_ROWS])
    return targets[:MOST_ROWS]


def _urgency(request: Request, target: Target) -> int:
    if target.verdict in _NOT_WELL:
        return 0
    if target.verdict in (Verdict.CHANGED, Verdict.SKIPPED):
        return 1
    return 2 if target.is_open and _is_in_hand(request, target) else 3 if target.is_open else 4


def _rest(request: Request) -> Line:
    """Where the names stand that have no row; who decides has to see that before anything can be pressed."""
    every = len(request.targets)
    if request.listed == LIST_FAILED and request.state is State.AWAITING:
        text = (
            f"The list of all {every:,} could not be written into the thread, so there is no button to say yes. "
            "Cancel this and ask for fewer."
        )
        return Line(parts=(Mark(Sign.PARTLY), f" {text}"))
    if request.state is State.AWAITING and not target_list.is_complete(request):
        return Line(parts=(f"I write the list of all {every:,} into the thread; the buttons come then.",))
    if target_list.is_written(request):
        return Line(parts=(f"and {every - MOST_ROWS:,} more in the thread",))
    more = f"and {every - MOST_ROWS:,} more; narrow it with id=, user= or state= to see them"
    return Line(parts=(more,), tone=Tone.QUIET)


def _row(request: Request, target: Target, now: datetime | None, *, is_roomy: bool) -> Line:
    session = target.session
    if request.ending is Ending.WHATIF:
        said = wording.what_if(target, request.action)
        return Line(parts=(Mark(sign_of(session)), f" {said}"), tone=Tone.ROW)
    sign, parts = _said(request, target, now, is_roomy=is_roomy)
    unnamed = "somebody" if session.unread else session.station or "nobody"
    name = Bold(outside(str(session.account) if session.account.user else unnamed))
    parts = [Mark(sign), " ", name, f"  session {session.id} · ", *parts]
    if request.ask.verbose:
        parts += [Break(), details.of_target(target)]
    return Line(parts=tuple(parts), tone=Tone.ROW)


def _said(request: Request, target: Target, now: datetime | None, *, is_roomy: bool) -> tuple[Sign, list[LinePart]]:
    """Return the sign of the row and what stands behind the name."""
    session = target.session
    if target.verdict or request.state is State.ACTING:
        progress = _progress(request, target, now)
        sign = verdict_words.sign(target, is_in_hand=progress.is_in_hand)
        return sign, [verdict_words.verdict(target, progress)]
    if target.warned_at and request.state is State.READY:
        return Sign.WARNED, ["warned at ", Timestamp(target.warned_at)]
    return sign_of(session), [wording.session_state(session), *(_about(session) if is_roomy else ())]


def _about(session: Session) -> Iterator[LinePart]:
    """Yield the logon and the client, where there is room for them."""
    if session.logged_on_at:
        yield from (" · logged on ", Timestamp(session.logged_on_at))
    if session.client:
        yield f" · {outside(session.client)}"
    elif not session.unread and (client := session.unread_part("client")):
        yield f" · its client {client}"


def _progress(request: Request, target: Target, now: datetime | None) -> Progress:
    looks_again = request.state is not State.ENDED or request.due_at is not None
    until = request.ended_at + SETTLE_FOR if request.ended_at and looks_again else None
    is_in_hand = _is_in_hand(request, target)
    waited = (request.ask.wait or FOLLOW_FOR) if target.reason is not Reason.HOST_ERROR else None
    since = _since(request, target, now) if is_in_hand or target.requested_at else None
    times = Times(since=since, waited=waited, until=until)
    return Progress(
        looks_again=looks_again,
        is_in_hand=is_in_hand,
        action=request.action,
        times=times,
        is_waited_for=request.ask.wait is not None,
    )


def says_since(request: Request) -> bool:
    """Return whether a row says for how long a host has been at it: what is drawn of it grows old."""
    if request.state is not State.ACTING:
        return False
    return any(target.requested_at or _is_in_hand(request, target) for target in request.open_targets)


def _since(request: Request, target: Target, now: datetime | None) -> timedelta | None:
    look = request.survey_of(target.session.host)
    at = target.requested_at or (look.ordered_at or look.started_at if look else None)
    return now - at if now and at else None


def _is_in_hand(request: Request, target: Target) -> bool:
    """Return whether the host acts on it: one after the other where each is waited for, else on all at once."""
    host = target.session.host
    if request.state is not State.ACTING or host not in request.begun:
        return False
    first = next((each.key for each in request.targets if each.session.host == host and each.is_open), None)
    return request.ask.wait is None or target.key == first
