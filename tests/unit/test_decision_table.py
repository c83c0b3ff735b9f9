"""The decision table: who x which kind of rule x which action x who confirms -> yes, no, and the rule that says so."""

from __future__ import annotations

from datetime import timedelta
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from adapters.memory.clock import SettableClock
from adapters.memory.ledger import MemoryLedger
from bot import policy as p
from bot.lines import Press
from bot.model import Action, Confirm, Need, Requirement, Someone, Standing
from bot.presses import Nothing, Presses
from bot.rules import Decision, Force, Policy, Rule
from bot.session import Account, SessionState
from tests import builders as b
from tests import council as c

if TYPE_CHECKING:
    from bot.model import Actor, Request
    from bot.session import Session

PEOPLE = {one.name: one for one in (c.DANA, c.BO, c.CHEN, c.OLI, c.DEE, c.GUS, c.ROBO, c.UMA, c.FAY)}
"""Dana is on call, Bo leads, Chen does both, Oli neither. Dee has left, Gus is a guest, Robo a bot, Uma nobody could be
asked about, Fay works elsewhere; all five are leads by their group.
"""

ALICE = b.session(3)
BOB = b.session(5, account=Account(domain="CORP", user="bob"), state=SessionState.ACTIVE, input=b.LOGON, disconnect=0)


def someone(name: str) -> Someone:
    return c.directory().someone(PEOPLE[name])


def needed(policy: Policy, *sessions: Session, force: bool = False, reason: str = "") -> Requirement | Decision:
    asker = c.directory().someone(c.DANA)
    return p.requirement_for(policy, asker, c.OPS, Action.LOG_OFF, sessions, force=force, reason=reason)


# Who may ask

STANDING = {
    # who: (may a lead's rule be used, the rule that the answer names)
    "bo": (True, "leads"),
    "chen": (True, "leads"),
    "dana": (False, "no rule"),
    "oli": (False, "no rule"),
    "dee": (False, "standing"),
    "gus": (False, "standing"),
    "robo": (False, "standing"),
    "uma": (False, "standing"),
    "fay": (False, "home workspace"),
}


@pytest.mark.parametrize(("name", "action"), product(STANDING, Action))
def test_a_group_is_not_enough_one_has_to_be_a_member_of_the_home_workspace(name: str, action: Action) -> None:
    leads = c.policy(c.rule("leads", who=c.LEADS))
    decision = p.may_ask(leads, someone(name), c.OPS, action)
    assert (decision.is_yes, decision.rule) == STANDING[name]
    assert decision.is_yes or decision.say


@pytest.mark.parametrize("name", ["dee", "gus", "robo", "uma", "fay"])
def test_a_rule_that_names_a_person_by_id_makes_no_member_of_him(name: str) -> None:
    by_id = c.policy(c.rule(who=frozenset({PEOPLE[name].user_id})))
    assert not p.may_ask(by_id, someone(name), c.OPS, Action.LIST).is_yes


def test_a_rule_that_names_a_person_by_id_is_for_him_alone() -> None:
    by_id = c.policy(c.rule(who=frozenset({c.OLI.user_id})))
    assert p.may_ask(by_id, someone("oli"), c.OPS, Action.LOG_OFF).is_yes
    assert not p.may_ask(by_id, someone("dana"), c.OPS, Action.LOG_OFF).is_yes


def test_somebody_of_the_home_workspace_with_another_team_id_does_not_count() -> None:
    twin = Someone(actor=c.person("dana", c.ELSEWHERE), groups=c.ONCALL, standing=Standing.MEMBER)
    assert p.may_ask(c.policy(), twin, c.OPS, Action.LIST).rule == "home workspace"


