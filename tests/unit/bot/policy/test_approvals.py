"""Whose yes counts, for what, and until when."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.domain.conditions import Condition, Field, Operator
from bot.domain.request import State
from bot.domain.requirement import Confirm, Need
from bot.domain.session import SessionState
from bot.policy.approvals import conditions_on, may_withdraw, met_by_both
from tests.support import builders as b
from tests.support import people as c
from tests.support.people import BO, CHEN, DANA, LEADS, ONCALL, OPS, asking_leads, bot_with, of_leads, rule

if TYPE_CHECKING:
    from bot.domain.request import Request
    from bot.domain.requirement import Requirement
    from bot.policy.model import Rule


def test_the_approval_of_a_person_who_left_the_group_is_void() -> None:
    harness = bot_with(asking_leads(2))
    request = harness.ask_and_run("comp1 id=3 --sync")
    harness.press("approve", by=BO, on=request)
    harness.remove_from("@leads", BO)
    harness.directory.groups["U0EVE"] = LEADS
    harness.press("approve", by=CHEN, on=request)
    harness.run()
    after = harness.find(request.id)
    assert (after.counted, after.state) == ((CHEN,), State.AWAITING)
    assert harness.ledger.entries(request_id=request.id)[-1].void == "U0BO"
    assert "Needs a yes: 1 of 2 from @leads: U0CHEN\n" in harness.text_on_card(request)
    harness.press("approve", by=c.person("eve"), on=request)
    harness.run()
    assert harness.terminal.logged_off == [("comp1", 3)]


def test_an_approver_who_returns_to_the_group_has_to_approve_again() -> None:
    harness = bot_with(asking_leads(2))
    request = harness.ask_and_run("comp1 id=3 --sync")
    harness.press("approve", by=BO, on=request)
    harness.remove_from("@leads", BO)
    harness.press("approve", by=CHEN, on=request)
    harness.directory.groups[BO.user_id] = LEADS
    assert harness.find(request.id).counted == (CHEN,)
    harness.press("approve", by=BO, on=request)
    harness.run()
    assert harness.terminal.logged_off == [("comp1", 3)]


def test_a_second_approval_of_the_same_person_counts_once_and_the_person_is_told() -> None:
    harness = bot_with(asking_leads(2))
    request = harness.ask_and_run("comp1 id=3 --sync")
    harness.press("approve", by=BO, on=request)
    assert (
        harness.press("approve", by=BO, on=request).text
        == "You have said yes already. So far 1 person has said yes; it needs 2 of @leads."
    )
    assert harness.find(request.id).counted == (BO,)
    assert harness.notes_of(request) == ["repeated_press"]


@pytest.mark.parametrize("counts", [False, True])
def test_a_requester_among_the_leads_counts_for_himself_only_where_the_rule_says_so(counts: bool) -> None:  # noqa: FBT001 - a table
    harness = bot_with(rule(who=LEADS | ONCALL, need=of_leads(2, requester_counts=counts), approve_in="C0APPROVE"))
    harness.directory.groups["U0EVE"] = LEADS
    request = harness.ask_and_run("comp1 id=3 --sync", by=CHEN)
    answer = harness.press("approve", by=CHEN, on=request)
    assert ("Your own yes does not count here" in answer.text) == (not counts)
    harness.press("approve", by=BO, on=request)
    harness.run()
    assert bool(harness.terminal.logged_off) == counts
    harness.press("approve", by=c.person("eve"), on=request)
    harness.run()
    assert harness.terminal.logged_off == [("comp1", 3)]


def test_an_approval_is_void_after_narrowing_and_an_older_button_decides_nothing() -> None:
    harness = bot_with(asking_leads(2))
    request = harness.ask_and_run("comp1 id=3,5 --sync")
    harness.press("approve", by=BO, on=request)
    harness.choose(0, by=CHEN, on=request)
    assert harness.find(request.id).counted == ()
    assert "The card has changed since you looked" in harness.press("approve", by=BO, on=request, version=2).text
    assert harness.notes_of(request) == ["stale_press"]
    for lead in (BO, CHEN):
        harness.press("approve", by=lead, on=request)
    harness.run()
    assert harness.terminal.logged_off == [("comp1", 3)]


def test_the_form_behind_choose_opens_for_who_may_narrow_and_for_nobody_else() -> None:
    harness = bot_with(asking_leads(2))
    request = harness.ask_and_run("comp1 id=3,5 --sync")
    assert harness.press("choose", by=DANA, on=request).form
    assert harness.press("choose", by=BO, on=request).form
    answer = harness.press("choose", by=c.OLI, on=request)
    assert (answer.form, answer.text) == (None, "You are not among those who may decide this.")
    assert harness.notes_of(request) == ["outsider_press"]


def test_a_button_that_was_redrawn_since_without_another_content_still_counts() -> None:
    harness = bot_with(asking_leads(2))
    request = harness.ask_and_run("comp1 id=3 --sync")
    harness.press("approve", by=BO, on=request)
    harness.press("approve", by=CHEN, on=request, version=request.version)
    harness.run()
    assert harness.terminal.logged_off == [("comp1", 3)]


# Each question by itself

IDLE = timedelta(hours=2)


def awaiting(*needs: Need) -> Request:
    return replace(b.awaiting(actor=DANA, place=OPS), requirement=b.by_others(*needs))


def test_who_may_withdraw_is_answered_with_the_rule_that_says_so() -> None:
    request, directory = awaiting(of_leads(1, rule="four eyes")), c.directory()
    answers = {one: may_withdraw(request, directory.person(one)) for one in (BO, DANA, c.OLI, c.GUS)}
    assert [(one.name, answer.allowed, answer.rule) for one, answer in answers.items()] == [
        ("bo", True, "four eyes"),
        ("dana", True, "member"),
        ("oli", False, "own"),
        ("gus", False, "status"),
    ]
    assert answers[c.OLI].message == "Only the person who asked, or somebody who may approve, can press this."


def test_what_meets_both_requirements_takes_all_their_needs_and_names_all_their_rules() -> None:
    leads, oncall = of_leads(1, rule="leads"), Need(count=1, of=ONCALL, rule="on-call")
    shown = b.requirement(confirm=Confirm.OTHERS, needs=(leads,), rules=("leads", "both"), approve_in="C0SHOWN")
    new = b.requirement(confirm=Confirm.OTHERS, needs=(oncall, leads), rules=("both", "on-call"), approve_in="C0NEW")
    found = met_by_both(new, shown)
    assert (found.needs, found.rules) == ((leads, oncall), ("leads", "both", "on-call"))
    assert (found.confirm, found.approve_in) == (Confirm.OTHERS, "C0SHOWN")


@pytest.mark.parametrize("shown", [None, b.requirement(), b.requirement(confirm=Confirm.NOBODY)])
def test_where_no_others_were_asked_the_new_requirement_stands(shown: Requirement | None) -> None:
    new = b.by_others(of_leads(2))
    assert met_by_both(new, shown) is new


def conditions(*rules: Rule) -> set[Condition]:
    dana = c.directory().person(DANA)
    request = b.ready(actor=DANA, place=OPS)
    return set(conditions_on(c.policy(*rules), request, dana, [dana], request.targets[0]))


def test_the_host_is_told_for_how_long_a_session_has_to_be_idle() -> None:
    assert conditions(rule(idle_over=IDLE)) >= {Condition(field=Field.IDLE, operator=Operator.MORE, values=("7200",))}
    assert Field.IDLE not in {condition.field for condition in conditions(rule())}


def test_the_host_is_told_in_which_states_the_same_approvals_allow_the_act() -> None:
    left = rule(states=frozenset({SessionState.DISCONNECTED, SessionState.IDLE}))
    states = tuple(str(int(state)) for state in sorted({SessionState.DISCONNECTED, SessionState.IDLE}))
    assert conditions(left) == {Condition(field=Field.STATE, operator=Operator.IN, values=states)}
