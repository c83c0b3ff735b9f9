"""The nouns: who asked what, of whom, where, and how it ended. All values are frozen. Windows' own are in `session`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.conditions import Condition, Ids, fold
from bot.domain.people import Actor, Place
from bot.domain.requirement import Requirement
from bot.domain.session import Session  # noqa: TC001 - rows are read back by these annotations


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
class LeftOut:
    """A session that was asked for and is not a target, and why, in the words of the rule that says so."""

    session: Session
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HostLook:
    """What came of looking at one host, and since when the bot acts there."""

    host: str
    looked_at: datetime
    sessions: int = 0
    code: str = ""
    say: str = ""
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
class Card:
    """Where the drawing of a request stands in the chat."""

    channel_id: str
    ts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One command from its asking to its end.

    `version` counts the changes a person could see; a button names the version it was drawn from, and one drawn before
    `content_version`, when what people decide about last changed, decides nothing. `expires_at` is when the present
    state stops being valid. `due_at` is when somebody has to look at it next, whatever happens to this process.
    `targets` of a request that only looked are what it saw; they never get a verdict. `act_at` is when the time of the
    warned is over. `drawn_version` is what the card shows (version 1 is the receipt, which has no card); `draw_due_at`
    is the earliest moment for the next drawing.
    """

    id: str
    delivery: str
    command: str
    text: str
    actor: Actor
    place: Place
    ask: Ask
    asked_at: datetime
    expires_at: datetime
    state: State = State.ASKED
    ending: Ending | None = None
    version: int = 1
    due_at: datetime | None = None
    attempts: int = 0
    targets: tuple[Target, ...] = ()
    looks: tuple[HostLook, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    requirement: Requirement | None = None
    counted: tuple[Actor, ...] = ()
    decided_by: Actor | None = None
    decided_at: datetime | None = None
    say: str = ""
    card: Card | None = None
    action: Action = Action.LOG_OFF
    content_version: int = 1
    act_at: datetime | None = None
    drawn_version: int = 1
    draw_due_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def open_targets(self) -> tuple[Target, ...]:
        return tuple(target for target in self.targets if target.is_open)

    @property
    def unsure_targets(self) -> tuple[Target, ...]:
        """Targets whose verdict a later look may correct."""
        return tuple(t for t in self.targets if t.verdict in (Verdict.UNKNOWN, Verdict.STILL_CLOSING))

    def look_at(self, host: str) -> HostLook | None:
        return next((look for look in self.looks if look.host == host), None)

    def target_at(self, key: tuple[str, int]) -> Target | None:
        return next((target for target in self.targets if target.key == key), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkItem:
    """Something somebody has to look at: a request, or one host of a request that is acting."""

    request_id: str
    host: str = ""
