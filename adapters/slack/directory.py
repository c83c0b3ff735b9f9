"""The `Directory` port: people and user groups in memory, refreshed in the background. No ack waits for Slack."""

from __future__ import annotations

import threading
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import structlog
from slack_sdk.errors import SlackApiError

from adapters.slack.errors import translate_errors
from adapters.slack.member_status import status_of
from bot.domain.people import MemberStatus, Person
from bot.errors import ChatError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime

    from slack_sdk import WebClient

    from bot.domain.people import Actor
    from bot.ports.clock import Clock

log = structlog.get_logger()

Answer = TypeVar("Answer")

NOT_THERE = frozenset({"user_not_found", "user_not_visible", "users_not_found"})

_PEOPLE = ("U", "W")
"""How the id of a person begins."""

UNKNOWN_RETRY = timedelta(seconds=5)
"""How soon Slack is asked again while nothing is known. No person may act until then."""

RATE_WAITS = 2
RATE_WAIT_MOST = timedelta(minutes=1)
"""How often, and how long at most, a call waits for a rate limit. No request waits for these calls."""

OWN_FAULT_AFTER = 3
"""After so many rounds in which Slack fails for the same person, that is a matter of this person alone."""


class _When(NamedTuple):
    """When a refresh began."""

    at: datetime
    ticks: float  # the same in seconds of the monotonic clock


