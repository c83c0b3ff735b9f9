"""What the directory makes of answers that are none, of clocks that are set back, and of a Slack that is not there."""

from __future__ import annotations

from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from adapters.slack.directory import OWN_FAULT_AFTER, SlackDirectory
from bot.domain.people import Actor, MemberStatus
from bot.errors import ChatError
from bot.policy.evaluate import check_member
from rehearsal_testing.waiting import wait_until
from tests.fakes.clock import SettableClock
from tests.support import builders as b
from tests.support.cases import for_each

DANA = Actor(user_id="U1")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
MOMENT = timedelta(milliseconds=5)


class Answers(WebClient):
    """Answers with what stands here; an exception is raised."""

    def __init__(self) -> None:
        super().__init__(token="xoxb-none")
        self.groups: Any = {"usergroups": [{"id": "S1", "handle": "oncall", "users": ["U1"]}]}
        self.user: Any = {"user": {"id": "U1", "team_id": "T0HOME"}}
        self.others: dict[str, Any] = {}  # user id -> the answer about this person
        self.asked = 0

    def usergroups_list(self, **_: Any) -> Any:
        self.asked += 1
        return _give(self.groups)

    def users_info(self, *, user: str, **_: Any) -> Any:
        return _give(self.others.get(user, self.user))


def _give(answer: Any) -> Any:
    if isinstance(answer, Exception):
        raise answer
    return answer


class Directory(SlackDirectory):
    """`ticked` is how long it has been running, whatever the clock says."""

    def __init__(
        self,
        every: timedelta = HOUR,
        unknown_retry: timedelta = HOUR,
        names: frozenset[str] = frozenset({"@oncall"}),
    ) -> None:
        self.client, self.clock, self.ticked = Answers(), SettableClock(b.NOW), timedelta(0)
        super().__init__(
            self.client,
            self.clock,
            names,
            home_team="T0HOME",
            refresh_every=every,
            good_for=HOUR,
            unknown_retry=unknown_retry,
            ticks=self.ticks,
        )

    def ticks(self) -> float:
        return self.ticked.total_seconds()

    def status(self) -> MemberStatus:
        return self.person(DANA).status


HOME, GRID = {"team_id": "T0HOME"}, {"team_id": "E0ORG", "enterprise_user": {"teams": ["T0SISTER", "T0HOME"]}}
FAR = {"team_id": "T0FAR"}
STATUSES = [
    (HOME, MemberStatus.MEMBER),
    (HOME | {"is_stranger": False, "is_bot": False, "deleted": False}, MemberStatus.MEMBER),
    (HOME | {"is_app_user": True}, MemberStatus.MEMBER),
    (GRID, MemberStatus.MEMBER),
    (GRID | {"team_id": "T0SISTER"}, MemberStatus.MEMBER),
    (HOME | {"enterprise_user": {}}, MemberStatus.MEMBER),
    (HOME | {"enterprise_user": None}, MemberStatus.MEMBER),
    (FAR, MemberStatus.STRANGER),
    (FAR | {"is_stranger": False}, MemberStatus.STRANGER),
    (FAR | {"is_restricted": True}, MemberStatus.STRANGER),
    (FAR | {"enterprise_user": {"teams": ["T0FAR", "T0FARTHER"]}}, MemberStatus.STRANGER),
    (FAR | {"enterprise_user": {"teams": "T0HOME"}}, MemberStatus.STRANGER),
    (FAR | {"profile": {"team": "T0HOME"}}, MemberStatus.STRANGER),
    (HOME | {"is_stranger": True}, MemberStatus.STRANGER),
    ({}, MemberStatus.STRANGER),
    ({"team_id": None}, MemberStatus.STRANGER),
    ({"team_id": ""}, MemberStatus.STRANGER),
    ({"team_id": "t0home"}, MemberStatus.STRANGER),
    (HOME | {"is_restricted": True}, MemberStatus.GUEST),
    (HOME | {"is_ultra_restricted": True}, MemberStatus.GUEST),
    (GRID | {"is_restricted": True}, MemberStatus.GUEST),
    (HOME | {"is_bot": True}, MemberStatus.BOT),
    (HOME | {"is_workflow_bot": True}, MemberStatus.BOT),
    (HOME | {"is_connector_bot": True}, MemberStatus.BOT),
    (FAR | {"is_bot": True}, MemberStatus.BOT),
    (HOME | {"deleted": True}, MemberStatus.DEACTIVATED),
    (GRID | {"deleted": True}, MemberStatus.DEACTIVATED),
    (FAR | {"deleted": True, "is_bot": True}, MemberStatus.DEACTIVATED),
]


