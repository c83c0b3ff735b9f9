"""One step for each state of a request.

A step reads the request, does what is missing, and may run twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from bot.domain.act_times import time_of_act
from bot.domain.actions import Action
from bot.domain.events import Ended, Expired, Failed, Refused, Started, StepFailed, Surveyed
from bot.domain.part import HEAD, at_host
from bot.domain.request import LIST_FAILED, State, WorkItem
from bot.errors import BotError, ChatError, Conflict, Standstill, UnreadableRequest
from bot.workflow.allowed_looks import look_where_allowed
from bot.workflow.audit_answer import NO_LOG, AuditAnswer, LogSources, answer_with
from bot.workflow.calls import HostCalls
from bot.workflow.courier import due_after
from bot.workflow.execution import HostExecution
from bot.workflow.first_parts import FirstParts
from bot.workflow.following import FollowUp
from bot.workflow.guarded_terminal import GuardedTerminal
from bot.workflow.host_reader import HostReader, LookWithin, same_for_all
from bot.workflow.owned_terminal import OwnedTerminal
from bot.workflow.planning import plan
from bot.workflow.program_looks import ProgramLooks, looks_with
from bot.workflow.publishing import CardPublisher, publisher_on
from bot.workflow.records import HostRecords
from bot.workflow.settling import Settling
from bot.workflow.shared_looks import SharedLooks
from bot.workflow.standstill import ends_in_standstill
from bot.workflow.survey import decide
from bot.workflow.turns import next_host
from bot.workflow.unreadable import Unreadable
from bot.workflow.warning import WarningSender, are_warned

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bot.domain.request import Request
    from bot.ports.clock import Clock
    from bot.ports.forms import Forms
    from bot.ports.host_pool import HostPool
    from bot.ports.ledger import Ledger
    from bot.ports.scheduler import Scheduler
    from bot.ports.terminal import Terminal
    from bot.workflow.authorization import Authorizer
    from bot.workflow.courier import Courier

TRIES = 5
"""How often a step may fail before the request fails."""

MOST_DOUBLINGS = 6
"""How often the pause after a failure doubles. Hosts count their failures together, and each may fail `TRIES` times."""

ANNOUNCE_AGAIN = timedelta(seconds=5)
"""How often a held act looks whether its announcement stands by now."""

log = structlog.get_logger()


def _nobody_looks(_: Request) -> None:
    """Draw no home."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow:
    """The steps of requests and of their hosts. `assemble` builds one from the ports."""

    ledger: Ledger
    clock: Clock
    scheduler: Scheduler
    authorizer: Authorizer
    hosts: HostReader
    warnings: WarningSender
    execution: HostExecution
    settling: Settling
    publisher: CardPublisher
    unreadable: Unreadable
    audit: AuditAnswer
    programs: ProgramLooks
    first_parts: FirstParts = field(default_factory=FirstParts)
    changed: Callable[[Request], None] = _nobody_looks  # called after the step of a request, when its card is drawn

    def step(self, item: WorkItem) -> None:
        """Run the step due for this work item. A request that cannot be read is ended, and is no error of the step."""
        try:
            self._run(item)
        except UnreadableRequest as error:
            self.unreadable.end(error)

    def _run(self, item: WorkItem) -> None:
        """Run the step. Losing a race is not an error; the stored row decides."""
        if item.look:
            self.programs.show(item.request_id, item.look)
            return
        part = at_host(item.host) if item.host else HEAD
        request = self.first_parts.take(item) or self.ledger.find(item.request_id, part)
        if request is None:
            return
        try:
            if still := self.ledger.standstill():
                if not ends_in_standstill(self.ledger, still, request, item):
                    return
            elif item.host:
                self.execution.step(request, item.host)
            else:
                self._step(request)
        except Conflict as conflict:
            log.info("step.overtaken", request_id=request.id, state=conflict.request.state.value)
            if item.host:
                self.scheduler.wake(WorkItem(request_id=request.id))
        if not item.host:
            self.publisher.publish(request.id)
            if request.state is State.AWAITING:
                self.remind(request.id)
            self.changed(request)

    def _step(self, request: Request) -> None:
        if request.state is not State.ENDED and self.clock.now() >= request.expires_at:
            self.ledger.record(request.id, Expired())
            return
        match request.state:
            case State.ASKED if request.action is Action.AUDIT:
                self.audit.answer(request)
            case State.ASKED if request.reason_asked is None:
                self.survey(request)
            case State.ASKED | State.AWAITING:
                pass
            case State.READY:
                if proven := self.ledger.prove(request.id):
                    self.carry_out(proven)
            case State.ACTING:
                if not request.counts.open:
                    self.ledger.record(request.id, Ended())
                elif request.ask.stop_on_error and request.due_at and request.due_at <= self.clock.now():
                    self._begin_next(request)
            case State.ENDED:
                self.settling.settle(request)

    def _whole(self, request: Request) -> Request:
        return self.ledger.find(request.id) or request

    def survey(self, request: Request) -> None:
        """Read all hosts side by side, and record `Surveyed` or `Refused`. It changes nothing on a host."""
        request = self.ledger.prove(request.id, HEAD) or request
        requester = self.authorizer.person(request.actor)
        decision = self.authorizer.may_survey(request, requester)
        if not decision.allowed:
            self.ledger.record(request.id, Refused(rule=decision.rule, message=decision.message))
            return
        decided = decide(request, look_where_allowed(self, request, requester), self.authorizer.policy, requester)
        limit = None
        if isinstance(decided, Surveyed) and decided.requirement:
            limit = self.authorizer.alone_limit(request, decided.targets)
            called = self.authorizer.with_called(request, decided.requirement)
            decided = self.authorizer.nobody_to_ask(request, called) or replace(decided, requirement=called)
        surveyed = self.ledger.record(request.id, decided, limit=limit)
        if surveyed.state is State.READY and surveyed.hold:
            self.scheduler.wake(WorkItem(request_id=request.id))  # after the announcement
        elif surveyed.state is State.READY:
            self.carry_out(surveyed)

    def remind(self, request_id: str) -> None:
        """Remind the approvers once, when the request is due: at half of the card's waiting time.

        The card and its list stand by then, so that nobody is called to something else.
        """
        head = self.ledger.find(request_id, HEAD)
        if head is None or head.state is not State.AWAITING or not head.due_at or self.clock.now() < head.due_at:
            return
        request = self._whole(head)
        if request.state is State.AWAITING and (request.listed == LIST_FAILED or self.publisher.may_remind(request)):
            try:
                self.publisher.remind(request)
            except ChatError as error:
                self.ledger.postpone(WorkItem(request_id=request_id), due_after(self.clock.now(), error))
            else:
                self.ledger.postpone(WorkItem(request_id=request_id), None)

    def carry_out(self, request: Request) -> None:
        """Ask the rules once more, send the warnings that were asked for, record the start, and wake the hosts.

        While the time to save runs, the request is only woken for its end.
        """
        decision = self.authorizer.may_act(request)
        if not decision.allowed:
            self.ledger.record(request.id, Refused(rule=decision.rule, message=decision.message))
            return
        if request.hold and request.announced_in and not request.announced_at:
            self._again_at(request, self.clock.now() + ANNOUNCE_AGAIN)
            return
        if (grace := request.ask.warn) and not are_warned(request, grace):
            self.warnings.warn(request, grace)
            request = self.ledger.prove(request.id) or request
        if (begins_at := request.begins_at) and self.clock.now() < begins_at and request.open_targets:
            self._again_at(request, begins_at)
            return
        started = self.ledger.record(request.id, Started(valid_for=time_of_act(request)))
        self.first_parts.keep(started)
        for survey in started.surveys:
            if survey.due_at:
                self.scheduler.wake(WorkItem(request_id=request.id, host=survey.host))
        if not started.open_targets:
            self.ledger.record(request.id, Ended())

    def _again_at(self, request: Request, at: datetime) -> None:
        plan(self.ledger, self.scheduler, WorkItem(request_id=request.id), at)

    def _begin_next(self, request: Request) -> None:
        """Wake the next host, where hosts work one after the other. The request is due until that one has begun."""
        if host := next_host(self._whole(request)):
            plan(self.ledger, self.scheduler, WorkItem(request_id=request.id, host=host), self.clock.now())

    def record_failure(self, item: WorkItem, reference: str, error: Exception) -> None:
        """Record that a step failed unexpectedly, with a retry pending; after `TRIES` failures the request fails.

        A standstill is no failure: what was due stays due.
        """
        if isinstance(error, Standstill):
            log.info("step.held_back", request_id=item.request_id, host=item.host, code=error.code)
            return
        request = self.ledger.find(item.request_id, HEAD)
        if request is None or item.look:  # a look is pressed again
            return
        code = error.code if isinstance(error, BotError) else type(error).__name__
        again_in = timedelta(seconds=2 ** min(request.attempts + 1, MOST_DOUBLINGS))
        if not item.host:
            self.publisher.stumbled(request, reference)
        try:
            if request.state is State.ENDED and request.attempts + 1 >= TRIES:
                self._let_be(request, reference)
            elif request.state is State.ENDED or request.attempts + 1 < self._tries(request, item):
                failed = StepFailed(reference=reference, code=code, again_in=again_in, host=item.host)
                self.ledger.record(request.id, failed)
            else:
                self.ledger.record(request.id, Failed(reference=reference, code=code))
                self.scheduler.wake(WorkItem(request_id=request.id))
        except Conflict as conflict:
            log.info("failure.overtaken", request_id=request.id, state=conflict.request.state.value)

    def _tries(self, request: Request, item: WorkItem) -> int:
        """Return how many failures the request may have; hosts fail side by side, so each host adds its own tries."""
        return TRIES * len(request.ask.hosts) if item.host else TRIES

    def _let_be(self, request: Request, reference: str) -> None:
        """Give up the drawing or the later look that is left of a request that has ended, and say how it ended."""
        self.publisher.give_up(request, reference)
        self.ledger.mark_published(
            request.id, version=request.version, message_ref=request.message_ref, publish_after=None
        )
        self.ledger.postpone(WorkItem(request_id=request.id), None)


