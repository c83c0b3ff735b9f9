"""One call of a host: its orders leave together, and each answer is recorded as soon as it is known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, assert_never

from bot.cards.wording import MESSAGE_TITLE, message_text
from bot.domain.act_times import time_of_call, wait_of_call
from bot.domain.actions import Action
from bot.domain.events import TargetRequested
from bot.domain.verdicts import Verdict
from bot.errors import TerminalError
from bot.workflow.orders import order_for
from bot.workflow.outcomes import event_of, event_without_answer
from bot.workflow.sight import in_sight

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from bot.domain.events import TargetEnded
    from bot.domain.request import Request, Target
    from bot.ports.clock import Clock
    from bot.ports.terminal import Answer, Order, Terminal
    from bot.workflow.authorization import Authorizer
    from bot.workflow.records import HostRecords

_NOT_DONE = (Verdict.CHANGED, Verdict.SKIPPED, Verdict.NO_RIGHT, Verdict.FAILED)
"""Verdicts that say that this order did nothing; an earlier order may have done it."""

MILLISECOND = timedelta(milliseconds=1)


class ActionWithoutAct(Exception):
    """A request whose action only reads is to act on a host. This is a bug of the bot."""


def without_order(request: Request) -> list[Target]:
    """Return the open targets of which nobody knows that the host was asked."""
    return [target for target in request.open_targets if target.requested_at is None]


@dataclass(frozen=True, slots=True, kw_only=True)
class HostCalls:
    """Sends the orders of a host. The event that says so was recorded before, and is the caller's to record."""

    terminal: Terminal
    clock: Clock
    authorizer: Authorizer
    records: HostRecords

    def send(self, request: Request, host: str, *, is_again: bool) -> Request:
        """Send the orders for the targets without one, and record each answer.

        With `--sync` the call ends at a session that still closes; the targets behind it stay without an order then.
        `is_again`: an order that left before may have been carried out. An absent session is `gone` then. Any other no
        may come of that order, which is under way: a look has to prove what became of the session.
        """
        waiting = without_order(request)
        since = self.clock.now()
        try:
            for answer in self._act(request, host, self._orders(request, waiting)):
                target = next(t for t in waiting if t.session.id == answer.session_id)
                waiting.remove(target)
                event = self._event_of(request, target, answer, since=since, is_again=is_again)
                request, since = self.records.record_fact(request, event), self.clock.now()
        except TerminalError as error:
            for target in waiting:
                request = self.records.record_fact(request, event_without_answer(error, target, is_again=is_again))
        return request

    def _orders(self, request: Request, targets: Sequence[Target]) -> list[Order]:
        protected, still = not self.authorizer.may_touch_console, self.authorizer.conditions_on
        return [order_for(request, t, still(request, t), not_at_console=protected) for t in targets]

    def _event_of(
        self, request: Request, target: Target, answer: Answer, *, since: datetime, is_again: bool
    ) -> TargetEnded | TargetRequested:
        if is_again and answer.verdict in _NOT_DONE:
            return TargetRequested(key=target.key, lost=True)
        if answer.still_closes and request.ask.wait:
            # A call after one that broke off tells nothing of the targets behind: their first order may be under way.
            waited = None if is_again else self._waited(request, since)
            return TargetRequested(key=target.key, code=answer.code, waited=waited)
        told, unseen = in_sight(answer, may_list=self.authorizer.may_list(request, target.session.host))
        return event_of(told, target, is_again=is_again, unseen=unseen)

    def _waited(self, request: Request, since: datetime) -> timedelta:
        """Return how long the host waited for the session; the time that the call took to begin is none of it."""
        past = max(timedelta(), self.clock.now() - since)
        return min(past, wait_of_call(request.ask) or timedelta()) // MILLISECOND * MILLISECOND

    def _act(self, request: Request, host: str, orders: Sequence[Order]) -> Iterator[Answer]:
        """Yield the host's answers to the orders of the request's action.

        Raises `TerminalError`, and `ActionWithoutAct` for an action that only reads.
        """
        wait, within = wait_of_call(request.ask), time_of_call(request.ask)
        match request.action:
            case Action.LOG_OFF:
                return self.terminal.log_off(host, orders, wait=wait, within=within)
            case Action.DISCONNECT:
                return self.terminal.disconnect(host, orders, wait=wait, within=within)
            case Action.MESSAGE:
                text, title = message_text(request), request.ask.caption or MESSAGE_TITLE
                return self.terminal.message(host, orders, title=title, text=text, within=within)
            case Action.LIST | Action.AUDIT:
                raise ActionWithoutAct(request.action)
            case _:
                assert_never(request.action)
