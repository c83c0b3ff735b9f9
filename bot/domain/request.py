"""The nouns: who asked what, of whom, where, and how it ended. All values are frozen. Windows' own are in `session`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.conditions import Condition, Ids, fold
from bot.domain.people import Actor, Place
from bot.domain.requirement import Requirement
from bot.domain.session import Session


class Action(StrEnum):
    """What a rule can allow."""

    LIST = "list"
    MESSAGE = "message"
    DISCONNECT = "disconnect"
    LOG_OFF = "log_off"
    AUDIT = "audit"


class Verdict(StrEnum):
    """What was seen of a target in the end."""

    GONE = "gone"
    DISCONNECTED = "disconnected"
    SENT = "sent"
    ALREADY_GONE = "already_gone"
    CHANGED = "changed"
    STILL_CLOSING = "still_closing"
    NO_RIGHT = "no_right"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNREACHABLE = "unreachable"
    UNKNOWN = "unknown"


class Choice(StrEnum):
    """Which of the sessions that may be touched are chosen before anybody presses a button."""

    NONE = "none"
    MATCHING = "matching"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What every command asks for: computers, and which of their sessions. Commands add their own fields."""

    hosts: tuple[str, ...]
    ids: Ids = Ids()
    conditions: tuple[Condition, ...] = ()
    choice: Choice = Choice.NONE
    here: bool = False
    verbose: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One session to act on: the person in the situation that the card showed, and how it ended.

    `warning_at` is when the bot set out to warn the person, `warned_at` when Windows had taken the message.
    `requested_at` says since when the host has been asked to log it off without an answer; `request_lost` that the
    asking itself may not have arrived.
    """

    session: Session
    verdict: Verdict | None = None
    code: int = 0
    detail: str = ""
    requested_at: datetime | None = None
    request_lost: bool = False
    warning_at: datetime | None = None
    warned_at: datetime | None = None

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
    """A session that was asked for and is not a target, and why, in the words of the rule that says so."""

    session: Session
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSurvey:
    """What came of looking at one host, and since when the bot acts there."""

    host: str
    looked_at: datetime
    sessions: int = 0
    code: str = ""
    message: str = ""
    started_at: datetime | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Nobody is logged off until somebody resumes; by whom, since when, why."""

    by: str
    since: datetime
    reason: str


class State(StrEnum):
    ASKED = "asked"
    AWAITING = "awaiting"
    READY = "ready"
    ACTING = "acting"
    ENDED = "ended"


class Ending(StrEnum):
    """How a request came to its end."""

    DONE = "done"
    ANSWERED = "answered"
    NOTHING_TO_DO = "nothing_to_do"
    WHATIF = "whatif"
    REFUSED = "refused"
    DENIED = "denied"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    FAILED = "failed"


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
    requirement: Requirement | None = None  # what it takes before the bot acts; None before the survey
    counted: tuple[Actor, ...] = ()  # who has said yes so far
    decided_by: Actor | None = None  # whose press approved, denied or cancelled the request
    decided_at: datetime | None = None
    message: str = ""  # a sentence about the request for people
    message_ref: MessageRef | None = None  # where its card stands in the chat
    action: Action = Action.LOG_OFF
    content_version: int = 1  # since which version people decide about the same thing; an older button decides nothing
    act_at: datetime | None = None  # when the time of the warned people is over
    published_version: int = 1  # the version that the card shows (1 is the receipt, which has no card)
    publish_after: datetime | None = None  # the earliest moment for the next publication
    ended_at: datetime | None = None

    @property
    def open_targets(self) -> tuple[Target, ...]:
        return tuple(target for target in self.targets if target.is_open)

    @property
    def unsure_targets(self) -> tuple[Target, ...]:
        """Targets whose verdict a later look may correct."""
        return tuple(t for t in self.targets if t.verdict in (Verdict.UNKNOWN, Verdict.STILL_CLOSING))

    def survey_of(self, host: str) -> HostSurvey | None:
        return next((look for look in self.surveys if look.host == host), None)

    def target_at(self, key: tuple[str, int]) -> Target | None:
        return next((target for target in self.targets if target.key == key), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkItem:
    """Something somebody has to look at: a request, or one host of a request that is acting."""

    request_id: str
    host: str = ""