@pytest.mark.parametrize(
    ("name", "allowed", "asked", "where", "place"),
    list(product(PEOPLE, Action, Action, [frozenset[str](), frozenset({"C0OPS"})], [c.OPS, c.LOUNGE])),
)
def test_asking_takes_membership_the_group_the_action_and_the_place_all_at_once(
    name: str, allowed: Action, asked: Action, where: frozenset[str], place: Any
) -> None:
    rule = c.rule(who=c.ONCALL, may=frozenset({allowed}), where=where)
    decision = p.may_ask(c.policy(rule), someone(name), place, asked)
    is_here = not where or place is c.OPS
    assert decision.is_yes == (name in ("dana", "chen") and allowed is asked and is_here)


def test_the_wrong_channel_is_told_from_no_right_at_all() -> None:
    here = c.policy(c.rule("here", where=frozenset({"C0OPS"})))
    assert "not asked from this channel" in p.may_ask(here, someone("dana"), c.LOUNGE, Action.LOG_OFF).say
    assert "No rule lets you" in p.may_ask(here, someone("oli"), c.LOUNGE, Action.LOG_OFF).say


# Which sessions

COVERS: list[tuple[dict[str, Any], bool, bool]] = [
    # what the rule says                                             Alice, away for 3 h   Bob, at work for 4 h
    ({}, True, True),
    ({"computers": ("comp1",)}, True, True),
    ({"computers": ("comp?",)}, True, True),
    ({"computers": ("COMP*",)}, True, True),
    ({"computers": ("comp2", "rds-*")}, False, False),
    ({"users": ("alice",)}, True, False),
    ({"users": ("corp\\*",)}, True, True),
    ({"users": ("CORP\\b*",)}, False, True),
    ({"users": ("OTHER\\*",)}, False, False),
    ({"states": frozenset({SessionState.DISCONNECTED})}, True, False),
    ({"states": frozenset({SessionState.ACTIVE})}, False, True),
    ({"states": frozenset[SessionState]()}, False, False),
    ({"idle_over": timedelta(hours=2)}, True, True),
    ({"idle_over": timedelta(hours=3)}, False, True),
    ({"idle_over": timedelta(hours=4)}, False, False),
    ({"users": ("alice",), "states": frozenset({SessionState.ACTIVE})}, False, False),
]


@pytest.mark.parametrize("action", [Action.LOG_OFF, Action.DISCONNECT, Action.MESSAGE])
@pytest.mark.parametrize(("says", "alice", "bob"), COVERS)
def test_a_rule_covers_what_it_says_and_nothing_else(
    says: dict[str, Any], alice: bool, bob: bool, action: Action
) -> None:
    rules = c.policy(c.rule("on-call", **says))
    for session, expected in ((ALICE, alice), (BOB, bob)):
        decision = p.for_session(rules, someone("dana"), c.OPS, action, session)
        assert (decision.is_yes, decision.rule) == ((True, "on-call") if expected else (False, "no rule"))


def test_idle_that_is_not_known_is_not_over_anything() -> None:
    unknown = b.session(3, disconnect=0)
    rules = c.policy(c.rule(idle_over=timedelta(seconds=1)))
    assert not p.for_session(rules, someone("dana"), c.OPS, Action.LOG_OFF, unknown).is_yes


def test_a_list_is_narrowed_by_computers_alone() -> None:
    """Who may look at a host sees all of it: what people may do there is another matter."""
    rules = c.policy(c.rule(users=("nobody",), states=frozenset(), computers=("comp1",)))
    assert p.for_session(rules, someone("dana"), c.OPS, Action.LIST, ALICE).is_yes
    assert not p.for_session(rules, someone("dana"), c.OPS, Action.LIST, b.session(3, host="comp2")).is_yes


@pytest.mark.parametrize(("first", "second"), [("self", "two"), ("two", "self")])
def test_the_first_rule_that_matches_decides(first: str, second: str) -> None:
    kinds = {"self": c.rule("self"), "two": c.rule("two", need=c.of_leads(2))}
    found = needed(c.policy(kinds[first], kinds[second]), ALICE)
    assert isinstance(found, Requirement)
    assert found.rules == (first,)
    assert found.confirm is (Confirm.SELF if first == "self" else Confirm.OTHERS)


