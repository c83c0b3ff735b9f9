"""What is done with a request in each of its states.

A step reads the request, does only what is missing, and may be run twice.
"""

from __future__ import annotations

from collections import Counter
from concurrent.futures import wait as wait_for
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from bot.cards import wording
from bot.domain.actions import Action, facts_of
from bot.domain.events import Ended, Expired, Failed, Refused, Settled, SettlingAbandoned, Started, StepFailed, Surveyed
from bot.domain.request import State, WorkItem
from bot.domain.transitions import SETTLE_AFTER
from bot.domain.verdicts import Reason
from bot.errors import BotError, Conflict, NotAllowed, TerminalError
from bot.policy import evaluate
from bot.policy.approvals import conditions_on, may_still_act
from bot.policy.model import deny
from bot.workflow.execution import LOOK_WITHIN, HostExecution, act_within, seen_of
from bot.workflow.publishing import CardPublisher
from bot.workflow.survey import Look, decide
from bot.workflow.warning import WarningSender

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor
    from datetime import datetime

    from bot.domain.conditions import Condition
    from bot.domain.people import Person
    from bot.domain.request import Request, Target
    from bot.domain.session import Session
    from bot.policy.model import Decision, Policy
    from bot.ports.chat import Chat
    from bot.ports.clock import Clock
    from bot.ports.directory import Directory
    from bot.ports.ledger import Ledger
    from bot.ports.terminal import Terminal

