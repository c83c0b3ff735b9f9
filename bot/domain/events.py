"""The events of a request. A `key` is a target's host and session id; one of another `on_version` is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.domain.verdicts import Reason, Verdict

if TYPE_CHECKING:
    from datetime import timedelta

    from bot.domain.actions import Action
    from bot.domain.note_kind import NoteKind
    from bot.domain.people import Actor
    from bot.domain.request import Ending, ExcludedSession, HostSurvey, Target
    from bot.domain.requirement import Requirement


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The command is recorded. Only `Ledger.open` writes this event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surveyed:
    """The survey is done and the rules were asked. The request now awaits a press, is ready, or has ended."""

    targets: tuple[Target, ...]  # sessions to act on; those that a list shows, when the request only reads
    surveys: tuple[HostSurvey, ...]  # one for each host of the ask
    excluded: tuple[ExcludedSession, ...] = ()  # matching sessions that are no targets
    unseen: tuple[ExcludedSession, ...] = ()  # those hidden from the requester; for the audit log alone
    requirement: Requirement | None = None  # what it takes before the bot acts; None when the request ends here
    ending: Ending | None = None  # how the request ends here; None when it goes on
    message: str = ""  # a sentence for the card
    more_targets: int = 0  # sessions that the list has no room for; they are only counted
    more_excluded: int = 0  # the same of the excluded ones
    more_unseen: int = 0  # the same of the hidden ones
    services: int = 0  # matching sessions without a person, services and listeners: no targets, and only counted
    valid_for: timedelta  # how long the next state may last


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
    """A person took targets out. Answers counted so far are void. The requirement stays as the card shows it."""

    by: Actor  # the presser
    on_version: int  # the version that they decided on
    keys: frozenset[tuple[str, int]]  # host and session id of the targets that stay


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionChanged:
    """A person chose the gentler act. Answers counted so far are void."""

    by: Actor  # the presser
    on_version: int  # the version that they decided on
    action: Action  # the new action
    requirement: Requirement  # what the new action takes, together with what the card has shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """One of several needed people said yes."""

    by: Actor  # the presser
    on_version: int  # the version that they decided on
    void: frozenset[str] = frozenset()  # user ids of people whose earlier yes no longer counts
    serving: tuple[tuple[str, ...], ...] = ()  # for each need the user ids of those whose yes counts for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """A person said the deciding yes."""

    by: Actor  # the presser
    on_version: int  # the version that they decided on
    valid_for: timedelta  # how long the act may wait to begin
    void: frozenset[str] = frozenset()  # user ids of people whose earlier yes no longer counts
    serving: tuple[tuple[str, ...], ...] = ()  # as in `Counted`


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondPersonNeeded:
    """The requester's own yes would have decided, but took them above their limit. Answers counted so far are void."""

    by: Actor
    on_version: int
    requirement: Requirement


@dataclass(frozen=True, slots=True, kw_only=True)
class Denied:
    """An approver said no."""

    by: Actor  # the presser
    on_version: int  # the version that they decided on
    reason: str = ""  # why, in their words


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    """The requester or an approver took the request back."""

    by: Actor  # the presser
    on_version: int  # the version that they decided on


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A rule said no, before or after a press."""

    rule: str  # the name of the rule, or of a check above the rules such as `paused`
    message: str  # a sentence for people
    by: Actor | None = None  # the presser whose yes led to the check; None when no press did


@dataclass(frozen=True, slots=True, kw_only=True)
class Expired:
    """The time of the state was over before the next event, or nobody can tell whether it is."""

    why: str = ""  # why it ends before its date, as a sentence: the clock was set back; empty: the date has come


@dataclass(frozen=True, slots=True, kw_only=True)
class WarningStarted:
    """A warning is about to leave. It is recorded first and therefore never sent twice."""

    key: tuple[str, int]  # host and session id


@dataclass(frozen=True, slots=True, kw_only=True)
class WarningDelivered:
    """Windows took the warning."""

    key: tuple[str, int]  # host and session id


@dataclass(frozen=True, slots=True, kw_only=True)
class WarningFailed:
    """The warning failed or its delivery is unproven. The session is skipped."""

    key: tuple[str, int]  # host and session id
    note: str = ""  # what the reason needs to be said
    verdict: Verdict = Verdict.SKIPPED  # CHANGED when the host compared and found another person or situation
    reason: Reason = Reason.NOT_WARNED  # why the session is skipped
    unseen: str = ""  # as in `TargetEnded`


@dataclass(frozen=True, slots=True, kw_only=True)
class GraceStarted:
    """All targets are warned, and the time to save begins. A hold that is longer goes on."""

    grace: timedelta  # the time to save


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """Break-glass was announced, or its announcement failed for good. The hold runs from here."""

    failed: str = ""  # why nobody could be told; empty: the announcement stands


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The act begins."""

    valid_for: timedelta  # how long the whole act may take