GUARDED: list[tuple[str, dict[str, Any]]] = [
    ("services", {"id": 0}),
    ("listener", {"id": 65536}),
    ("listener", {"state": SessionState.LISTENING}),
    ("nobody is logged on", {"account": Account(domain="", user="")}),
    ("no logon time", {"logon": 0}),
    ("console", {"station": "Console"}),
    ("console", {"station": "console"}),
    ("own account", {"account": Account(domain="CORP", user="svc-logoff")}),
    ("protected user", {"account": Account(domain="CORP", user="ceo")}),
    ("protected computer", {"host": "vault"}),
]
GUARDING = {"protected_users": ("ceo",), "protected_computers": ("VAULT",), "own_accounts": ("CORP\\svc-logoff",)}


@pytest.mark.parametrize("action", [Action.LOG_OFF, Action.DISCONNECT, Action.MESSAGE])
@pytest.mark.parametrize(("why", "changes"), GUARDED)
def test_what_is_guarded_nobody_touches_whatever_the_rules_say(
    why: str, changes: dict[str, Any], action: Action
) -> None:
    everything = c.policy(c.rule(who=frozenset({c.DANA.user_id}), force=Force(is_allowed=True)), **GUARDING)
    session = b.session(**({"id": 3} | changes))
    decision = p.for_session(everything, someone("dana"), c.OPS, action, session)
    assert (decision.is_yes, decision.rule) == (False, "guard rail")
    assert why in decision.say


def test_only_the_console_and_the_own_account_can_be_opened_by_configuration() -> None:
    opened = c.policy(c.rule(), may_touch_console=True, may_touch_own_account=True, **GUARDING)
    still = [
        why
        for why, changes in GUARDED
        if not p.for_session(
            opened, someone("dana"), c.OPS, Action.LOG_OFF, b.session(**({"id": 3} | changes))
        ).is_yes
    ]
    assert still == ["services", "listener", "listener", "nobody is logged on", "no logon time", *still[5:]]
    assert still[5:] == ["protected user", "protected computer"]


# How it is confirmed

CONFIRMS: dict[str, Rule] = {
    "self": c.rule(),
    "another": c.rule(need=Need(count=1, of=c.ONCALL, rule="on-call")),
    "1 of leads": c.asking_leads(1),
    "2 of leads": c.asking_leads(2),
    "1 counting": c.rule(need=Need(count=1, of=c.ONCALL, rule="on-call", requester_counts=True)),
}
YES = """
         self      another   1 of leads  2 of leads  1 counting
dana     approved  own       own         own         approved
chen     only      approved  approved    counted     approved
bo       only      outside   approved    counted     outside
oli      only      outside   outside     outside     outside
dee      member    member    member      member      member
gus      member    member    member      member      member
robo     member    member    member      member      member
uma      ask       ask       ask         ask         ask
fay      home      home      home        home        home
"""
"""What the first yes of each person becomes when Dana has asked."""

SAYS = {
    "own": "Your own yes does not count here",
    "only": "Only the person who asked can press this",
    "outside": "You are not among those who may decide this",
    "member": "only members count",
    "ask": "I could not ask Slack",
    "home": "Only people of my own workspace count",
}


def table(text: str) -> list[tuple[str, str, str]]:
    head, *rows = (line for line in text.splitlines() if line.strip())
    columns = [word.strip() for word in head.split("  ") if word.strip()]
    cells = [[word.strip() for word in row.split("  ") if word.strip()] for row in rows]
    return [(row[0], column, cell) for row in cells for column, cell in zip(columns, row[1:], strict=True)]


