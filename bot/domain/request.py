"""A request: its requester, its ask, its targets, its state and its ending. All values are frozen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.actions import Action
from bot.domain.ask import Ask
from bot.domain.letters import are_others, may_be_same
from bot.domain.people import Actor, Place
from bot.domain.posting import MessageRef, Posting
from bot.domain.requirement import Requirement
from bot.domain.session import WITHOUT_USER, Session, SessionState
from bot.domain.verdicts import Reason, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One session to act on, as the card showed it, and how it ended."""

    session: Session  # as it was surveyed
    verdict: Verdict | None = None  # None: not ended yet
    code: int = 0  # the Win32 code of the call that Windows refused; 0: none
    reason: Reason | None = None  # why the target has its verdict; None when the verdict says it
    note: str = ""  # what belongs to the reason: an account, a time, a right, a function or a sentence
    words: str = ""  # what the host itself said when it did not answer the order; one bounded line, or empty
    requested_at: datetime | None = None  # since when the host has been asked and the result is not known
    request_lost: bool = False  # the order itself may not have arrived
    waited: timedelta = timedelta()  # how long the host waited for it in the call that asked, and what was gone after
    # that call until it was seen gone; whole milliseconds
    warning_at: datetime | None = None  # when the warning was about to leave
    warned_at: datetime | None = None  # when Windows took the warning
    own_warning: bool = False  # the warning is the requester's text, which a rule lets them send; else the bot's

    @property
    def key(self) -> tuple[str, int]:
        """Host and session id, unique in a request."""
        return (self.session.host, self.session.id)

    @property
    def is_open(self) -> bool:
        """Whether the verdict is pending."""
        return self.verdict is None

    def is_gone_from(self, seen: Session | None) -> bool:
        """Return whether what the host says of the id proves that this session has ended. `seen` None: nobody has it.

        Another person, or another logon, proves it; names prove it where no folding of letter case can make them one. A
        session whose account or logon time could not be read proves nothing. Nor does one without a user in a state
        that a session has while Windows closes it.
        """
        if seen is None:
            return True
        if seen.error:
            return False
        if not seen.account.user:
            return seen.state in WITHOUT_USER
        if not (seen.account.domain and seen.logon):
            return False
        mine, theirs = self.session.account, seen.account
        is_another = are_others(mine.user, theirs.user) or are_others(mine.domain, theirs.domain)
        return seen.logon != self.session.logon or is_another

    def is_left_in(self, seen: Session | None) -> bool:
        """Return whether the host says that this session is there, and Disconnected."""
        return bool(seen and not seen.error and self.may_be(seen) and seen.state is SessionState.DISCONNECTED)

    def may_be(self, seen: Session) -> bool:
        """Return whether the session may be this one: the same logon, and names that one folding makes the same."""
        mine, theirs = self.session.account, seen.account
        is_same_person = may_be_same(mine.user, theirs.user) and may_be_same(mine.domain, theirs.domain)
        return is_same_person and seen.logon == self.session.logon


@dataclass(frozen=True, slots=True, kw_only=True)
class ExcludedSession:
    """A session that the ask covers and that is no target."""

    session: Session  # as it was surveyed
    why: str  # a sentence that says why


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSurvey:
    """The result of one host's survey, and since when the bot acts on that host."""

    host: str  # its name in the inventory
    looked_at: datetime  # when the host answered, or failed to
    sessions: int = 0  # how many sessions the requester may know of, services and listeners among them
    code: str = ""  # `code` of the `TerminalError` that kept the bot from reading the host, `unreachable`; else empty
    message: str = ""  # its sentence; without a code, what the ask named there and the host does not have
    words: str = ""  # what the host itself said when it could not be read; one bounded line, or empty
    started_at: datetime | None = None  # when the order for this host was first about to leave
    ordered_at: datetime | None = None  # when the order that may be on its way was about to leave; None: none is
    ended_at: datetime | None = None  # when the last target of a host that has begun got its verdict
    due_at: datetime | None = None  # when the next step for this host is due; None: no step is pending
    seal: str = ""  # proves that these are the targets that people decided about; empty before it is recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """The pause: no new act starts until an operator resumes."""

    by: str  # the operator's name, in words
    since: datetime  # when they paused
    reason: str  # why, in the operator's words


