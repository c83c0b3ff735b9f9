"""The policy part of `app.yaml`: rules and protections as people write them, made into values of `bot.policy`."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator

from app.config.accounts import fault_in_pattern
from app.config.meant import unknown
from app.config.tickets import fault_in_ticket
from bot.domain.actions import Action
from bot.domain.conditions import is_like
from bot.domain.durations import parse_duration, written
from bot.domain.requirement import MANY_AT_ONCE, DenyReason, Need
from bot.domain.session import KNOWN_STATES, SessionState
from bot.policy.evaluate import OWN_REQUESTS
from bot.policy.model import Force, Rule

_WITH_IDLE_TIMES = (SessionState.ACTIVE, SessionState.DISCONNECTED)
RESERVED = frozenset(
    {
        *("no rule", "no act", "guard rail", "member", "own", "home workspace"),
        *("status", "paused", "rate limit", "one card", "not enough", MANY_AT_ONCE),
        *("digest", "no log", "too much", "unknown request", OWN_REQUESTS),
    }
)
"""The names under which decisions are recorded that no rule of the file made."""

QUORUM = re.compile(r"([1-9][0-9]?) of (\S.*)")
PERSON = re.compile(r"@[a-z0-9._-]+|[UWS][A-Z0-9]{2,}")
CHANNEL = re.compile(r"[CG][A-Z0-9]{2,}")
SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
MOST = 1000
"""More sessions, or requests, than a person can mean at once."""


def _duration(value: object) -> object:
    """Return the length. Raises `ValueError`, also for a number without a unit, because 15 may mean minutes."""
    length = parse_duration(value) if isinstance(value, str) else None
    if length is None:
        raise ValueError("write a duration like 90s, 15m, 2h or 1d")
    return length


def _between(least: timedelta, most: timedelta, why: str) -> AfterValidator:
    def bounded(length: timedelta) -> timedelta:
        if not least <= length <= most:
            raise ValueError(f"has to be from {written(least)} to {written(most)}: {why}")
        return length

    return AfterValidator(bounded)


def _person(value: str) -> str:
    if not PERSON.fullmatch(value):
        raise ValueError("write a user group's handle (@oncall), its id (S...) or a user id (U...); names do not count")
    return value


def _channel(value: str) -> str:
    if value and not CHANNEL.fullmatch(value):
        raise ValueError("write the channel's id (C...), which its details show at the bottom")
    return value


def _force(value: object) -> object:
    return {"allowed": value} if isinstance(value, bool) else value


def _state(value: str) -> str:
    labels = [state.label for state in KNOWN_STATES]
    if not any(is_like(value, label) for label in labels):
        raise unknown(f"no state is called that; there are {', '.join(labels)}", labels)
    if not any(is_like(value, state.label) for state in KNOWN_STATES if state is not SessionState.LISTENING):
        raise ValueError("listeners are never touched, whatever the rules say. Leave it out")
    return value


def _confirm(value: str) -> str:
    if value in ("self", "another"):
        return value
    quorum = QUORUM.fullmatch(value)
    if not quorum:
        raise unknown("write `self`, `another`, or a number of people like `2 of @ts-leads`", ("self", "another"))
    people = {_person(name.strip(",")) for name in quorum[2].split()}
    if all(name.startswith(("U", "W")) for name in people) and len(people) < int(quorum[1]):
        raise ValueError(f"asks for {quorum[1]} people and names {len(people)}")
    return value


def _deny_reason(value: str) -> str:
    asked = [reason.value for reason in DenyReason if reason]
    if value and value not in asked:
        raise unknown(f"write {' or '.join(asked)}, or leave it out: then a no needs no reason", asked)
    return value


def _ticket(value: str) -> str:
    if fault := fault_in_ticket(value):
        raise ValueError(fault)
    return value


def _account(value: str) -> str:
    if fault := fault_in_pattern(value):
        raise ValueError(f"`{value}` {fault}")
    return value


def _rule_name(value: str) -> str:
    if not value.strip() or not value.isprintable():
        raise ValueError("needs letters that can be read")
    if value.strip().lower() in RESERVED:
        raise ValueError(f"`{value}` is what the bot calls a rule of its own; the audit has to tell them apart")
    return value


Duration = Annotated[timedelta, BeforeValidator(_duration)]
CardTime = Annotated[Duration, _between(MINUTE, DAY, "nobody can read a card faster, and an older one says what was")]
IdleTime = Annotated[Duration, _between(MINUTE, 90 * DAY, "for sessions of any idle time leave it out")]
HoldTime = Annotated[Duration, _between(timedelta(), 5 * MINUTE, "an emergency cannot wait longer")]
RateTime = Annotated[Duration, _between(MINUTE, DAY, "a shorter time limits nobody, a longer one locks people out")]
LookTime = Annotated[Duration, _between(SECOND, MINUTE, "no host lists its sessions sooner, and nobody waits longer")]
LockoutTime = Annotated[Duration, _between(MINUTE, DAY, "a domain forgets refused logons after such a time")]
UserPattern = Annotated[str, AfterValidator(_account)]
PersonName = Annotated[str, AfterValidator(_person)]
ChannelId = Annotated[str, AfterValidator(_channel)]


class Section(BaseModel):
    """A frozen section of the configuration, which refuses unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ForceSettings(Section):
    """Whether a rule allows break-glass, whether it needs a reason or a ticket, and how long the act waits before."""

    allowed: bool = True
    reason: bool = False
    ticket: Annotated[str, AfterValidator(_ticket)] = ""
    hold: HoldTime = timedelta()

    def value(self) -> Force:
        return Force(is_allowed=self.allowed, needs_reason=self.reason, ticket=self.ticket, hold=self.hold)


