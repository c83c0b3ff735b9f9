"""The `Directory` port on the local workspace: who somebody is, since when, and what Slack may do to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from slack_sdk import WebClient
from structlog.testing import capture_logs

from adapters.slack.directory import SlackDirectory
from bot.domain.actions import Action
from bot.domain.people import Actor, MemberStatus, Place
from bot.errors import ChatError
from bot.policy.evaluate import may_ask
from bot.policy.model import Policy, Rule
from rehearsal.slack import SHIPPED_WORKSPACE, Workspace
from rehearsal.slack.faults import Fault, FaultKind
from rehearsal.slack.workspace_file import Enterprise, Person, Team, read_workspace
from rehearsal_testing.waiting import wait_until
from tests.fakes.clock import SettableClock
from tests.support import builders as b

if TYPE_CHECKING:
    from collections.abc import Iterator

DANA, BO, CHEN, OLI = "U0DANA0001", "U0BO000001", "U0CHEN0001", "U0OLI00001"
GUS, DEE, FAY, BOT = "U0GUS00001", "U0DEE00001", "U0FAY00001", "U0BOT00001"
PAT, INES, SEM, FLO = "U0PAT00001", "U0INES0001", "U0SEM00001", "U0FLO00001"
MORE_PEOPLE = (
    Person(id=PAT, handle="pat", name="Pat", team="T0OTHER001"),
    Person(id=INES, handle="ines", name="Ines", team="T0SISTER01", teams=("T0SISTER01", "T0HOME0001")),
    Person(id=SEM, handle="sem", name="Sem", team="T0SISTER01", teams=("T0SISTER01",)),
    Person(id=FLO, handle="flo", name="Flo", is_workflow_bot=True),
)
"""A partner seen in a shared channel; two of an organisation, one of them in our workspace; a workflow's bot."""
NAMES = frozenset({"@ts-leads", "S0ONCALL01", OLI, GUS, DEE, FAY, BOT})
GOOD_FOR = timedelta(hours=1)


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    """The shipped one, whose leads took in people who do not count."""
    shipped = read_workspace(SHIPPED_WORKSPACE)
    more = {"S0LEADS001": (GUS, DEE, FAY, PAT, INES, SEM, FLO)}
    groups = tuple(replace(one, members=(*one.members, *more.get(one.id, ()))) for one in shipped.user_groups)
    organisation = replace(
        shipped,
        enterprise=Enterprise(id="E0ORG00001", name="Organisation"),
        others=(*shipped.others, Team(id="T0SISTER01", domain="sister", name="Sister")),
        people=(*shipped.people, *MORE_PEOPLE),
        user_groups=groups,
    )
    with Workspace(organisation) as opened:
        yield opened


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(b.NOW)


def open_directory(workspace: Workspace, clock: SettableClock, names: frozenset[str] = NAMES) -> SlackDirectory:
    client = WebClient(token=workspace.bot_token, base_url=workspace.api_url, timeout=5)
    client.retry_handlers = []
    return SlackDirectory(
        client, clock, names, home_team="T0HOME0001", refresh_every=timedelta(hours=9), good_for=GOOD_FOR
    )


@pytest.fixture
def directory(workspace: Workspace, clock: SettableClock) -> SlackDirectory:
    opened = open_directory(workspace, clock)
    opened.refresh()
    return opened


def actor(user_id: str) -> Actor:
    return Actor(user_id=user_id)


def refuse(workspace: Workspace, method: str, error: str, times: int = 1) -> None:
    workspace.plan(Fault(method=method, kind=FaultKind.ERROR, error=error, times=times))


@pytest.mark.parametrize(
    ("user_id", "status"),
    [
        (DANA, MemberStatus.MEMBER),
        (OLI, MemberStatus.MEMBER),
        (GUS, MemberStatus.GUEST),
        (DEE, MemberStatus.DEACTIVATED),
        (FAY, MemberStatus.STRANGER),
        (BOT, MemberStatus.BOT),
        (PAT, MemberStatus.STRANGER),
        (INES, MemberStatus.MEMBER),
        (SEM, MemberStatus.STRANGER),
        (FLO, MemberStatus.BOT),
    ],
)
def test_the_status_is_what_slack_says(directory: SlackDirectory, user_id: str, status: MemberStatus) -> None:
    assert directory.person(actor(user_id)).status is status


