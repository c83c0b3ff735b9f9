"""What other rules would make of a recorded request: known where the record tells it, and else said to be unknown."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bot.commands.audit import AuditAsk
from bot.commands.logoff import LogoffAsk
from bot.domain.actions import Action
from bot.domain.request import ExcludedSession
from bot.policy.compare import MOST_GROUPS, Change, Comparison, Evidence, compared, over_time
from bot.policy.digest import digest_of, text_of
from bot.policy.model import Force
from tests.support import builders as b
from tests.support.cases import for_each
from tests.support.people import LEADS, ONCALL, asking_leads, policy, rule

if TYPE_CHECKING:
    from bot.domain.request import Request
    from bot.policy.model import Policy

BY_NAME = frozenset({b.ASKER.user_id})
FORCED = replace(b.awaiting(), ask=LogoffAsk(hosts=("comp1",), force=True))
LET = Force(is_allowed=True)


def on_call(old: Policy, new: Policy, request: Request | None = None, **more: Any) -> Comparison:
    """By a requester of whom it is recorded that they were on call, and in no other group."""
    evidence = Evidence(among=(ONCALL,), not_among=LEADS, **more)
    return compared(old, new, request or b.awaiting(), evidence)


CASES = {
    "nothing": (policy(), policy(), Change.SAME, "", ""),
    "another name of the rule": (policy(), policy(rule("new")), Change.SAME, "", ""),
    "who decides": (policy(), policy(asking_leads(1)), Change.OTHERWISE, "the requester decides", "1 of @leads"),
    "how many decide": (policy(asking_leads(1)), policy(asking_leads(2)), Change.OTHERWISE, "1 of @leads", "2 of @"),
    "where": (
        policy(asking_leads(1)),
        policy(replace(asking_leads(1), approve_in="C0OTHER")),
        Change.OTHERWISE,
        "in C0APPROVE",
        "in C0OTHER",
    ),
    "no rule": (policy(), policy(rule(who=LEADS)), Change.OTHERWISE, "requester decides", "refused (no rule)"),
    "the place": (
        policy(),
        policy(rule(where=frozenset({"C0ELSE"}))),
        Change.OTHERWISE,
        "requester",
        "refused (not from this channel)",
    ),
    "a protection": (policy(), policy(protected_users=("alice",)), Change.OTHERWISE, "requester", "none of 1 session"),
    "the idle time": (
        policy(),
        policy(rule(idle_over=timedelta(days=9))),
        Change.OTHERWISE,
        "requester",
        "none of 1 session",
    ),
    "a limit": (policy(), policy(second_person_above=0), Change.OTHERWISE, "requester", "1 of @oncall"),
}


@for_each("case", list(CASES))
def test_each_kind_of_difference_is_found(case: str) -> None:
    old, new, change, before, after = CASES[case]
    found = on_call(old, new)
    assert found.change is change
    assert before in found.old
    assert after in found.new
    assert on_call(new, old).change is change


def test_force_counts_where_it_was_used() -> None:
    with_force, without = policy(rule(force=LET)), policy(rule())
    assert on_call(with_force, without).change is Change.SAME
    found = on_call(with_force, without, FORCED)
    assert (found.change, found.old) == (Change.OTHERWISE, "forced: nobody is asked")
    assert found.new == "the requester decides, --force does not work"
    needs_reason = policy(rule(force=replace(LET, needs_reason=True)))
    assert "needs a reason" in on_call(with_force, needs_reason, FORCED).new
    held = policy(rule(force=replace(LET, hold=timedelta(seconds=30))))
    assert "after 30 seconds" in on_call(with_force, held, FORCED).new


def test_other_sessions_are_another_decision_even_where_they_are_as_many() -> None:
    request = b.awaiting(b.target(3), b.target(7, host="comp2"))
    one, other = policy(rule(computers=("comp1",))), policy(rule(computers=("comp2",)))
    found = on_call(one, other, request)
    assert (found.change, found.old) == (Change.OTHERWISE, "1 of 2 sessions: the requester decides")
    assert found.old == found.new


def test_a_session_that_the_old_rules_left_out_counts_where_the_new_ones_let_it_in() -> None:
    left_out = ExcludedSession(session=b.session(9, host="vault"), why="no rule lets you touch this session")
    request = replace(b.awaiting(), excluded=(left_out,))
    found = on_call(policy(rule(computers=("comp1",))), policy(), request)
    assert (found.old, found.new) == ("1 of 2 sessions: the requester decides", "the requester decides")
    assert found.change is Change.OTHERWISE


def test_a_group_of_which_the_record_says_nothing_is_unknown_and_never_guessed() -> None:
    found = compared(policy(), policy(asking_leads(1)), b.awaiting(), Evidence())
    assert found.change is Change.UNKNOWN
    assert found.why == "whether they were in @oncall is not recorded"
    assert "refused (no rule) OR the requester decides" in found.old


def test_who_is_named_by_their_id_is_known_without_evidence() -> None:
    old, new = policy(rule(who=BY_NAME)), policy(rule(who=frozenset({"U0SOMEBODY"})))
    assert compared(old, new, b.awaiting(), Evidence()).change is Change.OTHERWISE


def test_the_rules_that_decided_tell_more_when_the_old_ones_are_those_of_then() -> None:
    """Whoever is on call may not be a lead: then the first rule had decided."""
    old = policy(rule("leads first", who=LEADS), rule())
    new = policy(asking_leads(1, name="leads first", who=LEADS), rule())
    told = Evidence(among=(ONCALL,), rules=frozenset({"on-call"}), policy=digest_of(text_of(old)))
    assert compared(old, new, b.awaiting(), told).change is Change.SAME
    assert compared(old, new, b.awaiting(), replace(told, policy="of another time")).change is Change.UNKNOWN


def test_more_groups_than_can_be_tried_are_unknown() -> None:
    many = [rule(f"r{number}", who=frozenset({f"@g{number}"})) for number in range(MOST_GROUPS + 1)]
    found = compared(policy(*many), policy(*many[:-1]), b.awaiting(), Evidence())
    assert (found.change, found.old) == (Change.UNKNOWN, "")
    assert "not recorded" in found.why


def test_who_counts_as_nobody_is_refused_by_both() -> None:
    found = compared(policy(), policy(rule(who=LEADS)), b.request(), Evidence(above="status"))
    assert (found.change, found.old, found.new) == (Change.SAME, "refused (status)", "refused (status)")


def test_a_list_and_the_log_are_compared_too() -> None:
    listing = b.request(action=Action.LIST)
    found = on_call(policy(), policy(rule(computers=("vault",))), listing)
    assert (found.change, found.old, found.new) == (
        Change.OTHERWISE,
        "may look at 1 of 1 computer",
        "may look at 0 of 1 computer",
    )
    reading = b.request(action=Action.AUDIT, ask=AuditAsk())
    only_acts = policy(rule(may=frozenset({Action.LOG_OFF})))
    found = on_call(policy(), only_acts, reading)
    assert (found.change, found.old, found.new) == (Change.OTHERWISE, "the whole log", "their own requests")


def test_limits_over_a_time_are_named_and_not_compared() -> None:
    assert over_time(policy(), policy(max_requests=3, second_person_above=3)) == ("limits.max_requests",)
    assert over_time(policy(), policy()) == ()
