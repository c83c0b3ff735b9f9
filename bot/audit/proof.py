"""Whether a stored request is what people decided about, reckoned from the signed entries alone.

Rows are progress and may be written by whoever can write the database; entries are signed. Before each effect the
state, the answers, the dates and the targets of the row are compared with those that the entries say. It takes the
entries of decisions and those of one host, however many hosts the request has.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, get_args
from uuid import uuid4

from bot.audit.content import content_of, seals_of
from bot.domain import events as e
from bot.domain.acts import MILLISECOND
from bot.domain.request import State
from bot.domain.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.audit.entry import Entry
    from bot.domain.request import HostSurvey, Request, Target

DECIDING = (
    e.Asked, e.ReasonAsked, e.ReasonGiven, e.Surveyed, e.Narrowed, e.ActionChanged, e.SecondPersonNeeded, e.Counted,
    e.Approved, e.GraceStarted, e.Announced, e.Started, e.Stopped,
    e.Denied, e.Cancelled, e.Refused, e.Expired, e.Failed, e.Ended,
)  # fmt: skip
"""The events whose entries say how far a request is. Each request has a handful of them."""

DECIDING_NAMES = frozenset(e.name_of_kind(kind) for kind in DECIDING)

KNOWN_NAMES = frozenset(map(e.name_of_kind, (e.Asked, *get_args(e.Event))))
"""The events of this release. What another one means by an event, this one cannot reckon."""

_PROVEN_BEFORE = (
    e.ReasonGiven, e.Surveyed, e.Narrowed, e.ActionChanged, e.SecondPersonNeeded, e.Counted, e.Approved,
    e.Announced, e.WarningStarted, e.GraceStarted, e.Started, e.HostStarted, e.HostContinued,
)  # fmt: skip
"""The events that are recorded only on a request that is proven: those that lead to an effect."""


def not_proven() -> e.Failed:
    """Return the event that ends a request which does not fit its entries."""
    return e.Failed(reference=uuid4().hex[:8], code="not_proven")


def needs_proof(request: Request, event: e.Event) -> bool:
    """Return whether the request has to be proven before the event is recorded: it leads to an effect."""
    return isinstance(event, _PROVEN_BEFORE) and request.state is not State.ENDED


KEPT = 64
"""Of how many requests it is kept how far they are."""

_NEW_CONTENT = frozenset({"asked", "reason_given", "surveyed", "narrowed", "action_changed", "second_person_needed"})
_ABOUT_CONTENT = frozenset({"counted", "approved", "started"})
_VOIDS = frozenset({"surveyed", "narrowed", "action_changed", "second_person_needed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reckoning:
    """How far a request is, as its entries say."""

    state: State = State.ASKED
    expires_at: datetime | None = None  # when that state expires; None: it has ended
    content: str = ""  # what is decided about
    hosts: str = ""  # the hosts' half of it
    content_version: int = 1  # the version since which it is the same
    version: int = 1  # the version after the newest of these entries
    counted: tuple[str, ...] = ()  # user ids of those whose yes to this content counts
    decided_by: str = ""  # the user id of who said the deciding yes
    surveyed_at: datetime | None = None  # when the survey was recorded
    grace_at: datetime | None = None  # when the time to save began
    started_at: datetime | None = None  # when the act began
    announced_at: datetime | None = None  # when break-glass was announced
    stopped_seq: int = 0  # the number of the entry with which a person stopped the act; 0: nobody did
    is_odd: bool = False  # somebody said yes to, or the bot began, another content than the present one


@lru_cache(maxsize=KEPT)
def reckoning_of(entries: tuple[Entry, ...], *, asks_nobody: bool = False) -> Reckoning:
    """Return how far the request is by these entries, in ascending order. All hosts of a request have the same ones.

    `asks_nobody`: its requirement wants no yes, as for a forced act or a message that is sent at once. The requirement
    is a part of the content, so whoever compares the content proves this, too.
    """
    now = Reckoning()
    for entry in entries:
        now = _after(now, entry, asks_nobody=asks_nobody)
    return now


def _after(now: Reckoning, entry: Entry, *, asks_nobody: bool) -> Reckoning:
    if entry.event == "announced":
        return replace(now, announced_at=now.announced_at or entry.at)
    state = _state_after(now, entry, asks_nobody=asks_nobody)
    now = replace(now, expires_at=entry.expires_at, version=entry.version, state=state)
    if entry.event in _NEW_CONTENT:
        now = replace(now, content=entry.content, hosts=entry.hosts_digest)
    if entry.event in _ABOUT_CONTENT and entry.content != now.content:
        return replace(now, is_odd=True)
    if entry.event in _VOIDS:
        now = replace(now, counted=(), content_version=now.content_version if asks_nobody else entry.version)
    match entry.event:
        case "surveyed":
            return replace(now, surveyed_at=entry.at)
        case "counted" | "approved":
            stay = [one for one in now.counted if one not in entry.void.split() and one != entry.actor]
            decided_by = entry.actor if entry.event == "approved" else now.decided_by
            return replace(now, counted=(*stay, entry.actor), decided_by=decided_by)
        case "grace_started":
            return replace(now, grace_at=entry.at)
        case "started":
            return replace(now, started_at=entry.at)
        case "stopped":
            return replace(now, stopped_seq=entry.seq)
    return now


def _state_after(now: Reckoning, entry: Entry, *, asks_nobody: bool) -> State:
    if entry.expires_at is None:
        return State.ENDED
    match entry.event:
        case "surveyed":
            return State.READY if asks_nobody else State.AWAITING
        case "approved":
            return State.READY
        case "started":
            return State.ACTING
        case _:
            return now.state


def misfit_of(request: Request, entries: Sequence[Entry], seal_key: bytes, host: str = "") -> str:
    """Return what of the request does not fit its entries, in words; empty when it is proven.

    `entries` are verified, in ascending order: those of its decisions, and all of one `host` when the request is that
    host's part. The progress at the hosts is compared then; other parts have to be compared host by host later.
    """
    decisions = tuple(entry for entry in entries if entry.event in DECIDING_NAMES)
    if not decisions or decisions[0].event != "asked":
        return "nobody asked for it"
    required = request.requirement
    reckoned = reckoning_of(decisions, asks_nobody=required is not None and not required.is_open)
    return (
        _misfit_of_head(request, reckoned)
        or _misfit_of_dates(request, reckoned)
        or _misfit_of_seals(request, seal_key)
        or (_misfit_of_host(request, reckoned, host, entries) if host else "")
    )


def _misfit_of_head(request: Request, reckoned: Reckoning) -> str:
    if reckoned.is_odd or request.hosts_half != reckoned.hosts or content_of(request) != reckoned.content:
        return "it is not what people decided about"
    if request.state is not reckoned.state:
        return f"its state is {request.state.value}, and by the record {reckoned.state.value}"
    if tuple(sorted(actor.user_id for actor in request.counted)) != tuple(sorted(reckoned.counted)):
        return "other people said yes"
    if not {user for those in request.serving for user in those} <= set(reckoned.counted):
        return "its card shows a yes of other people"
    is_alone = request.state in (State.READY, State.ACTING) and set(reckoned.counted) <= {request.actor.user_id}
    decided_by = request.decided_by.user_id if request.decided_by else ""
    if (request.alone, decided_by) != (is_alone, reckoned.decided_by):
        return "somebody else decided"
    if request.content_version != reckoned.content_version or request.version < reckoned.version:
        return "its version is another one"
    return ""


def _misfit_of_dates(request: Request, reckoned: Reckoning) -> str:
    """The moments at which it expires and may begin are those that follow from the entries."""
    if reckoned.expires_at and request.expires_at != reckoned.expires_at:
        return "it expires at another time"
    if request.started_at != reckoned.started_at:
        return "its act began at another time"
    if request.announced_at != reckoned.announced_at:
        return "its announcement is of another time"
    act_at = reckoned.surveyed_at + request.hold if reckoned.surveyed_at and request.hold else None
    if reckoned.grace_at and request.ask.warn:
        act_at = max(reckoned.grace_at + request.ask.warn, act_at or reckoned.grace_at)
    return "" if request.act_at == act_at else "it begins at another time"


def _misfit_of_seals(request: Request, seal_key: bytes) -> str:
    """Each host that was read has the targets that people decided about."""
    seals = {look.host: look.seal for look in request.surveys}
    expected = seals_of(request, seal_key)
    wrong = [host for host, seal in expected.items() if seals.get(host) != seal]
    return f"the targets on {wrong[0]} are not those that people decided about" if wrong else ""


def _misfit_of_host(request: Request, reckoned: Reckoning, host: str, entries: Sequence[Entry]) -> str:
    here = [entry for entry in entries if entry.host == host]
    look, begun = request.survey_of(host), _first(here, "host_started")
    if look is None or look.started_at != (begun.at if begun else None):
        return f"the act on {host} began at another time"
    if _misfit_of_orders(request, look, here, is_stopped=bool(reckoned.stopped_seq)):
        return f"the orders for {host} left at another time"
    before = [entry for entry in here if entry.seq < reckoned.stopped_seq]
    for target in request.targets:
        mine = [entry for entry in here if entry.session_id == target.session.id]
        is_spared = reckoned.stopped_seq and not _is_ordered(target, before)
        if misfit := _misfit_of_target(request, target, mine, Verdict.SKIPPED.value if is_spared else ""):
            return misfit
    return ""


def _misfit_of_orders(request: Request, look: HostSurvey, here: Sequence[Entry], *, is_stopped: bool) -> bool:
    """Whether an order is on its way, and when the last target got its verdict, are as the host's entries say.

    A Stop gives verdicts without an entry of their own; no host begins after it, so no time of an end is asked.
    """
    if request.open_targets:
        return (look.ordered_at, look.ended_at) != (_on_its_way_since(here), None)
    ends = [entry.at for entry in here if entry.event == "target_ended" and look.started_at]
    return not is_stopped and look.ended_at != (ends[-1] if ends else None)


def _on_its_way_since(here: Sequence[Entry]) -> datetime | None:
    """Return when the newest order left of which the entries do not say that its call has ended."""
    at: datetime | None = None
    for entry in here:
        if entry.event in ("host_started", "host_continued"):
            at = entry.at
        elif entry.event == "target_requested" and entry.took_ms is not None:
            at = None
    return at


def _is_ordered(target: Target, before: Sequence[Entry]) -> bool:
    """Return whether an order for the target may have left by these entries of its host."""
    mine = [entry for entry in before if entry.session_id == target.session.id]
    return _on_its_way_since(before) is not None or _first(mine, "target_requested") is not None


def _misfit_of_target(request: Request, target: Target, mine: Sequence[Entry], spared: str) -> str:
    """Compare one target with its entries. `spared` is the verdict without an entry that a Stop gave; empty: none."""
    whom = f"{target.session.id} on {target.session.host}"
    dates = (("warning_started", target.warning_at), ("warning_delivered", target.warned_at))
    for event, at in (*dates, ("target_requested", target.requested_at)):
        first = _first(mine, event)
        if at != (first.at if first else None):
            return f"what was done to session {whom} is not what the record says"
    ended = _first(mine, "target_ended") or _first(mine, "warning_failed")
    if _misfit_of_wait(target, _first(mine, "target_requested"), ended):
        return f"session {whom} was waited for in another time"
    if (target.verdict.value if target.verdict else "") != (ended.verdict if ended else spared):
        return f"the verdict of session {whom} is not the record's"
    is_unwarned = request.state is State.ACTING and request.ask.warn and target.is_open and not target.warned_at
    return f"session {whom} was not warned" if is_unwarned else ""


def _misfit_of_wait(target: Target, requested: Entry | None, ended: Entry | None) -> bool:
    """Whether the time that the session took is not that of its entries.

    Of one that ended within its first call only its host knows the time; it decides nothing any more.
    """
    is_done = ended is not None and ended.verdict in (Verdict.GONE.value, Verdict.DISCONNECTED.value)
    if requested is None:
        return bool(target.waited) and not is_done
    waited = timedelta(milliseconds=requested.took_ms or 0)
    if is_done and ended and ended.at and requested.at:
        waited += max(ended.at - requested.at, timedelta()) // MILLISECOND * MILLISECOND
    return target.waited != waited


def _first(entries: Sequence[Entry], event: str) -> Entry | None:
    return next((entry for entry in entries if entry.event == event), None)
