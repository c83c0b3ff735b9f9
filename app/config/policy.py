"""The policy part of `app.yaml`: rules and protections as people write them -> `bot.rules` values."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from bot.domain.actions import Action
from bot.domain.conditions import is_like
from bot.domain.durations import parse_duration
from bot.domain.requirement import MANY_AT_ONCE, Need
from bot.domain.session import SessionState
from bot.policy.model import Force, Rule

RESERVED = frozenset(
    {
        *("no rule", "guard rail", "member", "own", "home workspace"),
        *("status", "paused", "rate limit", MANY_AT_ONCE),
    }
)
"""Decisions that no rule of the file made are recorded under these names."""

_QUORUM = re.compile(r"^([1-9]\d?) of (\S.*)$")
_PERSON = re.compile(r"^(@[a-z0-9._-]+|[UWS][A-Z0-9]{2,})$")
_CHANNEL = re.compile(r"^[CG][A-Z0-9]{2,}$")


def _duration(value: object) -> object:
    """A bare number is refused: whoever writes 15 may mean minutes."""
    length = parse_duration(str(value))
    if length is None:
        raise ValueError("write a duration like 90s, 15m, 2h or 1d")
    return length


def _person(value: str) -> str:
    if not _PERSON.match(value):
        raise ValueError("write a user group's handle (@oncall), its id (S...) or a user id (U...); names do not count")
    return value


def _channel(value: str) -> str:
    if value and not _CHANNEL.match(value):
        raise ValueError("write the channel's id (C...), which its details show at the bottom")
    return value


def _force(value: object) -> object:
    return {"allowed": value} if isinstance(value, bool) else value


def _state(value: str) -> str:
    if not any(is_like(value, state.label) for state in SessionState):
        raise ValueError(f"no state is called that; there are {', '.join(state.label for state in SessionState)}")
    return value


def _confirm(value: str) -> str:
    if value in ("self", "another"):
        return value
    quorum = _QUORUM.match(value)
    if not quorum:
        raise ValueError("write `self`, `another`, or a number of people like `2 of @ts-leads`")
    for name in quorum[2].split():
        _person(name.strip(","))
    return value


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as exc:
        raise ValueError(f"this is no regular expression: {exc}") from exc
    return value


def _window(value: timedelta) -> timedelta:
    if not timedelta(minutes=1) <= value <= timedelta(days=1):
        raise ValueError("write a duration from 1m to 1d")
    return value


def _hold(value: timedelta) -> timedelta:
    if value > timedelta(minutes=5):
        raise ValueError("write a duration from 0s to 5m")
    return value


def _rule_name(value: str) -> str:
    if value.strip().lower() in RESERVED:
        raise ValueError(f"`{value}` is what the bot calls a rule of its own; the audit has to tell them apart")
    return value


Duration = Annotated[timedelta, BeforeValidator(_duration)]
PersonName = Annotated[str, AfterValidator(_person)]
ChannelId = Annotated[str, AfterValidator(_channel)]


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ForceSettings(Section):
    allowed: bool = True
    reason: bool = False
    ticket: Annotated[str, AfterValidator(_pattern)] = ""
    hold: Annotated[Duration, AfterValidator(_hold)] = timedelta()

    def value(self) -> Force:
        return Force(is_allowed=self.allowed, needs_reason=self.reason, ticket=self.ticket, hold=self.hold)


class RuleSettings(Section):
    """One rule. What is left out allows everything of its kind; `may` and `who` have to be said."""

    name: Annotated[str, AfterValidator(_rule_name)] = Field(min_length=1)
    who: list[PersonName] = Field(min_length=1)
    where: list[ChannelId] = []
    may: list[Action] = Field(min_length=1)
    computers: list[str] = Field(default=["*"], min_length=1)
    users: list[str] = Field(default=["*"], min_length=1)
    states: list[Annotated[str, AfterValidator(_state)]] = Field(default=["*"], min_length=1)
    idle_over: Duration = timedelta()
    confirm: Annotated[str, AfterValidator(_confirm)] = "self"
    requester_counts: bool = False
    approve_in: ChannelId = ""
    force: Annotated[ForceSettings, BeforeValidator(_force)] = ForceSettings(allowed=False)
    max_targets: int = Field(default=50, ge=1)
    expires_after: Duration = timedelta(minutes=15)

    def rule(self, computers: tuple[str, ...]) -> Rule:
        """`computers` are the rule's with groups replaced by their members."""
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
            approve_in=self.approve_in,
            force=self.force.value(),
            max_targets=self.max_targets,
            expires_after=self.expires_after,
        )

    def _need(self) -> Need | None:
        if self.confirm == "self":
            return None
        if self.confirm == "another":
            return Need(count=1, of=frozenset(self.who), rule=self.name)
        quorum = _QUORUM.match(self.confirm)
        count, people = (int(quorum[1]), quorum[2]) if quorum else (1, "")
        of = frozenset(name.strip(",") for name in people.split())
        return Need(count=count, of=of, rule=self.name, requester_counts=self.requester_counts)


class Protect(Section):
    """What nobody may touch, whatever the rules say."""

    users: list[str] = []
    computers: list[str] = []
    console: bool = True
    own_account: bool = True


class Limits(Section):
    """Above `second_person_above` sessions a second person is needed: at once, and alone in `second_person_window`.

    One person may ask `max_requests` times `per`.
    """

    second_person_above: int = Field(default=10, ge=1)
    second_person_window: Annotated[Duration, AfterValidator(_window)] = timedelta(minutes=10)
    max_requests: int = Field(default=30, ge=1)
    per: Duration = timedelta(minutes=10)
