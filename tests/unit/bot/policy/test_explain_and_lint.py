"""`policy explain` and `policy check`: the rules in words, and what in them can never work."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.commands.logoff import LogoffAsk
from bot.domain.actions import Action
from bot.domain.people import MemberStatus
from bot.domain.requirement import DenyReason, Need
from bot.domain.session import SessionState
from bot.policy.explain import explain
from bot.policy.lint import lint
from bot.policy.model import Force
from tests.support import people as c
from tests.support.cases import for_each
from tests.support.people import BO, CHEN, DANA, OLI, asking_leads, of_leads, policy, rule

if TYPE_CHECKING:
    from bot.domain.people import Actor
    from bot.policy.model import Rule

KNOWN = frozenset({"@oncall", "@leads", "S0LEADS"})


def explained(*rules: Rule, by: Actor = DANA, action: Action = Action.LOG_OFF, **more: Any) -> list[str]:
    limits = more.pop("limits", {})
    ask = LogoffAsk(**({"hosts": ("comp1",)} | more))
    return list(explain(policy(*rules, **limits), c.directory().person(by), c.OPS, action, ask))


def linted(*rules: Rule) -> list[str]:
    return list(lint(policy(*rules), c.directory().members_of, KNOWN))


def test_it_says_who_somebody_is_which_rule_decides_and_what_it_takes() -> None:
    needs = "needs a yes from 2 of @leads, asked in C0APPROVE"
    assert explained(asking_leads(2)) == [
        "U0DANA is a member, in @oncall.",
        f'comp1: rule "on-call" covers all sessions; {needs}; at most 50 at once.',
        "Above 10 sessions at once, or alone in 10 minutes, a second person is needed whatever the rule says.",
    ]


def test_an_own_confirmation_reads_so() -> None:
    assert "the requester confirms" in explained(rule())[1]


def test_a_rule_for_some_sessions_names_them_and_the_next_rule_is_shown_as_well() -> None:
    some = asking_leads(
        1,
        name="some",
        users=("b*",),
        states=frozenset({SessionState.ACTIVE}),
        idle_over=timedelta(hours=2),
    )
    lines = explained(some, rule("all"), rule("never reached"))
    assert 'rule "some" covers users b*; only Active; idle for more than 2 hours;' in lines[1]
    assert 'rule "all" covers all sessions' in lines[2]
    assert not any("never reached" in line for line in lines)


def test_each_host_has_its_own_answer() -> None:
    lines = explained(rule("one", computers=("comp1",)), hosts=("comp1", "comp2"))
    assert lines[1].startswith('comp1: rule "one"')
    assert lines[2] == "comp2: no rule lets this person log sessions off there. Its sessions would be left out."


def test_a_protected_computer_is_said_to_be_one_whatever_the_rules_say() -> None:
    lines = explained(rule(), limits={"protected_computers": ("COMP*",)})
    assert lines[1] == "comp1: a protected computer. Its sessions would be left out whatever the rules say."
    listed = explained(rule(), limits={"protected_computers": ("COMP*",)}, action=Action.LIST)
    assert 'rule "on-call"' in listed[1]


@pytest.mark.parametrize(
    ("by", "says"),
    [
        (OLI, "No (no rule): No rule lets you log sessions off."),
        (c.DEE, "No (status): Slack says that your account is a deactivated one"),
        (c.FAY, "No (home workspace): Only people of my own workspace count."),
        (c.UMA, "No (status): I could not ask Slack"),
    ],
)
def test_a_no_names_its_rule_and_comes_without_a_list_of_hosts(by: Actor, says: str) -> None:
    lines = explained(rule(who=c.ONCALL | c.LEADS), by=by)
    assert lines[-1].startswith(says)
    assert not any(line.startswith("comp1") for line in lines)


def test_the_wrong_channel_is_said() -> None:
    assert "not asked from this channel" in explained(rule(where=frozenset({"C0X"})))[-1]


def test_force_says_what_it_takes() -> None:
    rules = [
        rule("first", users=("alice",), force=Force(is_allowed=True, needs_reason=True, ticket=r"INC-\d+")),
        rule("second", force=Force(is_allowed=True, ticket=r"CHG-\d+")),
    ]
    both = r'"first", "second", with a reason that has INC-\d+ and CHG-\d+'
    for said, line in ((rules, both), (rules[1:], r'"second", with a reason that has CHG-\d+')):
        assert f"--force: allowed by {line}; where another rule decides, the bot asks." in explained(*said, force=True)


def test_force_that_nothing_allows_says_that_the_bot_would_ask() -> None:
    assert "--force: no rule allows it for this person, so the bot would ask." in explained(rule(), force=True)


# Lint


def test_rules_that_can_work_have_no_fault() -> None:
    assert linted(asking_leads(1, users=("alice",)), rule("rest"), rule("leads", who=c.LEADS)) == []


HIDDEN: list[tuple[dict[str, Any], dict[str, Any], bool]] = [
    # what the earlier rule says, what the later one says, is the later one never reached
    ({}, {}, True),
    ({}, {"users": ("alice",)}, True),
    ({"users": ("alice",)}, {}, False),
    ({"users": ("a", "b")}, {"users": ("a",)}, True),
    ({"users": ("a*",)}, {"users": ("ALICE", "anna")}, True),
    ({"users": ("a*",)}, {"users": ("alice", "bob")}, False),
    ({"computers": ("rds-*",)}, {"computers": ("RDS-0?",)}, True),
    ({"computers": ("rds-?",)}, {"computers": ("rds-*",)}, False),
    ({"who": c.ONCALL | c.LEADS}, {"who": c.LEADS}, True),
    ({"who": c.LEADS}, {"who": c.ONCALL}, False),
    ({"may": frozenset({Action.LIST})}, {}, False),
    ({"where": frozenset({"C0OPS"})}, {}, False),
    ({"where": frozenset({"C0OPS"})}, {"where": frozenset({"C0OPS"})}, True),
    ({}, {"where": frozenset({"C0OPS"})}, True),
    ({"computers": ("comp1",)}, {"computers": ("comp1",)}, True),
    ({"computers": ("comp1",)}, {"computers": ("comp2",)}, False),
    ({"states": frozenset({SessionState.ACTIVE})}, {}, False),
    ({"idle_over": timedelta(hours=1)}, {"idle_over": timedelta(hours=2)}, True),
    ({"idle_over": timedelta(hours=2)}, {"idle_over": timedelta(hours=1)}, False),
]


@for_each(("earlier", "later", "expected"), HIDDEN)
def test_a_rule_that_is_never_reached_is_found(earlier: dict[str, Any], later: dict[str, Any], expected: bool) -> None:  # noqa: FBT001 - a table
    said = linted(rule("first", **earlier), rule("second", **later))
    assert said == (['rule "second" is never reached: "first" takes all that it could match.'] if expected else [])


def test_a_group_that_does_not_exist_is_found_wherever_it_is_named() -> None:
    ghosts = rule(who=frozenset({"@ghosts"}), need=Need(count=1, of=frozenset({"@boo", "@leads"}), rule="r"))
    said = linted(ghosts)
    assert 'rule "on-call" names @ghosts, but there is no such user group.' in said
    assert 'rule "on-call" names @boo, but there is no such user group.' in said


def test_a_person_named_by_id_is_no_group() -> None:
    assert linted(rule(who=frozenset({"U0DANA", "W0DANA"}))) == []


def test_a_rule_that_needs_others_and_says_not_where_is_found() -> None:
    said = linted(rule(need=of_leads(1)))
    assert said == ['rule "on-call" needs somebody else, but says not where to ask: add approve_in: C...']


def test_that_nobody_can_approve_is_found_and_those_who_do_not_count_are_not_counted() -> None:
    said = linted(asking_leads(3))
    assert said == ['rule "on-call": for U0CHEN nobody can approve: it needs 3, and there are 1.']


def test_a_call_that_reaches_nobody_and_keys_that_never_count_are_found() -> None:
    assert linted(asking_leads(1, call=frozenset({"@ghosts"}))) == [
        'rule "on-call" names @ghosts, but there is no such user group.',
        'rule "on-call" calls nobody: no member is among @ghosts.',
    ]
    assert linted(asking_leads(1, call=frozenset())) == []
    idle = rule(call=c.LEADS, deny_reason=DenyReason.NEEDED, max_targets=5)
    never = "counts where somebody else decides; its `confirm` asks the requester."
    assert linted(idle) == [f'rule "on-call": {key} {never}' for key in ("call", "deny_reason")]
    assert linted(rule(call=c.LEADS, deny_reason=DenyReason.NEEDED)) == [], "a second person may be asked above 10"


@for_each(
    ("changes", "said"),
    [
        ({}, "needs a yes from 1 of @leads, asked in C0APPROVE;"),
        ({"call": frozenset({"@duty"})}, "asked in C0APPROVE, and @duty called;"),
        ({"call": frozenset()}, "asked in C0APPROVE, and nobody called;"),
        ({"deny_reason": DenyReason.WANTED}, "asked in C0APPROVE, and a no is asked why;"),
        ({"deny_reason": DenyReason.NEEDED}, "asked in C0APPROVE, and a no has to say why;"),
    ],
)
def test_who_is_called_and_whether_a_no_says_why_is_explained(changes: dict[str, Any], said: str) -> None:
    assert any(said in line for line in explained(asking_leads(1, **changes)))


def test_that_one_of_the_requesters_would_have_nobody_is_found() -> None:
    """Two leads of whom one asks leave one."""
    said = linted(asking_leads(2, who=c.LEADS))
    assert said == [f'rule "on-call": for {BO.user_id} nobody can approve: it needs 2, and there are 1.']
    counting = rule(who=c.LEADS, need=of_leads(2, requester_counts=True), approve_in="C0APPROVE")
    assert linted(counting) == []


def test_a_group_without_members_cannot_approve() -> None:
    directory = c.directory()
    directory.statuses |= {BO.user_id: MemberStatus.GUEST, CHEN.user_id: MemberStatus.GUEST}
    said = list(lint(policy(asking_leads(1)), directory.members_of, KNOWN))
    assert said == ['rule "on-call": for U0DANA nobody can approve: it needs 1, and there are 0.']


def test_a_rule_for_nobody_is_found() -> None:
    said = linted(rule(who=frozenset({"@oncall", "U0DANA"})), rule("ghost", who=frozenset({"W0GHOST"})))
    assert said == ['rule "ghost" is for nobody: no member is among W0GHOST.']


SHIELDED: list[tuple[dict[str, Any], dict[str, Any], bool]] = [
    # what `protect` says, what the rule says, whether nothing is left
    ({"protected_users": ("*",)}, {}, True),
    ({"protected_computers": ("*",)}, {}, True),
    ({"protected_computers": ("fin-*",)}, {"computers": ("FIN-01", "fin-0?")}, True),
    ({"protected_computers": ("fin-*",)}, {"computers": ("fin-01", "web-01")}, False),
    ({"protected_computers": ("fin-*",)}, {"computers": ("*",)}, False),
    ({"protected_computers": ("fin-?",)}, {"computers": ("fin-*",)}, False),
    ({"protected_users": (r"CORP\svc-*",)}, {"users": (r"corp\svc-sql",)}, True),
    ({"protected_users": ("svc-*",)}, {"users": ("svc-*", "al*")}, False),
    ({"protected_users": ("*",)}, {"may": frozenset({Action.LIST})}, False),
]


@for_each(("protect", "said", "expected"), SHIELDED)
def test_a_rule_whose_sessions_are_all_protected_is_found(
    protect: dict[str, Any],
    said: dict[str, Any],
    expected: bool,  # noqa: FBT001 - a table
) -> None:
    found = list(lint(policy(rule(**said), **protect), c.directory().members_of, KNOWN))
    sentence = 'rule "on-call" can touch nobody: `protect` names all that it could match.'
    assert found == ([sentence] if expected else [])


def test_a_rule_that_only_lists_and_narrows_is_found() -> None:
    """Who may list a computer sees all its sessions, whatever else the rule says."""
    said = linted(rule(may=frozenset({Action.LIST}), users=("al*",)))
    assert said == ['rule "on-call": users, states and idle_over narrow acts; a list shows all sessions of a computer.']


@pytest.mark.parametrize(
    ("by", "may", "says"),
    [
        (DANA, Action.AUDIT, "The whole audit log, by the rule 'rule'."),
        (DANA, Action.LOG_OFF, "Their own requests alone. No rule lets you read the audit log."),
        (OLI, Action.AUDIT, "No (no rule): No rule lets you read the audit log."),
    ],
)
def test_the_log_is_read_whole_or_about_oneself_or_not_at_all(by: Actor, may: Action, says: str) -> None:
    told = explained(rule(name="rule", who=frozenset({DANA.user_id}), may=frozenset({may})), by=by, action=Action.AUDIT)
    assert told[-1].startswith(says)