@dataclass(frozen=True, slots=True, kw_only=True)
class HostStarted:
    """The order for one host is about to leave. It is recorded first."""

    host: str  # its name in the inventory


@dataclass(frozen=True, slots=True, kw_only=True)
class HostContinued:
    """A further order for a host that has begun is about to leave. It is recorded first."""

    host: str  # its name in the inventory


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetRequested:
    """The host was asked to act on the target. The result is not known yet."""

    key: tuple[str, int]  # host and session id
    lost: bool = False  # the order itself may not have arrived
    waited: timedelta | None = None  # how long the host waited until its call ended here; None: it did not end here
    code: int = 0  # the Win32 code of the answer; 0: none
    reason: Reason | None = None  # why there is no result yet; None when the answer gave no reason
    note: str = ""  # the name, right or sentence that belongs to the reason
    words: str = ""  # what the host itself said; one bounded line, or empty


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetEnded:
    """A target has its verdict."""

    key: tuple[str, int]  # host and session id
    verdict: Verdict  # what was seen of the target
    code: int = 0  # the Win32 code of the call that Windows refused; 0: none
    reason: Reason | None = None  # why the target has its verdict; None when the verdict says it
    note: str = ""  # the name, right or sentence that belongs to the reason
    words: str = ""  # what the host itself said; one bounded line, or empty
    unseen: str = ""  # what the host said and the requester may not know; for the audit log alone
    waited: timedelta | None = None  # how long the host waited until it saw that, in whole milliseconds; None: unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """A person stopped the act. Targets for which no order has left are left alone."""

    by: Actor  # the presser


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """Every target has its verdict, so the request ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A later look corrected an unsure verdict."""

    key: tuple[str, int]  # host and session id
    verdict: Verdict  # the corrected verdict
    reason: Reason | None = None  # why the target has it
    note: str = ""  # the name, right or sentence that belongs to the reason
    unseen: str = ""  # as in `TargetEnded`


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlingAbandoned:
    """The bot stops looking. The unsure verdicts stand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFailed:
    """A step failed unexpectedly. A retry is pending."""

    reference: str  # finds the failure in the bot's log
    code: str  # the `code` of a `BotError`, else the name of the exception's class
    again_in: timedelta  # when the retry is due, from now
    host: str = ""  # the host whose step failed; empty: the step of the request itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A step failed too often. The request ends, and its card shows the reference."""

    reference: str  # finds the failure in the bot's log
    code: str  # the `code` of a `BotError`, else the name of the exception's class


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """An attempt changed nothing."""

    kind: NoteKind  # what kind of attempt
    by: Actor  # the person who tried, or the bot
    detail: str = ""  # the command, the button, or the late answer


Event = (
    Surveyed | ReasonAsked | ReasonGiven | Narrowed | ActionChanged | Counted | Approved | SecondPersonNeeded | Denied
    | Cancelled | Refused | Expired | WarningStarted | WarningDelivered | WarningFailed | GraceStarted | Announced
    | Started | HostStarted | HostContinued | TargetRequested | TargetEnded | Stopped | Ended | Settled
    | SettlingAbandoned | StepFailed | Failed | Noted
)  # fmt: skip


def name_of(event: Event | Asked) -> str:
    """Return the event's name in the audit log."""
    return name_of_kind(type(event))


def name_of_kind(kind: type[Event | Asked]) -> str:
    """Return the name that events of this class have in the audit log: `TargetEnded` -> `target_ended`."""
    return "".join(f"_{sign.lower()}" if sign.isupper() else sign for sign in kind.__name__).lstrip("_")
