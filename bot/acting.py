"""One host of a request that is acting: order, then follow up until every target there has its verdict.

Every run reads the request first, so it does not matter whether an earlier run died half-way: what was ordered before
is looked for, what was not is ordered now, and the host compares again before it touches anybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.errors import NoRight, NotAuthenticated, TerminalError, TimedOut, Unreachable
from bot.events import HostStarted, TargetEnded, TargetRequested
from bot.model import Action, State, Verdict, WorkItem
from bot.ports import Order
from bot.session import SessionState
from bot.transitions import FOLLOW_UP

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from bot.conditions import Condition
    from bot.events import Event
    from bot.model import Request, Target
    from bot.ports import Answer, Clock, Ledger, Terminal
    from bot.session import Session

FOLLOW_FOR = timedelta(seconds=60)
"""How long a target that was asked to go is looked for, when nobody waits on the host."""

OVERHEAD = timedelta(seconds=30)
"""What a call may take beside the waiting: connection, a cold compiler, a busy host."""

LOOK_WITHIN = timedelta(seconds=8)


def act_within(targets: Sequence[Target], wait: timedelta | None) -> timedelta:
    """The deadline of one host's script."""
    return OVERHEAD + (wait or timedelta()) * len(targets)


def wait_of(request: Request) -> timedelta | None:
    wait = getattr(request.ask, "wait", None)
    return wait if isinstance(wait, timedelta) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class HostAct:
    """Carries a request out on one host. `tell` is called after every change that a person could see.

    `still` is what the rules want of a target in the moment of the act.
    """

    ledger: Ledger
    terminal: Terminal
    clock: Clock
    tell: Callable[[Request], None]
    wake: Callable[[WorkItem, datetime | None], None]
    still: Callable[[Request, Target], tuple[Condition, ...]]

    def step(self, request: Request, host: str) -> None:
        if request.state is not State.ACTING or self.clock.now() >= request.expires_at:
            return
        here = [target for target in request.open_targets if target.session.host == host]
        if fresh := [target for target in here if target.requested_at is None]:
            self._order(request, host, fresh)
        elif here:
            self._follow(request, host, here)

    def _order(self, request: Request, host: str, targets: list[Target]) -> None:
        """Recorded first, then sent. On a host that had its order before, "not there" means "gone"."""
        look = request.look_at(host)
        is_again = bool(look and look.started_at)
        if not is_again:
            self._record(request, HostStarted(host=host))
        wait, waiting = wait_of(request), list(targets)
        act = self.terminal.disconnect if request.action is Action.DISCONNECT else self.terminal.log_off
        orders = [order_for(request, target, self.still(request, target)) for target in targets]
        try:
            for answer in act(host, orders, wait=wait, within=act_within(targets, wait)):
                target = next(t for t in waiting if t.session.id == answer.session_id)
                waiting.remove(target)
                self._record(request, _event_of(answer, target, is_again=is_again))
        except TerminalError as error:
            for target in waiting:
                self._record(request, _event_without_answer(error, target, is_again=is_again))
        self._again_soon(request, host)

    def _follow(self, request: Request, host: str, targets: list[Target]) -> None:
        """Look whether those who were asked to go are gone; give up when their time is over."""
        try:
            there = {session.id: session for session in self.terminal.sessions(host, within=LOOK_WITHIN)}
        except TerminalError:
            there = None
        for target in targets:
            if there is not None and (seen := _seen(request, target, there)):
                self._record(request, TargetEnded(key=target.key, verdict=seen))
            elif target.requested_at and self.clock.now() - target.requested_at >= FOLLOW_FOR:
                verdict = Verdict.UNKNOWN if target.request_lost else Verdict.STILL_CLOSING
                self._record(request, TargetEnded(key=target.key, verdict=verdict, detail=target.detail))
        self._again_soon(request, host)

    def _record(self, request: Request, event: Event) -> None:
        self.tell(self.ledger.record(request.id, event))

    def _again_soon(self, request: Request, host: str) -> None:
        now = self.ledger.find(request.id)
        if now and any(target.session.host == host for target in now.open_targets):
            at = self.clock.now() + FOLLOW_UP
            item = WorkItem(request_id=request.id, host=host)
            self.ledger.postpone(item, at)
            self.wake(item, at)


def _seen(request: Request, target: Target, there: dict[int, Session]) -> Verdict | None:
    if is_gone(target, there):
        return Verdict.GONE
    is_off = there[target.session.id].state is SessionState.DISCONNECTED
    return Verdict.DISCONNECTED if is_off and request.action is Action.DISCONNECT else None


def is_gone(target: Target, there: dict[int, Session]) -> bool:
    """Nobody, or somebody else, has the id now. A session that is being taken down may have lost its name only."""
    now = there.get(target.session.id)
    return now is None or (bool(now.account.user) and not target.is_still(now))


def order_for(request: Request, target: Target, still: tuple[Condition, ...] = ()) -> Order:
    return Order(
        session_id=target.session.id,
        account=target.session.account,
        logon=target.session.logon,
        said_state=target.session.state,
        even_if_active=bool(getattr(request.ask, "even_if_active", False)),
        conditions=(*request.ask.conditions, *still),
    )


def _event_of(answer: Answer, target: Target, *, is_again: bool) -> Event:
    if answer.verdict is None:
        return TargetRequested(key=target.key, code=answer.code, detail=answer.detail)
    verdict = answer.verdict
    replaced = verdict is Verdict.CHANGED and answer.detail.startswith("person")
    if is_again and (verdict is Verdict.ALREADY_GONE or replaced):
        return TargetEnded(key=target.key, verdict=Verdict.GONE)
    return TargetEnded(key=target.key, verdict=verdict, code=answer.code, detail=answer.detail)


def _event_without_answer(error: TerminalError, target: Target, *, is_again: bool) -> Event:
    """What is known of a target whose host did not answer: nothing, if the order may have arrived now or before."""
    if error.delivered or is_again:
        return TargetRequested(key=target.key, lost=True, detail=error.say)
    match error:
        case Unreachable() | TimedOut():
            verdict = Verdict.UNREACHABLE
        case NoRight() | NotAuthenticated():
            verdict = Verdict.NO_RIGHT
        case _:
            verdict = Verdict.FAILED
    return TargetEnded(key=target.key, verdict=verdict, detail=error.say)
