"""The rows of a card: who would be hit and what came of it, who is left out, which computers did not answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.cards import details, target_list, wording
from bot.cards.model import Bold, Break, Line, LinePart, Mark, Timestamp, Tone
from bot.cards.session_words import in_full
from bot.cards.target_list import MOST_ROWS
from bot.cards.text import bounded, outside
from bot.domain.actions import Action
from bot.domain.request import LIST_FAILED, SAME_MACHINE, Ending, State

if TYPE_CHECKING:
    from bot.domain.request import HostSurvey, Request, Target
    from bot.domain.session import Session

MOST_SILENT = 10
"""More computers without an answer are counted, not shown: a card is read on a phone."""


def of_targets(request: Request) -> list[Line]:
    if _is_the_only_one(request):
        return _in_full(request.targets[0].session, verbose=request.ask.verbose)
    rows = [_row(request, target) for target in request.targets[:MOST_ROWS]]
    if len(request.targets) > MOST_ROWS:
        rows.append(_rest(request))
    return rows


def _in_full(session: Session, *, verbose: bool) -> list[Line]:
    lines = [Line(parts=(f"{name}: ", Bold(text)), tone=Tone.ROW) for name, text in in_full(session)]
    codes = ", ".join(details.not_read(session)) if verbose else ""
    return [*lines, Line(parts=(codes,), tone=Tone.QUIET)] if codes else lines


def _is_the_only_one(request: Request) -> bool:
    """Return whether a list that looked for somebody found one session: it is shown in full."""
    looked = bool(request.ask.ids or request.ask.conditions)
    return request.action is Action.LIST and looked and len(request.targets) == 1


def _rest(request: Request) -> Line:
    """Where the names stand that have no row; who decides has to see that before anything can be pressed."""
    every = len(request.targets)
    if request.listed == LIST_FAILED and request.state is State.AWAITING:
        text = (
            f"The list of all {every:,} could not be written into the thread, so there is no button to say yes. "
            "Cancel this and ask for fewer."
        )
        return Line(parts=(Mark("⚠"), f" {text}"))
    if request.state is State.AWAITING and not target_list.is_complete(request):
        return Line(parts=(f"I write the list of all {every:,} into the thread; the buttons come then.",))
    if target_list.is_written(request):
        return Line(parts=(f"and {every - MOST_ROWS:,} more: all {every:,} stand in the thread",))
    more = f"and {every - MOST_ROWS:,} more; narrow it with id=, user= or state= to see them"
    return Line(parts=(more,), tone=Tone.QUIET)


def _row(request: Request, target: Target) -> Line:
    session = target.session
    if request.ending is Ending.WHATIF:
        return Line(parts=(wording.what_if(target, request.action),), tone=Tone.ROW)
    unnamed = "somebody" if session.unread else session.station or "nobody"
    parts: list[LinePart] = [
        Bold(outside(str(session.account) if session.account.user else unnamed)),
        f"  {session.host} session {session.id}, {wording.session_state(session)}",
    ]
    if session.logged_on_at:
        parts += [", logged on ", Timestamp(session.logged_on_at)]
    if session.client:
        parts.append(f", from {outside(session.client)}")
    if session.unread:
        parts.append(f", {session.unread}")
    elif client := session.unread_part("client"):
        parts.append(f", its client {client}")
    if target.warned_at and target.is_open and request.state is State.READY:
        parts += [Break(), "warned at ", Timestamp(target.warned_at)]
    if target.verdict or request.state is State.ACTING:
        looks_again = request.state is not State.ENDED or request.due_at is not None
        said = wording.verdict(target, looks_again=looks_again, is_in_hand=_is_in_hand(request, target))
        parts += [Break(), Mark(wording.MARKS[target.verdict] if target.verdict else "…"), f" {said}"]
    if request.ask.verbose:
        parts += [Break(), details.of_target(target)]
    return Line(parts=tuple(parts), tone=Tone.ROW)


def _is_in_hand(request: Request, target: Target) -> bool:
    """A host takes its targets one after the other."""
    host = target.session.host
    first = next((each.key for each in request.targets if each.session.host == host and each.is_open), None)
    return target.key == first and host in request.begun


def left_out(request: Request) -> list[Line]:
    """People before services, where not all fit: whoever is left out is looked for here."""
    if not request.excluded:
        return []
    left = request.excluded
    if len(left) > MOST_ROWS:
        left = tuple(sorted(left, key=lambda each: not each.session.account.user))
    said = [f"{o.session.host} session {o.session.id}{_named(o.session)}: {bounded(o.why)}" for o in left[:MOST_ROWS]]
    more = len(request.excluded) - len(said)
    text = "Left out: " + "; ".join(said) + (f"; and {more:,} more" if more else "")
    return [Line(parts=(text,), tone=Tone.QUIET)]


def _named(session: Session) -> str:
    return f" {outside(str(session.account))}" if session.account.user else ""


def silent_hosts(request: Request) -> list[Line]:
    silent = [look for look in request.surveys if look.code]
    lines = [_silent(look, verbose=request.ask.verbose) for look in silent[:MOST_SILENT]]
    more = silent[MOST_SILENT:]
    unread = sum(look.code != SAME_MACHINE for look in more)
    if unread:
        lines.append(Line(parts=(Mark("⚠"), f" {wording.count(unread, 'more computer')} did not answer.")))
    if again := len(more) - unread:
        said = wording.count(again, "more name stands", "more names stand")
        lines.append(Line(parts=(Mark("⚠"), f" {said} for a machine that has another name here.")))
    return lines


def _silent(look: HostSurvey, *, verbose: bool) -> Line:
    """A host without an answer, with its own words when they were asked for."""
    parts: list[LinePart] = [Mark("⚠"), f" {bounded(look.message)}"]
    if verbose and look.words:
        parts += [Break(), details.own_words(look.words)]
    return Line(parts=tuple(parts))
