"""The act on one host: its first call, the looks after it, and further calls, until every target has its verdict.

Every run starts from the stored request, so an earlier run may have died at any point. Targets that were ordered, or
may have been, are looked for first. No call leaves without its own event before it, and the host compares each order
again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.audit.entry import THE_BOT
from bot.domain.act_times import host_until, may_be_ordered, next_look, order_until
from bot.domain.actions import facts_of
from bot.domain.events import HostContinued, HostStarted, Stopped, TargetEnded, TargetRequested
from bot.domain.part import at_host
from bot.domain.request import State
from bot.domain.verdicts import Reason, Verdict
from bot.workflow.calls import without_order
from bot.workflow.turns import Turn, turn_of

if TYPE_CHECKING:
    from bot.domain.request import Request
    from bot.policy.model import Decision
    from bot.ports.clock import Clock
    from bot.ports.ledger import Ledger
    from bot.workflow.authorization import Authorizer
    from bot.workflow.calls import HostCalls
    from bot.workflow.following import FollowUp
    from bot.workflow.records import HostRecords


@dataclass(frozen=True, slots=True, kw_only=True)
class HostExecution:
    """Acts on one host."""

    ledger: Ledger
    clock: Clock
    authorizer: Authorizer
    records: HostRecords
    calls: HostCalls
    follow_up: FollowUp

    def step(self, request: Request, host: str) -> None:
        """Send the pending orders to the host, or look again for targets that have had theirs. `request`: its part.

        It does nothing when the request is not acting, has expired, or has no open target on the host. Raises
        `Conflict` and `LedgerError`.
        """
        if not self._is_on(request) or not request.open_targets:
            return
        if host not in request.begun:
            self._begin_in_turn(request, host)
            return
        if any(may_be_ordered(request, target) for target in request.open_targets):
            request = self.follow_up.follow(request, host)
        if self._is_next(request, host):
            request = self._go_on(request, host)
        self._again_soon(request, host)

    def _is_on(self, request: Request) -> bool:
        return request.state is State.ACTING and self.clock.now() < request.expires_at

    def _begin_in_turn(self, request: Request, host: str) -> None:
        match turn_of(self.ledger, request, host, self.clock.now()):
            case Turn.GO:
                self._begin(request, host)
            case Turn.WAIT:
                pass  # the end of the host before it makes the request due, and that makes this host due
            case Turn.STOP:
                self.records.record(request, Stopped(by=THE_BOT))
            case Turn.LATE:
                self._skip(request, Reason.WAITED)

    def _begin(self, request: Request, host: str) -> None:
        """Ask the rules, record the start, which proves the request, and send the orders.

        The rules were asked about the request as it was read. Where the proven one is not the same, or other rules
        count by now, or the rules say no, everything is asked anew about a proven request.
        """
        terms = self.authorizer.in_force.terms
        if self._may_order(request).allowed:
            started = self.records.record(request, HostStarted(host=host))
            is_same = _asked_about(started) == _asked_about(request) and terms is self.authorizer.in_force.terms
            if is_same:
                self._send(started, host, is_again=False)
            else:
                self._send_what_rules_allow(started, host)
            return
        proven = self.ledger.prove(request.id, at_host(host)) or request
        decision = self._may_order(proven)
        if not self._is_on(proven) or not proven.open_targets:
            return
        if decision.allowed:
            self._send(self.records.record(proven, HostStarted(host=host)), host, is_again=False)
        else:
            self._skip(proven, Reason.NOT_ALLOWED, decision.message)

    def _send_what_rules_allow(self, started: Request, host: str) -> None:
        """The start is recorded and no order has left yet: the rules are asked about the proven request."""
        proven = self.ledger.prove(started.id, at_host(host)) or started
        if (decision := self._may_order(proven)).allowed:
            self._send(proven, host, is_again=False)
        else:
            self._skip(proven, Reason.NOT_ALLOWED, decision.message)

    def _may_order(self, request: Request) -> Decision:
        """Return whether the rules let the bot act on the targets that have had no order."""
        return self.authorizer.may_act(replace(request, targets=tuple(without_order(request))))

    def _send(self, request: Request, host: str, *, is_again: bool) -> None:
        self._again_soon(self.calls.send(request, host, is_again=is_again), host)

    def _is_next(self, request: Request, host: str) -> bool:
        """Return whether targets of a host that has begun are without an order, and it is their time.

        An order that may be on its way comes first, where it may be repeated; and with `--sync` a session that still
        closes.
        """
        on_its_way = order_until(request, host) if facts_of(request.action).may_repeat else None
        if not without_order(request) or (on_its_way and self.clock.now() < on_its_way):
            return False
        return not (request.ask.wait and any(target.requested_at for target in request.open_targets))

    def _go_on(self, request: Request, host: str) -> Request:
        """Ask the rules about the rest of the host, record that a further order leaves, and send it.

        When the order before has no answer, the targets may have had it: they get another one only if a second order
        does no harm. Otherwise, and when the time of the host is over, the bot only looks at them.
        """
        request = self.ledger.prove(request.id, at_host(host)) or request
        look = request.survey_of(host)
        is_again = bool(look and look.ordered_at)
        is_late, decision = self.clock.now() >= host_until(request, host), self._may_order(request)
        if is_again and (is_late or not decision.allowed or not facts_of(request.action).may_repeat):
            for target in without_order(request):
                request = self.records.record(request, TargetRequested(key=target.key, lost=True))
            return request
        if is_late:
            return self._skip(request, Reason.EXPIRED)
        if not decision.allowed:
            return self._skip(request, Reason.NOT_ALLOWED, decision.message)
        return self.calls.send(self.records.record(request, HostContinued(host=host)), host, is_again=is_again)

    def _skip(self, request: Request, reason: Reason, note: str = "") -> Request:
        for target in without_order(request):
            ended = TargetEnded(key=target.key, verdict=Verdict.SKIPPED, reason=reason, note=note)
            request = self.records.record(request, ended)
        return request

    def _again_soon(self, request: Request, host: str) -> None:
        """Plan the next look. `request` is the part as the last record returned it: nothing is read for this."""
        if request.state is State.ACTING and request.open_targets:
            self.records.plan(request, host, next_look(request, host, self.clock.now()))


def _asked_about(request: Request) -> tuple[object, ...]:
    """Return everything that the rules decide on before a host's first order."""
    decided = (request.actor, request.place, request.ask, request.action, request.requirement, request.counted)
    return (*decided, request.open_targets)
