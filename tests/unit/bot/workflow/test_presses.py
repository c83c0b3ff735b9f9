"""The decision table, second half: who confirms, what a press is worth, and what --force asks for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from bot.cards.model import Press
from bot.domain.actions import Action
from bot.domain.people import MemberStatus
from bot.domain.requirement import Need, Requirement
from bot.policy.in_force import InForce
from bot.policy.model import Decision, Force, Policy, Rule
from bot.workflow.authorization import Authorizer
from bot.workflow.presses import DENY_INSTEAD, NoEffect, PressHandler
from tests.fakes.clock import SettableClock
from tests.fakes.ledger import FakeLedger
from tests.support import builders as b
from tests.support import people as c
from tests.support.decisions import ALICE, BOB, PEOPLE, needed

if TYPE_CHECKING:
    from bot.domain.people import Actor
    from bot.domain.request import Request
    from tests.fakes.directory import FakeDirectory

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


def handler(ledger: FakeLedger, policy: Policy, directory: FakeDirectory) -> PressHandler:
    authorizer = Authorizer(
        ledger=ledger, pause_switch=ledger, directory=directory, in_force=InForce(policy), clock=SettableClock(b.NOW)
    )
    return PressHandler(ledger=ledger, authorizer=authorizer)


def pressed(rule: Rule, press: Press, by: Actor, **limits: Any) -> Request | NoEffect:
    """What a press on Dana's fresh card becomes."""
    policy, ledger = c.policy(rule, **limits), FakeLedger(SettableClock(b.NOW))
    required = needed(policy, ALICE)
    assert isinstance(required, Requirement)
    ledger.open(b.request(actor=c.DANA, place=c.OPS))
    targets = [b.target(3), b.target(5)] if press is Press.CHOOSE else [b.target(3)]
    request = ledger.record("TS-AAAAAA", b.surveyed(*targets, requirement=required))
    presses = handler(ledger, policy, c.directory())
    return presses.take(request, press, by, request.version, frozenset({("comp1", 3)}))


def test_an_approval_is_worth_what_the_table_says(subtests: pytest.Subtests) -> None:
    for name, confirm, expected in table(YES):
        with subtests.test(name=name, confirm=confirm):
            outcome = pressed(CONFIRMS[confirm], Press.APPROVE, PEOPLE[name])
            if isinstance(outcome, NoEffect):
                assert SAYS[expected] in outcome.message
                is_own = PEOPLE[name] == c.DANA
                assert outcome.kind.value == ("own_press" if is_own else "outsider_press")
                continue
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


def test_one_deny_is_enough_and_only_from_people_whose_approval_would_count(subtests: pytest.Subtests) -> None:
    for name, confirm, expected in table(NO):
        with subtests.test(name=name, confirm=confirm):
            outcome = pressed(CONFIRMS[confirm], Press.DENY, PEOPLE[name])
            assert isinstance(outcome, NoEffect) == (expected == "-")
            if not isinstance(outcome, NoEffect):
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
"""Who may choose fewer targets and take the gentler act: the requester, and people who may approve.

Cancel is the requester's alone while the card waits: the others have Deny.
"""


AFTER = {Press.CANCEL: "ended", Press.CHOOSE: "awaiting", Press.DISCONNECT: "awaiting"}


def test_cancelling_narrowing_and_the_gentler_act_are_for_the_requester_and_for_approvers(
    subtests: pytest.Subtests,
) -> None:
    for (name, confirm, expected), (press, state) in product(table(CANCEL), AFTER.items()):
        with subtests.test(name=name, confirm=confirm, press=press):
            outcome = pressed(CONFIRMS[confirm], press, PEOPLE[name])
            is_told = press is Press.CANCEL and expected == "yes" and name != "dana"
            assert isinstance(outcome, NoEffect) == (expected == "-" or is_told)
            if is_told:
                assert isinstance(outcome, NoEffect)
                assert outcome.message == DENY_INSTEAD
            if not isinstance(outcome, NoEffect):
                assert outcome.state.value == state


def test_a_requester_who_is_no_longer_a_member_cannot_press_anything_on_the_own_card(subtests: pytest.Subtests) -> None:
    policy, directory = c.policy(c.asking_leads(1)), c.directory()
    required = needed(policy, ALICE)
    assert isinstance(required, Requirement)
    for press, status in product(Press, set(MemberStatus) - {MemberStatus.MEMBER}):
        with subtests.test(press=press, status=status):
            ledger = FakeLedger(SettableClock(b.NOW))
            ledger.open(b.request(actor=c.DANA, place=c.OPS))
            request = ledger.record("TS-AAAAAA", b.surveyed(b.target(3), b.target(5), requirement=required))
            directory.statuses[c.DANA.user_id] = status
            presses = handler(ledger, policy, directory)
            outcome = presses.take(request, press, c.DANA, request.version, frozenset({("comp1", 3)}))
            assert isinstance(outcome, NoEffect)