ACT_GRACE = timedelta(minutes=2)
SETTLE_FOR = timedelta(minutes=15)
TRIES = 5
HOSTS_AT_ONCE = 16
"""What the engines run side by side; only the deadline of a whole act is reckoned from it."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow:
    """The steps. `surveys` runs the looks at many hosts at once; `wake` is the engine's."""

    ledger: Ledger
    terminal: Terminal
    chat: Chat
    directory: Directory
    policy: Policy
    clock: Clock
    executor: Executor
    wake: Callable[[WorkItem, datetime | None], None]

    def step(self, item: WorkItem) -> None:
        """What is due for this item. Somebody being first is no error: the row says what is true."""
        request = self.ledger.find(item.request_id)
        if request is None:
            return
        try:
            if item.host:
                self._host_act().step(request, item.host)
            else:
                self._step(request)
        except Conflict as conflict:
            log.info("step.overtaken", request_id=request.id, state=conflict.request.state.value)
            if item.host:
                self._tell(request)
        if not item.host:
            self._drawer().draw(request.id)

    def _step(self, request: Request) -> None:
        if request.state is not State.ENDED and self.clock.now() >= request.expires_at:
            self.ledger.record(request.id, Expired())
            return
        match request.state:
            case State.ASKED:
                self.survey(request)
            case State.AWAITING:
                self.remind(request)
            case State.READY:
                self.carry_out(request)
            case State.ACTING:
                if not request.open_targets:
                    self.ledger.record(request.id, Ended())
            case State.ENDED:
                self.settle(request)

    def survey(self, request: Request) -> None:
        """Look at every host at once and decide what it takes. Reads only."""
        person = self.directory.person(request.actor)
        decision = self._may_begin(request, person)
        if not decision.allowed:
            self.ledger.record(request.id, Refused(rule=decision.rule, message=decision.message))
            return
        decided = decide(request, self._look_where_allowed(request, person), self.policy, person)
        if isinstance(decided, Surveyed) and (nobody := self._nobody_to_ask(request, decided)):
            decided = nobody
        surveyed = self.ledger.record(request.id, decided)
        if surveyed.state is State.READY:
            self.carry_out(surveyed)

    def _look_where_allowed(self, request: Request, person: Person) -> list[Look]:
        """A computer that no rule lets this person look at is not contacted at all."""
        place, action = request.place, request.action
        allowed = tuple(h for h in request.ask.hosts if evaluate.may_look(self.policy, person, place, action, h))
        surveys = {look.host: look for look in self._look(allowed)}
        for host in request.ask.hosts:
            if host not in surveys:
                error = NotAllowed(wording.not_allowed(host), host=host)
                surveys[host] = Look(host=host, at=self.clock.now(), error=error)
        return [surveys[host] for host in request.ask.hosts]

    def _may_begin(self, request: Request, person: Person) -> Decision:
        if request.action is Action.AUDIT:
            return deny("no act", wording.READS_NO_COMPUTER)
        decision = evaluate.may_ask(self.policy, person, request.place, request.action)
        if not decision.allowed:
            return decision
        only_looks = facts_of(request.action).only_reads or request.ask.whatif
        if not only_looks and (pause := self.ledger.paused()):
            return deny("paused", wording.paused(pause))
        asked = self.ledger.asked_since(request.actor.user_id, self.clock.now() - self.policy.max_requests_per)
        if asked > self.policy.max_requests:
            return deny("rate limit", wording.too_often(self.policy.max_requests, self.policy.max_requests_per))
        return decision

    def _nobody_to_ask(self, request: Request, surveyed: Surveyed) -> Refused | None:
        """Waiting for people who do not exist helps nobody: it is said at once."""
        required = surveyed.requirement
        for need in required.needs if required and not required.is_forced else ():
            people = self.directory.members_of(need.of)
            people = people if need.requester_counts else people - {request.actor.user_id}
            if len(people) < need.count:
                return Refused(rule=need.rule, message=wording.nobody_to_ask(need, len(people)))
        return None

    def remind(self, request: Request) -> None:
        if request.due_at and self.clock.now() >= request.due_at:
            self.ledger.postpone(WorkItem(request_id=request.id), None)
            self._drawer().remind(request)

    def carry_out(self, request: Request) -> None:
        """Ask the rules once more, warn if that was wanted, record the start, and set the hosts to work."""
        decision = self._may_act(request)
        if not decision.allowed:
            self.ledger.record(request.id, Refused(rule=decision.rule, message=decision.message))
            return
        if (grace := request.ask.warn) and request.act_at is None:
            request = self._warner().warn(request, grace)
        if request.act_at and self.clock.now() < request.act_at and request.open_targets:
            self.wake(WorkItem(request_id=request.id), request.act_at)
            return
        deadline = _longest(request) + ACT_GRACE
        started = self.ledger.record(request.id, Started(valid_for=deadline))
        for look in started.surveys:
            if look.due_at:
                self.wake(WorkItem(request_id=request.id, host=look.host), None)
        if not started.open_targets:
            self.ledger.record(request.id, Ended())

    def _may_act(self, request: Request) -> Decision:
        if pause := self.ledger.paused():
            return deny("paused", wording.paused(pause))
        requester, counted = self._people_of(request)
        return may_still_act(self.policy, request, requester, counted)

    def _people_of(self, request: Request) -> tuple[Person, list[Person]]:
        """The requester and those who said yes, as they are now."""
        return self.directory.person(request.actor), [self.directory.person(actor) for actor in request.counted]

    def settle(self, request: Request) -> None:
        """Look again at what was not known in the end; ever more seldom, then no more."""
        now, unsure = self.clock.now(), request.unsure_targets
        if request.due_at is None or now < request.due_at:
            return
        if not unsure:
            self.ledger.postpone(WorkItem(request_id=request.id), None)
            return
        hosts = tuple(dict.fromkeys(target.session.host for target in unsure))
        for look in self._look(hosts):
            there = {session.id: session for session in look.sessions}
            for target in unsure:
                if target.session.host == look.host and not look.error:
                    self._settle_one(request, target, there)
        past = now - (request.ended_at or now)
        again_at = now + max(SETTLE_AFTER, past) if past < SETTLE_FOR else None
        left = self.ledger.find(request.id)
        if again_at is None and left and left.unsure_targets:
            self.ledger.record(request.id, SettlingAbandoned())
        else:
            self.ledger.postpone(WorkItem(request_id=request.id), again_at)

    def _settle_one(self, request: Request, target: Target, there: dict[int, Session]) -> None:
        if verdict := seen_of(request, target, there):
            self.ledger.record(request.id, Settled(key=target.key, verdict=verdict, reason=Reason.SEEN_LATER))

    def record_failure(self, item: WorkItem, reference: str, error: Exception) -> None:
        """A step failed in a way nobody foresaw: again in a while, and after some tries the person is told."""
        request = self.ledger.find(item.request_id)
        if request is None:
            return
        code = error.code if isinstance(error, BotError) else type(error).__name__
        again_in = timedelta(seconds=2 ** (request.attempts + 1))
        try:
            if request.state is State.ENDED and request.attempts + 1 >= TRIES:
                self._let_be(request)
            elif request.state is State.ENDED or request.attempts + 1 < self._tries(request, item):
                stumbled = StepFailed(reference=reference, code=code, again_in=again_in, host=item.host)
                self.ledger.record(request.id, stumbled)
            else:
                self.ledger.record(request.id, Failed(reference=reference, code=code))
                self.wake(WorkItem(request_id=request.id), None)
        except Conflict as conflict:
            log.info("surprise.overtaken", request_id=request.id, state=conflict.request.state.value)

    def _tries(self, request: Request, item: WorkItem) -> int:
        """Hosts stumble side by side: a short fault that meets all of them is one fault."""
        return TRIES * len(request.surveys) if item.host else TRIES

    def _let_be(self, request: Request) -> None:
        """It is over, and what is left (a drawing, a later look) fails for good: nobody is told of it without end."""
        self.ledger.mark_published(request.id, version=request.version, message_ref=request.message_ref, due_at=None)
        self.ledger.postpone(WorkItem(request_id=request.id), None)

    def _look(self, hosts: tuple[str, ...]) -> list[Look]:
        futures = [self.executor.submit(self._look_at, host) for host in hosts]
        wait_for(futures)
        return [future.result() for future in futures]

    def _look_at(self, host: str) -> Look:
        try:
            sessions = self.terminal.sessions(host, within=LOOK_WITHIN)
        except TerminalError as error:
            return Look(host=host, at=self.clock.now(), error=error)
        return Look(host=host, at=self.clock.now(), sessions=sessions)

    def _host_act(self) -> HostExecution:
        return HostExecution(
            ledger=self.ledger,
            terminal=self.terminal,
            clock=self.clock,
            tell=self._tell,
            wake=self.wake,
            may_begin=self._may_act,
            still=self._conditions_on,
            may_touch_console=self.policy.may_touch_console,
        )

    def _conditions_on(self, request: Request, target: Target) -> tuple[Condition, ...]:
        requester, counted = self._people_of(request)
        return conditions_on(self.policy, request, requester, counted, target)

    def _warner(self) -> WarningSender:
        console = self.policy.may_touch_console
        return WarningSender(
            ledger=self.ledger, terminal=self.terminal, together=self.executor, may_touch_console=console
        )

    def _drawer(self) -> CardPublisher:
        return CardPublisher(ledger=self.ledger, chat=self.chat, clock=self.clock, wake=self.wake)

    def _tell(self, request: Request) -> None:
        self.wake(WorkItem(request_id=request.id), None)


def _longest(request: Request) -> timedelta:
    """The hosts work side by side, so many at once; on each its targets wait one after the other."""
    by_host = Counter(target.session.host for target in request.open_targets)
    most = max(by_host.values(), default=0)
    rounds = -(-len(by_host) // HOSTS_AT_ONCE)
    return act_within(request.open_targets[:most], request.ask.wait) * max(1, rounds)