@dataclass(frozen=True, slots=True, kw_only=True)
class _Groups:
    """The user groups as one refresh found them."""

    of: Mapping[str, frozenset[str]] = field(default_factory=dict)  # user id -> ids and handles of their groups
    when: _When | None = None  # None: they were never read
    error: str = ""  # why Slack does not tell them any more, however long one waits


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """The result of one refresh. It is replaced as a whole, so groups and statuses always belong together."""

    groups: _Groups = field(default_factory=_Groups)
    status: Mapping[str, MemberStatus] = field(default_factory=dict)  # user id -> status
    errors: Mapping[str, str] = field(default_factory=dict)  # user id -> why Slack does not tell the status
    when: _When | None = None  # None: there was no refresh


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
        self._failed = Counter[str]()  # user id -> in how many rounds, one after the other, Slack failed for them
        self.group_ids: dict[str, str] = {}
        self._stopping, self._refreshing = threading.Event(), threading.Lock()
        self._thread = threading.Thread(target=self._keep_fresh, name="directory", daemon=True)

    def person(self, actor: Actor) -> Person:
        known, user = self._known, actor.user_id
        status = self._status_of(user, known)
        why = ""
        if status is MemberStatus.UNKNOWN and self._is_fresh(known.when):
            why = known.errors.get(user, known.groups.error)
        return Person(actor=actor, groups=self._groups_of(user, known), status=status, unknown_why=why)

    def members_of(self, names: frozenset[str]) -> frozenset[str]:
        known = self._known
        people = {user for user in known.groups.of if self._groups_of(user, known) & names}
        people |= {name for name in names if name in known.status}
        return frozenset(user for user in people if self._status_of(user, known) is MemberStatus.MEMBER)

    def _groups_of(self, user_id: str, known: _Known) -> frozenset[str]:
        return known.groups.of.get(user_id, frozenset()) if self._is_fresh(known.groups.when) else frozenset()

    def _status_of(self, user_id: str, known: _Known) -> MemberStatus:
        """Return the status. Whom Slack was not asked about is in no group; without groups that is not known."""
        if not self._is_fresh(known.when):
            return MemberStatus.UNKNOWN
        other = MemberStatus.MEMBER if self._is_fresh(known.groups.when) else MemberStatus.UNKNOWN
        return known.status.get(user_id, other)

    def age(self) -> float | None:
        """Return how many seconds ago people and groups were read; None: they never were."""
        return self._ticks() - when.ticks if (when := self._known.when) else None

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

        This takes one call of Slack's rate limit tier 2, and one call of tier 4 for each person. What Slack will never
        tell of one person concerns that person alone. Where it will never tell the groups, people whom the rules name
        by their ids still count, and the error is raised then.
        """
        with self._refreshing:  # one that began with fewer names must not end behind one with more
            self._refresh()

    def learn(self, names: frozenset[str]) -> None:
        """Read the people behind these names, too, and go on with them. Raises `ChatError`: nothing has changed then.

        Whom Slack was not asked about counts as a member in no group, so this comes before a rule with such a name.
        """
        with self._refreshing:
            before, self._names = self._names, self._names | names
            try:
                self._refresh()
            except ChatError:
                self._names = before
                raise

    def narrow(self, names: frozenset[str]) -> None:
        """Ask about these names alone, from the next refresh on."""
        with self._refreshing:
            self._names = names

    @property
    def known_groups(self) -> frozenset[str]:
        """The handles and the ids of the groups that exist."""
        return frozenset(self.group_ids) | frozenset(self.group_ids.values())

    def _refresh(self) -> None:
        when = _When(self._clock.now(), self._ticks())
        groups = self._read_groups(when)
        people = set(groups.of) | {name for name in self._names if name.startswith(_PEOPLE)}
        status, errors = self._read_people(sorted(people))
        self._known = _Known(groups=groups, status=status, errors=errors, when=when)
        if groups.error:
            raise ChatError(groups.error, retryable=False)

    def _read_groups(self, when: _When) -> _Groups:
        """Return the groups, or those of before with the error when waiting does not help. Raises `ChatError`."""
        found: dict[str, set[str]] = {}
        group_ids: dict[str, str] = {}
        if any(not name.startswith(_PEOPLE) for name in self._names):
            try:
                with _known_shape():
                    for group in self._patiently(self._ask_groups):
                        _add(group, self._names, found, group_ids)
            except ChatError as error:
                if error.retryable:
                    raise
                return replace(self._known.groups, error=error.message)
        self.group_ids.update(group_ids)
        return _Groups(of={user_id: frozenset(names) for user_id, names in found.items()}, when=when)

    def _read_people(self, people: Iterable[str]) -> tuple[dict[str, MemberStatus], dict[str, str]]:
        """Return the statuses, and the errors of those that Slack does not tell.

        Raises `ChatError` where Slack may tell it later. When it fails for the same person again and again and not for
        all, it is no fault of Slack as a whole. When it fails for all, what is known counts on for its time.
        """
        status, errors = dict[str, MemberStatus](), dict[str, str]()
        failed: ChatError | None = None
        for user_id in people:
            try:
                with _known_shape():
                    status[user_id] = self._patiently(partial(self._ask_status, user_id))
                self._failed.pop(user_id, None)
            except ChatError as error:
                self._failed[user_id] += 1
                if error.retryable and (error.retry_after or self._failed[user_id] < OWN_FAULT_AFTER):
                    raise
                failed = error
                log.warning("directory.person_not_told", user=user_id, message=error.message)
                status[user_id], errors[user_id] = MemberStatus.UNKNOWN, error.message
        if failed and len(errors) == len(status) and (failed.retryable or self._is_fresh(self._known.when)):
            raise failed
        return status, errors

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
        return status_of(user, self._home_team)

    def _is_fresh(self, when: _When | None) -> bool:
        """Return whether the refresh still counts: not when it is too old, or when the clock was set back before it."""
        if when is None or self._ticks() - when.ticks > self._good_for.total_seconds():
            return False
        return timedelta(0) <= self._clock.now() - when.at <= self._good_for

    def _keep_fresh(self) -> None:
        while not self._stopping.wait(self._pause().total_seconds()):
            self._refresh_or_say()

    def _pause(self) -> timedelta:
        return self._every if self._known.when else self._unknown_retry

    def _refresh_or_say(self) -> None:
        try:
            self.refresh()
        except ChatError as error:
            log.warning("directory.not_refreshed", message=error.message)


@contextmanager
def _known_shape() -> Iterator[None]:
    """Raise `ChatError` for an answer of another shape than Slack's."""
    try:
        yield
    except (LookupError, TypeError, AttributeError, RuntimeError) as exc:
        raise ChatError("Slack's answer about people is of another shape than I know.", retryable=True) from exc


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
