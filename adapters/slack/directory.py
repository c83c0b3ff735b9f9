"""The `Directory` port: people and user groups in memory, refreshed in the background: no ack waits for Slack."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import structlog
from slack_sdk.errors import SlackApiError

from adapters.slack.errors import translate_errors
from bot.domain.people import MemberStatus, Person
from bot.errors import ChatError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from slack_sdk import WebClient

    from bot.domain.people import Actor
    from bot.ports.clock import Clock

log = structlog.get_logger()

Answer = TypeVar("Answer")

NOT_THERE = frozenset({"user_not_found", "user_not_visible", "users_not_found"})

SLACKBOT = "USLACKBOT"
"""Slack's own account, of which `is_bot` says no."""

_BOTS = ("is_bot", "is_workflow_bot", "is_connector_bot")
_GUESTS = ("is_restricted", "is_ultra_restricted")

UNKNOWN_RETRY = timedelta(seconds=5)
"""How soon Slack is asked again while nothing is known: until then nobody may act."""

RATE_WAITS = 2
RATE_WAIT_MOST = timedelta(minutes=1)
"""How often, and how long, a question waits for a rate limit. Only the directory waits: no request hangs on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What one round of questions brought, replaced as a whole: nobody is in a new group with an old standing."""

    groups: Mapping[str, frozenset[str]] = field(default_factory=dict)
    status: Mapping[str, MemberStatus] = field(default_factory=dict)
    at: datetime | None = None
    ticks: float = 0.0


class SlackDirectory:
    """Knows the people behind `names` (user ids, group ids, handles: all that the policy names), and nobody else.

    Slack is asked about each of them: members are people of `home_team` and nobody else. Somebody whom no rule names
    needs no standing: no rule lets them act. What is known counts for `good_for` after the last time Slack answered, by
    the clock and by `ticks` (seconds that no one can set back); then everybody is UNKNOWN, and nobody may act until
    Slack answers again.
    """

    def __init__(  # noqa: PLR0913 - whom to ask, about whom, and how its time is counted
        self,
        client: WebClient,
        clock: Clock,
        names: frozenset[str],
        *,
        home_team: str,
        refresh_every: timedelta,
        good_for: timedelta,
        unknown_retry: timedelta = UNKNOWN_RETRY,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client, self._clock, self._names, self._home_team = client, clock, names, home_team
        self._every, self._good_for = refresh_every, good_for
        self._unknown_retry, self._ticks = min(unknown_retry, refresh_every), ticks
        self._known = _Known()
        self.group_ids: dict[str, str] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep_fresh, name="directory", daemon=True)

    def person(self, actor: Actor) -> Person:
        known = self._known
        groups = known.groups.get(actor.user_id, frozenset())
        return Person(actor=actor, groups=groups, status=self._status_of(actor.user_id, known))

    def members_of(self, names: frozenset[str]) -> frozenset[str]:
        known = self._known
        people = {user for user, groups in known.groups.items() if groups & names}
        people |= {name for name in names if name in known.status}
        return frozenset(user for user in people if self._status_of(user, known) is MemberStatus.MEMBER)

    def _status_of(self, user_id: str, known: _Known) -> MemberStatus:
        return known.status.get(user_id, MemberStatus.MEMBER) if self._is_fresh(known) else MemberStatus.UNKNOWN

    def start(self) -> None:
        """Ask once before the first command comes, then now and again."""
        self._refresh_or_say()
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def refresh(self) -> None:
        """Read groups and people anew: one Tier 2 call and one Tier 4 call a person. Raises `ChatError`."""
        try:
            self._refresh()
        except (LookupError, TypeError, AttributeError, RuntimeError) as exc:
            raise ChatError("Slack's answer about people is of another shape than I know.", retryable=True) from exc

    def _refresh(self) -> None:
        asked_at, asked_ticks = self._clock.now(), self._ticks()
        found: dict[str, set[str]] = {}
        group_ids: dict[str, str] = {}
        if any(not name.startswith(("U", "W")) for name in self._names):
            for group in self._patiently(self._ask_groups):
                _add(group, self._names, found, group_ids)
        people = set(found) | {name for name in self._names if name.startswith(("U", "W"))}
        status = {user_id: self._patiently(partial(self._ask_standing, user_id)) for user_id in sorted(people)}
        groups = {user_id: frozenset(names) for user_id, names in found.items()}
        self._known = _Known(groups=groups, status=status, at=asked_at, ticks=asked_ticks)
        self.group_ids.update(group_ids)

    def _patiently(self, ask: Callable[[], Answer]) -> Answer:
        """The answer, after a rate limit or two: with many people in the rules there is one in every round."""
        for _ in range(RATE_WAITS):
            try:
                return ask()
            except ChatError as error:
                wait = error.retry_after
                if wait is None or wait > RATE_WAIT_MOST or self._stopping.wait(wait.total_seconds()):
                    raise
        return ask()

    def _ask_groups(self) -> list[Mapping[str, Any]]:
        with translate_errors():
            match self._client.usergroups_list(include_users=True, include_disabled=False)["usergroups"]:
                case list() as groups:
                    return groups
        raise ChatError("Slack answered without the user groups I asked for.", retryable=True)

    def _ask_standing(self, user_id: str) -> MemberStatus:
        """A rule may still name somebody whom Slack does not know any more: they are a stranger, the others count."""
        with translate_errors():
            try:
                user = self._client.users_info(user=user_id)["user"]
            except SlackApiError as exc:
                if exc.response.get("error") not in NOT_THERE:
                    raise
                return MemberStatus.STRANGER
        if user["id"] != user_id:
            raise ChatError("Slack answered without the person I asked for.", retryable=True)
        return _standing_of(user, self._home_team)

    def _is_fresh(self, known: _Known) -> bool:
        """An age below nothing is none: the clock was set back, and nobody knows by how much."""
        if known.at is None or self._ticks() - known.ticks > self._good_for.total_seconds():
            return False
        return timedelta(0) <= self._clock.now() - known.at <= self._good_for

    def _keep_fresh(self) -> None:
        while not self._stopping.wait(self._pause().total_seconds()):
            self._refresh_or_say()

    def _pause(self) -> timedelta:
        return self._every if self._known.at else self._unknown_retry

    def _refresh_or_say(self) -> None:
        try:
            self.refresh()
        except ChatError as error:
            log.warning("directory.not_refreshed", message=error.message)


