"""Who may, and whom nobody may touch: guard rails, first rule wins, and what holds for every policy."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.domain.actions import Action
from bot.domain.people import Actor, MemberStatus, Place
from bot.domain.session import Account, SessionState
from bot.policy.approvals import may_press, may_still_act, may_withdraw, named_in
from bot.policy.evaluate import for_session, guard, may_ask
from bot.policy.model import Decision, Force, Policy, Rule
from tests.support import builders as b
from tests.support.cases import for_each

if TYPE_CHECKING:
    from bot.domain.people import Person
    from bot.domain.session import Session

ONCALL = b.ONCALL
NOBODY: frozenset[str] = frozenset()
OUTSIDER = Actor(user_id="U0OUT")
STRANGER = Actor(user_id="U0FAR")
EVERYTHING = frozenset(Action)


SAID = b.person()
BOB = b.session(5, account=Account(domain="CORP", user="bob"))


def rule(name: str = "on-call", **changes: Any) -> Rule:
    values: dict[str, Any] = {"who": ONCALL, "may": EVERYTHING}
    return Rule(name=name, **(values | changes))


def policy(*rules: Rule, **changes: Any) -> Policy:
    return Policy(rules=rules or (rule(), LOOKERS), **changes)


def allowed(rules: Policy, session: Session, action: Action = Action.LOG_OFF, place: Place = b.PLACE) -> Decision:
    return for_session(rules, SAID, place, action, session)


LOOKERS = rule("lookers", who=frozenset({"U0LOOK"}), may=frozenset({Action.LIST}))
LOOKER = Actor(user_id="U0LOOK")


def person(who: Actor, groups: frozenset[str] = ONCALL) -> Person:
    return b.person(who, groups, status=MemberStatus.STRANGER if who == STRANGER else MemberStatus.MEMBER)


@for_each(
    ("who", "groups", "action", "allowed", "by"),
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
def test_the_first_rule_for_person_action_and_place_decides(
    who: Actor,
    groups: frozenset[str],
    action: Action,
    allowed: bool,  # noqa: FBT001 - a table
    by: str,
) -> None:
    decision = may_ask(policy(), person(who, groups), b.PLACE, action)
    assert (decision.allowed, decision.rule, bool(decision.message)) == (allowed, by, not allowed)


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
    (b.session(4, account=Account(domain="corp", user="SVC-logoff")), "own account"),
]
RAILS = policy(protected_users=("svc-b*", r"CORP\boss"), protected_computers=("dc*",), own_accounts=("svc-logoff",))


@for_each(("session", "why"), GUARDED)
def test_a_guard_rail_goes_before_every_rule(session: Session, why: str) -> None:
    decision = allowed(RAILS, session)
    assert (decision.allowed, decision.rule) == (False, "guard rail")
    assert why in decision.message


@for_each("session", [session for session, _ in GUARDED])
def test_what_may_not_be_touched_may_be_seen(session: Session) -> None:
    assert allowed(RAILS, session, Action.LIST).allowed


@pytest.mark.parametrize("session", [b.session(65535), b.session(1), b.session(4, station="rdp-tcp#5")])
def test_an_ordinary_session_meets_no_guard_rail(session: Session) -> None:
    assert guard(RAILS, session) == ""
    assert allowed(RAILS, session).allowed


def test_two_guard_rails_and_no_other_can_be_configured_away() -> None:
    loose = replace(RAILS, may_touch_console=True, may_touch_own_account=True)
    let_go = {why for session, why in GUARDED if not guard(loose, session)}
    assert let_go == {"console", "own account"}
    assert guard(loose, b.session(0, station="Console"))


ALICE = rule("alice only", users=(r"CORP\alice",))
FARM = rule("the farm", computers=("rds-*",))
FORCE = rule("force", force=Force(is_allowed=True))


@for_each(
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
    assert allowed(policy(*rules), session).rule == by


def test_a_session_without_a_covering_rule_may_not_be_touched() -> None:
    assert not allowed(policy(FARM), b.session(host="comp1")).allowed


WORKING = rule("working", states=frozenset({SessionState.ACTIVE}))
LONG_GONE = rule("long gone", idle_over=timedelta(hours=2))
HERE_ONLY = rule("here only", where=frozenset({b.PLACE.channel_id}))
ACTIVE = b.session(state=SessionState.ACTIVE, disconnect=0, input=b.LOGON)


@for_each(
    ("rules", "session", "by"),
    [
        ((WORKING, rule()), ACTIVE, "working"),
        ((WORKING, rule()), b.session(), "on-call"),
        ((WORKING,), b.session(), "no rule"),
        ((LONG_GONE, rule()), b.session(), "long gone"),
        ((LONG_GONE,), b.session(disconnect=b.LOGON + 144_000_000_000 - 72_000_000_000), "no rule"),
        ((LONG_GONE,), b.session(disconnect=0), "no rule"),
    ],
)
def test_a_rule_covers_only_the_states_and_the_idleness_it_names(
    rules: tuple[Rule, ...], session: Session, by: str
) -> None:
    assert allowed(policy(*rules), session).rule == by


def test_a_rule_for_one_channel_counts_nowhere_else() -> None:
    elsewhere = Place(channel_id="C0ELSEWHERE")
    assert allowed(policy(HERE_ONLY), b.session()).allowed
    assert not allowed(policy(HERE_ONLY), b.session(), place=elsewhere).allowed
    decision = may_ask(policy(HERE_ONLY), SAID, elsewhere, Action.LOG_OFF)
    assert (decision.allowed, decision.rule, "not asked from this channel" in decision.message) == (
        False,
        "here only",
        True,
    )


@for_each("status", [each for each in MemberStatus if each is not MemberStatus.MEMBER])
def test_only_members_count(status: MemberStatus) -> None:
    decision = may_ask(policy(), b.person(status=status), b.PLACE, Action.LIST)
    assert (decision.allowed, bool(decision.message)) == (False, True)


# Presses


@pytest.mark.parametrize(
    ("presser", "allowed", "sentence"),
    [
        (b.ASKER, True, ""),
        (b.OTHER, False, "Only the person who asked"),
        (OUTSIDER, False, "Only the person who asked"),
        (STRANGER, False, "my own workspace"),
    ],
)
def test_only_the_requester_may_press_a_card_that_the_requester_confirms(
    presser: Actor,
    allowed: bool,  # noqa: FBT001 - a table
    sentence: str,
) -> None:
    decision = may_press(b.awaiting(), person(presser))
    assert decision.allowed is allowed
    assert sentence in decision.message


@pytest.mark.parametrize(
    ("who", "may_approve", "may_hold_back"),
    [
        (b.person(b.ASKER, ONCALL | b.LEADS), False, True),
        (b.person(b.OTHER, b.LEADS), True, True),
        (b.person(b.OTHER, ONCALL), False, False),
        (b.person(b.OTHER, b.LEADS, status=MemberStatus.GUEST), False, False),
    ],
)
def test_holding_back_is_open_to_more_people_than_acting(
    who: Person,
    may_approve: bool,  # noqa: FBT001 - a table
    may_hold_back: bool,  # noqa: FBT001 - the same
) -> None:
    asked = replace(b.awaiting(), requirement=b.by_others())
    assert may_press(asked, who).allowed is may_approve
    assert may_withdraw(asked, who).allowed is may_hold_back


def test_right_before_the_act_every_target_is_asked_for_again() -> None:
    ready = b.ready(b.target(3), b.target(5, session=BOB))
    assert may_still_act(policy(), ready, SAID, [SAID]).allowed
    gone = b.person(groups=NOBODY)
    assert not may_still_act(policy(), ready, gone, [gone]).allowed
    assert not may_still_act(policy(ALICE), ready, SAID, [SAID]).allowed
    stricter = may_still_act(replace(policy(), protected_users=("bob",)), ready, SAID, [SAID])
    assert (stricter.rule, "bob" in stricter.message) == ("guard rail", True)


def test_the_directory_has_to_know_whoever_a_rule_names() -> None:
    rules = policy(rule(need=b.need(of=frozenset({"@chiefs"}))), LOOKERS)
    assert named_in(rules) == {"@oncall", "@chiefs", "U0LOOK"}