def test_groups_are_known_by_handle_and_by_id_and_only_those_that_the_rules_name(directory: SlackDirectory) -> None:
    assert directory.person(actor(CHEN)).groups == {"@ts-leads", "S0LEADS001", "@oncall", "S0ONCALL01"}
    assert directory.person(actor(OLI)).groups == frozenset()
    assert directory.group_ids == {"@ts-leads": "S0LEADS001", "@oncall": "S0ONCALL01"}


def test_members_are_counted_once_and_without_those_who_do_not_count(directory: SlackDirectory) -> None:
    assert directory.members_of(frozenset({"@ts-leads"})) == {BO, CHEN, INES}
    every = frozenset({"@ts-leads", "S0LEADS001", "@oncall", OLI, GUS})
    assert directory.members_of(every) == {BO, CHEN, DANA, OLI, INES}
    assert directory.members_of(frozenset({"@nobody"})) == frozenset()


def test_nobody_is_known_before_slack_was_asked(workspace: Workspace, clock: SettableClock) -> None:
    assert open_directory(workspace, clock).person(actor(DANA)).status is MemberStatus.UNKNOWN


def test_what_is_known_counts_up_to_its_age_and_then_nobody_is_known(
    directory: SlackDirectory, clock: SettableClock
) -> None:
    clock.move(GOOD_FOR)
    assert directory.person(actor(DANA)).status is MemberStatus.MEMBER
    clock.move(timedelta(microseconds=1))
    assert directory.person(actor(DANA)).status is MemberStatus.UNKNOWN
    policy = Policy(rules=(Rule(name="r", who=frozenset({DANA}), may=frozenset(Action)),))
    decision = may_ask(policy, directory.person(actor(DANA)), Place(channel_id="C1"), Action.LOG_OFF)
    assert (decision.allowed, decision.rule) == (False, "status")
    assert "I could not ask Slack" in decision.message
    directory.refresh()
    assert directory.person(actor(DANA)).status is MemberStatus.MEMBER


@pytest.mark.parametrize("method", ["usergroups.list", "users.info"])
@pytest.mark.parametrize(
    "kind", [FaultKind.ERROR, FaultKind.SERVER_ERROR, FaultKind.RATE_LIMITED, FaultKind.ANSWER_LOST]
)
def test_a_fault_of_slack_keeps_what_is_known_and_makes_it_no_younger(
    workspace: Workspace, directory: SlackDirectory, clock: SettableClock, method: str, kind: FaultKind
) -> None:
    before = directory.person(actor(CHEN))
    clock.move(timedelta(minutes=59))
    workspace.plan(Fault(method=method, kind=kind, wait=timedelta(minutes=2)))
    with pytest.raises(ChatError):
        directory.refresh()
    assert directory.person(actor(CHEN)) == before
    clock.move(timedelta(minutes=2))
    assert directory.person(actor(CHEN)).status is MemberStatus.UNKNOWN


def test_a_fault_at_the_start_is_said_in_the_log_and_the_bot_goes_on(
    workspace: Workspace, clock: SettableClock
) -> None:
    opened = open_directory(workspace, clock)
    refuse(workspace, "usergroups.list", "internal_error")
    with capture_logs() as logged:
        opened.start()
    opened.stop()
    assert [line["event"] for line in logged] == ["directory.not_refreshed"]
    assert opened.person(actor(DANA)).status is MemberStatus.UNKNOWN


def test_a_plan_without_user_groups_is_explained_with_what_to_do(workspace: Workspace, clock: SettableClock) -> None:
    opened = open_directory(workspace, clock)
    refuse(workspace, "usergroups.list", "plan_upgrade_required")
    with capture_logs() as logged:
        opened.start()
    opened.stop()
    assert "User groups need a paid Slack plan: name people by their user ids (U...)" in logged[0]["message"]


def test_where_the_rules_name_people_alone_a_plan_without_user_groups_does_no_harm(
    workspace: Workspace, clock: SettableClock
) -> None:
    opened = open_directory(workspace, clock, frozenset({DANA, GUS}))
    refuse(workspace, "usergroups.list", "plan_upgrade_required")
    opened.refresh()
    assert opened.person(actor(DANA)).status is MemberStatus.MEMBER
    assert opened.members_of(frozenset({DANA, GUS})) == {DANA}


def test_one_person_of_whom_slack_says_nothing_is_unknown_and_nobody_else(
    workspace: Workspace, clock: SettableClock
) -> None:
    opened = open_directory(workspace, clock, frozenset({CHEN, DANA}))
    refuse(workspace, "users.info", "an_error_of_tomorrow")
    opened.refresh()
    found = {user_id: opened.person(actor(user_id)).status for user_id in (CHEN, DANA)}
    assert sorted(found.values()) == [MemberStatus.MEMBER, MemberStatus.UNKNOWN]