def _add(
    group: Mapping[str, Any], names: frozenset[str], found: dict[str, set[str]], group_ids: dict[str, str]
) -> None:
    """A group that another organisation shares may have the handle of one of ours, so it is none that a rule means."""
    own = {str(group["id"]), f"@{group['handle']}"}
    if group.get("is_external") or not own & names:
        return
    group_ids[f"@{group['handle']}"] = str(group["id"])
    for user_id in group.get("users") or ():
        found.setdefault(str(user_id), set()).update(own)


def _standing_of(user: Mapping[str, Any], home_team: str) -> MemberStatus:
    """Reference: https://docs.slack.dev/reference/objects/user-object.

    `is_stranger` is no proof: it is false for a partner who shares a channel with the app.
    """
    if user.get("deleted"):
        return MemberStatus.DEACTIVATED
    if user["id"] == SLACKBOT or any(user.get(flag) for flag in _BOTS):
        return MemberStatus.BOT
    if user.get("is_stranger") or home_team not in _teams_of(user):
        return MemberStatus.STRANGER
    return MemberStatus.GUEST if any(user.get(flag) for flag in _GUESTS) else MemberStatus.MEMBER


def _teams_of(user: Mapping[str, Any]) -> list[object]:
    """The person's workspace; in an organisation of several (Enterprise Grid) all of theirs."""
    match user:
        case {"enterprise_user": {"teams": [*teams]}}:
            return [user.get("team_id"), *teams]
        case _:
            return [user.get("team_id")]
