"""Whole conversations: whoever was touched stood, by name and in that situation, on the card that was approved.

Or the forced command wrote it. On the machine of that name, and whoever said yes counted when the host began.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bot.cards.wording import session_state
from bot.domain.people import MemberStatus
from bot.domain.request import State
from bot.domain.session import IDLE_FROM, Account, Machine, Session, SessionState
from bot.policy.model import Force
from tests.fakes.terminal import FakeTerminal
from tests.support import builders as b
from tests.support import people as c
from tests.support.effort import examples
from tests.support.harness import BotHarness

if TYPE_CHECKING:
    from bot.domain.people import Actor
    from bot.domain.request import Request, Target
    from tests.fakes.ledger import FakeLedger

ACTIVE, LEFT = SessionState.ACTIVE, SessionState.DISCONNECTED
MINUTE = 600_000_000
NOW = b.session().now
USERS = {3: "alice", 5: "bob", 7: "carol"}
HOSTS = ("comp1", "comp2")
NAMED = {"comp1": Machine(dns="comp1", netbios="COMP1"), "comp2": Machine(dns="comp2", netbios="COMP2")}
ANOTHER = Machine(dns="comp9", netbios="COMP9")


def session_of(host: str, number: int, state: SessionState = LEFT, minutes: int = 180) -> Session:
    since = NOW - minutes * MINUTE
    return b.session(
        number,
        account=Account(domain="CORP", user=USERS[number]),
        state=state,
        input=since if state is ACTIVE else 0,
        disconnect=0 if state is ACTIVE else since,
        machine=NAMED[host],
    )


HOST, NUMBER = st.sampled_from(HOSTS), st.sampled_from(sorted(USERS))
PRESSER = st.sampled_from([c.DANA, c.BO, c.CHEN, c.OLI])


class Touched(list[Session]):
    """Remembers for each session who gave the order: the request that began last at this host."""

    def __init__(self, ledger: FakeLedger) -> None:
        super().__init__()
        self._ledger = ledger
        self.by_order_of: list[str] = []

    def append(self, seen: Session) -> None:
        begun = [entry for entry in self._ledger.entries(limit=100_000) if entry.event == "host_started"]
        self.by_order_of.append(next(entry.request_id for entry in reversed(begun) if entry.host == seen.host))
        super().append(seen)


class Conversations(RuleBasedStateMachine):
    """People ask, press, leave and come back in any order; the bot is woken after each of it."""

    def __init__(self) -> None:
        super().__init__()
        services = b.session(0, account=Account(domain="", user=""), station="Services", logon=0)
        people = {host: [session_of(host, number) for number in USERS] for host in HOSTS}
        self.terminal = FakeTerminal(
            {host: [replace(services, machine=NAMED[host]), *sessions] for host, sessions in people.items()}
        )
        rules = (
            c.rule("four eyes", computers=("comp2",), need=c.of_leads(1, rule="four eyes")),
            c.rule("on-call", force=Force(is_allowed=True)),
        )
        self.harness = BotHarness(
            terminal=self.terminal,
            directory=c.directory(),
            policy=c.policy(*rules),
            hosts=HOSTS,
            asker=c.DANA,
            place=c.OPS,
        )
        self.terminal.touched = self.touched = Touched(self.harness.ledger)
        self.at = dict(NAMED)
        self.cards: dict[str, str] = {}
        self.checked = 0

    @rule(
        hosts=st.sampled_from(["comp1", "comp2", "comp1,comp2"]),
        whom=st.sampled_from(["id=3", "id=5,7", "user=alice", "--all", "idle>2h"]),
        how=st.sampled_from(
            ["", "--sync", "--force --reason now", "--warn 1m", "--even-if-active", "--sync --warn 1m"]
        ),
    )
    def somebody_asks(self, hosts: str, whom: str, how: str) -> None:
        self.harness.clock.move(timedelta(seconds=1))  # so that the newest request is one alone
        if self.harness.ask(f"{hosts} {whom} {how}").wake:
            self.harness.run()

    @precondition(lambda self: self.waiting)
    @rule(press=st.sampled_from(["approve", "approve", "deny", "cancel"]), by=PRESSER)
    def somebody_presses(self, press: str, by: Actor) -> None:
        request = self.waiting[-1]
        self.cards[request.id] = self.harness.text_on_card(request)
        self.harness.press(press, by=by, on=request)
        self.harness.run()

    @rule(host=HOST, number=NUMBER, state=st.sampled_from([ACTIVE, LEFT]), minutes=st.sampled_from([0, 1, 4, 5, 180]))
    def a_person_does_something(self, host: str, number: int, state: SessionState, minutes: int) -> None:
        logon = self.logon_of(host, number)
        self.terminal.set(host, replace(session_of(host, number, state, minutes), logon=logon, machine=self.at[host]))

    @rule(host=HOST, number=NUMBER)
    def another_person_gets_the_session(self, host: str, number: int) -> None:
        self.terminal.set(host, replace(session_of(host, number), machine=self.at[host]))
        self.terminal.take_over(host, number, Account(domain="CORP", user="mallory"))

    @rule(host=HOST)
    def another_machine_answers(self, host: str) -> None:
        self.at[host] = ANOTHER
        for session in list(self.terminal._hosts[host].values()):
            self.terminal.set(host, replace(session, machine=ANOTHER))

    @rule(person=PRESSER, status=st.sampled_from([MemberStatus.MEMBER, MemberStatus.DEACTIVATED]))
    def somebody_leaves_or_joins(self, person: Actor, status: MemberStatus) -> None:
        self.harness.directory.statuses[person.user_id] = status

    @rule(seconds=st.sampled_from([5, 30, 90]))
    def time_passes(self, seconds: int) -> None:
        if self.harness.ledger.newest(1):
            self.harness.wait(timedelta(seconds=seconds))

    @invariant()
    def whoever_was_touched_stood_on_the_card(self) -> None:
        for request_id, seen in list(zip(self.touched.by_order_of, self.touched, strict=True))[self.checked :]:
            request = self.harness.find(request_id)
            target = request.target_at((seen.host, seen.id))
            assert target
            self.check_people(request)
            self.check_card(request, target)
            assert seen.machine == target.session.machine
            assert (seen.account, seen.logon) == (target.session.account, target.session.logon)
            if not request.ask.even_if_active:
                check_situation(target, seen)
        self.checked = len(self.touched)

    @invariant()
    def nobody_is_touched_unseen(self) -> None:
        begun = len(self.terminal.logged_off) + len(self.terminal.disconnected)
        assert len(self.touched) == begun

    def check_people(self, request: Request) -> None:
        """Everybody whose yes was counted, and the requester, counted when the host began."""
        people = [request.actor, *request.counted]
        assert all(self.harness.directory.person(each).status is MemberStatus.MEMBER for each in people)

    def check_card(self, request: Request, target: Target) -> None:
        if request.requirement and request.requirement.is_forced:
            assert "--force" in request.text
            assert target.session.host in request.text
            return
        card = self.cards[request.id]
        assert str(target.session.account) in card
        assert session_state(target.session) in card
        assert target.session.host in card
        assert f"  session {target.session.id} · " in card

    @property
    def waiting(self) -> list[Request]:
        return [request for request in self.harness.ledger.newest(3) if request.state is State.AWAITING]

    def logon_of(self, host: str, number: int) -> int:
        there = self.terminal._hosts[host].get(number)
        return there.logon if there else b.LOGON


def check_situation(target: Target, seen: Session) -> None:
    """The person had not come back since the card was drawn, and had not left an idle session."""
    said = target.session
    if said.state is not ACTIVE:
        assert seen.state is not ACTIVE
        assert seen.disconnect <= said.disconnect or not said.disconnect
    elif said.idle and said.idle >= IDLE_FROM and not target.warned_at:
        assert seen.state is ACTIVE
        assert 0 < seen.input <= said.input + MINUTE


Conversations.TestCase.settings = settings(max_examples=examples(4), stateful_step_count=30, deadline=None)
TestConversations = pytest.mark.slow(Conversations.TestCase)
