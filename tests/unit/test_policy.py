"""Who may, and whom nobody may touch: guard rails, first rule wins, and what holds for every policy."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.approval import may_press, may_still_act, may_withdraw, named_in
from bot.model import Action, Actor, Confirm, Place, Requirement, Standing
from bot.policy import for_session, guard, may_ask, requirement_for
from bot.rules import Decision, Force, Policy, Rule
from bot.session import Account, SessionState
from tests import builders as b

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.model import Someone
    from bot.session import Session

HOME = b.ASKER.team_id
ONCALL = b.ONCALL
NOBODY: frozenset[str] = frozenset()
OUTSIDER = Actor(user_id="U0OUT", team_id=HOME)
STRANGER = Actor(user_id="U0ASKER", team_id="T0ELSEWHERE")
EVERYTHING = frozenset(Action)


SAID = b.someone()
BOB = b.session(5, account=Account(domain="CORP", user="bob"))


def rule(name: str = "on-call", **changes: Any) -> Rule:
    values: dict[str, Any] = {"who": ONCALL, "may": EVERYTHING}
    return Rule(name=name, **(values | changes))


def policy(*rules: Rule, **changes: Any) -> Policy:
    return Policy(home_team=HOME, rules=rules or (rule(), LOOKERS), **changes)


def allowed(rules: Policy, session: Session, action: Action = Action.LOG_OFF, place: Place = b.PLACE) -> Decision:
    return for_session(rules, SAID, place, action, session)


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
    decision = may_ask(policy(), b.someone(who, groups), b.PLACE, action)
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
    (b.session(4, account=Account(domain="corp", user="SVC-logoff")), "own account"),
]
RAILS = policy(
    protected_users=("svc-b*", r"CORP\boss"), protected_computers=("dc*",), own_accounts=(r"CORP\svc-logoff",)
)


@pytest.mark.parametrize(("session", "why"), GUARDED)
def test_a_guard_rail_goes_before_every_rule(session: Session, why: str) -> None:
    decision = allowed(RAILS, session)
    assert (decision.is_yes, decision.rule) == (False, "guard rail")
    assert why in decision.say


@pytest.mark.parametrize(("session", "_why"), GUARDED)
def test_what_may_not_be_touched_may_be_seen(session: Session, _why: str) -> None:
    assert allowed(RAILS, session, Action.LIST).is_yes


@pytest.mark.parametrize("session", [b.session(65535), b.session(1), b.session(4, station="rdp-tcp#5")])
def test_an_ordinary_session_meets_no_guard_rail(session: Session) -> None:
    assert guard(RAILS, session) == ""
    assert allowed(RAILS, session).is_yes


def test_two_guard_rails_and_no_other_can_be_configured_away() -> None:
    loose = replace(RAILS, may_touch_console=True, may_touch_own_account=True)
    let_go = {why for session, why in GUARDED if not guard(loose, session)}
    assert let_go == {"console", "own account"}
    assert guard(loose, b.session(0, station="Console"))


ALICE = rule("alice only", users=(r"CORP\alice",))
FARM = rule("the farm", computers=("rds-*",))
FORCE = rule("force", force=Force(is_allowed=True))


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
    assert allowed(policy(*rules), session).rule == by


def test_a_session_without_a_covering_rule_may_not_be_touched() -> None:
    assert not allowed(policy(FARM), b.session(host="comp1")).is_yes


WORKING = rule("working", states=frozenset({SessionState.ACTIVE}))
LONG_GONE = rule("long gone", idle_over=timedelta(hours=2))
HERE_ONLY = rule("here only", where=frozenset({b.PLACE.channel_id}))
ACTIVE = b.session(state=SessionState.ACTIVE, disconnect=0, input=b.LOGON)


@pytest.mark.parametrize(
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
    assert allowed(policy(HERE_ONLY), b.session()).is_yes
    assert not allowed(policy(HERE_ONLY), b.session(), place=elsewhere).is_yes
    decision = may_ask(policy(HERE_ONLY), SAID, elsewhere, Action.LOG_OFF)
    assert (decision.is_yes, decision.rule, "not asked from this channel" in decision.say) == (False, "here only", True)


@pytest.mark.parametrize("standing", set(Standing) - {Standing.MEMBER})
def test_only_members_count(standing: Standing) -> None:
    decision = may_ask(policy(), b.someone(standing=standing), b.PLACE, Action.LIST)
    assert (decision.is_yes, bool(decision.say)) == (False, True)


# What it takes


@pytest.mark.parametrize(
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
    assert bool(found.needs) == (confirm is Confirm.OTHERS)


def test_one_target_of_a_rule_without_force_is_enough_to_be_asked() -> None:
    rules = policy(rule("farm", computers=("rds-*",), force=Force(is_allowed=True)), rule("rest"))
    found = requirement(rules, [b.session(host="rds-01"), b.session(host="comp1")], force=True)
    assert (found.confirm, found.rules) == (Confirm.SELF, ("farm", "rest"))
    assert "No rule lets you skip" in found.say


def test_what_each_target_takes_is_taken_together() -> None:
    one, two = b.need(2, rule="bobs"), b.need(rule="rest")
    rules = policy(
        rule("bobs", users=("bob",), need=one, approve_in="C0ONE", card_lives=timedelta(minutes=5)),
        rule("rest", need=two, card_lives=timedelta(minutes=30)),
    )
    found = requirement(rules, [b.session(), BOB])
    assert (set(found.needs), found.approve_in, found.lives) == ({one, two}, "C0ONE", timedelta(minutes=5))


def test_force_without_the_reason_or_the_ticket_that_the_rule_wants_is_refused() -> None:
    rules = policy(rule(force=Force(is_allowed=True, needs_reason=True, ticket=r"INC-\d+")))
    assert "needs a reason" in refused(rules, [b.session()], force=True).say
    assert "ticket" in refused(rules, [b.session()], force=True, reason="it hangs").say
    assert requirement(rules, [b.session()], force=True, reason="INC-7: it hangs").is_forced


def test_more_than_a_rule_allows_at_once_is_refused() -> None:
    few = policy(rule(at_most=2))
    assert requirement(few, [b.session(number) for number in (1, 2)]).confirm is Confirm.SELF
    assert "the rule allows 2" in refused(few, [b.session(number) for number in (1, 2, 3)]).say


@pytest.mark.parametrize("force", [False, True])
def test_above_the_cap_a_second_person_is_needed_whatever_the_rule_says(force: bool) -> None:  # noqa: FBT001 - a table
    capped = policy(FORCE, alone_at_most=2)
    sessions = [b.session(number) for number in (1, 2, 3)]
    assert requirement(capped, sessions[:2]).confirm is Confirm.SELF
    found = requirement(capped, sessions, force=force)
    assert (found.confirm, [need.rule for need in found.needs]) == (Confirm.OTHERS, ["many at once"])
    assert ("too many at once" in found.say) == force


SESSIONS = st.builds(
    b.session,
    st.integers(0, 70000),
    host=st.sampled_from(["comp1", "rds-01", "rds-02", "dc1"]),
    account=st.builds(Account, domain=st.just("CORP"), user=st.sampled_from(["alice", "bob", ""])),
    state=st.sampled_from(SessionState),
)
NEEDS = st.one_of(
    st.none(),
    st.builds(b.need, st.integers(1, 3), of=st.sampled_from([b.LEADS, ONCALL]), requester_counts=st.booleans()),
)
RULES = st.builds(
    Rule,
    name=st.sampled_from("abcdef"),
    who=st.sampled_from([ONCALL, NOBODY]),
    may=st.sampled_from([EVERYTHING, frozenset({Action.LIST})]),
    computers=st.sampled_from([("*",), ("rds-*",), ("comp1",)]),
    users=st.sampled_from([("*",), ("alice",)]),
    need=NEEDS,
    force=st.builds(Force, is_allowed=st.booleans(), needs_reason=st.booleans()),
    at_most=st.integers(1, 6),
)
POLICIES = st.lists(RULES, min_size=1, max_size=5, unique_by=lambda each: each.name)
STRENGTH = [Confirm.NOBODY, Confirm.SELF, Confirm.OTHERS]


@settings(deadline=None)
@given(POLICIES, st.lists(SESSIONS, min_size=1, max_size=5), SESSIONS, st.booleans(), st.integers(1, 4))
def test_one_more_target_never_weakens_what_it_takes(
    rules: list[Rule],
    sessions: list[Session],
    one_more: Session,
    force: bool,  # noqa: FBT001 - Hypothesis hands it in
    cap: int,
) -> None:
    """A no stays one; each need that had to be met has to be met, or one that asks at least as much."""
    limited = policy(*rules, alone_at_most=cap)
    before, after = required(limited, sessions, force=force), required(limited, [*sessions, one_more], force=force)
    if isinstance(after, Decision):
        assert not after.is_yes
        return
    assert isinstance(before, Requirement)
    assert STRENGTH.index(after.confirm) >= STRENGTH.index(before.confirm)
    assert set(before.needs) <= set(after.needs)
    assert set(before.rules) <= set(after.rules)
    assert after.lives <= before.lives


@settings(deadline=None)
@given(POLICIES, SESSIONS)
def test_whoever_may_touch_a_session_may_ask_for_it(rules: list[Rule], session: Session) -> None:
    decision = allowed(policy(*rules), session)
    assert not decision.is_yes or may_ask(policy(*rules), SAID, b.PLACE, Action.LOG_OFF).is_yes


# Presses


@pytest.mark.parametrize(
    ("presser", "is_yes", "sentence"),
    [
        (b.ASKER, True, ""),
        (b.OTHER, False, "Only the person who asked"),
        (OUTSIDER, False, "Only the person who asked"),
        (STRANGER, False, "my own workspace"),
    ],
)
def test_only_who_asked_may_press_what_the_requester_confirms(presser: Actor, is_yes: bool, sentence: str) -> None:  # noqa: FBT001 - a table
    decision = may_press(policy(), b.awaiting(), b.someone(presser))
    assert decision.is_yes is is_yes
    assert sentence in decision.say


@pytest.mark.parametrize(
    ("who", "may_approve", "may_hold_back"),
    [
        (b.someone(b.ASKER, ONCALL | b.LEADS), False, True),
        (b.someone(b.OTHER, b.LEADS), True, True),
        (b.someone(b.OTHER, ONCALL), False, False),
        (b.someone(b.OTHER, b.LEADS, standing=Standing.GUEST), False, False),
    ],
)
def test_holding_back_is_open_to_more_people_than_acting(
    who: Someone,
    may_approve: bool,  # noqa: FBT001 - a table
    may_hold_back: bool,  # noqa: FBT001 - the same
) -> None:
    asked = replace(b.awaiting(), requirement=b.by_others())
    assert may_press(policy(), asked, who).is_yes is may_approve
    assert may_withdraw(policy(), asked, who).is_yes is may_hold_back


def test_right_before_the_act_every_target_is_asked_for_again() -> None:
    ready = b.ready(b.target(3), b.target(5, session=BOB))
    assert may_still_act(policy(), ready, SAID, [SAID]).is_yes
    gone = b.someone(groups=NOBODY)
    assert not may_still_act(policy(), ready, gone, [gone]).is_yes
    assert not may_still_act(policy(ALICE), ready, SAID, [SAID]).is_yes
    stricter = may_still_act(replace(policy(), protected_users=("bob",)), ready, SAID, [SAID])
    assert (stricter.rule, "bob" in stricter.say) == ("guard rail", True)


def test_the_directory_has_to_know_whoever_a_rule_names() -> None:
    rules = policy(rule(need=b.need(of=frozenset({"@chiefs"}))), LOOKERS)
    assert named_in(rules) == {"@oncall", "@chiefs", "U0LOOK"}
