"""Who may, and whom nobody may touch: the decision table, and what holds for every policy."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.model import Action, Actor, Confirm
from bot.policy import for_session, guard, may_ask, may_still_act, requirement_for, weigh
from bot.rules import Policy, Rule
from bot.session import Account, SessionState
from tests import builders as b

if TYPE_CHECKING:
    from bot.session import Session

HOME = b.ASKER.team_id
ONCALL = frozenset({"@oncall"})
NOBODY: frozenset[str] = frozenset()
OUTSIDER = Actor(user_id="U0OUT", team_id=HOME)
STRANGER = Actor(user_id="U0ASKER", team_id="T0ELSEWHERE")
EVERYTHING = frozenset(Action)


def rule(name: str = "on-call", **changes: Any) -> Rule:
    values: dict[str, Any] = {"who": ONCALL, "may": EVERYTHING}
    return Rule(name=name, **(values | changes))


def policy(*rules: Rule, **changes: Any) -> Policy:
    return Policy(home_team=HOME, rules=rules or (rule(), LOOKERS), **changes)


LOOKERS = rule("lookers", who=frozenset({"U0LOOK"}), may=frozenset({Action.LIST}))
LOOKER = Actor(user_id="U0LOOK", team_id=HOME)


@pytest.mark.parametrize(
    ("who", "groups", "action", "is_yes", "by"),
    [
        (b.ASKER, ONCALL, Action.LIST, True, "on-call"),
        (b.ASKER, ONCALL, Action.LOG_OFF, True, "on-call"),
        (b.OTHER, ONCALL, Action.LOG_OFF, True, "on-call"),
        (LOOKER, NOBODY, Action.LIST, True, "lookers"),
        (LOOKER, NOBODY, Action.LOG_OFF, False, "no rule"),
        (OUTSIDER, NOBODY, Action.LIST, False, "no rule"),
        (OUTSIDER, frozenset({"@cooks"}), Action.LOG_OFF, False, "no rule"),
        (STRANGER, ONCALL, Action.LIST, False, "home workspace"),
        (STRANGER, ONCALL, Action.LOG_OFF, False, "home workspace"),
    ],
)
def test_who_may_ask_for_what(who: Actor, groups: frozenset[str], action: Action, is_yes: bool, by: str) -> None:  # noqa: FBT001 - a table
    decision = may_ask(policy(), who, groups, action)
    assert (decision.is_yes, decision.rule, bool(decision.say)) == (is_yes, by, not is_yes)


GUARDED = [
    (b.session(0), "services"),
    (b.session(0, account=Account(domain="", user="")), "services"),
    (b.session(4, state=SessionState.LISTENING), "listener"),
    (b.session(65536), "listener"),
    (b.session(-1), "listener"),
    (b.session(4, account=Account(domain="CORP", user="")), "nobody is logged on"),
    (b.session(4, logon=0), "no logon time"),
    (b.session(1, station="Console"), "console"),
    (b.session(4, account=Account(domain="CORP", user="svc-backup")), "protected user"),
    (b.session(4, account=Account(domain="corp", user="Boss")), "protected user"),
    (b.session(4, host="DC1"), "protected computer"),
]
RAILS = policy(protected_users=("svc-*", r"CORP\boss"), protected_computers=("dc*",))


@pytest.mark.parametrize(("session", "why"), GUARDED)
def test_a_guard_rail_goes_before_every_rule(session: Session, why: str) -> None:
    decision = for_session(RAILS, b.ASKER, ONCALL, Action.LOG_OFF, session)
    assert (decision.is_yes, decision.rule) == (False, "guard rail")
    assert why in decision.say


@pytest.mark.parametrize(("session", "_why"), GUARDED)
def test_what_may_not_be_touched_may_be_seen(session: Session, _why: str) -> None:
    assert for_session(RAILS, b.ASKER, ONCALL, Action.LIST, session).is_yes


@pytest.mark.parametrize("session", [b.session(65535), b.session(1), b.session(4, station="rdp-tcp#5")])
def test_an_ordinary_session_meets_no_guard_rail(session: Session) -> None:
    assert guard(RAILS, session) == ""
    assert for_session(RAILS, b.ASKER, ONCALL, Action.LOG_OFF, session).is_yes


def test_the_console_alone_can_be_configured_away() -> None:
    assert guard(policy(may_touch_console=True), b.session(1, station="Console")) == ""
    assert guard(policy(may_touch_console=True), b.session(0, station="Console"))


ALICE = rule("alice only", users=(r"CORP\alice",))
FARM = rule("the farm", computers=("rds-*",))
FORCE = rule("force", force=True)


@pytest.mark.parametrize(
    ("rules", "session", "by"),
    [
        ((ALICE, FARM), b.session(host="comp1"), "alice only"),
        ((ALICE, FARM), b.session(host="rds-01"), "alice only"),
        ((FARM, ALICE), b.session(host="rds-01"), "the farm"),
        ((ALICE, FARM), b.session(host="RDS-01", account=Account(domain="CORP", user="bob")), "the farm"),
        ((ALICE, FARM), b.session(host="comp1", account=Account(domain="CORP", user="bob")), "no rule"),
        ((ALICE,), b.session(account=Account(domain="OTHER", user="alice")), "no rule"),
        ((rule(users=("alice",)),), b.session(account=Account(domain="OTHER", user="ALICE")), "on-call"),
        ((LOOKERS, ALICE), b.session(), "alice only"),
    ],
)
def test_the_first_rule_that_covers_the_session_decides(rules: tuple[Rule, ...], session: Session, by: str) -> None:
    assert for_session(policy(*rules), b.ASKER, ONCALL, Action.LOG_OFF, session).rule == by


def test_a_session_without_a_covering_rule_may_not_be_touched() -> None:
    assert not for_session(policy(FARM), b.ASKER, ONCALL, Action.LOG_OFF, b.session(host="comp1")).is_yes


@pytest.mark.parametrize(
    ("rules", "force", "confirm", "needed"),
    [
        ((rule(),), False, Confirm.SELF, 1),
        ((rule(),), True, Confirm.SELF, 1),
        ((FORCE,), False, Confirm.SELF, 1),
        ((FORCE,), True, Confirm.NOBODY, 0),
        ((rule(), FORCE), True, Confirm.SELF, 1),
        ((FORCE, rule()), True, Confirm.NOBODY, 0),
    ],
)
def test_only_a_forcing_rule_that_decides_asks_nobody(
    rules: tuple[Rule, ...],
    force: bool,  # noqa: FBT001 - a table
    confirm: Confirm,
    needed: int,
) -> None:
    required = requirement_for(policy(*rules), b.ASKER, ONCALL, [b.session()], force=force)
    assert (required.confirm, required.needed) == (confirm, needed)


def test_one_target_of_a_rule_without_force_is_enough_to_be_asked() -> None:
    rules = policy(rule("farm", computers=("rds-*",), force=True), rule("rest"))
    sessions = [b.session(host="rds-01"), b.session(host="comp1")]
    required = requirement_for(rules, b.ASKER, ONCALL, sessions, force=True)
    assert (required.confirm, required.rules) == (Confirm.SELF, ("farm", "rest"))


SESSIONS = st.builds(
    b.session,
    st.integers(0, 70000),
    host=st.sampled_from(["comp1", "rds-01", "rds-02", "dc1"]),
    account=st.builds(Account, domain=st.just("CORP"), user=st.sampled_from(["alice", "bob", ""])),
    state=st.sampled_from(SessionState),
)
RULES = st.builds(
    Rule,
    name=st.sampled_from("abcdef"),
    who=st.sampled_from([ONCALL, NOBODY]),
    may=st.sampled_from([EVERYTHING, frozenset({Action.LIST})]),
    computers=st.sampled_from([("*",), ("rds-*",), ("comp1",)]),
    users=st.sampled_from([("*",), ("alice",)]),
    force=st.booleans(),
)
POLICIES = st.lists(RULES, min_size=1, max_size=5, unique_by=lambda each: each.name)


@settings(deadline=None)
@given(POLICIES, st.lists(SESSIONS, min_size=1, max_size=5), SESSIONS, st.booleans())
def test_one_more_target_never_weakens_what_it_takes(
    rules: list[Rule],
    sessions: list[Session],
    one_more: Session,
    force: bool,  # noqa: FBT001 - Hypothesis hands it in
) -> None:
    before = requirement_for(policy(*rules), b.ASKER, ONCALL, sessions, force=force)
    after = requirement_for(policy(*rules), b.ASKER, ONCALL, [*sessions, one_more], force=force)
    assert after.needed >= before.needed
    assert set(before.rules) <= set(after.rules)


@settings(deadline=None)
@given(POLICIES, SESSIONS)
def test_whoever_may_touch_a_session_may_ask_for_it(rules: list[Rule], session: Session) -> None:
    decision = for_session(policy(*rules), b.ASKER, ONCALL, Action.LOG_OFF, session)
    assert not decision.is_yes or may_ask(policy(*rules), b.ASKER, ONCALL, Action.LOG_OFF).is_yes


@pytest.mark.parametrize(
    ("presser", "is_yes", "sentence"),
    [
        (b.ASKER, True, ""),
        (b.OTHER, False, "Only the person who asked"),
        (OUTSIDER, False, "Only the person who asked"),
        (STRANGER, False, "my own workspace"),
    ],
)
def test_only_who_asked_may_press(presser: Actor, is_yes: bool, sentence: str) -> None:  # noqa: FBT001 - a table
    decision = weigh(policy(), b.awaiting(), presser)
    assert decision.is_yes is is_yes
    assert sentence in decision.say


def test_right_before_the_act_every_target_is_asked_for_again() -> None:
    ready = b.ready(b.target(3), b.target(4, session=b.session(4, account=Account(domain="CORP", user="bob"))))
    assert may_still_act(policy(), ready, ONCALL).is_yes
    assert not may_still_act(policy(), ready, NOBODY).is_yes
    assert not may_still_act(policy(ALICE), ready, ONCALL).is_yes
    stricter = may_still_act(replace(policy(), protected_users=("bob",)), ready, ONCALL)
    assert (stricter.rule, "bob" in stricter.say) == ("guard rail", True)