class State(StrEnum):
    """Where a request is on its way."""

    ASKED = "asked"  # the request is recorded; the survey is pending
    AWAITING = "awaiting"  # the card waits for a press
    READY = "ready"  # the request is approved or forced; warnings and the start of the act are pending
    ACTING = "acting"  # the bot acts on the hosts
    ENDED = "ended"  # the request has its ending; only an unsure verdict may still be corrected


class Ending(StrEnum):
    """How a request ended."""

    DONE = "done"  # the act is over and every target has its verdict
    ANSWERED = "answered"  # the request only read, and the answer was shown
    NOTHING_TO_DO = "nothing_to_do"  # the survey found no target
    WHATIF = "whatif"  # the card showed what would happen; nothing was changed
    REFUSED = "refused"  # a rule, a limit or the pause said no
    DENIED = "denied"  # an approver pressed Deny
    CANCELLED = "cancelled"  # the requester or an approver pressed Cancel
    EXPIRED = "expired"  # the time of the state was over before the next event
    FAILED = "failed"  # a step failed too often; `failure_reference` finds it in the log


UNSURE_VERDICTS = (Verdict.UNKNOWN, Verdict.STILL_CLOSING)
"""The verdicts that a later look may correct."""

SAME_MACHINE = "same_machine"
"""`code` of a computer that was read under another name of the same request."""

LIST_FAILED = -1
"""The list of the targets could not be written for good: there is nothing to say yes to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many targets there are: in a request, or at those of its hosts that were not read."""

    targets: int = 0  # all of them
    open: int = 0  # whose verdict is pending
    unsure: int = 0  # whose verdict a later look may correct

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            targets=self.targets + other.targets, open=self.open + other.open, unsure=self.unsure + other.unsure
        )

    def __sub__(self, other: Counts) -> Counts:
        return Counts(
            targets=self.targets - other.targets, open=self.open - other.open, unsure=self.unsure - other.unsure
        )