def test_a_second_yes_is_the_same_persons_although_they_are_called_otherwise_by_now() -> None:
    policy, ledger = c.policy(c.asking_leads(2)), FakeLedger(SettableClock(b.NOW))
    required = needed(policy, ALICE)
    assert isinstance(required, Requirement)
    ledger.open(b.request(actor=c.DANA, place=c.OPS))
    request = ledger.record("TS-AAAAAA", b.surveyed(b.target(3), requirement=required))
    presses = handler(ledger, policy, c.directory())
    first = presses.take(request, Press.APPROVE, c.BO, request.version)
    assert not isinstance(first, NoEffect)
    again = presses.take(first, Press.APPROVE, replace(c.BO, name="Bo (away)"), first.version)
    assert isinstance(again, NoEffect)
    assert again.kind.value == "repeated_press"


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


def test_force_takes_the_rule_and_what_has_to_be_said(subtests: pytest.Subtests) -> None:
    for (force, reason, expected), (confirm, rule) in product(FORCED, CONFIRMS.items()):
        with subtests.test(force=force, reason=reason, confirm=confirm):
            forcing = c.rule(need=rule.need, approve_in=rule.approve_in, force=force)
            found = needed(c.policy(forcing), ALICE, force=True, reason=reason)
            if expected == "no":
                assert isinstance(found, Decision)
                assert (found.allowed, found.rule) == (False, "on-call")
                continue
            assert isinstance(found, Requirement)
            assert found.is_forced == (expected == "forced")
            assert bool(found.message) == (expected == "asked")
            assert found.is_forced or found.needs == ((rule.need,) if rule.need else ())
            assert found.approve_in == rule.approve_in


def test_force_has_to_be_allowed_by_the_rules_of_all_targets() -> None:
    alice_only = c.rule("alice", users=("alice",), force=Force(is_allowed=True))
    found = needed(c.policy(alice_only, c.rule("rest")), ALICE, BOB, force=True)
    assert isinstance(found, Requirement)
    assert not found.is_forced


# How many

AT_MOST = [(1, 1, True), (2, 1, False), (5, 5, True), (6, 5, False)]


@pytest.mark.parametrize(("sessions", "max_targets", "expected"), AT_MOST)
def test_more_targets_than_the_rule_allows_are_refused_with_the_number(
    sessions: int,
    max_targets: int,
    expected: bool,  # noqa: FBT001 - a table
) -> None:
    several = [b.session(number) for number in range(1, sessions + 1)]
    found = needed(c.policy(c.rule(max_targets=max_targets)), *several)
    assert isinstance(found, Requirement) == expected
    if isinstance(found, Decision):
        assert f"{sessions} sessions at once" in found.message
        assert f"allows {max_targets}" in found.message


def test_the_card_requires_what_all_its_targets_require() -> None:
    alice = c.rule("alice", users=("alice",), need=c.of_leads(2, rule="alice"), expires_after=timedelta(minutes=5))
    bob = c.rule("bob", users=("bob",), need=Need(count=1, of=c.ONCALL, rule="bob"), approve_in="C0APPROVE")
    found = needed(c.policy(alice, bob), ALICE, BOB)
    assert isinstance(found, Requirement)
    assert {need.rule for need in found.needs} == {"alice", "bob"}
    assert (found.rules, found.approve_in, found.expires_after) == (("alice", "bob"), "C0APPROVE", timedelta(minutes=5))


def test_the_gentler_act_is_not_asked_of_people_who_cannot_be_enough() -> None:
    """The rule for disconnecting wants two leads, and there is one beside the requester."""
    log_off = c.asking_leads(1, may=frozenset({Action.LOG_OFF}))
    disconnect = c.asking_leads(2, may=frozenset({Action.DISCONNECT}))
    harness = c.bot_with(log_off, disconnect)
    request = harness.ask_and_run("comp1 id=5 --sync")
    harness.remove_from("@leads", c.CHEN)
    told = harness.press("disconnect", by=c.DANA, on=request).text
    now = harness.find(request.id)
    assert (now.action, now.version) == (Action.LOG_OFF, request.version)
    assert "2" in told
