"""What is done with a request in each of its states, and how its card is kept true.

A step reads the request, does only what is missing, and may be run twice.
"""

from __future__ import annotations

from concurrent.futures import wait as wait_for
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from bot import policy as rules
from bot import report
from bot.acting import LOOK_WITHIN, HostAct, act_within, is_gone, wait_of
from bot.commands import BY_NAME
from bot.errors import BotError, ChatError, Conflict, TerminalError
from bot.events import Ended, Expired, Failed, Refused, Settled, Started, Stumbled
from bot.lifecycle import SETTLE_AFTER
from bot.model import Ending, State, Verdict, WorkItem
from bot.survey import Look, decide

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor
    from datetime import datetime

    from bot.model import Card, Request
    from bot.policy import Policy
    from bot.ports import Chat, Clock, Directory, Ledger, Terminal

ACT_GRACE = timedelta(minutes=2)
PROGRESS_EVERY = timedelta(seconds=3)
REDRAW_AFTER = timedelta(seconds=10)
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
        self.draw(request.id)

    def _step(self, request: Request) -> None:
        if request.state is not State.ENDED and self.clock.now() >= request.expires_at:
            self.ledger.record(request.id, Expired())
            return
        match request.state:
            case State.ASKED:
                self.survey(request)
            case State.READY:
                self.carry_out(request)
            case State.ACTING:
                if not request.open_targets:
                    self.ledger.record(request.id, Ended())
            case State.ENDED:
                self.settle(request)
            case State.AWAITING:
                pass

    def survey(self, request: Request) -> None:
        """Look at every host at once and decide what it takes. Reads only."""
        groups = self.directory.groups_of(request.actor.user_id)
        decision = rules.may_ask(self.policy, request.actor, groups, BY_NAME[request.command].action)
        if not decision.is_yes:
            self.ledger.record(request.id, Refused(rule=decision.rule, say=decision.say))
            return
        looks = self._look(request.ask.hosts)
        surveyed = self.ledger.record(request.id, decide(request, looks, self.policy, groups))
        if surveyed.state is State.READY:
            self.carry_out(surveyed)

    def carry_out(self, request: Request) -> None:
        """Ask the rules once more, record the start, and set the hosts to work."""
        groups = self.directory.groups_of(request.actor.user_id)
        decision = rules.may_still_act(self.policy, request, groups)
        if not decision.is_yes:
            self.ledger.record(request.id, Refused(rule=decision.rule, say=decision.say))
            return
        deadline = act_within(request.targets, wait_of(request)) + ACT_GRACE
        started = self.ledger.record(request.id, Started(valid_for=deadline))
        for look in started.looks:
            if look.due_at:
                self.wake(WorkItem(request_id=request.id, host=look.host), None)

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
        self.ledger.postpone(WorkItem(request_id=request.id), again_at)

    def draw(self, request_id: str) -> None:
        """Make the card show the request, as often as it moves meanwhile. Only this item's step ever draws."""
        while (request := self.ledger.find(request_id)) and request.drawn_version < request.version:
            now = self.clock.now()
            if request.state is State.ASKED:
                return
            if request.draw_due_at and now < request.draw_due_at:
                self.wake(WorkItem(request_id=request_id), request.draw_due_at)
                return
            try:
                card = self._show(request)
            except ChatError as error:
                log.warning("card.not_drawn", request_id=request.id, retryable=error.retryable, say=error.say)
                version = request.drawn_version if error.retryable else request.version
                due_at = now + REDRAW_AFTER if error.retryable else None
                self.ledger.drawn(request_id, version=version, card=request.card, due_at=due_at)
                return
            again_at = now + PROGRESS_EVERY if request.state is State.ACTING else None
            self.ledger.drawn(request_id, version=request.version, card=card, due_at=again_at)
            self._call_requester(request, card)

    def _show(self, request: Request) -> Card | None:
        drawing = report.of(request)
        if report.is_private(request):
            self.chat.tell(request.place, request.actor, drawing)
            return None
        if request.card is None:
            return self.chat.post(request.place, request.actor, drawing)
        self.chat.redraw(request.card, drawing)
        return request.card

    def _call_requester(self, request: Request, card: Card | None) -> None:
        """One line in the thread when it is over. A notice, not state: lost is lost."""
        if card is None or request.ending not in (Ending.DONE, Ending.DENIED, Ending.EXPIRED, Ending.FAILED):
            return
        try:
            self.chat.reply(card, request.actor, report.of(request).headline)
        except ChatError as error:
            log.warning("reply.not_posted", request_id=request.id, say=error.say)

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
        return HostAct(ledger=self.ledger, terminal=self.terminal, clock=self.clock, tell=self._tell, wake=self.wake)

    def _tell(self, request: Request) -> None:
        self.wake(WorkItem(request_id=request.id), None)
