"""Whose yes counts, for what, and until when."""

from __future__ import annotations

import pytest

from bot.domain.request import State
from tests.support import council as c
from tests.support.council import BO, CHEN, DANA, LEADS, ONCALL, Council, asking_leads, of_leads, rule


def test_the_yes_of_a_voter_who_has_left_is_void() -> None:
    council = Council(asking_leads(2))
    request = council.ask("comp1 id=3 --sync")
    council.press(request, "approve", by=BO)
    council.remove_from("@leads", BO)
    council.directory.groups["U0EVE"] = LEADS
    council.press(request, "approve", by=CHEN)
    council.run()
    after = council.find(request.id)
    assert (after.counted, after.state) == ((CHEN,), State.AWAITING)
    assert "void by now: U0BO" in council.ledger.entries(request_id=request.id)[-1].reason
    assert "U0BO" not in council.shown(request).partition("Yes so far")[2]
    council.press(request, "approve", by=c.person("eve"))
    council.run()
    assert council.terminal.logged_off == [("comp1", 3)]


def test_who_came_back_into_the_group_has_to_say_yes_again() -> None:
    council = Council(asking_leads(2))
    request = council.ask("comp1 id=3 --sync")
    council.press(request, "approve", by=BO)
    council.remove_from("@leads", BO)
    council.press(request, "approve", by=CHEN)
    council.directory.groups[BO.user_id] = LEADS
    assert council.find(request.id).counted == (CHEN,)
    council.press(request, "approve", by=BO)
    council.run()
    assert council.terminal.logged_off == [("comp1", 3)]


def test_a_second_yes_of_the_same_person_is_one_and_he_is_told() -> None:
    council = Council(asking_leads(2))
    request = council.ask("comp1 id=3 --sync")
    council.press(request, "approve", by=BO)
    assert (
        council.press(request, "approve", by=BO).text
        == "You have said yes already. So far 1 person has said yes; it needs 2 of @leads."
    )
    assert council.find(request.id).counted == (BO,)
    assert council.notes(request) == ["repeated_press"]


@pytest.mark.parametrize("counts", [False, True])
def test_a_requester_among_the_leads_counts_for_himself_only_where_the_rule_says_so(counts: bool) -> None:  # noqa: FBT001 - a table
    council = Council(rule(who=LEADS | ONCALL, need=of_leads(2, requester_counts=counts), approve_in="C0APPROVE"))
    council.directory.groups["U0EVE"] = LEADS
    request = council.ask("comp1 id=3 --sync", by=CHEN)
    answer = council.press(request, "approve", by=CHEN)
    assert ("Your own yes does not count here" in answer.text) == (not counts)
    council.press(request, "approve", by=BO)
    council.run()
    assert bool(council.terminal.logged_off) == counts
    council.press(request, "approve", by=c.person("eve"))
    council.run()
    assert council.terminal.logged_off == [("comp1", 3)]


def test_a_vote_on_what_has_been_narrowed_since_is_void_and_an_older_button_decides_nothing() -> None:
    council = Council(asking_leads(2))
    request = council.ask("comp1 id=3,5 --sync")
    council.press(request, "approve", by=BO)
    council.keep(request, 0, by=CHEN)
    assert council.find(request.id).counted == ()
    assert "The card has changed since you looked" in council.press(request, "approve", by=BO, version=2).text
    assert council.notes(request) == ["stale_press"]
    for lead in (BO, CHEN):
        council.press(request, "approve", by=lead)
    council.run()
    assert council.terminal.logged_off == [("comp1", 3)]


def test_the_form_behind_choose_opens_for_who_may_narrow_and_for_nobody_else() -> None:
    council = Council(asking_leads(2))
    request = council.ask("comp1 id=3,5 --sync")
    assert council.press(request, "choose", by=DANA).form
    assert council.press(request, "choose", by=BO).form
    answer = council.press(request, "choose", by=c.OLI)
    assert (answer.form, answer.text) == (None, "You are not among those who may decide this.")
    assert council.notes(request) == ["outsider_press"]


def test_a_button_that_was_redrawn_since_without_another_content_still_counts() -> None:
    council = Council(asking_leads(2))
    request = council.ask("comp1 id=3 --sync")
    council.press(request, "approve", by=BO)
    council.press(request, "approve", by=CHEN, version=request.version)
    council.run()
    assert council.terminal.logged_off == [("comp1", 3)]