@for_each(("user", "status"), STATUSES)
def test_who_counts_is_read_from_the_person_and_is_the_same_for_presser_and_list(
    user: dict[str, Any], status: MemberStatus
) -> None:
    directory = Directory()
    directory.client.user = {"user": {"id": "U1"} | user}
    directory.refresh()
    listed = directory.members_of(frozenset({"@oncall"}))
    assert (directory.status(), listed) == (status, {"U1"} if status is MemberStatus.MEMBER else frozenset())


def test_slackbot_is_a_bot_although_slack_says_it_is_none() -> None:
    directory = Directory()
    directory.client.groups = {"usergroups": [{"id": "S1", "handle": "oncall", "users": ["USLACKBOT"]}]}
    directory.client.user = {"user": {"id": "USLACKBOT", "is_bot": False} | HOME}
    directory.refresh()
    assert directory.person(Actor(user_id="USLACKBOT")).status is MemberStatus.BOT
    assert directory.members_of(frozenset({"@oncall"})) == frozenset()


@pytest.mark.parametrize("error", ["user_not_found", "user_not_visible", "users_not_found"])
def test_whom_slack_does_not_know_is_a_stranger(error: str) -> None:
    directory = Directory()
    directory.client.user = SlackApiError("no", {"error": error})  # type: ignore[no-untyped-call]
    directory.refresh()
    assert (directory.status(), directory.members_of(frozenset({"@oncall"}))) == (MemberStatus.STRANGER, frozenset())


def test_another_organisations_group_of_the_same_handle_is_no_group_of_a_rule() -> None:
    directory = Directory()
    theirs = {"id": "S9", "handle": "oncall", "users": ["U1"], "is_external": True}
    directory.client.groups = {"usergroups": [theirs]}
    directory.refresh()
    assert directory.person(DANA).groups == frozenset()
    assert (directory.members_of(frozenset({"@oncall"})), directory.group_ids) == (frozenset(), {})


def test_when_slack_has_not_answered_for_too_long_nobody_is_listed_either() -> None:
    directory = Directory()
    directory.refresh()
    directory.clock.move(HOUR + MINUTE)
    assert (directory.status(), directory.members_of(frozenset({"@oncall"}))) == (MemberStatus.UNKNOWN, frozenset())


NO_USERS = [{}, {"user": None}, {"user": {}}, {"user": {"id": "U2"}}, {"user": []}, {"user": "U1"}, [], None, 7]
NO_GROUPS = [{}, {"usergroups": None}, {"usergroups": {}}, {"usergroups": [None]}, {"usergroups": [{"id": "S1"}]}, None]
RAISED = [KeyError("?"), TypeError("?"), AttributeError("?"), RecursionError("?"), OSError("?"), ValueError("?")]


@for_each("answer", [*NO_USERS, *RAISED, SlackClientError("?")], ids=repr)
def test_an_answer_without_the_person_makes_nobody_a_member(answer: Any) -> None:
    directory = Directory()
    directory.client.user = answer
    with pytest.raises(ChatError) as failed:
        directory.refresh()
    assert (failed.value.retryable, directory.status()) == (True, MemberStatus.UNKNOWN)


