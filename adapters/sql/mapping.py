"""The mapping between rows and frozen values, both ways."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from adapters.sql.documents import (
    ACTOR,
    ACTORS,
    EXCLUDED,
    MAYBE_ACTOR,
    MAYBE_MESSAGE_REF,
    MAYBE_REQUIREMENT,
    MAYBE_WORDS,
    PLACE,
    POSTINGS,
    SERVING,
    SESSION,
    JsonColumn,
)
from bot.audit.entry import Entry
from bot.audit.values import ENTRY_FIELDS, TARGET_FIELDS
from bot.domain.actions import Action
from bot.domain.request import (
    Counts,
    Ending,
    HostSurvey,
    Request,
    State,
    Target,
    counts_of,
)
from bot.domain.verdicts import Reason, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Row

    from adapters.sql.documents import Asks

Values = dict[str, Any]

MILLISECOND = timedelta(milliseconds=1)


def row_of_request(request: Request, asks: Asks) -> Values:
    return {
        "id": request.id,
        "delivery": request.delivery,
        "command": request.command,
        "text": request.text,
        "actor_id": request.actor.user_id,
        "actor": ACTOR.write(request.actor),
        "place": PLACE.write(request.place),
        "asked_at": request.asked_at,
        **changes_of_request(request, asks),
        "message_ref": MAYBE_MESSAGE_REF.write(request.message_ref),
        "published_version": request.published_version,
        "postings": POSTINGS.write(request.postings),
        "postings_due_at": request.postings_due_at,
    }


def changes_of_request(request: Request, asks: Asks, *, since: Request | None = None) -> Values:
    """Return the columns that events change; with `since` only those whose value has changed since then.

    `mark_published` and `mark_posting` change the others.
    """
    columns, documents = _plain_columns(request), ["ask", *_DOCUMENTS]
    if since:
        old = _plain_columns(since)
        columns = {name: value for name, value in columns.items() if value != old[name]}
        documents = [name for name in documents if getattr(request, name) != getattr(since, name)]
    for name in documents:
        value = getattr(request, name)
        columns[name] = asks.write(request.command, value) if name == "ask" else _DOCUMENTS[name].write(value)
    return columns


_DOCUMENTS: dict[str, JsonColumn[Any]] = {
    "excluded": EXCLUDED,
    "reason_asked": MAYBE_WORDS,
    "requirement": MAYBE_REQUIREMENT,
    "counted": ACTORS,
    "serving": SERVING,
    "decided_by": MAYBE_ACTOR,
    "voided": ACTORS,
}


def _plain_columns(request: Request) -> Values:
    counts = request.counts
    return {
        "expires_at": request.expires_at,
        "state": request.state.value,
        "ending": request.ending and request.ending.value,
        "version": request.version,
        "due_at": request.due_at,
        "attempts": request.attempts,
        "alone": request.alone,
        "decided_at": request.decided_at,
        "deny_reason": request.deny_reason,
        "message": request.message,
        "failure_reference": request.failure_reference,
        "publish_after": request.publish_after,
        "announced_at": request.announced_at,
        "ended_at": request.ended_at,
        "action": request.action.value,
        "content_version": request.content_version,
        "listed": request.listed,
        "started_at": request.started_at,
        "act_at": request.act_at,
        "hosts_half": request.hosts_half,
        "targets": counts.targets,
        "open_targets": counts.open,
        "unsure_targets": counts.unsure,
    }


def row_of_target(request_id: str, position: int, target: Target) -> Values:
    session = target.session
    return {
        "request_id": request_id,
        "host": session.host,
        "session_id": session.id,
        "position": position,
        "session": SESSION.write(session),
        **changes_of_target(target),
    }


def changes_of_target(target: Target) -> Values:
    return {
        "verdict": target.verdict and target.verdict.value,
        "code": target.code,
        "reason": target.reason and target.reason.value,
        "note": target.note,
        "words": target.words,
        "requested_at": target.requested_at,
        "request_lost": target.request_lost,
        "waited_ms": target.waited // MILLISECOND,
        "warning_at": target.warning_at,
        "warned_at": target.warned_at,
        "own_warning": target.own_warning,
    }


def row_of_look(request_id: str, position: int, look: HostSurvey) -> Values:
    return {"request_id": request_id, "host": look.host, "position": position, **changes_of_look(look)}


def changes_of_look(look: HostSurvey) -> Values:
    return {
        "looked_at": look.looked_at,
        "sessions": look.sessions,
        "code": look.code,
        "message": look.message,
        "words": look.words,
        "started_at": look.started_at,
        "ordered_at": look.ordered_at,
        "ended_at": look.ended_at,
        "due_at": look.due_at,
        "seal": look.seal,
    }


def row_of_entry(entry: Entry) -> Values:
    return {name: getattr(entry, name) for name in ENTRY_FIELDS}


def rows_of_targets(entry: Entry) -> list[Values]:
    """Return the rows of the sessions that the entry names. Their positions count from 1."""
    return [
        {"seq": entry.seq, "position": position, **{name: getattr(named, name) for name in TARGET_FIELDS}}
        for position, named in enumerate(entry.rows, start=1)
    ]


def _number(stored: object) -> int:
    """Return the number. Raises `TypeError` for anything else: SQLite stores all in any column."""
    if type(stored) is not int:
        raise TypeError(f"{type(stored).__name__} is no number")
    return stored


def _counts_in(row: Row[Any]) -> Counts:
    return Counts(targets=_number(row.targets), open=_number(row.open_targets), unsure=_number(row.unsure_targets))


def target_of(row: Row[Any]) -> Target:
    """Return the target of a row. Raises `ValueError` when it is not the session that its key names."""
    session = SESSION.read(row.session)
    if (session.host, session.id) != (row.host, row.session_id):
        raise ValueError(f"the target {row.host} {row.session_id} is {session.host} {session.id}")
    return Target(
        session=session,
        verdict=None if row.verdict is None else Verdict(row.verdict),
        code=_number(row.code),
        reason=None if row.reason is None else Reason(row.reason),
        note=row.note,
        words=row.words,
        requested_at=row.requested_at,
        request_lost=row.request_lost,
        waited=row.waited_ms * MILLISECOND,
        warning_at=row.warning_at,
        warned_at=row.warned_at,
        own_warning=row.own_warning,
    )


def look_of(row: Row[Any]) -> HostSurvey:
    return HostSurvey(
        host=row.host,
        looked_at=row.looked_at,
        sessions=_number(row.sessions),
        code=row.code,
        message=row.message,
        words=row.words,
        started_at=row.started_at,
        ordered_at=row.ordered_at,
        ended_at=row.ended_at,
        due_at=row.due_at,
        seal=row.seal,
    )


def request_of(row: Row[Any], targets: Sequence[Row[Any]], surveys: Iterable[Row[Any]], asks: Asks) -> Request:
    """Return the request as far as its targets and surveys were read. The head counts all; the rest is elsewhere."""
    return Request(
        targets=(read := tuple(target_of(target) for target in targets)),
        surveys=tuple(look_of(look) for look in surveys),
        elsewhere=_counts_in(row) - counts_of(read),
        id=row.id,
        delivery=row.delivery,
        command=row.command,
        text=row.text,
        actor=ACTOR.read(row.actor),
        place=PLACE.read(row.place),
        ask=asks.read(row.command, row.ask),
        asked_at=row.asked_at,
        expires_at=row.expires_at,
        state=State(row.state),
        ending=None if row.ending is None else Ending(row.ending),
        version=_number(row.version),
        due_at=row.due_at,
        attempts=_number(row.attempts),
        hosts_half=row.hosts_half,
        excluded=EXCLUDED.read(row.excluded),
        reason_asked=MAYBE_WORDS.read(row.reason_asked),
        requirement=MAYBE_REQUIREMENT.read(row.requirement),
        counted=ACTORS.read(row.counted),
        serving=SERVING.read(row.serving),
        alone=row.alone,
        decided_by=MAYBE_ACTOR.read(row.decided_by),
        decided_at=row.decided_at,
        deny_reason=row.deny_reason,
        message=row.message,
        failure_reference=row.failure_reference,
        action=Action(row.action),
        content_version=_number(row.content_version),
        **{name: getattr(row, name) for name in ("started_at", "act_at", "ended_at")},
        **_messages_of(row),
    )


def _messages_of(row: Row[Any]) -> Values:
    """Return how far the messages of the request are: the card, and the notices beside it."""
    return {
        "message_ref": MAYBE_MESSAGE_REF.read(row.message_ref),
        "published_version": _number(row.published_version),
        "publish_after": row.publish_after,
        "listed": _number(row.listed),
        "announced_at": row.announced_at,
        "postings": POSTINGS.read(row.postings),
        "postings_due_at": row.postings_due_at,
        "voided": ACTORS.read(row.voided),
    }
