"""The decision table: who x which kind of rule x which action x who confirms -> yes, no, and the rule that says so."""

from __future__ import annotations

from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from bot.domain.actions import Action
from bot.domain.people import MemberStatus, Person
from bot.domain.requirement import Confirm, Requirement
from bot.domain.session import Account, SessionState
from bot.policy import evaluate as p
from bot.policy.model import Force
from tests.support import builders as b
from tests.support import people as c
from tests.support.cases import for_each
from tests.support.decisions import ALICE, BOB, PEOPLE, needed, person

# Who may ask

STATUS = {
    # who: (may a lead's rule be used, the rule that the answer names)
    "bo": (True, "leads"),
    "chen": (True, "leads"),
    "dana": (False, "no rule"),
    "oli": (False, "no rule"),
    "dee": (False, "status"),
    "gus": (False, "status"),
    "robo": (False, "status"),
    "uma": (False, "status"),
    "fay": (False, "home workspace"),
}


def test_a_group_counts_only_for_members_of_the_home_workspace(subtests: pytest.Subtests) -> None:
    leads = c.policy(c.rule("leads", who=c.LEADS))
    for name, action in product(STATUS, Action):
        with subtests.test(name=name, action=action):
            decision = p.may_ask(leads, person(name), c.OPS, action)
            assert (decision.allowed, decision.rule) == STATUS[name]
            assert decision.allowed or decision.message


@for_each("name", ["dee", "gus", "robo", "uma", "fay"])
def test_a_rule_that_names_a_user_id_does_not_make_that_user_a_member(name: str) -> None:
    by_id = c.policy(c.rule(who=frozenset({PEOPLE[name].user_id})))
    assert not p.may_ask(by_id, person(name), c.OPS, Action.LIST).allowed


def test_a_rule_that_names_a_user_id_is_for_that_user_alone() -> None:
    by_id = c.policy(c.rule(who=frozenset({c.OLI.user_id})))
    assert p.may_ask(by_id, person("oli"), c.OPS, Action.LOG_OFF).allowed
    assert not p.may_ask(by_id, person("dana"), c.OPS, Action.LOG_OFF).allowed


def test_a_stranger_in_a_group_that_may_does_not_count() -> None:
    stranger = Person(actor=c.DANA, groups=c.ONCALL, status=MemberStatus.STRANGER)
    assert p.may_ask(c.policy(), stranger, c.OPS, Action.LIST).rule == "home workspace"


def test_asking_takes_membership_the_group_the_action_and_the_place_all_at_once() -> None:
    wrong = []
    places = product([frozenset[str](), frozenset({"C0OPS"})], [c.OPS, c.LOUNGE])
    for name, allowed, asked, (where, place) in product(PEOPLE, Action, Action, list(places)):
        rule = c.rule(who=c.ONCALL, may=frozenset({allowed}), where=where)
        decision = p.may_ask(c.policy(rule), person(name), place, asked)
        is_here = not where or place is c.OPS
        if decision.allowed != (name in ("dana", "chen") and allowed is asked and is_here):
            wrong.append((name, allowed, asked, where, place.name))
    assert wrong == []


def test_the_wrong_channel_is_told_from_no_right_at_all() -> None:
    here = c.policy(c.rule("here", where=frozenset({"C0OPS"})))
    assert "not asked from this channel" in p.may_ask(here, person("dana"), c.LOUNGE, Action.LOG_OFF).message
    assert "No rule lets you" in p.may_ask(here, person("oli"), c.LOUNGE, Action.LOG_OFF).message


# Which sessions

ACTS = [Action.LOG_OFF, Action.DISCONNECT, Action.MESSAGE]
COVERS: list[tuple[dict[str, Any], tuple[bool, bool]]] = [
    # what the rule says                                             Alice, away for 3 h   Bob, at work for 4 h
    ({}, (True, True)),
    ({"computers": ("comp1",)}, (True, True)),
    ({"computers": ("comp?",)}, (True, True)),
    ({"computers": ("COMP*",)}, (True, True)),
    ({"computers": ("comp2", "rds-*")}, (False, False)),
    ({"users": ("alice",)}, (True, False)),
    ({"users": ("corp\\*",)}, (True, True)),
    ({"users": ("CORP\\b*",)}, (False, True)),
    ({"users": ("OTHER\\*",)}, (False, False)),
    ({"states": frozenset({SessionState.DISCONNECTED})}, (True, False)),
    ({"states": frozenset({SessionState.ACTIVE})}, (False, True)),
    ({"states": frozenset[SessionState]()}, (False, False)),
    ({"idle_over": timedelta(hours=2)}, (True, True)),
    ({"idle_over": timedelta(hours=3)}, (False, True)),
    ({"idle_over": timedelta(hours=4)}, (False, False)),
    ({"users": ("alice",), "states": frozenset({SessionState.ACTIVE})}, (False, False)),
]


def test_a_rule_covers_what_it_says_and_nothing_else(subtests: pytest.Subtests) -> None:
    for (says, covered), action in product(COVERS, ACTS):
        rules = c.policy(c.rule("on-call", **says))
        for session, expected in zip((ALICE, BOB), covered, strict=True):
            with subtests.test(says=says, action=action, session=session.id):
                decision = p.for_session(rules, person("dana"), c.OPS, action, session)
                assert (decision.allowed, decision.rule) == ((True, "on-call") if expected else (False, "no rule"))


def test_idle_that_is_not_known_is_not_over_anything() -> None:
    unknown = b.session(3, disconnect=0)
    rules = c.policy(c.rule(idle_over=timedelta(seconds=1)))
    assert not p.for_session(rules, person("dana"), c.OPS, Action.LOG_OFF, unknown).allowed


def test_a_list_is_narrowed_by_computers_alone() -> None:
    """Who may look at a host sees all of it: what people may do there is another matter."""
    rules = c.policy(c.rule(users=("nobody",), states=frozenset(), computers=("comp1",)))
    assert p.for_session(rules, person("dana"), c.OPS, Action.LIST, ALICE).allowed
    assert not p.for_session(rules, person("dana"), c.OPS, Action.LIST, b.session(3, host="comp2")).allowed


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
GUARDING = {"protected_users": ("ceo",), "protected_computers": ("VAULT",), "own_accounts": ("svc-logoff",)}


def test_a_guarded_session_is_touched_by_nobody_whatever_the_rules_say(subtests: pytest.Subtests) -> None:
    everything = c.policy(c.rule(who=frozenset({c.DANA.user_id}), force=Force(is_allowed=True)), **GUARDING)
    for (why, changes), action in product(GUARDED, ACTS):
        with subtests.test(why=why, changes=changes, action=action):
            session = b.session(**({"id": 3} | changes))
            decision = p.for_session(everything, person("dana"), c.OPS, action, session)
            assert (decision.allowed, decision.rule) == (False, "guard rail")
            assert why in decision.message


def test_only_the_console_and_the_own_account_can_be_opened_by_configuration() -> None:
    opened = c.policy(c.rule(), may_touch_console=True, may_touch_own_account=True, **GUARDING)
    still = [
        why
        for why, changes in GUARDED
        if not p.for_session(opened, person("dana"), c.OPS, Action.LOG_OFF, b.session(**({"id": 3} | changes))).allowed
    ]
    assert still == ["services", "listener", "listener", "nobody is logged on", "no logon time", *still[5:]]
    assert still[5:] == ["protected user", "protected computer"]