def counts_of(targets: tuple[Target, ...]) -> Counts:
    """Return how many these targets are."""
    verdicts = [target.verdict for target in targets]
    unsure = sum(verdict in UNSURE_VERDICTS for verdict in verdicts)
    return Counts(targets=len(verdicts), open=verdicts.count(None), unsure=unsure)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One command from the moment it is recorded to its end.

    It may be a part: the head, with the targets and surveys of some of its hosts. `elsewhere` counts the targets of the
    others. So the cost of an event at one host does not grow with the fleet.
    """

    id: str  # `TS-7K3QXM`, unique
    delivery: str  # the chat's id of the delivery; the same delivery twice is one request
    command: str  # the slash command without its slash
    text: str  # the text behind the command, cut and made storable by `storable`
    actor: Actor  # the requester
    place: Place  # where the command was typed
    ask: Ask  # the command as the bot understood it
    asked_at: datetime  # when the request was recorded
    expires_at: datetime  # when the present state expires
    state: State = State.ASKED  # where the request is on its way
    ending: Ending | None = None  # how the request ended; None before the state `ENDED`
    version: int = 1  # counts the changes that a person can see; a button names the version that it was drawn from
    due_at: datetime | None = None  # when the next step is due, also after a restart; None: no step is pending
    attempts: int = 0  # how often the present step has failed
    targets: tuple[Target, ...] = ()  # sessions to act on; for a read the sessions that it shows, without verdicts
    surveys: tuple[HostSurvey, ...] = ()  # one for each host of the ask; empty before the survey
    elsewhere: Counts = Counts()  # the targets of the hosts that were not read
    hosts_half: str = (
        ""  # the digest of the frozen targets of all hosts, 64 hexadecimal digits; empty before the survey
    )
    excluded: tuple[ExcludedSession, ...] = ()  # sessions that the ask covers and that are no targets
    reason_asked: tuple[str, ...] | None = None  # the requester is asked for a reason that contains these; else None
    requirement: Requirement | None = None  # what it takes before the bot acts; None: unknown, or nothing to do
    counted: tuple[Actor, ...] = ()  # the people whose yes counts so far
    serving: tuple[tuple[str, ...], ...] = ()  # for each need the user ids of those whose yes counts; empty: nobody's
    alone: bool = False  # it became ready without anybody else's yes
    decided_by: Actor | None = None  # the presser who approved, denied or cancelled; None: no press decided
    decided_at: datetime | None = None  # when they did
    deny_reason: str = ""  # why the approver said no, in their words; empty: nobody did, or they did not say
    message: str = ""  # a sentence about the request for people
    failure_reference: str = ""  # finds the failure that ended the request in the bot's log; empty: none did
    message_ref: MessageRef | None = None  # where the card stands in the chat; None: there is no card
    action: Action = Action.LOG_OFF  # what the request does to its targets
    content_version: int = 1  # the version since which targets and action are the same; an older button decides nothing
    started_at: datetime | None = None  # when the act began; None before
    act_at: datetime | None = None  # when the time to save, or the hold of a forced act, ends; None: neither runs
    published_version: int = 1  # the version that the card shows; 1 is the receipt, which has no card
    publish_after: datetime | None = None  # the earliest moment for the next drawing; None: any
    listed: int = 0  # how many messages of the list of these targets stand in the card's thread; or `LIST_FAILED`
    announced_at: datetime | None = None  # when break-glass was announced, or its announcement failed for good
    ended_at: datetime | None = None  # when the request ended; None before
    postings: tuple[Posting, ...] = ()  # the messages of the request, and how far each of them is
    postings_due_at: datetime | None = None  # when they are looked after next; None: nothing is left of them
    voided: tuple[Actor, ...] = ()  # people whose yes stopped counting, in that order; each of them is told

    @property
    def open_targets(self) -> tuple[Target, ...]:
        """The targets whose verdict is pending."""
        return tuple(target for target in self.targets if target.is_open)

    @property
    def unsure_targets(self) -> tuple[Target, ...]:
        """The targets whose verdict a later look may correct: `unknown` and `still_closing`."""
        return tuple(target for target in self.targets if target.verdict in UNSURE_VERDICTS)

    @property
    def counts(self) -> Counts:
        """How many targets the request has, those of hosts that were not read among them."""
        return counts_of(self.targets) + self.elsewhere

    @property
    def begun(self) -> frozenset[str]:
        """The hosts whose order was about to leave, as far as they were read."""
        return frozenset(look.host for look in self.surveys if look.started_at)

    @property
    def announced_in(self) -> str:
        """The id of the channel where a forced request is announced; empty: nowhere."""
        return self.requirement.approve_in if self.requirement and self.requirement.is_forced else ""

    @property
    def begins_at(self) -> datetime | None:
        """When the act begins: after the time to save, and not before the hold since the announcement is over."""
        if not (self.act_at and self.announced_at and self.hold):
            return self.act_at
        return max(self.act_at, self.announced_at + self.hold)

    @property
    def hold(self) -> timedelta:
        """How long a forced act waits before it begins, for somebody to stop it."""
        return self.requirement.hold if self.requirement and self.requirement.is_forced else timedelta()

    def survey_of(self, host: str) -> HostSurvey | None:
        """Return the survey of the host; None when the request has none."""
        return next((look for look in self.surveys if look.host == host), None)

    def posting(self, key: str) -> Posting:
        """Return how far this message is; a new one when it has not begun."""
        return next((each for each in self.postings if each.key == key), Posting(key=key))

    def target_at(self, key: tuple[str, int]) -> Target | None:
        """Return the target with this host and session id; None when the request has none."""
        return next((target for target in self.targets if target.key == key), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramsLook:
    """A press on "Who holds it"."""

    by: Actor  # the presser
    place: Place  # where they pressed, and see the answer


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkItem:
    """What the scheduler wakes: a request, or one host of a request that is acting."""

    request_id: str  # the id of the request
    host: str = ""  # the host; empty: the request itself
    look: ProgramsLook | None = None  # a look that changes nothing, and that a restart forgets; None: a step
