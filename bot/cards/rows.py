"""The rows of a card: who would be hit and what came of it, who is left out, which computers did not answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.cards import details, people_rows, wording
from bot.cards.found import is_nobody, services
from bot.cards.model import Bold, Break, Line, LinePart, Mark, Tone
from bot.cards.session_words import in_full
from bot.cards.signs import Sign
from bot.cards.target_list import MOST_ROWS
from bot.cards.text import bounded, outside
from bot.domain.actions import Action
from bot.domain.request import SAME_MACHINE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from bot.domain.request import ExcludedSession, HostSurvey, Request
    from bot.domain.session import Session

MOST_SILENT = 10
"""More computers without an answer are counted, not shown: a card is read on a phone."""

MOST_REASONS = 10


def of_targets(request: Request, now: datetime | None = None) -> list[Line]:
    """Return who would be hit and what came of it. The only session that was looked for is shown in full."""
    if _is_the_only_one(request):
        return _in_full(request.targets[0].session, verbose=request.ask.verbose)
    return people_rows.of_targets(request, now)


def _in_full(session: Session, *, verbose: bool) -> list[Line]:
    lines = [Line(parts=(f"{name}: ", Bold(text)), tone=Tone.ROW) for name, text in in_full(session)]
    codes = ", ".join(details.not_read(session)) if verbose else ""
    return [*lines, Line(parts=(codes,), tone=Tone.QUIET)] if codes else lines


def _is_the_only_one(request: Request) -> bool:
    """Return whether a list that looked for somebody found one session: it is shown in full."""
    looked = bool(request.ask.ids or request.ask.conditions)
    return request.action is Action.LIST and looked and len(request.targets) == 1


def left_out(request: Request) -> list[Line]:
    """Return who is not included, by reason: people by name, services and listeners as a number."""
    people = [each for each in request.excluded if not is_nobody(each.session)]
    others = len(request.excluded) - len(people)
    if not request.excluded:
        return []
    said = list(_by_reason(request, people))
    if others:
        said.append(services(others))
    return [Line(parts=(f"{len(request.excluded):,} not included: {'; '.join(said)}",), tone=Tone.QUIET)]


def _by_reason(request: Request, people: list[ExcludedSession]) -> Iterator[str]:
    """Yield each reason behind the people whom it is about, in brackets."""
    reasons: dict[str, list[str]] = {}
    for each in people:
        reasons.setdefault(each.why, []).append(_named(request, each.session))
    room = MOST_ROWS
    for why, names in list(reasons.items())[:MOST_REASONS]:
        shown, room = names[:room], max(0, room - len(names))
        more = len(names) - len(shown)
        said = ", ".join([*shown, f"{more:,} more"] if more else shown)
        yield f"{said} ({bounded(why)})"
    if rest := sum(len(names) for names in list(reasons.values())[MOST_REASONS:]):
        yield f"{rest:,} more"


def _named(request: Request, session: Session) -> str:
    """Return the person, with session and computer where the card has more of them."""
    all_here = [*(t.session for t in request.targets), *(each.session for each in request.excluded)]
    hosts = {each.host for each in all_here}
    at = f" on {session.host}" if len(hosts) > 1 or (not request.targets and len(request.ask.hosts) > 1) else ""
    if not session.account.user:
        return f"session {session.id}{at}"
    is_twice = sum(each.account == session.account and each.host == session.host for each in all_here) > 1
    return f"{outside(str(session.account))}{f' session {session.id}' if is_twice else ''}{at}"


def silent_hosts(request: Request) -> list[Line]:
    silent = [look for look in request.surveys if look.code]
    lines = [_silent(look, verbose=request.ask.verbose) for look in silent[:MOST_SILENT]]
    more = silent[MOST_SILENT:]
    unread = sum(look.code != SAME_MACHINE for look in more)
    if unread:
        lines.append(Line(parts=(Mark(Sign.PARTLY), f" {wording.count(unread, 'more computer')} did not answer.")))
    if again := len(more) - unread:
        said = wording.count(again, "more name stands", "more names stand")
        lines.append(Line(parts=(Mark(Sign.PARTLY), f" {said} for a machine that has another name here.")))
    return lines


def _silent(look: HostSurvey, *, verbose: bool) -> Line:
    """A host without an answer, with its own words when they were asked for."""
    parts: list[LinePart] = [Mark(Sign.PARTLY), f" {bounded(look.message)}"]
    if verbose and look.words:
        parts += [Break(), details.own_words(look.words)]
    return Line(parts=tuple(parts))