def test_what_slack_says_of_nobody_makes_nobody_unknown_who_is_known(
    workspace: Workspace, directory: SlackDirectory
) -> None:
    refuse(workspace, "users.info", "missing_scope", times=100)
    with pytest.raises(ChatError, match="missing_scope"):
        directory.refresh()
    assert directory.person(actor(CHEN)).status is MemberStatus.MEMBER


def test_without_any_group_those_still_count_whom_a_rule_names(workspace: Workspace, clock: SettableClock) -> None:
    opened = open_directory(workspace, clock, frozenset({DANA, "@oncall"}))
    refuse(workspace, "usergroups.list", "plan_upgrade_required")
    with pytest.raises(ChatError, match="paid Slack plan"):
        opened.refresh()
    assert opened.members_of(frozenset({DANA, "@oncall"})) == {DANA}


def test_one_id_that_slack_does_not_know_any_more_shuts_nobody_else_out(
    workspace: Workspace, clock: SettableClock
) -> None:
    opened = open_directory(workspace, clock, frozenset({DANA, "U0NOBODY"}))
    opened.refresh()
    assert opened.person(actor(DANA)).status is MemberStatus.MEMBER
    assert opened.person(actor("U0NOBODY")).status is MemberStatus.STRANGER
    assert opened.members_of(frozenset({DANA, "U0NOBODY"})) == {DANA}


def test_who_leaves_or_is_deactivated_counts_no_longer_after_the_next_refresh(
    workspace: Workspace, directory: SlackDirectory
) -> None:
    store = workspace.store
    store.people[CHEN] = replace(store.people[CHEN], deleted=True)
    directory.refresh()
    assert directory.person(actor(CHEN)).status is MemberStatus.DEACTIVATED
    assert directory.members_of(frozenset({"@ts-leads"})) == {BO, INES}


def test_it_refreshes_by_itself_in_the_background(workspace: Workspace, clock: SettableClock) -> None:
    client = WebClient(token=workspace.bot_token, base_url=workspace.api_url, timeout=5)
    every = timedelta(milliseconds=20)
    opened = SlackDirectory(client, clock, NAMES, home_team="T0HOME0001", refresh_every=every, good_for=GOOD_FOR)
    opened.start()
    people = workspace.store.people
    people[BO] = replace(people[BO], deleted=True)
    wait_until(lambda: opened.person(actor(BO)).status is MemberStatus.DEACTIVATED)
    opened.stop()


@pytest.mark.slow
def test_a_rate_limit_is_waited_out_in_the_background(workspace: Workspace, clock: SettableClock) -> None:
    """With a hundred people in the rules every round meets one."""
    opened = open_directory(workspace, clock)
    workspace.plan(Fault(method="users.info", kind=FaultKind.RATE_LIMITED, wait=timedelta(seconds=1)))
    opened.refresh()
    assert opened.person(actor(DANA)).status is MemberStatus.MEMBER


def test_answers_come_from_memory_and_cost_no_call(workspace: Workspace, directory: SlackDirectory) -> None:
    workspace.plan(Fault(method="*", kind=FaultKind.SERVER_ERROR, times=100))
    assert directory.person(actor(DANA)).status is MemberStatus.MEMBER
    assert directory.members_of(frozenset({"@oncall"})) == {DANA, CHEN}


def test_people_of_further_names_are_asked_about_before_they_count(workspace: Workspace, clock: SettableClock) -> None:
    """Whom Slack was not asked about counts as a member, so a rule may not name them before that."""
    opened = open_directory(workspace, clock, frozenset({DANA, "@oncall"}))
    opened.refresh()
    assert opened.person(actor(GUS)).status is MemberStatus.MEMBER
    opened.learn(frozenset({GUS, "@ts-leads"}))
    assert opened.person(actor(GUS)).status is MemberStatus.GUEST
    assert {"@oncall", "@ts-leads"} <= opened.known_groups
    workspace.plan(Fault(method="usergroups.list", kind=FaultKind.ERROR))
    with pytest.raises(ChatError):
        opened.learn(frozenset({"U0OLI00001"}))
    opened.refresh()
    assert opened.person(actor(GUS)).status is MemberStatus.GUEST
    opened.narrow(frozenset({DANA, "@oncall"}))
    opened.refresh()
    assert opened.person(actor(GUS)).status is MemberStatus.MEMBER
