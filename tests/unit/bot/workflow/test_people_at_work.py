"""Any people pressing anything at any time under changing rules: without the right nobody gets anything done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bot.cards.model import Press
from bot.domain.actions import Action
from bot.domain.people import MemberStatus, Person
from bot.domain.request import State
from bot.domain.requirement import Confirm, Need, Requirement
from bot.domain.session import Account, Session, SessionState
from bot.policy import evaluate as p
from bot.policy.approvals import is_enough
from bot.policy.model import Decision, Force, Policy, Rule
from tests.support import builders as b
from tests.support import people as c
from tests.support.chains import first_fault
from tests.support.effort import examples
from tests.support.harness import KEY, BotHarness
from tests.support.people import bot_with

if TYPE_CHECKING:
    from bot.domain.people import Actor, Place
    from bot.domain.request import Request
    from bot.workflow.response import Response

PEOPLE = (c.DANA, c.BO, c.CHEN, c.OLI, c.DEE, c.GUS, c.ROBO, c.UMA, c.FAY)
PERSON = st.sampled_from(PEOPLE)
PHASES = (Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink)
GROUP = st.sampled_from([c.ONCALL, c.LEADS, c.ONCALL | c.LEADS])
NEEDS = st.one_of(
    st.none(),
    st.builds(
        Need, count=st.integers(1, 2), of=GROUP, rule=st.sampled_from(["a", "b"]), requester_counts=st.booleans()
    ),
)
RULES = st.builds(
    Rule,
    name=st.sampled_from(["one", "two", "three"]),
    who=GROUP,
    may=st.sampled_from([frozenset(Action), frozenset(Action), frozenset({Action.LOG_OFF})]),
    where=st.sampled_from([frozenset[str](), frozenset[str](), frozenset({c.OPS.channel_id})]),
    users=st.sampled_from([("*",), ("*",), ("alice",), ("b*", "user1*")]),
    states=st.sampled_from([frozenset(SessionState), frozenset({SessionState.ACTIVE})]),
    need=NEEDS,
    force=st.builds(Force, is_allowed=st.booleans(), needs_reason=st.booleans()),
    max_targets=st.sampled_from([50, 50, 12]),
)
POLICIES = st.builds(
    Policy,
    rules=st.lists(RULES, min_size=1, max_size=3).map(tuple),
    protected_users=st.sampled_from([(), (), ("bob",)]),
    second_person_above=st.sampled_from([10, 2]),
)
TEXTS = st.sampled_from(
    [
        "comp1 id=3 --sync",
        "comp1,comp2 id=3,5 --sync",
        "comp1 --all --sync --force --reason now",
        "comp1 id=5 --sync --force",
        "crowd id=1-4 --sync",
        "comp1 id=3,5 --sync --warn 5m",
    ]
)


Change = Callable[[BotHarness], None]


def order(harness: BotHarness) -> None:
    harness.policy = c.policy(c.asking_leads(1, users=("alice",)), c.rule(force=Force(is_allowed=True)))
    harness.directory.groups, harness.directory.statuses = dict(c.GROUPS), dict(c.STATUSES)
    harness.ledger.resume("operator")


def new_rules(policy: Policy) -> Change:
    return lambda harness: setattr(harness, "policy", policy)


def new_groups(who: Actor, groups: frozenset[str]) -> Change:
    return lambda harness: harness.directory.groups.update({who.user_id: groups})


def new_status(who: Actor, status: MemberStatus) -> Change:
    return lambda harness: harness.directory.statuses.update({who.user_id: status})


CHANGES: st.SearchStrategy[Change] = st.one_of(
    st.builds(new_rules, POLICIES),
    st.builds(new_groups, PERSON, st.sampled_from([frozenset[str](), c.ONCALL, c.LEADS, c.ONCALL | c.LEADS])),
    st.builds(new_status, PERSON, st.sampled_from(MemberStatus)),
    st.just(lambda harness: harness.ledger.pause("operator", "patch night")),
)
ODD_MOMENTS = st.one_of(st.none(), st.none(), st.just(order), CHANGES)


def enough(required: Requirement | None, request: Request, people: list[Person]) -> bool:
    """So many distinct people with the right for every need: in words of its own."""
    assert required
    names = {one.actor.user_id: one for one in people}
    if required.confirm is Confirm.SELF:
        return request.actor.user_id in names
    mine = request.actor.user_id
    return all(
        len([u for u, one in names.items() if one.is_among(need.of) and (need.requester_counts or u != mine)])
        >= need.count
        for need in required.needs
    )


class PeopleAtWork(RuleBasedStateMachine):
    """`harness` is the bot; every act that begins is looked at in the moment of its `Started`.

    `asked_as` and `decided_as`: what the requester of a request was as they asked, and whoever decided as they pressed.
    """

    def __init__(self) -> None:
        super().__init__()
        self.harness = bot_with()
        order(self.harness)
        self.seen: set[str] = set()
        self.asked_as: dict[str, MemberStatus] = {}
        self.decided_as: dict[str, dict[str, MemberStatus]] = {}
        self.said_no = 0
        self._watch()

    def _watch(self) -> None:
        """Nothing may lie between the last question and the start: what is true then is what counts."""
        record = self.harness.ledger.record

        def watched(request_id: str, event: object, **how: object) -> Request:
            after = record(request_id, event, **how)  # type: ignore[arg-type] # passed on as it came
            if after.state is State.ACTING and request_id not in self.seen:
                self.seen.add(request_id)
                self.check_start(after)
            return after

        self.harness.ledger.record = watched  # type: ignore[method-assign] # the test's ear in the machine

    def check_start(self, request: Request) -> None:
        policy, directory = self.harness.policy, self.harness.directory
        requester = directory.person(request.actor)
        counted = [directory.person(actor) for actor in request.counted]
        assert self.harness.ledger.paused() is None
        assert requester.status is MemberStatus.MEMBER
        assert p.may_ask(policy, requester, request.place, request.action).allowed
        for target in request.open_targets:
            assert p.for_session(policy, requester, request.place, request.action, target.session).allowed
        sessions = [target.session for target in request.open_targets]
        shown = request.requirement
        assert shown
        forced, reason = shown.is_forced, str(getattr(request.ask, "reason", ""))
        now = p.requirement_for(policy, requester, request.place, request.action, sessions, force=forced, reason=reason)
        assert isinstance(now, Requirement)
        members = [one for one in counted if one.status is MemberStatus.MEMBER]
        assert len({one.actor.user_id for one in members}) == len(members)
        if forced:
            assert now.is_forced
            return
        assert not now.is_forced
        assert enough(shown, request, members)
        assert is_enough(shown, request, members)
        assert now.confirm is Confirm.SELF or enough(now, request, members)
        assert now.confirm is not Confirm.SELF or counted, "somebody has said yes"

    # What people do

    @rule(by=PERSON, text=TEXTS, place=st.sampled_from([c.OPS, c.LOUNGE]))
    def ask(self, by: Actor, text: str, place: Place) -> None:
        self._asks(text, by, place)

    @precondition(lambda self: self.harness.ledger.newest(1))
    @rule(
        by=PERSON,
        press=st.sampled_from(Press),
        which=st.integers(0, 3),
        version=st.one_of(st.none(), st.integers(1, 9)),
    )
    def press(self, by: Actor, press: Press, which: int, version: int | None) -> None:
        request = self._one(which)
        self._presses(by, request, lambda: self.harness.press(press.value, by=by, on=request, version=version))

    @precondition(lambda self: self.harness.ledger.newest(1))
    @rule(by=PERSON, which=st.integers(0, 3))
    def approve(self, by: Actor, which: int) -> None:
        request = self._one(which)
        self._presses(by, request, lambda: self.harness.press("approve", by=by, on=request))

    @precondition(lambda self: self.harness.ledger.newest(1))
    @rule(by=PERSON, which=st.integers(0, 3), picked=st.sets(st.integers(0, 5), min_size=1))
    def narrow(self, by: Actor, which: int, picked: set[int]) -> None:
        request = self._one(which)
        self._presses(by, request, lambda: self.harness.choose(*picked, by=by, on=request))

    def _one(self, which: int) -> Request:
        found = self.harness.ledger.newest(4)
        return found[which % len(found)]

    def _asks(self, text: str, by: Actor, place: Place = c.OPS) -> Request:
        status = self.harness.directory.person(by).status
        request = self.harness.ask_and_run(text, by=by, place=place)
        self.asked_as[request.id] = status
        return request

    def _presses(self, by: Actor, request: Request, press: Callable[[], Response]) -> None:
        before, status = self.harness.find(request.id), self.harness.directory.person(by).status
        self.said_no += bool(press().text)
        after = self.harness.find(request.id)
        if after.decided_by != before.decided_by:
            assert after.decided_by == by
            self.decided_as.setdefault(request.id, {})[by.user_id] = status

    @rule(text=TEXTS, asker=st.sampled_from([c.DANA, c.CHEN]), voters=st.sets(PERSON), then=ODD_MOMENTS)
    def carry_a_request_through(self, text: str, asker: Actor, voters: set[Actor], then: Change | None) -> None:
        """All say yes; something may change between the last yes and the act."""
        request = self._asks(text, asker)
        for voter in sorted(voters | {c.DANA, c.CHEN, c.BO}, key=lambda one: one.name):
            self._presses(voter, request, partial(self.harness.press, "approve", by=voter, on=request))
        if then:
            then(self.harness)
        self.harness.run()

    # What happens around them

    @rule(change=CHANGES)
    def change(self, change: Change) -> None:
        change(self.harness)

    @rule()
    def come_to_order(self) -> None:
        order(self.harness)

    @rule(length=st.sampled_from([timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=16)]))
    def wait(self, length: timedelta) -> None:
        self.harness.jump(length)

    @rule()
    def run(self) -> None:
        self.harness.run()

    # What stays true

    @invariant()
    def nobody_is_touched_by_a_request_that_was_not_seen_to_start_rightly(self) -> None:
        touched = {*self.harness.terminal.logged_off, *self.harness.terminal.disconnected}
        allowed = {t.key for r in self.harness.ledger.newest(1000) if r.id in self.seen for t in r.targets}
        assert touched <= allowed

    @invariant()
    def whoever_was_no_member_then_starts_nothing_and_decides_nothing(self) -> None:
        for request in self.harness.ledger.newest(1000):
            if request.decided_by:
                assert self.decided_as[request.id][request.decided_by.user_id] is MemberStatus.MEMBER
            assert request.id not in self.seen or self.asked_as[request.id] is MemberStatus.MEMBER

    @invariant()
    def every_refusal_stands_in_the_audit(self) -> None:
        noted = [entry for entry in self.harness.ledger.entries(limit=100_000) if entry.event == "noted"]
        assert len(noted) == self.said_no

    @invariant()
    def everybody_is_warned_once_at_most(self) -> None:
        messages = [(host, number) for host, number, _, _ in self.harness.terminal.messages]
        intents = [e for e in self.harness.ledger.entries(limit=100_000) if e.event == "warning_started"]
        assert len(messages) <= len(intents)

    def teardown(self) -> None:
        entries = self.harness.ledger.entries(limit=100_000)
        assert first_fault(entries, KEY.public) is None
        for request_id in self.seen:
            events = [entry.event for entry in entries if entry.request_id == request_id]
            assert (events.count("started"), events.count("approved") <= 1) == (1, True)
            assert not {"denied", "refused"} & set(events[events.index("started") :])


TestPeopleAtWork = pytest.mark.slow(PeopleAtWork.TestCase)
TestPeopleAtWork.settings = settings(max_examples=examples(2.5), stateful_step_count=30, phases=PHASES)

SESSIONS = st.builds(
    lambda number, user, state: b.session(number, account=Account(domain="CORP", user=user), state=state),
    st.integers(1, 60),
    st.sampled_from(["alice", "bob", "user1"]),
    st.sampled_from([SessionState.ACTIVE, SessionState.DISCONNECTED]),
)


@pytest.mark.slow
@settings(max_examples=examples(10))
@given(
    policy=POLICIES,
    sessions=st.lists(SESSIONS, min_size=2, max_size=14, unique_by=lambda session: session.id),
    people=st.sets(st.sampled_from([c.DANA, c.BO, c.CHEN, c.OLI])),
    force=st.booleans(),
)
def test_adding_a_target_never_weakens_the_requirement(
    policy: Policy, sessions: list[Session], people: set[Actor], *, force: bool
) -> None:
    """Whoever may decide about more may decide about less; a requester has said yes to what they asked for."""
    dana = c.directory().person(c.DANA)
    covered = [s for s in sessions if p.for_session(policy, dana, c.OPS, Action.LOG_OFF, s).allowed]
    if len(covered) < 2:
        return
    more = p.requirement_for(policy, dana, c.OPS, Action.LOG_OFF, covered, force=force)
    less = p.requirement_for(policy, dana, c.OPS, Action.LOG_OFF, covered[:-1], force=force)
    if isinstance(more, Decision):
        return
    if isinstance(less, Decision):
        assert force, "what is refused stays refused when something is added"
        assert not more.is_forced, "a --force without its reason is refused; with a target more it may ask instead"
        return
    assert less.is_forced or not more.is_forced
    assert less.confirm is not Confirm.OTHERS or more.confirm is Confirm.OTHERS
    request = replace(b.request(actor=c.DANA), requirement=more)
    yes = [c.directory().person(one) for one in people]
    if enough(more, request, yes):
        assert enough(less, request, [*yes, dana])
    assert more.expires_after <= less.expires_after