def assemble(  # noqa: PLR0913 - the ports that the steps need
    *,
    ledger: Ledger,
    terminal: Terminal,
    clock: Clock,
    pool: HostPool,  # runs looks and warnings at many hosts side by side
    scheduler: Scheduler,
    authorizer: Authorizer,
    courier: Courier,
    look_within: LookWithin = same_for_all,
    log_sources: LogSources = NO_LOG,
    forms: Forms | None = None,
) -> Workflow:
    """Return a workflow from the ports. `courier` is the only one of this process: it knows what it could not write."""
    terminal = OwnedTerminal(terminal=GuardedTerminal(terminal=terminal), ledger=ledger)
    hosts = HostReader(terminal=terminal, pool=pool, clock=clock, look_within=look_within)
    records = HostRecords(ledger=ledger, clock=clock, scheduler=scheduler)
    warnings = WarningSender(ledger=ledger, terminal=terminal, pool=pool, authorizer=authorizer, silent=hosts.silent)
    follow_up = FollowUp(ledger=ledger, clock=clock, looks=SharedLooks(hosts=hosts, clock=clock), records=records)
    calls = HostCalls(terminal=terminal, clock=clock, authorizer=authorizer, records=records)
    return Workflow(
        ledger=ledger,
        clock=clock,
        scheduler=scheduler,
        authorizer=authorizer,
        hosts=hosts,
        warnings=warnings,
        execution=HostExecution(
            ledger=ledger, clock=clock, authorizer=authorizer, records=records, calls=calls, follow_up=follow_up
        ),
        settling=Settling(ledger=ledger, hosts=hosts, clock=clock),
        publisher=publisher_on(courier, scheduler, forms),
        unreadable=Unreadable(ledger=ledger, chat=courier.chat),
        audit=answer_with(courier, scheduler, authorizer, log_sources),
        programs=looks_with(courier, hosts, authorizer),
    )
