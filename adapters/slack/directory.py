"""The `Directory` port: people and user groups in memory, refreshed in the background. No ack waits for Slack."""

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
"""How soon Slack is asked again while nothing is known. No person may act until then."""

RATE_WAITS = 2
RATE_WAIT_MOST = timedelta(minutes=1)
"""How often, and how long at most, a call waits for a rate limit. No request waits for these calls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """The result of one refresh. It is replaced as a whole, so groups and statuses always belong together."""

    groups: Mapping[str, frozenset[str]] = field(default_factory=dict)  # user id -> ids and handles of their groups
    status: Mapping[str, MemberStatus] = field(default_factory=dict)  # user id -> status
    at: datetime | None = None  # when the refresh began; None: there was none
    ticks: float = 0.0  # the same in seconds of the monotonic clock


class SlackDirectory:
    """The people behind `names`: all user ids, group ids and handles of the policy.

    Slack is asked about each of them: members are people of `home_team` and nobody else. Other people need no status,
    because no rule lets them act. A refresh counts for `good_for` after Slack answered, by the clock and by `ticks`
    (seconds of a clock that cannot be set back). After that every person is `UNKNOWN`, and nobody may act until Slack
    answers again.
    """

    def __init__(  # noqa: PLR0913 - the client, the names, and the times of a refresh
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
        """Refresh once before the first command arrives, and then in the background."""
        self._refresh_or_say()
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def refresh(self) -> None:
        """Read all groups and people again. Raises `ChatError`.

        This takes one call of Slack's rate limit tier 2, and one call of tier 4 for each person.
        """
        try:
            self._refresh()
        except (LookupError, TypeError, AttributeError, RuntimeError) as exc:
            raise ChatError("Slack's answer about people is of another shape than I know.", retryable=True) from exc

    def _refresh(self) -> None:
        asked_at, asked_ticks = self._clock.now(), self._ticks()
        found: dict[str, set[str]] = {}
        group_ids: dict[str, str] = {}
        refused: ChatError | None = None
        if any(not name.startswith(("U", "W")) for name in self._names):
            try:
                _add_all(self._patiently(self._ask_groups), self._names, found, group_ids)
            except ChatError as error:
                if error.retryable or self._known.at:
                    raise
                refused = error  # what concerns groups alone keeps nobody out whom a rule names
        people = set(found) | {name for name in self._names if name.startswith(("U", "W"))}
        status = self._statuses(people)
        groups = {user_id: frozenset(names) for user_id, names in found.items()}
        self._known = _Known(groups=groups, status=status, at=asked_at, ticks=asked_ticks)
        self.group_ids.update(group_ids)
        if refused:
            raise refused

    def _statuses(self, people: set[str]) -> dict[str, MemberStatus]:
        """Return everybody's status. One of whom Slack cannot say anything is unknown, and concerns nobody else.

        Raises `ChatError` when Slack may answer later, or says nothing of anybody.
        """
        status: dict[str, MemberStatus] = {}
        refused: list[ChatError] = []
        for user_id in sorted(people):
            try:
                status[user_id] = self._patiently(partial(self._ask_status, user_id))
            except ChatError as error:
                if error.retryable:
                    raise
                log.warning("directory.person_unknown", user_id=user_id, message=error.message)
                refused.append(error)
                status[user_id] = MemberStatus.UNKNOWN
        if refused and len(refused) == len(people):
            raise refused[0]
        return status

    def _patiently(self, ask: Callable[[], Answer]) -> Answer:
        """Return the answer, after waiting for up to two rate limits. With many people, every refresh meets one."""
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

    def _ask_status(self, user_id: str) -> MemberStatus:
        """Return the person's status. Raises `ChatError`.

        A rule may still name a person whom Slack no longer knows. They are a stranger; the other people still count.
        """
        with translate_errors():
            try:
                user = self._client.users_info(user=user_id)["user"]
            except SlackApiError as exc:
                if exc.response.get("error") not in NOT_THERE:
                    raise
                return MemberStatus.STRANGER
        if user["id"] != user_id:
            raise ChatError("Slack answered without the person I asked for.", retryable=True)
        return _status_of(user, self._home_team)

    def _is_fresh(self, known: _Known) -> bool:
        """Return whether the refresh still counts: not when it is too old, or when the clock was set back before it."""
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


def _add_all(
    groups: list[Mapping[str, Any]], names: frozenset[str], found: dict[str, set[str]], group_ids: dict[str, str]
) -> None:
    """Add the groups. One of a shape that nobody knows is left out; when all are, the error goes on."""
    unreadable = 0
    for group in groups:
        try:
            _add(group, names, found, group_ids)
        except (LookupError, TypeError, AttributeError) as exc:
            unreadable += 1
            if unreadable == len(groups):
                raise
            log.warning("directory.group_unreadable", kind=type(exc).__name__)


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


def _status_of(user: Mapping[str, Any], home_team: str) -> MemberStatus:
    """Return the status of Slack's user object: https://docs.slack.dev/reference/objects/user-object.

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
    """Return the person's workspace; in an organisation of several (Enterprise Grid) all of theirs."""
    match user:
        case {"enterprise_user": {"teams": [*teams]}}:
            return [user.get("team_id"), *teams]
        case _:
            return [user.get("team_id")]
