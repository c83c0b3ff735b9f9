"""One entry of the audit log for each event."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.audit.entry import BOT, Entry
from bot.audit.named import (
    counted_of,
    left_out_of,
    machine_of,
    rows_left_open,
    rows_of_choice,
    rows_of_survey,
    said_by_computer,
)
from bot.domain import events as e
from bot.domain.request import Ending, State

if TYPE_CHECKING:
    from datetime import datetime

    from bot.audit.keys import PublicKey
    from bot.domain.people import Place
    from bot.domain.request import Request, Target

PAUSED, RESUMED = "paused", "resumed"
POLICY_LOADED = "policy_loaded"
KEY_CHANGED, KEY_TAKEN_UP = "key_changed", "key_taken_up"


def entry_for_opening(request: Request) -> Entry:
    """Return the `asked` entry of a new request."""
    return replace(
        _entry(request, e.name_of(e.Asked())),
        actor=request.actor.user_id,
        actor_name=request.actor.name,
        reason=request.ask.reason,
        text=f"/{request.command} {request.text}",
        forced=request.ask.force,
    )


def entry_for(before: Request, event: e.Event, after: Request, now: datetime) -> Entry:
    """Return the entry of an event that was recorded at `now`. `after` is what the event made of the request."""
    entry = _entry(after, e.name_of(event))
    by = getattr(event, "by", None)
    if by is not None:
        entry = replace(entry, actor=by.user_id, actor_name=by.name)
    if after.state is State.ENDED and before.state is not State.ENDED:
        ending = after.ending.value if after.ending else ""
        entry = replace(entry, reason_code=ending, took_ms=_since(before.asked_at, now))
    return _said(entry, before, event, after, now)


def entry_for_note(noted: e.Noted, place: Place) -> Entry:
    """Return the entry of a note that belongs to no request."""
    return Entry(
        event=e.name_of(noted),
        actor=noted.by.user_id,
        actor_name=noted.by.name,
        channel=place.channel_id,
        reason_code=noted.kind.value,
        text=noted.detail,
    )


def entry_for_unreadable(request_id: str, requester: str, version: int) -> Entry:
    """Return the `failed` entry of a request whose rows cannot be read. The entries before say what it was about."""
    return Entry(
        event=e.name_of_kind(e.Failed),
        request_id=request_id,
        requester=requester,
        actor=BOT,
        actor_name="the bot",
        reason_code=Ending.FAILED.value,
        note="unreadable",
        version=version,
    )


def entry_for_pause(by: str, reason: str | None) -> Entry:
    """Return the `paused` entry of an operator, or the `resumed` entry when `reason` is None."""
    return Entry(event=RESUMED if reason is None else PAUSED, actor=by, actor_name=by, reason=reason or "")


def entry_for_policy(text: str) -> Entry:
    """Return the entry with the text of the policy that the bot has loaded. The entry's own digest is of this text."""
    return Entry(event=POLICY_LOADED, actor=BOT, actor_name="the bot", text=text)


def entry_for_key(by: str, old: PublicKey, new: PublicKey) -> Entry:
    """Return the entry with which the old key names the new one. `keys_in` reads it."""
    note = "from the next entry on the key with the second public half signs"
    return Entry(event=KEY_CHANGED, actor=by, actor_name=by, text=f"{old.text} {new.text}", note=note)


def entry_for_taking_up(by: str, old: PublicKey) -> Entry:
    """Return the first entry of a new key: its signature vouches for all that stands before it."""
    return Entry(event=KEY_TAKEN_UP, actor=by, actor_name=by, text=old.text)