class RuleSettings(Section):
    """One rule. A key that is left out allows everything of its kind; `name`, `may` and `who` are required."""

    name: Annotated[str, AfterValidator(_rule_name)] = Field(min_length=1)
    who: list[PersonName] = Field(min_length=1)
    where: list[ChannelId] = []
    may: list[Action] = Field(min_length=1)
    computers: list[str] = Field(default=["*"], min_length=1)
    users: list[UserPattern] = Field(default=["*"], min_length=1)
    states: list[Annotated[str, AfterValidator(_state)]] = Field(default=["*"], min_length=1)
    idle_over: IdleTime = timedelta()
    confirm: Annotated[str, AfterValidator(_confirm)] = "self"
    requester_counts: bool = False
    call: list[PersonName] | None = None
    approve_in: ChannelId = ""
    deny_reason: Annotated[str, AfterValidator(_deny_reason)] = ""
    force: Annotated[ForceSettings, BeforeValidator(_force)] = ForceSettings(allowed=False)
    max_targets: int = Field(default=50, ge=1, le=MOST)
    expires_after: CardTime = timedelta(minutes=15)

    @field_validator("computers", "users", "states", "idle_over")
    @classmethod
    def _reads_all(cls, value: object, info: ValidationInfo) -> object:
        """The log is read as a whole, so a rule that lets people read it cannot choose among sessions."""
        if Action.AUDIT in info.data.get("may", ()) and value not in (["*"], timedelta()):
            raise ValueError("`audit` is for the whole log: give it a rule of its own, with `who` and `where` alone")
        return value

    @field_validator("idle_over", "requester_counts")
    @classmethod
    def _can_work(cls, value: object, info: ValidationInfo) -> object:
        """What the keys above it leave nothing to do for."""
        said = info.data
        if info.field_name == "requester_counts":
            if value and "confirm" in said and not QUORUM.fullmatch(said["confirm"]):
                raise ValueError("counts only with a number of people: `confirm: 2 of @ts-leads`")
        elif (
            value
            and "states" in said
            and not any(is_like(pattern, state.label) for pattern in said["states"] for state in _WITH_IDLE_TIMES)
        ):
            raise ValueError("Windows knows how long Active and Disconnected sessions are idle, and of no other state")
        return value

    def rule(self, computers: tuple[str, ...]) -> Rule:
        """Return the rule as a value of the policy. `computers` are its computers, with groups replaced by members."""
        return Rule(
            name=self.name,
            who=frozenset(self.who),
            may=frozenset(self.may),
            where=frozenset(self.where),
            computers=computers,
            users=tuple(self.users),
            states=frozenset(s for s in SessionState if any(is_like(pattern, s.label) for pattern in self.states)),
            idle_over=self.idle_over,
            need=self._need(),
            call=None if self.call is None else frozenset(self.call),
            approve_in=self.approve_in,
            deny_reason=DenyReason(self.deny_reason),
            force=self.force.value(),
            max_targets=self.max_targets,
            expires_after=self.expires_after,
        )

    def _need(self) -> Need | None:
        if self.confirm == "self":
            return None
        if self.confirm == "another":
            return Need(count=1, of=frozenset(self.who), rule=self.name)
        quorum = QUORUM.fullmatch(self.confirm)
        count, people = (int(quorum[1]), quorum[2]) if quorum else (1, "")
        of = frozenset(name.strip(",") for name in people.split())
        return Need(count=count, of=of, rule=self.name, requester_counts=self.requester_counts)


class Protect(Section):
    """The sessions that no person may act on, whatever the rules say."""

    users: list[UserPattern] = []
    computers: list[str] = []
    console: bool = True
    own_account: bool = True


class Limits(Section):
    """The limits that stand above the rules.

    Above `second_person_above` sessions a second person has to say yes: in one request, and in all that one person does
    alone in `second_person_window`. One person may make `max_requests` in `per`, and send `max_sent` in a minute.
    """

    second_person_above: int = Field(default=10, ge=1, le=MOST)
    second_person_window: RateTime = timedelta(minutes=10)
    max_requests: int = Field(default=30, ge=1, le=MOST)
    per: RateTime = timedelta(minutes=10)
    max_sent: int = Field(default=60, ge=10, le=MOST)