def pressed(rule: Rule, press: Press, by: Actor, **limits: Any) -> Request | Nothing:
    """What a press on Dana's fresh card becomes."""
    policy, ledger = c.policy(rule, **limits), MemoryLedger(SettableClock(b.NOW))
    required = needed(policy, ALICE)
    assert isinstance(required, Requirement)
    ledger.open(b.request(actor=c.DANA, place=c.OPS))
    request = ledger.record("TS-AAAAAA", b.surveyed(b.target(3), requirement=required))
    presses = Presses(ledger=ledger, directory=c.directory(), policy=policy)
    return presses.take(request, press, by, request.version, frozenset({("comp1", 3)}))


@pytest.mark.parametrize(("name", "confirm", "expected"), table(YES))
def test_a_yes_is_worth_what_the_table_says(name: str, confirm: str, expected: str) -> None:
    outcome = pressed(CONFIRMS[confirm], Press.APPROVE, PEOPLE[name])
    if isinstance(outcome, Nothing):
        assert SAYS[expected] in outcome.say
        assert outcome.kind.value == "outsider_press"
        return
    assert outcome.counted == (PEOPLE[name],)
    assert (outcome.state.value, outcome.decided_by) == {
        "approved": ("ready", PEOPLE[name]),
        "counted": ("awaiting", None),
    }[expected]


NO = """
         self   another  1 of leads  2 of leads  1 counting
dana     yes    -        -           -           yes
chen     -      yes      yes         yes         yes
bo       -      -        yes         yes         -
oli      -      -        -           -           -
dee      -      -        -           -           -
gus      -      -        -           -           -
robo     -      -        -           -           -
uma      -      -        -           -           -
fay      -      -        -           -           -
"""
"""Whose Deny ends it at once: one no of somebody whose yes would count is enough, whatever the quorum."""


@pytest.mark.parametrize(("name", "confirm", "expected"), table(NO))
def test_one_deny_is_enough_and_only_of_somebody_whose_yes_would_count(name: str, confirm: str, expected: str) -> None:
    outcome = pressed(CONFIRMS[confirm], Press.DENY, PEOPLE[name])
    assert isinstance(outcome, Nothing) == (expected == "-")
    if not isinstance(outcome, Nothing):
        assert (outcome.state.value, outcome.ending) == ("ended", "denied")


CANCEL = """
         self   another  1 of leads  2 of leads  1 counting
dana     yes    yes      yes         yes         yes
chen     -      yes      yes         yes         yes
bo       -      -        yes         yes         -
oli      -      -        -           -           -
dee      -      -        -           -           -
gus      -      -        -           -           -
robo     -      -        -           -           -
uma      -      -        -           -           -
fay      -      -        -           -           -
"""
"""Who may take it back: the requester, and whoever may approve."""


@pytest.mark.parametrize(("name", "confirm", "expected"), table(CANCEL))
def test_cancel_is_for_the_requester_and_for_whoever_may_approve(name: str, confirm: str, expected: str) -> None:
    outcome = pressed(CONFIRMS[confirm], Press.CANCEL, PEOPLE[name])
    assert isinstance(outcome, Nothing) == (expected == "-")


@pytest.mark.parametrize("press", [Press.CHOOSE, Press.DISCONNECT])
@pytest.mark.parametrize(("name", "confirm", "expected"), table(CANCEL))
def test_narrowing_and_the_gentler_act_are_for_the_same_people(
    name: str, confirm: str, expected: str, press: Press
) -> None:
    outcome = pressed(CONFIRMS[confirm], press, PEOPLE[name])
    assert isinstance(outcome, Nothing) == (expected == "-")
    if not isinstance(outcome, Nothing):
        assert outcome.state.value == "awaiting"


@pytest.mark.parametrize("press", list(Press))
@pytest.mark.parametrize("standing", [s for s in Standing if s is not Standing.MEMBER])
def test_a_requester_who_counts_no_longer_can_press_nothing_on_his_own_card(press: Press, standing: Standing) -> None:
    policy, ledger = c.policy(c.asking_leads(1)), MemoryLedger(SettableClock(b.NOW))
    ledger.open(b.request(actor=c.DANA, place=c.OPS))
    required = needed(policy, ALICE)
    assert isinstance(required, Requirement)
    request = ledger.record("TS-AAAAAA", b.surveyed(b.target(3), b.target(5), requirement=required))
    directory = c.directory()
    directory.standings[c.DANA.user_id] = standing
    presses = Presses(ledger=ledger, directory=directory, policy=policy)
    outcome = presses.take(request, press, c.DANA, request.version, frozenset({("comp1", 3)}))
    assert isinstance(outcome, Nothing)


