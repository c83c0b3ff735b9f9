"""A request: who asked what, which sessions it is about, how it stands and how it ended. All values are frozen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.actions import Action
from bot.domain.ask import Ask
from bot.domain.conditions import fold
from bot.domain.people import Actor, Place
from bot.domain.requirement import Requirement
from bot.domain.session import Session
from bot.domain.verdicts import Reason, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One session to act on: the person in the situation that the card showed, and how it ended."""

    session: Session  # as it was surveyed
    verdict: Verdict | None = None  # None: not ended yet
    code: int = 0  # the Win32 code of the call that was refused, 0 when none was
    reason: Reason | None = None  # why it has its verdict, where the verdict does not say it
    note: str = ""  # what the reason needs to be said: an account, a permission, a function, a sentence
    requested_at: datetime | None = None  # since when the host has been asked without an answer
    request_lost: bool = False  # the order itself may not have arrived
    warning_at: datetime | None = None  # when the bot began to warn the person
    warned_at: datetime | None = None  # when Windows had taken the message

    @property
    def key(self) -> tuple[str, int]:
        return (self.session.host, self.session.id)

    @property
    def is_open(self) -> bool:
        return self.verdict is None

    def is_still(self, other: Session) -> bool:
        """The same person at the same logon holds the id."""
        mine = self.session
        return (mine.id, mine.logon, fold(str(mine.account))) == (other.id, other.logon, fold(str(other.account)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ExcludedSession:
    """A session that was asked for and is no target."""

    session: Session  # as it was surveyed
    why: str  # in the words of the rule that excludes it


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSurvey:
    """What came of looking at one host, and since when the bot acts there."""

    host: str
    looked_at: datetime
    sessions: int = 0  # how many sessions the requester may know of, services and listeners among them
    code: str = ""  # the code of the `TerminalError` when the host could not be read, else empty
    message: str = ""  # its sentence
    started_at: datetime | None = None  # when the order for this host was first about to leave
    due_at: datetime | None = None  # when somebody has to look at this host next


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Nobody is logged off until somebody resumes; by whom, since when, why."""

    by: str  # who paused, in words
    since: datetime
    reason: str


class State(StrEnum):
    """Where a request stands."""

    ASKED = "asked"  # recorded; the hosts have not been surveyed
    AWAITING = "awaiting"  # the card waits for a decision
    READY = "ready"  # decided; people may be having their time to save
    ACTING = "acting"  # hosts are at work
    ENDED = "ended"  # over; a later look may still correct a verdict


class Ending(StrEnum):
    """How a request came to its end."""

    DONE = "done"  # every target has its verdict
    ANSWERED = "answered"  # a read was answered
    NOTHING_TO_DO = "nothing_to_do"  # no session matched, or all were excluded
    WHATIF = "whatif"  # a preview was shown
    REFUSED = "refused"  # a rule said no
    DENIED = "denied"  # an approver said no
    CANCELLED = "cancelled"  # the requester, or an approver, withdrew it
    EXPIRED = "expired"  # its time was over
    FAILED = "failed"  # the bot failed too often; `failure_reference` finds it in the log


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRef:
    """Where the drawing of a request stands in the chat."""

    channel_id: str
    ts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One command from its asking to its end."""

    id: str  # `TS-7K3QXM`, unique
    delivery: str  # the chat's id of the command as it was delivered: the same delivery twice is one request
    command: str  # the slash command without its slash
    text: str  # what was typed behind it, cut and made storable
    actor: Actor  # the requester
    place: Place  # where the command was typed
    ask: Ask  # the command as it was understood
    asked_at: datetime  # when the request was recorded
    expires_at: datetime  # when the present state stops being valid
    state: State = State.ASKED
    ending: Ending | None = None  # how the request ended; None while it has not
    version: int = 1  # counts the changes that a person could see; a button names the version it was drawn from
    due_at: datetime | None = None  # when somebody has to look at the request next, whatever happens to this process
    attempts: int = 0  # how often the present step has failed
    targets: tuple[Target, ...] = ()  # a request that only read has here what it saw, without verdicts
    surveys: tuple[HostSurvey, ...] = ()  # one for each host of the ask
    excluded: tuple[ExcludedSession, ...] = ()  # sessions that were asked for and are no targets
    reason_asked: tuple[str, ...] | None = None  # the requester is asked for a reason that contains these; else None
    requirement: Requirement | None = None  # what it takes before the bot acts; None before the survey
    counted: tuple[Actor, ...] = ()  # who has said yes so far
    alone: bool = False  # it became ready without anybody else's yes
    decided_by: Actor | None = None  # whose press approved, denied or cancelled the request
    decided_at: datetime | None = None
    message: str = ""  # a sentence about the request for people
    failure_reference: str = ""  # finds the failure that ended the request in the bot's log
    message_ref: MessageRef | None = None  # where its card stands in the chat
    action: Action = Action.LOG_OFF
    content_version: int = 1  # since which version people decide about the same thing; an older button decides nothing
    act_at: datetime | None = None  # when the time of the warned people, or the hold of a forced act, is over
    published_version: int = 1  # the version that the card shows (1 is the receipt, which has no card)
    publish_after: datetime | None = None  # the earliest moment for the next publication
    announced_at: datetime | None = None  # when break-glass was announced, or could not be for good
    ended_at: datetime | None = None

    @property
    def open_targets(self) -> tuple[Target, ...]:
        return tuple(target for target in self.targets if target.is_open)

    @property
    def unsure_targets(self) -> tuple[Target, ...]:
        """Targets whose verdict a later look may correct."""
        return tuple(t for t in self.targets if t.verdict in (Verdict.UNKNOWN, Verdict.STILL_CLOSING))

    @property
    def hold(self) -> timedelta:
        """How long a forced act waits before it begins, for somebody to stop it."""
        return self.requirement.hold if self.requirement and self.requirement.is_forced else timedelta()

    def survey_of(self, host: str) -> HostSurvey | None:
        return next((look for look in self.surveys if look.host == host), None)

    def target_at(self, key: tuple[str, int]) -> Target | None:
        return next((target for target in self.targets if target.key == key), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkItem:
    """Something somebody has to look at: a request, or one host of a request that is acting."""

    request_id: str
    host: str = ""
