"""Values with good defaults: a test names only what it is about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from bot.commands.logoff import LogoffAsk
from bot.domain import events as e
from bot.domain.actions import Action
from bot.domain.lifecycle import ASKED_FOR, advance
from bot.domain.note_kind import NoteKind
from bot.domain.people import Actor, MemberStatus, Person, Place
from bot.domain.request import HostSurvey, Request, Target
from bot.domain.requirement import Confirm, Need, Requirement
from bot.domain.session import Account, Session, SessionState
from bot.domain.verdicts import Verdict

NOW = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
LOGON = 134_087_000_000_000_000
"""FILETIME ticks of a day shortly before `NOW`."""

CARD_LIFE = timedelta(minutes=15)
GRACE = timedelta(minutes=5)

ASKER = Actor(user_id="U0ASKER", name="asker")
OTHER = Actor(user_id="U0OTHER", name="other")
PLACE = Place(channel_id="C0ONCALL", name="oncall")
ONCALL = frozenset({"@oncall"})
LEADS = frozenset({"@leads"})


def request(id: str = "TS-AAAAAA", **changes: Any) -> Request:  # noqa: A002 - it is the field's name
    values: dict[str, Any] = {
        "id": id,
        "delivery": f"delivery of {id}",
        "command": "logoff",
        "text": "comp1 id=3 --sync",
        "actor": ASKER,
        "place": PLACE,
        "ask": LogoffAsk(hosts=("comp1",)),
        "asked_at": NOW,
        "expires_at": NOW + ASKED_FOR,
        "due_at": NOW,
    }
    return Request(**(values | changes))


def session(id: int = 3, **changes: Any) -> Session:  # noqa: A002 - it is the field's name
    values: dict[str, Any] = {
        "host": "comp1",
        "id": id,
        "state": SessionState.DISCONNECTED,
        "account": Account(domain="CORP", user="alice"),
        "logon": LOGON,
        "disconnect": LOGON + 36_000_000_000,
        "now": LOGON + 144_000_000_000,
    }
    return Session(**(values | changes))


def target(id: int = 3, *, host: str = "comp1", **changes: Any) -> Target:  # noqa: A002 - it is the field's name
    values: dict[str, Any] = {"session": session(id, host=host)}
    return Target(**(values | changes))


def look(host: str = "comp1", **changes: Any) -> HostSurvey:
    values: dict[str, Any] = {"host": host, "looked_at": NOW, "sessions": 5}
    return HostSurvey(**(values | changes))


def requirement(**changes: Any) -> Requirement:
    values: dict[str, Any] = {"confirm": Confirm.SELF, "rules": ("own sessions",)}
    return Requirement(**(values | changes))


def person(
    actor: Actor = ASKER, groups: frozenset[str] = ONCALL, *, status: MemberStatus = MemberStatus.MEMBER
) -> Person:
    return Person(actor=actor, groups=groups, status=status)


def need(count: int = 1, **changes: Any) -> Need:
    values: dict[str, Any] = {"count": count, "of": LEADS, "rule": "four eyes"}
    return Need(**(values | changes))


def by_others(*needs: Need, **changes: Any) -> Requirement:
    """What the leads have to confirm."""
    return requirement(confirm=Confirm.OTHERS, needs=needs or (need(),), rules=("four eyes",), **changes)


def surveyed(*targets: Target, **changes: Any) -> e.Surveyed:
    """The look at the hosts of these targets (by default one), which the asker has to confirm."""
    chosen = targets or (target(),)
    hosts = dict.fromkeys(each.session.host for each in chosen)
    values: dict[str, Any] = {
        "targets": chosen,
        "surveys": tuple(look(host) for host in hosts),
        "requirement": requirement(),
        "valid_for": CARD_LIFE,
    }
    return e.Surveyed(**(values | changes))


def approved(*, on_version: int = 2, by: Actor = ASKER) -> e.Approved:
    return e.Approved(by=by, on_version=on_version, valid_for=GRACE)


def started() -> e.Started:
    return e.Started(valid_for=timedelta(minutes=3))


def awaiting(*targets: Target, **changes: Any) -> Request:
    return advance(request(**changes), surveyed(*targets), NOW)


def ready(*targets: Target, **changes: Any) -> Request:
    return advance(awaiting(*targets, **changes), approved(), NOW)


def acting(*targets: Target, **changes: Any) -> Request:
    return advance(ready(*targets, **changes), started(), NOW)


def all_done(*targets: Target, verdict: Verdict = Verdict.GONE) -> Request:
    """Acting, and every target has this verdict."""
    now = acting(*targets)
    for each in now.targets:
        now = advance(now, e.TargetEnded(key=each.key, verdict=verdict), NOW)
    return now


ONE, TWO = ("comp1", 3), ("comp2", 7)
ONE_AND_TWO = (target(3), target(7, host="comp2"))


REASON_ASKED = e.ReasonAsked(tickets=(r"INC-\d+",), valid_for=timedelta(minutes=5))


def one_of_each(request: Request, key: tuple[str, int] = ONE, by: Actor = OTHER) -> dict[str, e.Event]:
    """One event of each kind by its name, as it would fit this request about `ONE_AND_TWO` if it fits at all."""
    version, second = request.version, timedelta(seconds=1)
    events: tuple[e.Event, ...] = (
        surveyed(*ONE_AND_TWO),
        REASON_ASKED,
        e.ReasonGiven(by=by, on_version=version, reason="INC-7", valid_for=second),
        e.Narrowed(by=by, on_version=version, keys=frozenset({key})),
        e.ActionChanged(by=by, on_version=version, action=Action.DISCONNECT, requirement=requirement()),
        e.Counted(by=by, on_version=version),
        approved(on_version=version),
        e.SecondPersonNeeded(by=by, on_version=version, requirement=by_others()),
        e.Denied(by=by, on_version=version),
        e.Cancelled(by=by, on_version=version),
        e.Refused(rule="protected", message="no"),
        e.Expired(),
        e.WarningStarted(key=key),
        e.WarningDelivered(key=key),
        e.WarningFailed(key=key, note="nobody is there"),
        e.GraceStarted(grace=second),
        started(),
        e.HostStarted(host=key[0]),
        e.HostContinued(host=key[0]),
        e.TargetRequested(key=key),
        e.TargetEnded(key=key, verdict=Verdict.GONE),
        e.Stopped(by=by),
        e.Ended(),
        e.Settled(key=key, verdict=Verdict.GONE),
        e.SettlingAbandoned(),
        e.Announced(),
        e.StepFailed(reference="r", code="c", again_in=second),
        e.Failed(reference="r", code="c"),
        e.Noted(kind=NoteKind.LATE_PRESS, by=by),
    )
    return {e.name_of(event): event for event in events}
