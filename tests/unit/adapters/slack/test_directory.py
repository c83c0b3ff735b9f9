"""What the directory makes of answers that are none, of clocks that are set back, and of a Slack that is not there."""

from __future__ import annotations

from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError

from adapters.slack.directory import SlackDirectory
from bot.domain.people import Actor, MemberStatus
from bot.errors import ChatError
from tests.e2e.waiting import wait_until
from tests.fakes.clock import SettableClock
from tests.support import builders as b

DANA = Actor(user_id="U1", team_id="T0HOME")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
MOMENT = timedelta(milliseconds=5)


class Answers(WebClient):
    """Answers with what stands here; an exception is raised."""

    def __init__(self) -> None:
        super().__init__(token="xoxb-none")
        self.groups: Any = {"usergroups": [{"id": "S1", "handle": "oncall", "users": ["U1"]}]}
        self.user: Any = {"user": {"id": "U1"}}
        self.asked = 0

    def usergroups_list(self, **_: Any) -> Any:
        self.asked += 1
        return _give(self.groups)

    def users_info(self, **_: Any) -> Any:
        return _give(self.user)


def _give(answer: Any) -> Any:
    if isinstance(answer, Exception):
        raise answer
    return answer


class Directory(SlackDirectory):
    """`ticked` is how long it has been running, whatever the clock says."""

    def __init__(self, every: timedelta = HOUR, unknown_retry: timedelta = HOUR) -> None:
        self.client, self.clock, self.ticked = Answers(), SettableClock(b.NOW), timedelta(0)
        super().__init__(
            self.client,
            self.clock,
            frozenset({"@oncall"}),
            refresh_every=every,
            good_for=HOUR,
            unknown_retry=unknown_retry,
            ticks=self.ticks,
        )

    def ticks(self) -> float:
        return self.ticked.total_seconds()

    def status(self) -> MemberStatus:
        return self.person(DANA).status


NO_USERS = [{}, {"user": None}, {"user": {}}, {"user": {"id": "U2"}}, {"user": []}, {"user": "U1"}, [], None, 7]
NO_GROUPS = [{}, {"usergroups": None}, {"usergroups": {}}, {"usergroups": [None]}, {"usergroups": [{"id": "S1"}]}, None]
RAISED = [KeyError("?"), TypeError("?"), AttributeError("?"), RecursionError("?"), OSError("?"), ValueError("?")]


@pytest.mark.parametrize("answer", [*NO_USERS, *RAISED, SlackClientError("?")], ids=repr)
def test_an_answer_without_the_person_makes_nobody_a_member(answer: Any) -> None:
    directory = Directory()
    directory.client.user = answer
    with pytest.raises(ChatError) as failed:
        directory.refresh()
    assert (failed.value.retryable, directory.status()) == (True, MemberStatus.UNKNOWN)


@pytest.mark.parametrize("answer", [*NO_GROUPS, *RAISED, SlackClientError("?")], ids=repr)
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