@for_each("answer", [*NO_GROUPS, *RAISED, SlackClientError("?")], ids=repr)
def test_an_answer_without_the_groups_keeps_what_is_known(answer: Any) -> None:
    directory = Directory()
    directory.refresh()
    directory.client.groups = answer
    with pytest.raises(ChatError) as failed:
        directory.refresh()
    assert (failed.value.retryable, directory.status()) == (True, MemberStatus.MEMBER)
    assert directory.members_of(frozenset({"@oncall"})) == {"U1"}


@pytest.mark.parametrize("answer", [{}, KeyError("?"), TypeError("?"), OSError("?")], ids=repr)
def test_the_rounds_go_on_after_a_bad_one(answer: Any) -> None:
    directory = Directory(every=MOMENT, unknown_retry=MOMENT)
    directory.start()
    directory.client.groups = answer
    asked = directory.client.asked
    wait_until(lambda: directory.client.asked > asked + 2)
    directory.client.groups = {"usergroups": []}
    wait_until(lambda: directory.members_of(frozenset({"@oncall"})) == frozenset())
    directory.stop()


def test_while_nothing_is_known_slack_is_asked_sooner() -> None:
    directory = Directory(every=HOUR, unknown_retry=MOMENT)
    directory.client.groups = OSError("?")
    directory.start()
    directory.client.groups = {"usergroups": [{"id": "S1", "handle": "oncall", "users": ["U1"]}]}
    wait_until(lambda: directory.status() is MemberStatus.MEMBER)
    asked = directory.client.asked
    Event().wait(20 * MOMENT.total_seconds())
    directory.stop()
    assert directory.client.asked == asked


@pytest.mark.parametrize("back", [MINUTE, timedelta(days=1)])
def test_a_clock_that_is_set_back_makes_nobody_known_for_longer(back: timedelta) -> None:
    directory = Directory()
    directory.refresh()
    directory.clock.move(-back)
    assert directory.status() is MemberStatus.UNKNOWN
    directory.refresh()
    assert directory.status() is MemberStatus.MEMBER


def test_what_is_old_stays_old_when_the_clock_comes_round_again() -> None:
    directory = Directory()
    directory.refresh()
    directory.clock.move(timedelta(minutes=30))
    directory.ticked = HOUR
    assert directory.status() is MemberStatus.MEMBER
    directory.ticked += timedelta(seconds=1)
    assert directory.status() is MemberStatus.UNKNOWN


# What Slack does not tell of one person, or of the groups


BO = Actor(user_id="U2")
ERIN = Actor(user_id="U3")
FOR_GOOD = SlackApiError("no", {"error": "access_denied"})  # type: ignore[no-untyped-call] # Slack's class has no types
NO_SCOPE = SlackApiError("no", {"error": "missing_scope"})  # type: ignore[no-untyped-call] # the same
FOR_NOW = SlackApiError("no", {"error": "internal_error"})  # type: ignore[no-untyped-call] # the same


def of_two() -> Directory:
    directory = Directory()
    directory.client.groups = {"usergroups": [{"id": "S1", "handle": "oncall", "users": ["U1", "U2"]}]}
    directory.client.others = {"U2": {"user": {"id": "U2"} | HOME}}
    return directory


def test_whom_slack_will_never_tell_of_is_unknown_alone_and_is_told_the_cure() -> None:
    directory = of_two()
    directory.client.others["U2"] = NO_SCOPE
    directory.refresh()
    assert (directory.status(), directory.person(BO).status) == (MemberStatus.MEMBER, MemberStatus.UNKNOWN)
    assert directory.members_of(frozenset({"@oncall"})) == {"U1"}
    said = check_member(directory.person(BO)).message
    assert "logoff-bot manifest" in said
    assert "Try again" not in said


