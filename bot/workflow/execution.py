"""The act on one host: send the order, then look again until every target on the host has its verdict.

Every run starts from the stored request, so an earlier run may have died at any point. Targets that were ordered before
are looked for; the others are ordered now. The host compares each order again before it acts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, assert_never

from bot.audit.entry import THE_BOT
from bot.cards.wording import MESSAGE_TITLE, message_text
from bot.domain.actions import Action, facts_of
from bot.domain.events import HostStarted, Noted, Settled, Stopped, TargetEnded, TargetRequested
from bot.domain.note_kind import NoteKind
from bot.domain.part import at_host
from bot.domain.request import State, WorkItem
from bot.domain.session import NOT_NAMED
from bot.domain.transitions import FOLLOW_UP
from bot.domain.verdicts import Reason, Verdict
from bot.errors import Conflict, TerminalError
from bot.workflow.host_reader import LookWithin, same_for_all
from bot.workflow.on_its_way import is_on_its_way
from bot.workflow.orders import order_for
from bot.workflow.outcomes import event_of, event_without_answer, unsettled
from bot.workflow.publishing import PROGRESS_EVERY
from bot.workflow.sight import in_sight
from bot.workflow.turns import Turn, turn_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.domain.events import Event
    from bot.domain.request import Request, Target
    from bot.domain.session import Session
    from bot.policy.model import Decision
    from bot.ports.clock import Clock
    from bot.ports.ledger import Ledger
    from bot.ports.scheduler import Scheduler
    from bot.ports.terminal import Answer, Order, Terminal
    from bot.workflow.authorization import Authorizer

FOLLOW_FOR = timedelta(seconds=60)
"""How long the bot looks again for a target after its order, when the host itself does not wait."""

_NOT_DONE = (Verdict.CHANGED, Verdict.SKIPPED, Verdict.NO_RIGHT, Verdict.FAILED)
"""Verdicts that say that this order did nothing; an earlier order may have done it."""

OVERHEAD = timedelta(seconds=30)
"""How long a call may take beside the waiting: for the connection, a cold compiler, a busy host."""


class ActionWithoutAct(Exception):
    """A request whose action only reads is to act on a host. This is a bug of the bot."""


def act_within(targets: Sequence[object], wait: timedelta | None) -> timedelta:
    """Return the time-out of the call for one host. `wait` is the waiting time for each target; None: no waiting."""
    return OVERHEAD + (wait or timedelta()) * len(targets)


@dataclass(frozen=True, slots=True, kw_only=True)
class HostExecution:
    """Acts on one host. After every recorded event it wakes the request's own work item, which redraws the card."""

    ledger: Ledger
    terminal: Terminal
    clock: Clock
    scheduler: Scheduler
    authorizer: Authorizer
    look_within: LookWithin = same_for_all

    def step(self, request: Request, host: str) -> None:
        """Send the pending orders to the host, or look again for targets that have had theirs. `request`: its part.

        It does nothing when the request is not acting, has expired, or has no open target on the host. Raises
        `Conflict` and `LedgerError`.
        """
        if request.state is not State.ACTING or self.clock.now() >= request.expires_at:
            return
        if _without_order(request):
            match turn_of(self.ledger, request, host):
                case Turn.GO:
                    self._begin(request, host)
                case Turn.WAIT:
                    self._again_soon(request, host)
                case Turn.STOP:
                    self._record(request, Stopped(by=THE_BOT))
        elif targets := list(request.open_targets):
            self._follow(request, host, targets)

    def _begin(self, request: Request, host: str) -> None:
        """Ask the rules, record the start, which proves the request, and send the orders.

        The rules were asked about the request as it was read. Where the proven one is not the same, or the rules say
        no, or the host had its order before, everything is asked anew about a proven request.
        """
        if host not in request.begun and self._may_order(request).allowed:
            started = self._record(request, HostStarted(host=host))
            if _asked_about(started) == _asked_about(request):
                self._order(started, host, is_again=False)
                return
        self._begin_on_proven(self.ledger.prove(request.id, at_host(host)) or request, host)

    def _may_order(self, request: Request) -> Decision:
        """Return whether the rules let the bot act on the targets that have had no order."""
        return self.authorizer.may_act(replace(request, targets=tuple(_without_order(request))))

    def _begin_on_proven(self, request: Request, host: str) -> None:
        """Ask the rules, record the start, and send the orders for the targets that are open in the proven request.

        A host that had its order before gets it again only if the rules still allow it, a second order does no harm,
        and the time of the earlier one is over. Otherwise the bot only looks at the host.
        """
        targets, is_again, decision = _without_order(request), host in request.begun, self._may_order(request)
        if request.state is not State.ACTING or self.clock.now() >= request.expires_at:
            return
        if not is_again and decision.allowed:
            self._order(self._record(request, HostStarted(host=host)), host, is_again=False)
        elif not is_again:
            for target in targets:
                self._record(request, _not_allowed(target, decision))
        elif decision.allowed and facts_of(request.action).may_repeat:
            if is_on_its_way(request, host, self.clock.now(), act_within(_at_host(request, host), request.ask.wait)):
                self._follow(request, host, targets)
            else:
                self._order(request, host, is_again=True)
        else:
            for target in targets:
                request = self._record(request, TargetRequested(key=target.key, lost=True))
            self._again_soon(request, host)

    def _order(self, request: Request, host: str, *, is_again: bool) -> None:
        """Send the orders and record each answer.

        When the host had its order before, an absent session is `gone`. Any other no may come of that order, which is
        under way: a look has to prove what became of the session.
        """
        targets = _without_order(request)
        wait, waiting = request.ask.wait, list(targets)
        protected, may_list = not self.authorizer.may_touch_console, self.authorizer.may_list(request, host)
        orders = [
            order_for(request, t, self.authorizer.conditions_on(request, t), not_at_console=protected) for t in targets
        ]
        try:
            for answer in self._act(request, host, orders, wait):
                target = next(t for t in waiting if t.session.id == answer.session_id)
                waiting.remove(target)
                if is_again and answer.verdict in _NOT_DONE:
                    request = self._record_fact(request, TargetRequested(key=target.key, lost=True))
                    continue
                told, unseen = in_sight(answer, may_list=may_list)
                request = self._record_fact(request, event_of(told, target, is_again=is_again, unseen=unseen))
        except TerminalError as error:
            for target in waiting:
                request = self._record_fact(request, event_without_answer(error, target, is_again=is_again))
        self._again_soon(request, host)

    def _act(self, request: Request, host: str, orders: Sequence[Order], wait: timedelta | None) -> Iterator[Answer]:
        """Yield the host's answers to the orders of the request's action.

        Raises `TerminalError`, and `ActionWithoutAct` for an action that only reads.
        """
        within = act_within(orders, wait)
        match request.action:
            case Action.LOG_OFF:
                return self.terminal.log_off(host, orders, wait=wait, within=within)
            case Action.DISCONNECT:
                return self.terminal.disconnect(host, orders, wait=wait, within=within)
            case Action.MESSAGE:
                text = message_text(request)
                return self.terminal.message(
                    host, orders, title=request.ask.caption or MESSAGE_TITLE, text=text, within=within
                )
            case Action.LIST | Action.AUDIT:
                raise ActionWithoutAct(request.action)
            case _:
                assert_never(request.action)

    def _follow(self, request: Request, host: str, targets: list[Target]) -> None:
        """Look at the host, and record a verdict for each target that is settled or whose time is over.

        The targets are proven first: the record says whom the bot acted on, and not what somebody wrote into a row.
        """
        request = self.ledger.prove(request.id, at_host(host)) or request
        found: dict[int, Session] | None = None
        blind: TerminalError | None = None
        try:
            sessions = self.terminal.sessions(host, within=self.look_within(host))
            found = {session.id: session for session in sessions}
        except TerminalError as error:
            blind = error
        for target in targets:
            if found is not None and (seen := seen_of(request, target, found)):
                request = self._record(request, TargetEnded(key=target.key, verdict=seen))
            elif target.requested_at and self.clock.now() - target.requested_at >= FOLLOW_FOR:
                request = self._record(request, unsettled(target, blind))
        self._again_soon(request, host)

    def _record(self, request: Request, event: Event) -> Request:
        """Record the event and wake the request for its next drawing, or at once for what follows the last target.

        Before its first drawing the request's own step, which has woken this host, is about to draw it.
        """
        after = self.ledger.record(request.id, event)
        next_drawing = after.publish_after or self.clock.now() + PROGRESS_EVERY
        self.scheduler.wake(WorkItem(request_id=request.id), next_drawing if after.counts.open else None)
        return after

    def _record_fact(self, request: Request, event: TargetEnded | TargetRequested) -> Request:
        """Record what the host did, also when the request has ended meanwhile."""
        try:
            return self._record(request, event)
        except Conflict:
            return self._record_late(request, event)

    def _record_late(self, request: Request, event: TargetEnded | TargetRequested) -> Request:
        verdict = event.verdict if isinstance(event, TargetEnded) else Verdict.UNKNOWN
        try:
            unseen = event.unseen if isinstance(event, TargetEnded) else ""
            return self._record(
                request,
                Settled(key=event.key, verdict=verdict, reason=event.reason, note=event.note, unseen=unseen),
            )
        except Conflict as conflict:
            host, number = event.key
            what = f"{host} {number}: {verdict.value} {event.reason or ''} {event.note}".strip()
            self.ledger.record(request.id, Noted(kind=NoteKind.LATE_VERDICT, by=THE_BOT, detail=what))
            return conflict.request

    def _again_soon(self, request: Request, host: str) -> None:
        """Plan the next look. `request` is the part as the last record returned it: nothing is read for this."""
        if request.open_targets:
            at = self.clock.now() + FOLLOW_UP
            item = WorkItem(request_id=request.id, host=host)
            self.ledger.postpone(item, at)
            self.scheduler.wake(item, at)