def _said(entry: Entry, before: Request, event: e.Event, after: Request, now: datetime) -> Entry:  # noqa: PLR0912 - a line an event
    """Return the entry with what the event itself says."""
    match event:
        case e.Surveyed():
            confirm = f"confirm: {event.requirement.confirm.value}" if event.requirement else ""
            entry = replace(
                entry, rows=tuple(rows_of_survey(event)), note=_joined(confirm, event.message, counted_of(event))
            )
            entry = replace(entry, left_out=left_out_of(event))
            return _decided(entry, before, after, now)
        case e.Refused():
            return replace(entry, rule=event.rule, note=event.message)
        case e.HostStarted() | e.HostContinued():
            return replace(entry, host=event.host)
        case e.WarningStarted() | e.WarningDelivered() | e.WarningFailed():
            entry = _about(entry, before.target_at(event.key))
            return _not_warned(entry, event) if isinstance(event, e.WarningFailed) else entry
        case e.ReasonAsked() | e.ReasonGiven():
            return _reason(entry, event)
        case e.ActionChanged() | e.SecondPersonNeeded() | e.Counted() | e.Approved() | e.Denied() | e.Started():
            return _decided(replace(entry, note=_note_of(event)), before, after, now, _void_of(event))
        case e.TargetEnded() | e.Settled() | e.TargetRequested():
            return _outcome(_about(entry, before.target_at(event.key)), before, event, now)
        case e.Stopped() | e.Expired():
            note = event.why if isinstance(event, e.Expired) else ""
            return replace(entry, rows=tuple(rows_left_open(before)), note=note)
        case e.Failed():
            return replace(entry, rows=tuple(rows_left_open(before)), note=f"{event.code} {event.reference}")
        case e.Announced():
            return replace(entry, note=event.failed)
        case e.StepFailed():
            return replace(entry, host=event.host, note=f"{event.code} {event.reference}")
        case e.Noted():
            return replace(entry, reason_code=event.kind.value, text=event.detail)
        case e.Narrowed():
            entry = replace(entry, rows=tuple(rows_of_choice(before, event)))
            return _decided(entry, before, after, now)
        case _:
            return entry


def _decided(entry: Entry, before: Request, after: Request, now: datetime, void: frozenset[str] = frozenset()) -> Entry:
    """Return the entry of a decision: by which rules, after how long, and whose yes no longer counts."""
    return replace(
        entry,
        rule=", ".join(after.requirement.rules) if after.requirement else "",
        took_ms=_since(before.asked_at, now),
        void=" ".join(sorted(void)),
    )


def _void_of(event: e.Event) -> frozenset[str]:
    return event.void if isinstance(event, e.Counted | e.Approved) else frozenset()


def _note_of(event: e.Event) -> str:
    match event:
        case e.ActionChanged():
            return event.action.value
        case e.SecondPersonNeeded():
            return event.requirement.message
        case e.Denied():
            return event.reason
        case _:
            return ""


def _reason(entry: Entry, event: e.ReasonAsked | e.ReasonGiven) -> Entry:
    if isinstance(event, e.ReasonGiven):
        return replace(entry, reason=event.reason)
    return replace(entry, note=", ".join(event.tickets))


def _not_warned(entry: Entry, event: e.WarningFailed) -> Entry:
    note = _joined(event.note, _unseen(event.unseen))
    return replace(entry, verdict=event.verdict.value, reason_code=event.reason.value, note=note)


def _outcome(
    entry: Entry, before: Request, event: e.TargetEnded | e.Settled | e.TargetRequested, now: datetime
) -> Entry:
    """Return the entry with verdict, code, reason and note. A verdict has the time since its host's order.

    A session that still closes where its call ended has the time that the host waited for it.
    """
    reason_code = event.reason.value if event.reason else ""
    if isinstance(event, e.TargetRequested):
        note = "the order may not have arrived" if event.lost else event.note
        note = _joined(note, said_by_computer(event.words))
        waited = None if event.waited is None else round(event.waited.total_seconds() * 1000)
        return replace(entry, reason_code=reason_code, code=event.code, note=note, took_ms=waited)
    look = before.survey_of(event.key[0])
    return replace(
        entry,
        reason_code=reason_code,
        verdict=event.verdict.value,
        code=event.code if isinstance(event, e.TargetEnded) else 0,
        note=_joined(event.note, _unseen(event.unseen), said_by_computer(getattr(event, "words", ""))),
        took_ms=_since(look.started_at, now) if look and look.started_at else None,
    )


def _unseen(text: str) -> str:
    """What the host said and people may not know."""
    return f"not shown: {text}" if text else ""


def _joined(*parts: str) -> str:
    return "; ".join(part for part in parts if part)


def _since(begin: datetime, now: datetime) -> int:
    """Return the milliseconds since then; 0 when the clock was set back."""
    return max(0, round((now - begin).total_seconds() * 1000))


def _entry(request: Request, event: str) -> Entry:
    """Return what every entry of a request says. The request is as it is after the event."""
    return Entry(
        event=event,
        request_id=request.id,
        requester=request.actor.user_id,
        channel=request.place.channel_id,
        actor=BOT,
        actor_name="the bot",
        forced=bool(request.requirement and request.requirement.is_forced),
        expires_at=None if request.state is State.ENDED else request.expires_at,
        version=request.version,
    )


def _about(entry: Entry, target: Target | None) -> Entry:
    if target is None:
        return entry
    session = target.session
    return replace(
        entry,
        host=session.host,
        machine=machine_of(session.machine),
        session_id=session.id,
        user=str(session.account),
        logon=session.logon,
        left_out=session.cut,
    )
