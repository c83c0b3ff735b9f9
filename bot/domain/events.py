"""What can happen to a request, in the past tense. The names are the vocabulary of the audit (see `name_of`)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import timedelta

    from bot.domain.actions import Action
    from bot.domain.people import Actor
    from bot.domain.request import Ending, ExcludedSession, HostSurvey, Target
    from bot.domain.requirement import Requirement
    from bot.domain.verdicts import Reason, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The command is in the database; recorded by `Ledger.open` alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surveyed:
    """The hosts were looked at and the rules were asked. `unseen` is hidden from the requester: for the audit log."""

    targets: tuple[Target, ...]
    surveys: tuple[HostSurvey, ...]
    excluded: tuple[ExcludedSession, ...] = ()
    unseen: tuple[ExcludedSession, ...] = ()
    requirement: Requirement | None = None
    ending: Ending | None = None
    message: str = ""
    valid_for: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonAsked:
    """`--force` lacks its reason and nothing else; the requester is asked for one. It has to contain the `tickets`."""

    tickets: tuple[str, ...]
    valid_for: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonGiven:
    """The requester gave the reason, and the request goes on as if it had been typed. `valid_for`: as at the start."""

    by: Actor
    on_version: int
    reason: str
    valid_for: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowed:
    """Somebody took targets out. Answers counted so far are void; what it takes stays as the card has said."""

    by: Actor
    on_version: int
    keys: frozenset[tuple[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionChanged:
    """Somebody chose the gentler act. Answers counted so far are void."""

    by: Actor
    on_version: int
    action: Action
    requirement: Requirement


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """One of several needed people said yes. `void`: earlier answers of people who count no longer."""

    by: Actor
    on_version: int
    void: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """The deciding yes. `valid_for`: how long the act may wait to begin."""

    by: Actor
    on_version: int
    valid_for: timedelta
    void: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondPersonNeeded:
    """The requester's own yes would have decided, but took them above their limit. Answers counted so far are void."""

    by: Actor
    on_version: int
    requirement: Requirement


@dataclass(frozen=True, slots=True, kw_only=True)
class Denied:
    by: Actor
    on_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    by: Actor
    on_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A rule says no, before or after somebody was asked. `by`: whose yes brought it to light."""

    rule: str
    message: str
    by: Actor | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Expired:
    """Its time was over before the next thing happened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WarningStarted:
    """The message to a person is about to leave; recorded before it does, so it is never sent twice."""

    key: tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class WarningDelivered:
    """Windows has taken the message."""

    key: tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class WarningFailed:
    """The person could not be warned, or nobody can prove it: they are left alone. `unseen`: as in `TargetEnded`."""

    key: tuple[str, int]
    note: str
    unseen: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GraceStarted:
    """Everybody is warned; the act waits for `grace`, or for the rest of a hold that is longer."""

    grace: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The bot begins to act. `valid_for`: all deadlines of the act together."""

    valid_for: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class HostStarted:
    """The order for this host is about to leave; recorded before it does."""

    host: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetRequested:
    """The host was asked to log the target off; whether it went is not known. `lost`: perhaps it was not asked."""

    key: tuple[str, int]
    lost: bool = False
    code: int = 0
    reason: Reason | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetEnded:
    """`unseen`: what the host said and the requester may not know. It is for the audit log alone."""

    key: tuple[str, int]
    verdict: Verdict
    code: int = 0
    reason: Reason | None = None
    note: str = ""
    unseen: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """Somebody stopped a running act: what has not begun is left alone."""

    by: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """Every target has its verdict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A later look corrected what was not known at the end. `unseen`: as in `TargetEnded`."""

    key: tuple[str, int]
    verdict: Verdict
    reason: Reason | None = None
    note: str = ""
    unseen: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlingAbandoned:
    """What was not known at the end will not be looked at any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFailed:
    """A step failed by a surprise and will be tried again; `reference` finds it in the log."""

    reference: str
    code: str
    again_in: timedelta
    host: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A step failed too often. The person is shown the reference."""

    reference: str
    code: str


class NoteKind(StrEnum):
    """What is recorded although nothing changes."""

    USAGE_ERROR = "usage_error"
    OUTSIDER_PRESS = "outsider_press"
    LATE_PRESS = "late_press"
    STALE_PRESS = "stale_press"
    LOST_RACE = "lost_race"
    REPEATED_PRESS = "repeated_press"
    UNKNOWN_PRESS = "unknown_press"
    REFUSED = "refused"
    LATE_VERDICT = "late_verdict"


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """Something was tried and changed nothing."""

    kind: NoteKind
    by: Actor
    detail: str = ""


Event = (
    Surveyed
    | ReasonAsked
    | ReasonGiven
    | Narrowed
    | ActionChanged
    | Counted
    | Approved
    | SecondPersonNeeded
    | Denied
    | Cancelled
    | Refused
    | Expired
    | WarningStarted
    | WarningDelivered
    | WarningFailed
    | GraceStarted
    | Started
    | HostStarted
    | TargetRequested
    | TargetEnded
    | Stopped
    | Ended
    | Settled
    | SettlingAbandoned
    | StepFailed
    | Failed
    | Noted
)


def name_of(event: Event | Asked) -> str:
    """`TargetEnded` -> `target_ended`: the name in the audit."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(event).__name__).lower()