def _at_host(request: Request, host: str) -> list[Target]:
    return [target for target in request.targets if target.session.host == host]


def _without_order(request: Request) -> list[Target]:
    """Return the open targets that have had no order."""
    return [target for target in request.open_targets if target.requested_at is None]


def _asked_about(request: Request) -> tuple[object, ...]:
    """Return everything that the rules decide on before a host's first order."""
    decided = (request.actor, request.place, request.ask, request.action, request.requirement, request.counted)
    return (*decided, request.open_targets)


def _not_allowed(target: Target, decision: Decision) -> TargetEnded:
    return TargetEnded(key=target.key, verdict=Verdict.SKIPPED, reason=Reason.NOT_ALLOWED, note=decision.message)


def seen_of(request: Request, target: Target, there: dict[int, Session]) -> Verdict | None:
    """Return the verdict that the sessions of the host prove; None when they prove none. A message leaves no trace.

    The sessions of another machine than the one on the card prove nothing.
    """
    machine = target.session.machine
    if machine != NOT_NAMED and not all(session.machine.is_same_as(machine) for session in there.values()):
        return None
    now = there.get(target.session.id)
    match request.action:
        case Action.LOG_OFF:
            return Verdict.GONE if target.is_gone_from(now) else None
        case Action.DISCONNECT:
            if target.is_gone_from(now):
                return Verdict.GONE
            return Verdict.DISCONNECTED if target.is_left_in(now) else None
        case Action.MESSAGE | Action.LIST | Action.AUDIT:
            return None
        case _:
            assert_never(request.action)
