"""What is done with a request in each of its states.

A step reads the request, does only what is missing, and may be run twice.
"""

from __future__ import annotations

from concurrent.futures import wait as wait_for
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from bot import phrases
from bot import policy as rules
from bot.acting import LOOK_WITHIN, HostAct, act_within, is_gone, wait_of
from bot.approval import conditions_on, may_still_act
from bot.drawing import Drawer
from bot.errors import BotError, Conflict, TerminalError
from bot.events import Ended, Expired, Failed, Refused, Settled, Started, Stumbled, Surveyed
from bot.model import Action, State, Verdict, WorkItem
from bot.rules import no
from bot.survey import Look, decide
from bot.transitions import SETTLE_AFTER
from bot.warning import Warner, warn_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor
    from datetime import datetime

    from bot.conditions import Condition
    from bot.model import Request, Someone, Target
    from bot.ports import Chat, Clock, Directory, Ledger, Terminal
    from bot.rules import Decision, Policy

ACT_GRACE = timedelta(minutes=2)
SETTLE_FOR = timedelta(minutes=15)
TRIES = 5

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow:
    """The steps. `looks` runs the looks at many hosts at once; `wake` is the engine's."""

    ledger: Ledger
    terminal: Terminal
    chat: Chat
    directory: Directory
    policy: Policy
    clock: Clock
    looks: Executor
    wake: Callable[[WorkItem, datetime | None], None]

    def step(self, item: WorkItem) -> None:
        """What is due for this item. Somebody being first is no error: the row says what is true."""
        request = self.ledger.find(item.request_id)
        if request is None:
            return
        try:
            if item.host:
                self._host_act().step(request, item.host)
                return
            self._step(request)
        except Conflict as conflict:
            log.info("step.overtaken", request_id=request.id, state=conflict.request.state.value)
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
        someone = self.directory.someone(request.actor)
        decision = self._may_begin(request, someone)
        if not decision.is_yes:
            self.ledger.record(request.id, Refused(rule=decision.rule, say=decision.say))
            return
        decided = decide(request, self._look(request.ask.hosts), self.policy, someone)
        if isinstance(decided, Surveyed) and (nobody := self._nobody_to_ask(request, decided)):
            decided = nobody
        surveyed = self.ledger.record(request.id, decided)
        if surveyed.state is State.READY:
            self.carry_out(surveyed)

    def _may_begin(self, request: Request, someone: Someone) -> Decision:
        decision = rules.may_ask(self.policy, someone, request.place, request.action)
        if not decision.is_yes or request.action is Action.LIST or getattr(request.ask, "whatif", False):
            return decision
        if pause := self.ledger.paused():
            return no("paused", phrases.paused(pause))
        asked = self.ledger.asked_since(request.actor.user_id, self.clock.now() - self.policy.requests_within)
        if asked > self.policy.requests_most:
            return no("rate limit", phrases.too_often(self.policy.requests_most, self.policy.requests_within))
        return decision

    def _nobody_to_ask(self, request: Request, surveyed: Surveyed) -> Refused | None:
        """Waiting for people who do not exist helps nobody: it is said at once."""
        for need in surveyed.requirement.needs if surveyed.requirement else ():
            people = self.directory.members_of(need.of)
            people = people if need.requester_counts else people - {request.actor.user_id}
            if len(people) < need.count:
                return Refused(rule=need.rule, say=phrases.nobody_to_ask(need, len(people)))
        return None

    def remind(self, request: Request) -> None:
        if request.due_at and self.clock.now() >= request.due_at:
            self.ledger.postpone(WorkItem(request_id=request.id), None)
            self._drawer().remind(request)

    def carry_out(self, request: Request) -> None:
        """Ask the rules once more, warn if that was wanted, record the start, and set the hosts to work."""
        decision = self._may_act(request)
        if not decision.is_yes:
            self.ledger.record(request.id, Refused(rule=decision.rule, say=decision.say))
            return
        if (grace := warn_of(request)) and request.act_at is None:
            request = Warner(ledger=self.ledger, terminal=self.terminal, together=self.looks).warn(request, grace)
        if request.act_at and self.clock.now() < request.act_at and request.open_targets:
            self.wake(WorkItem(request_id=request.id), request.act_at)
            return
        deadline = act_within(request.targets, wait_of(request)) + ACT_GRACE
        started = self.ledger.record(request.id, Started(valid_for=deadline))
        for look in started.looks:
            if look.due_at:
                self.wake(WorkItem(request_id=request.id, host=look.host), None)
        if not started.open_targets:
            self.ledger.record(request.id, Ended())

    def _may_act(self, request: Request) -> Decision:
        if pause := self.ledger.paused():
            return no("paused", phrases.paused(pause))
        requester, counted = self._people_of(request)
        return may_still_act(self.policy, request, requester, counted)

    def _people_of(self, request: Request) -> tuple[Someone, list[Someone]]:
        """The requester and those who said yes, as they are now."""
        return self.directory.someone(request.actor), [self.directory.someone(actor) for actor in request.counted]

    def settle(self, request: Request) -> None:
        """Look again at what was not known in the end; ever more seldom, then no more."""
        now, unsure = self.clock.now(), request.unsure_targets
        if not unsure or request.due_at is None or now < request.due_at:
            return
        hosts = tuple(dict.fromkeys(target.session.host for target in unsure))
        for look in self._look(hosts):
            there = {session.id: session for session in look.sessions}
            for target in unsure:
                if target.session.host == look.host and not look.error and is_gone(target, there):
                    self.ledger.record(request.id, Settled(key=target.key, verdict=Verdict.GONE, detail="seen later"))
        past = now - (request.ended_at or now)
        again_at = now + max(SETTLE_AFTER, past) if past < SETTLE_FOR else None
        if again_at is None:
            self._give_up_looking(request)
        self.ledger.postpone(WorkItem(request_id=request.id), again_at)

    def _give_up_looking(self, request: Request) -> None:
        """What was seen last stands for good, and the card stops promising another look."""
        now = self.ledger.find(request.id)
        for target in now.unsure_targets if now else ():
            verdict = target.verdict or Verdict.UNKNOWN
            self.ledger.record(request.id, Settled(key=target.key, verdict=verdict, detail=target.detail))

    def surprise(self, item: WorkItem, reference: str, error: Exception) -> None:
        """A step failed in a way nobody foresaw: again in a while, and after some tries the person is told."""
        request = self.ledger.find(item.request_id)
        if request is None:
            return
        code = error.code if isinstance(error, BotError) else type(error).__name__
        again_in = timedelta(seconds=2 ** (request.attempts + 1))
        try:
            if request.state is State.ENDED:
                again_at = self.clock.now() + again_in if request.attempts < TRIES else None
                self.ledger.postpone(item, again_at)
            elif request.attempts + 1 < TRIES:
                stumbled = Stumbled(reference=reference, code=code, again_in=again_in, host=item.host)
                self.ledger.record(request.id, stumbled)
            else:
                self.ledger.record(request.id, Failed(reference=reference, code=code))
                self.wake(WorkItem(request_id=request.id), None)
        except Conflict as conflict:
            log.info("surprise.overtaken", request_id=request.id, state=conflict.request.state.value)

    def _look(self, hosts: tuple[str, ...]) -> list[Look]:
        futures = [self.looks.submit(self._look_at, host) for host in hosts]
        wait_for(futures)
        return [future.result() for future in futures]

    def _look_at(self, host: str) -> Look:
        try:
            sessions = self.terminal.sessions(host, within=LOOK_WITHIN)
        except TerminalError as error:
            return Look(host=host, at=self.clock.now(), error=error)
        return Look(host=host, at=self.clock.now(), sessions=sessions)

    def _host_act(self) -> HostAct:
        return HostAct(
            ledger=self.ledger,
            terminal=self.terminal,
            clock=self.clock,
            tell=self._tell,
            wake=self.wake,
            still=self._conditions_on,
        )

    def _conditions_on(self, request: Request, target: Target) -> tuple[Condition, ...]:
        requester, counted = self._people_of(request)
        return conditions_on(self.policy, request, requester, counted, target)

    def _drawer(self) -> Drawer:
        return Drawer(ledger=self.ledger, chat=self.chat, clock=self.clock, wake=self.wake)

    def _tell(self, request: Request) -> None:
        self.wake(WorkItem(request_id=request.id), None)
