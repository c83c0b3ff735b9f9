"""What it takes to touch several sessions together: never less than what each of them takes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.actions import Action
from bot.domain.requirement import Confirm, Requirement
from bot.domain.session import Account, SessionState
from bot.policy.evaluate import for_session, may_ask, missing_ticket, requirement_for
from bot.policy.model import Decision, Force, Policy, Rule
from tests.support import builders as b
from tests.support.cases import for_each

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain.session import Session

EVERYTHING = frozenset(Action)
SAID = b.person()
BOB = b.session(5, account=Account(domain="CORP", user="bob"))


def rule(name: str = "on-call", **changes: Any) -> Rule:
    values: dict[str, Any] = {"who": b.ONCALL, "may": EVERYTHING}
    return Rule(name=name, **(values | changes))


def policy(*rules: Rule, **changes: Any) -> Policy:
    return Policy(rules=rules, **changes)


FORCE = rule("force", force=Force(is_allowed=True))


def required(
    rules: Policy, sessions: Sequence[Session], *, force: bool = False, reason: str = ""
) -> Requirement | Decision:
    return requirement_for(rules, SAID, b.PLACE, Action.LOG_OFF, sessions, force=force, reason=reason)


def requirement(rules: Policy, sessions: Sequence[Session], *, force: bool = False, reason: str = "") -> Requirement:
    found = required(rules, sessions, force=force, reason=reason)
    assert isinstance(found, Requirement), found
    return found


def refused(rules: Policy, sessions: Sequence[Session], *, force: bool = False, reason: str = "") -> Decision:
    found = required(rules, sessions, force=force, reason=reason)
    assert isinstance(found, Decision), found
    return found


@for_each(
    ("rules", "force", "confirm"),
    [
        ((rule(),), False, Confirm.SELF),
        ((rule(),), True, Confirm.SELF),
        ((FORCE,), False, Confirm.SELF),
        ((FORCE,), True, Confirm.NOBODY),
        ((rule(), FORCE), True, Confirm.SELF),
        ((FORCE, rule()), True, Confirm.NOBODY),
        ((rule(need=b.need()),), False, Confirm.OTHERS),
        ((rule(need=b.need()),), True, Confirm.OTHERS),
        ((rule(need=b.need(), force=Force(is_allowed=True)),), True, Confirm.NOBODY),
    ],
)
def test_only_a_forcing_rule_that_decides_asks_nobody(
    rules: tuple[Rule, ...],
    force: bool,  # noqa: FBT001 - a table
    confirm: Confirm,
) -> None:
    found = requirement(policy(*rules), [b.session()], force=force)
    assert found.confirm is confirm
    assert found.needs or confirm is not Confirm.OTHERS
    assert not found.needs or confirm is not Confirm.SELF


def test_one_target_of_a_rule_without_force_is_enough_to_be_asked() -> None:
    rules = policy(rule("farm", computers=("rds-*",), force=Force(is_allowed=True)), rule("rest"))
    found = requirement(rules, [b.session(host="rds-01"), b.session(host="comp1")], force=True)
    assert (found.confirm, found.rules) == (Confirm.SELF, ("farm", "rest"))
    assert "No rule lets you skip" in found.message


def test_what_each_target_takes_is_taken_together() -> None:
    one, two = b.need(2, rule="bobs"), b.need(rule="rest")
    rules = policy(
        rule("bobs", users=("bob",), need=one, approve_in="C0ONE", expires_after=timedelta(minutes=5)),
        rule("rest", need=two, expires_after=timedelta(minutes=30)),
    )
    found = requirement(rules, [b.session(), BOB])
    assert (set(found.needs), found.approve_in, found.expires_after) == ({one, two}, "C0ONE", timedelta(minutes=5))
    assert found.also_in == ()


def test_the_channels_of_further_rules_are_told_where_the_card_stands() -> None:
    rules = policy(
        rule("bobs", users=("bob",), need=b.need(rule="bobs"), approve_in="C0ONE"),
        rule("rest", need=b.need(rule="rest"), approve_in="C0TWO"),
    )
    found = requirement(rules, [b.session(), BOB])
    assert {found.approve_in, *found.also_in} == {"C0ONE", "C0TWO"}
    assert len(found.also_in) == 1


def test_force_without_the_reason_or_the_ticket_that_the_rule_wants_is_refused() -> None:
    rules = policy(rule(force=Force(is_allowed=True, needs_reason=True, ticket=r"INC-\d+")))
    assert "needs a reason" in refused(rules, [b.session()], force=True).message
    assert "ticket" in refused(rules, [b.session()], force=True, reason="it hangs").message
    assert requirement(rules, [b.session()], force=True, reason="INC-7: it hangs").is_forced


def test_more_than_a_rule_allows_at_once_is_refused() -> None:
    few = policy(rule(max_targets=2))
    assert requirement(few, [b.session(number) for number in (1, 2)]).confirm is Confirm.SELF
    assert "the rule allows 2" in refused(few, [b.session(number) for number in (1, 2, 3)]).message


@pytest.mark.parametrize("force", [False, True])
def test_above_the_cap_a_second_person_is_needed_whatever_the_rule_says(force: bool) -> None:  # noqa: FBT001 - a table
    capped = policy(FORCE, second_person_above=2)
    sessions = [b.session(number) for number in (1, 2, 3)]
    assert requirement(capped, sessions[:2]).confirm is Confirm.SELF
    found = requirement(capped, sessions, force=force)
    assert (found.confirm, [need.rule for need in found.needs]) == (Confirm.OTHERS, ["many at once"])
    assert ("too many at once" in found.message) == force


SESSIONS = st.builds(
    b.session,
    st.integers(0, 70000),
    host=st.sampled_from(["comp1", "rds-01", "rds-02", "dc1"]),
    account=st.builds(Account, domain=st.just("CORP"), user=st.sampled_from(["alice", "bob", ""])),
    state=st.sampled_from(SessionState),
)
NEEDS = st.one_of(
    st.none(),
    st.builds(b.need, st.integers(1, 3), of=st.sampled_from([b.LEADS, b.ONCALL]), requester_counts=st.booleans()),
)
RULES = st.builds(
    Rule,
    name=st.sampled_from("abcdef"),
    who=st.sampled_from([b.ONCALL, frozenset()]),
    may=st.sampled_from([EVERYTHING, frozenset({Action.LIST})]),
    computers=st.sampled_from([("*",), ("rds-*",), ("comp1",)]),
    users=st.sampled_from([("*",), ("alice",)]),
    need=NEEDS,
    force=st.builds(Force, is_allowed=st.booleans(), needs_reason=st.booleans()),
    max_targets=st.integers(1, 6),
)
POLICIES = st.lists(RULES, min_size=1, max_size=5, unique_by=lambda each: each.name)
STRENGTH = [Confirm.NOBODY, Confirm.SELF, Confirm.OTHERS]


@given(POLICIES, st.lists(SESSIONS, min_size=1, max_size=5), SESSIONS, st.booleans(), st.integers(1, 4))
def test_one_more_target_never_weakens_what_it_takes(
    rules: list[Rule],
    sessions: list[Session],
    one_more: Session,
    force: bool,  # noqa: FBT001 - Hypothesis hands it in
    cap: int,
) -> None:
    """Each need that had to be met still has to be. A no stays one, unless it was about `--force` and that is off."""
    limited = policy(*rules, second_person_above=cap)
    before, after = required(limited, sessions, force=force), required(limited, [*sessions, one_more], force=force)
    if isinstance(before, Decision):
        assert isinstance(after, Decision) or (force and not after.is_forced)
        return
    if isinstance(after, Decision):
        return
    assert STRENGTH.index(after.confirm) >= STRENGTH.index(before.confirm)
    assert set(before.needs) <= set(after.needs)
    assert set(before.rules) <= set(after.rules)
    assert after.expires_after <= before.expires_after


@given(POLICIES, SESSIONS)
def test_a_person_who_may_touch_a_session_may_ask_for_it(rules: list[Rule], session: Session) -> None:
    decision = for_session(policy(*rules), SAID, b.PLACE, Action.LOG_OFF, session)
    assert not decision.allowed or may_ask(policy(*rules), SAID, b.PLACE, Action.LOG_OFF).allowed


@pytest.mark.parametrize("pattern", ["INC-(", "a++", "\ud83d"])
def test_what_is_no_expression_is_a_ticket_that_no_reason_has(pattern: str) -> None:
    assert missing_ticket([pattern], f"INC-1 {pattern}") == pattern
