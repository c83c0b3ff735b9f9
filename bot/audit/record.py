"""One entry of the audit log for each event."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.audit.entry import BOT, Entry
from bot.domain import events as e
from bot.domain.request import SAME_MACHINE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.domain.people import Place
    from bot.domain.request import HostSurvey, Request, Target
    from bot.domain.session import Session


MOST_ROWS = 500
MOST_LETTERS = 48_000
"""How many sessions, and letters, one list of an entry has. What has no room is counted; each target that is acted on
has entries of its own."""
_MOST_WORDS = 120
"""Letters of one host's words in the entry of a survey, which may name hundreds of hosts."""


def entry_for_opening(request: Request) -> Entry:
    """Return the `asked` entry of a new request."""
    return replace(
        _entry(request, e.name_of(e.Asked())),
        actor=request.actor.user_id,
        actor_name=request.actor.name,
        channel=request.place.channel_id,
        reason=request.ask.reason,
        text=f"/{request.command} {request.text}",
    )


def entry_for(request: Request, event: e.Event) -> Entry:  # noqa: PLR0912 - a line an event
    """Return the entry of the event. `request` is as it was before the event."""
    entry = _entry(request, e.name_of(event))
    by = getattr(event, "by", None)
    if by is not None:
        entry = replace(entry, actor=by.user_id, actor_name=by.name)
    match event:
        case e.Surveyed():
            return replace(entry, reason=_survey_in_words(event))
        case e.Refused():
            return replace(entry, reason=f"{event.rule}: {event.message}")
        case e.HostStarted():
            return replace(entry, host=event.host)
        case e.WarningStarted() | e.WarningDelivered() | e.WarningFailed():
            return replace(
                _about(entry, request.target_at(event.key)),
                reason=_joined(event.note, event.unseen) if isinstance(event, e.WarningFailed) else "",
            )
        case e.ReasonAsked() | e.ReasonGiven() | e.ActionChanged() | e.SecondPersonNeeded():
            return replace(entry, reason=_change_in_words(event))
        case e.Counted() | e.Approved() if event.void:
            return replace(entry, reason="void by now: " + ", ".join(sorted(event.void)))
        case e.TargetEnded() | e.Settled() | e.TargetRequested():
            return _outcome(_about(entry, request.target_at(event.key)), event)
        case e.Stopped() | e.Expired():
            return replace(entry, reason=_left_open(request))
        case e.Failed():
            return replace(entry, reason=f"{event.code} {event.reference}; {_left_open(request)}".rstrip("; "))
        case e.StepFailed():
            return replace(entry, reason=f"{event.code} {event.reference}")
        case e.Noted():
            return replace(entry, reason=event.kind.value, text=event.detail)
        case e.Narrowed():
            return replace(entry, reason="kept " + _listed(f"{host} {number}" for host, number in sorted(event.keys)))
        case _:
            return entry


def entry_for_note(noted: e.Noted, place: Place) -> Entry:
    """Return the entry of a note that belongs to no request."""
    return Entry(
        event=e.name_of(noted),
        actor=noted.by.user_id,
        actor_name=noted.by.name,
        channel=place.channel_id,
        reason=noted.kind.value,
        text=noted.detail,
    )


def entry_for_pause(by: str, reason: str | None) -> Entry:
    """Return the `paused` entry of an operator, or the `resumed` entry when `reason` is None."""
    return Entry(event="resumed" if reason is None else "paused", actor=by, actor_name=by, reason=reason or "")


def _outcome(entry: Entry, event: e.TargetEnded | e.Settled | e.TargetRequested) -> Entry:
    r"""Return the entry with verdict, code, and the reason with its note: `person: CORP\carol`."""
    reason = ": ".join(part for part in (event.reason.value if event.reason else "", event.note) if part)
    match event:
        case e.TargetEnded():
            said = _with_words(_joined(reason, event.unseen), event.words)
            return replace(entry, verdict=event.verdict.value, code=event.code, reason=said)
        case e.Settled():
            return replace(entry, verdict=event.verdict.value, reason=_joined(reason, event.unseen))
        case e.TargetRequested():
            said = "the order may not have arrived" if event.lost else reason
            return replace(entry, code=event.code, reason=_with_words(said, event.words))