# Force

FORCED: list[tuple[Force, str, str]] = [
    # what the rule says                                         the reason given  what comes of --force
    (Force(), "", "asked"),
    (Force(), "urgent", "asked"),
    (Force(is_allowed=True), "", "forced"),
    (Force(is_allowed=True), "urgent", "forced"),
    (Force(is_allowed=True, needs_reason=True), "", "no"),
    (Force(is_allowed=True, needs_reason=True), "urgent", "forced"),
    (Force(is_allowed=True, ticket=r"INC-\d+"), "", "no"),
    (Force(is_allowed=True, ticket=r"INC-\d+"), "urgent", "no"),
    (Force(is_allowed=True, ticket=r"INC-\d+"), "see INC-4711", "forced"),
    (Force(is_allowed=True, needs_reason=True, ticket=r"INC-\d+"), "INC-", "no"),
    (Force(needs_reason=True, ticket=r"INC-\d+"), "INC-1", "asked"),
]


@pytest.mark.parametrize("confirm", CONFIRMS)
@pytest.mark.parametrize(("force", "reason", "expected"), FORCED)
def test_force_takes_the_rule_and_what_has_to_be_said(force: Force, reason: str, expected: str, confirm: str) -> None:
    rule = CONFIRMS[confirm]
    forcing = c.rule(need=rule.need, approve_in=rule.approve_in, force=force)
    found = needed(c.policy(forcing), ALICE, force=True, reason=reason)
    if expected == "no":
        assert isinstance(found, Decision)
        assert not found.is_yes
        assert found.rule == "on-call"
        return
    assert isinstance(found, Requirement)
    assert found.is_forced == (expected == "forced")
    assert bool(found.say) == (expected == "asked")
    assert found.is_forced or found.needs == ((rule.need,) if rule.need else ())
    assert found.approve_in == rule.approve_in


def test_force_has_to_be_allowed_by_the_rules_of_all_targets() -> None:
    alice_only = c.rule("alice", users=("alice",), force=Force(is_allowed=True))
    found = needed(c.policy(alice_only, c.rule("rest")), ALICE, BOB, force=True)
    assert isinstance(found, Requirement)
    assert not found.is_forced


# How many

AT_MOST = [(1, 1, True), (2, 1, False), (5, 5, True), (6, 5, False)]


@pytest.mark.parametrize(("sessions", "at_most", "expected"), AT_MOST)
def test_more_than_the_rule_allows_at_once_is_a_no_that_says_how_many(
    sessions: int, at_most: int, expected: bool
) -> None:
    several = [b.session(number) for number in range(1, sessions + 1)]
    found = needed(c.policy(c.rule(at_most=at_most)), *several)
    assert isinstance(found, Requirement) == expected
    if isinstance(found, Decision):
        assert f"{sessions} sessions at once" in found.say
        assert f"allows {at_most}" in found.say


def test_the_card_requires_what_all_its_targets_require() -> None:
    alice = c.rule("alice", users=("alice",), need=c.of_leads(2, rule="alice"), card_lives=timedelta(minutes=5))
    bob = c.rule("bob", users=("bob",), need=Need(count=1, of=c.ONCALL, rule="bob"), approve_in="C0APPROVE")
    found = needed(c.policy(alice, bob), ALICE, BOB)
    assert isinstance(found, Requirement)
    assert {need.rule for need in found.needs} == {"alice", "bob"}
    assert (found.rules, found.approve_in, found.lives) == (("alice", "bob"), "C0APPROVE", timedelta(minutes=5))