def test_a_fault_of_slack_for_one_person_is_theirs_alone_once_it_comes_again_and_again() -> None:
    directory = of_two()
    directory.refresh()
    directory.client.others["U2"] = FOR_NOW
    for _ in range(OWN_FAULT_AFTER - 1):
        with pytest.raises(ChatError):
            directory.refresh()
        assert directory.person(BO).status is MemberStatus.MEMBER, "what is known still counts"
    directory.clock.move(HOUR)
    directory.refresh()
    assert (directory.status(), directory.person(BO).status) == (MemberStatus.MEMBER, MemberStatus.UNKNOWN)
    directory.client.others["U2"] = {"user": {"id": "U2"} | HOME}
    directory.refresh()
    assert directory.person(BO).status is MemberStatus.MEMBER
    directory.client.others["U2"] = FOR_NOW
    with pytest.raises(ChatError):
        directory.refresh()


def test_a_slack_that_fails_for_everybody_takes_nobody_what_is_known_before_its_time() -> None:
    directory = of_two()
    directory.refresh()
    directory.client.user = FOR_NOW
    directory.client.others = {}
    for _ in range(5 * OWN_FAULT_AFTER):
        with pytest.raises(ChatError):
            directory.refresh()
    assert (directory.status(), directory.person(BO).status) == (MemberStatus.MEMBER, MemberStatus.MEMBER)


def test_when_slack_will_tell_of_nobody_all_count_for_their_time_and_are_told_the_cure_then() -> None:
    directory = of_two()
    directory.refresh()
    directory.client.user = NO_SCOPE
    directory.client.others = {}
    with pytest.raises(ChatError, match="missing_scope"):
        directory.refresh()
    assert (directory.status(), directory.person(BO).status) == (MemberStatus.MEMBER, MemberStatus.MEMBER)
    directory.clock.move(2 * HOUR)
    directory.refresh()
    assert directory.person(BO).status is MemberStatus.UNKNOWN
    assert "logoff-bot manifest" in check_member(directory.person(BO)).message


def test_without_the_groups_people_whom_the_rules_name_by_id_still_count() -> None:
    directory = Directory(names=frozenset({"@oncall", "U2"}))
    directory.client.groups = NO_SCOPE
    directory.client.others = {"U2": {"user": {"id": "U2"} | HOME}}
    with pytest.raises(ChatError, match="missing_scope"):
        directory.refresh()
    assert directory.person(BO).status is MemberStatus.MEMBER
    assert directory.members_of(frozenset({"@oncall", "U2"})) == {"U2"}
    assert directory.status() is MemberStatus.UNKNOWN
    assert "logoff-bot manifest" in check_member(directory.person(DANA)).message


def test_groups_that_slack_tells_no_more_count_until_they_are_too_old() -> None:
    directory = Directory(names=frozenset({"@oncall", "U2"}))
    directory.client.others = {"U2": {"user": {"id": "U2"} | HOME}}
    directory.refresh()
    directory.client.groups = FOR_GOOD
    directory.clock.move(HOUR)
    with pytest.raises(ChatError):
        directory.refresh()
    assert directory.members_of(frozenset({"@oncall"})) == {"U1"}
    directory.clock.move(MINUTE)
    assert directory.members_of(frozenset({"@oncall", "U2"})) == {"U2"}
    assert (directory.person(DANA).groups, directory.person(ERIN).status) == (frozenset(), MemberStatus.UNKNOWN)
    directory.client.groups = {"usergroups": [{"id": "S1", "handle": "oncall", "users": ["U1"]}]}
    directory.refresh()
    assert directory.members_of(frozenset({"@oncall", "U2"})) == {"U1", "U2"}


def test_it_says_how_old_it_is_by_the_clock_that_cannot_be_set() -> None:
    directory = Directory()
    assert directory.age() is None
    directory.refresh()
    directory.ticked += MINUTE
    directory.clock.move(-HOUR)
    assert directory.age() == 60
    directory.refresh()
    assert directory.age() == 0