def _joined(said: str, unseen: str) -> str:
    """What was said to people, and what the host said and they may not know."""
    return "; ".join(part for part in (said, unseen and f"not shown: {unseen}") if part)


def _with_words(said: str, words: str) -> str:
    """Return what was said to people, and the host's own words for whoever looks into it later."""
    return "; ".join(part for part in (said, words and f"the computer said: {words}") if part)


def _entry(request: Request, event: str) -> Entry:
    return Entry(event=event, request_id=request.id, actor=BOT, actor_name="the bot")


def _about(entry: Entry, target: Target | None) -> Entry:
    if target is None:
        return entry
    session = target.session
    return replace(entry, host=session.host, session_id=session.id, user=f"{session.account}{_cut(session)}")


def _named(session: Session) -> str:
    """Return the session in words: host, id and account, if it has one."""
    return f"{session.host} {session.id} {session.account}".rstrip() + _cut(session)


def _cut(session: Session) -> str:
    return f" [{session.cut:,} letters of its names left out]" if session.cut else ""


def _listed(parts: Iterable[str], more: int = 0) -> str:
    """Return the parts as one list, and how many it leaves out: those that have no room, and `more`."""
    kept: list[str] = []
    room = MOST_LETTERS
    for part in parts:
        room -= len(part)
        if room < 0 or len(kept) == MOST_ROWS:
            more += 1
        else:
            kept.append(part)
    return ", ".join([*kept, f"and {more:,} more that are not named here"] if more else kept)


def _left_open(request: Request) -> str:
    """Return the open targets in words, first those whose host had no order yet, then the others."""
    begun = {look.host for look in request.surveys if look.started_at}

    def listed(word: str, *, is_begun: bool) -> list[str]:
        hit = [t.session for t in request.open_targets if (t.session.host in begun) is is_begun]
        return [f"{word}: " + _listed(map(_named, hit))] if hit else []

    return "; ".join(listed("not begun", is_begun=False) + listed("begun", is_begun=True))


def _change_in_words(event: e.ReasonAsked | e.ReasonGiven | e.ActionChanged | e.SecondPersonNeeded) -> str:
    match event:
        case e.ReasonAsked():
            return ", ".join(event.tickets)
        case e.ReasonGiven():
            return event.reason
        case e.ActionChanged():
            return event.action.value
        case e.SecondPersonNeeded():
            return event.requirement.message


def _silence_in_words(look: HostSurvey) -> str:
    return f"{look.host} ({_with_words(look.code, look.words[:_MOST_WORDS])})"


def _survey_in_words(event: e.Surveyed) -> str:
    """Return targets, exclusions, hosts without an answer, and the requirement of a survey, in words."""
    targets = _listed((_named(t.session) for t in event.targets), event.more_targets) or "nobody"
    parts = [f"targets: {targets}"]
    if event.excluded:
        excluded = (f"{o.session.host} {o.session.id} ({o.why}){_cut(o.session)}" for o in event.excluded)
        parts.append("left out: " + _listed(excluded, event.more_excluded))
    if event.unseen:
        unseen = (f"{_named(o.session)} ({o.why})" for o in event.unseen)
        parts.append("not shown: " + _listed(unseen, event.more_unseen))
    silent = [_silence_in_words(look) for look in event.surveys if look.code not in ("", SAME_MACHINE)]
    if silent:
        parts.append("no answer: " + _listed(silent))
    if again := [look.host for look in event.surveys if look.code == SAME_MACHINE]:
        parts.append("another name of the same machine: " + _listed(again))
    if event.requirement:
        parts.append(
            f"confirm: {event.requirement.confirm.value} by {', '.join(event.requirement.rules) or 'deny rule'}"
        )
    if event.ending:
        parts.append(event.ending.value)
    return "; ".join(parts)
