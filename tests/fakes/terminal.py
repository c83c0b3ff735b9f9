"""The `Terminal` port without Windows: hosts that compare as the agent does, and fail when they are told to."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache
from threading import RLock
from typing import TYPE_CHECKING

from adapters.windows.agent.verdicts import CODES, RIGHTS
from bot.domain.letters import framework_upper
from bot.domain.request import Target
from bot.domain.session import NOT_NAMED, Account, Session, SessionState
from bot.domain.verdicts import Reason, Verdict
from bot.errors import NoRight, Unreachable, WrongMachine
from bot.ports.terminal import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from bot.domain.program import Program
    from bot.errors import TerminalError
    from bot.ports.terminal import Order

_FIRST_LISTENER = 65536
_CONSOLE = "CONSOLE"
_MINUTE = 600_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _ActFault:
    error: TerminalError
    after: int
    is_carried_out: bool


@lru_cache(maxsize=10_000)
def _at(host: str, session: Session) -> Session:
    """Return the session as one of this host. Most tests have the same few."""
    return replace(session, host=host)


class FakeTerminal:
    """`look_calls`, `acts` and the lists below them are the facts for assertions.

    `look_times` holds how long each look might have taken, `call_times` how long each logoff and disconnect might have
    waited and taken, `acts` every order that arrived at a host, `logged_off` and `disconnected` (host, session id) of
    every act that was begun, `touched` the sessions of both as they were in that moment, and `messages` (host, session
    id, title, text) of every message that was shown.
    """

    def __init__(self, hosts: Mapping[str, Sequence[Session]]) -> None:
        self._lock = RLock()
        self._hosts = {host: {each.id: _at(host, each) for each in each_of} for host, each_of in hosts.items()}
        self._look_faults: defaultdict[str, list[TerminalError]] = defaultdict(list)
        self._act_faults: defaultdict[str, list[_ActFault]] = defaultdict(list)
        self._changes: defaultdict[str, list[Callable[[], None]]] = defaultdict(list)
        self._down: dict[str, TerminalError] = {}
        self._refusals: dict[str, int] = {}
        self._hanging: set[tuple[str, int]] = set()
        self._lengths: dict[tuple[str, int], timedelta] = {}
        self._later: dict[tuple[str, int], Session] = {}
        self.look_calls: list[str] = []
        self.hidden: set[tuple[str, int]] = set()
        self.running: dict[tuple[str, int], Sequence[Program]] = {}
        self.program_calls: list[tuple[str, int, timedelta]] = []
        self.look_times: list[timedelta] = []
        self.call_times: list[tuple[timedelta | None, timedelta]] = []
        self.acts: list[tuple[str, Order]] = []
        self.logged_off: list[tuple[str, int]] = []
        self.disconnected: list[tuple[str, int]] = []
        self.touched: list[Session] = []
        self.messages: list[tuple[str, int, str, str]] = []

    # The port

    def sessions(self, host: str, *, within: timedelta) -> tuple[Session, ...]:
        with self._lock:
            self.look_calls.append(host)
            self.look_times.append(within)
            self._raise_if_down(host)
            if self._look_faults[host]:
                raise self._look_faults[host].pop(0)
            self._raise_if_empty(host)
            return tuple(self._hosts[host][session_id] for session_id in sorted(self._hosts[host]))

    def programs(self, host: str, order: Order, *, within: timedelta) -> tuple[Program, ...] | None:
        with self._lock:
            self.program_calls.append((host, order.session_id, within))
            self._raise_if_down(host)
            if (host, order.session_id) in self.hidden:
                raise NoRight(f"{host} does not show what runs in its sessions.", host=host)
            self._raise_if_another(host, [order])
            seen = self._hosts[host].get(order.session_id)
            is_theirs = seen and _folded(order.account) == _folded(seen.account) and order.logon == seen.logon
            return tuple(self.running.get((host, order.session_id), ())) if is_theirs else None

    def log_off(
        self,
        host: str,
        orders: Sequence[Order],
        *,
        wait: timedelta | None,
        within: timedelta,
    ) -> Iterator[Answer]:
        self.call_times.append((wait, within))
        return self._act(host, orders, "WTSLogoffSession", lambda order: self._take(host, order, self.logged_off, wait))

    def disconnect(
        self,
        host: str,
        orders: Sequence[Order],
        *,
        wait: timedelta | None,
        within: timedelta,
    ) -> Iterator[Answer]:
        self.call_times.append((wait, within))
        return self._act(
            host,
            orders,
            "WTSDisconnectSession",
            lambda order: self._take(host, order, self.disconnected, wait),
        )

    def message(
        self,
        host: str,
        orders: Sequence[Order],
        *,
        title: str,
        text: str,
        within: timedelta,  # noqa: ARG002 - nothing takes time here
    ) -> Iterator[Answer]:
        return self._act(host, orders, "WTSSendMessageW", lambda order: self._show(host, order, title, text))

    def _act(
        self, host: str, orders: Sequence[Order], function: str, do: Callable[[Order], Answer]
    ) -> Iterator[Answer]:
        with self._lock:
            self._raise_if_down(host)
            for change in self._changes.pop(host, []):
                change()
            self._raise_if_another(host, orders)
            self._raise_if_empty(host)
            fault = self._act_faults[host].pop(0) if self._act_faults[host] else None
        for done, order in enumerate(orders):
            if fault and done >= fault.after:
                self._lose(host, orders[done:], function, do, fault)
            answer = self._carry_out(host, order, function, do)
            yield answer
            if answer.still_closes:
                return
        if fault:
            raise fault.error

    def _raise_if_another(self, host: str, orders: Sequence[Order]) -> None:
        here = next((session.machine for session in self._hosts[host].values()), NOT_NAMED)
        for order in orders:
            if order.machine != NOT_NAMED and not here.is_same_as(order.machine):
                raise WrongMachine(f"{host} is another machine now than the one on the card.", host=host)

    def _raise_if_empty(self, host: str) -> None:
        if not self._hosts[host]:
            raise NoRight(f"{host} shows no session: grant Query Information.", host=host)

    # What goes wrong, and who comes and goes

    def take_down(self, host: str, error: TerminalError | None = None) -> None:
        """From now on every call fails, by default as a host that is switched off."""
        self._down[host] = error or Unreachable(f"{host} cannot be reached.", host=host)

    def bring_up(self, host: str) -> None:
        self._down.pop(host, None)

    def fail_look(self, host: str, error: TerminalError) -> None:
        """The next look that has no failure yet fails so."""
        self._look_faults[host].append(error)

    def fail_act(self, host: str, error: TerminalError, *, after: int = 0, is_carried_out: bool = False) -> None:
        """The next act fails so after some answers; the rest is not done, or is done and only its answers are lost."""
        self._act_faults[host].append(_ActFault(error=error, after=after, is_carried_out=is_carried_out))

    def before_act(self, host: str, change: Callable[[], None]) -> None:
        """Something that happens between the look and the next act."""
        self._changes[host].append(change)

    def refuse(self, host: str, code: int) -> None:
        """Windows refuses every act with this Win32 code; 0 ends it."""
        self._refusals[host] = code

    def hang(self, host: str, session_id: int) -> None:
        """The session takes a logoff or a disconnect and stays as it is."""
        self._hanging.add((host, session_id))

    def take(self, length: timedelta, host: str, session_id: int) -> None:
        """The host says that the session took so long to end. No time passes here."""
        self._lengths[host, session_id] = length

    def after_order(self, host: str, session: Session) -> None:
        """Once the session took an order, the host says this of it, which may prove it gone or not."""
        self._later[host, session.id] = replace(session, host=host)

    def stop_hanging(self, host: str, session_id: int) -> None:
        """What was asked to go goes now."""
        with self._lock:
            self._hanging.discard((host, session_id))
            if (host, session_id) in self.logged_off:
                self.sign_out(host, session_id)

    def set(self, host: str, session: Session) -> None:
        """The session is this from now on, whatever it was."""
        with self._lock:
            self._hosts[host][session.id] = replace(session, host=host)

    def sign_out(self, host: str, session_id: int) -> None:
        with self._lock:
            self._hosts[host].pop(session_id, None)

    def leave_alone(self, host: str, session_id: int) -> None:
        """The window is closed: programs go on running, nobody sits there."""
        with self._lock:
            there = self._hosts[host][session_id]
            self._hosts[host][session_id] = replace(
                there, state=SessionState.DISCONNECTED, station="", disconnect=there.now, input=0
            )

    def return_to_work(self, host: str, session_id: int) -> None:
        with self._lock:
            there = self._hosts[host][session_id]
            back = replace(there, state=SessionState.ACTIVE, connect=there.now, input=there.now, disconnect=0)
            self._hosts[host][session_id] = back

    def take_over(self, host: str, session_id: int, account: Account) -> None:
        """The account has the id now, by a logon of this moment."""
        with self._lock:
            there = self._hosts[host][session_id]
            self._hosts[host][session_id] = replace(
                there, account=account, state=SessionState.ACTIVE, logon=max(there.now, there.logon + 1)
            )

    def go_to_console(self, host: str, session_id: int) -> None:
        """Who was on RDP works at the machine itself now: the same session, the same logon."""
        with self._lock:
            there = self._hosts[host][session_id]
            self._hosts[host][session_id] = replace(there, station="Console", protocol=0)

    # Inside

    def _raise_if_down(self, host: str) -> None:
        if host not in self._hosts:
            raise Unreachable(f"{host} cannot be reached.", host=host)
        if host in self._down:
            raise self._down[host]

    def _lose(
        self, host: str, orders: Sequence[Order], function: str, do: Callable[[Order], Answer], fault: _ActFault
    ) -> None:
        if fault.is_carried_out:
            for order in orders:
                self._carry_out(host, order, function, do)
        raise fault.error

    def _carry_out(self, host: str, order: Order, function: str, do: Callable[[Order], Answer]) -> Answer:
        with self._lock:
            self.acts.append((host, order))
            seen = self._hosts[host].get(order.session_id)
            code = self._refusals.get(host, 0)
            answer = _judge(order, seen)
            if answer or seen is None:
                return answer or _answer(order, Verdict.ALREADY_GONE)
            if function == "WTSDisconnectSession" and seen.state is SessionState.DISCONNECTED:
                return _answer(order, Verdict.DISCONNECTED, reason=Reason.ALREADY)
            return _refusal(order, function, code) if code else do(order)

    def _take(self, host: str, order: Order, done: list[tuple[str, int]], wait: timedelta | None) -> Answer:
        """Begin a logoff or a disconnect, as `done` says, and see it through where the session does not hang."""
        done.append((host, order.session_id))
        self.touched.append(self._hosts[host][order.session_id])
        is_logoff, hangs = done is self.logged_off, (host, order.session_id) in self._hanging
        before = Target(session=self._hosts[host][order.session_id])
        if later := self._later.pop((host, order.session_id), None):
            self._hosts[host][order.session_id] = later
        elif not hangs:
            (self.sign_out if is_logoff else self.leave_alone)(host, order.session_id)
        if not wait:
            return _answer(order, None)
        now = self._hosts[host].get(order.session_id)
        if before.is_gone_from(now):
            waited = self._lengths.get((host, order.session_id), timedelta())
            return replace(_answer(order, Verdict.GONE), waited=waited)
        is_done = not is_logoff and before.is_left_in(now)
        return _answer(order, Verdict.DISCONNECTED if is_done else Verdict.STILL_CLOSING)

    def _show(self, host: str, order: Order, title: str, text: str) -> Answer:
        self.messages.append((host, order.session_id, title, text))
        return _answer(order, Verdict.SENT)


def _answer(
    order: Order, verdict: Verdict | None, *, code: int = 0, reason: Reason | None = None, note: str = ""
) -> Answer:
    return Answer(session_id=order.session_id, verdict=verdict, code=code, reason=reason, note=note)


def _refusal(order: Order, function: str, code: int) -> Answer:
    verdict = CODES[code].verdict if code in CODES else Verdict.FAILED
    if verdict is Verdict.NO_RIGHT:
        return _answer(order, verdict, code=code, reason=Reason.MISSING_RIGHT, note=RIGHTS[function])
    return _answer(order, verdict, code=code, reason=Reason.WINDOWS_CALL, note=function)


def _judge(order: Order, seen: Session | None) -> Answer | None:
    """Why the order is not carried out, in the order of docs/agent-protocol.md; None when all is as it was shown."""
    if order.session_id <= 0:
        return _answer(order, Verdict.SKIPPED, reason=Reason.BAD_ID if order.session_id else Reason.SESSION_ZERO)
    if seen is None:
        return _answer(order, Verdict.ALREADY_GONE)
    is_listener = seen.state is SessionState.LISTENING or seen.id >= _FIRST_LISTENER
    if seen.error and not is_listener:
        return _refusal(order, "WTSQuerySessionInformationW", seen.error)
    if why := Reason.LISTENER if is_listener else _protection(seen):
        return _answer(order, Verdict.SKIPPED, reason=why)
    if _folded(order.account) != _folded(seen.account) or order.logon != seen.logon:
        return _answer(order, Verdict.CHANGED, reason=Reason.PERSON, note=str(seen.account))
    if order.not_at_console and framework_upper(seen.station) == _CONSOLE:
        return _answer(order, Verdict.SKIPPED, reason=Reason.CONSOLE)
    why = _change(order, seen)
    note = order.came_back_at(seen.connect, seen.input) if why is Reason.CAME_BACK else ""
    return _answer(order, Verdict.CHANGED, reason=why, note=note) if why else None


def _protection(seen: Session) -> Reason | None:
    if not seen.account.user:
        return Reason.NO_USER
    return None if seen.logon else Reason.NO_LOGON_TIME


def _change(order: Order, seen: Session) -> Reason | None:
    if not order.even_if_active and (why := _change_of_time(order, seen)):
        return why
    is_matching = all(condition.holds_for(seen) for condition in order.conditions)
    return None if is_matching else Reason.NO_LONGER_MATCHES


def _change_of_time(order: Order, seen: Session) -> Reason | None:
    is_active = seen.state is SessionState.ACTIVE
    if is_active and order.said_state is not SessionState.ACTIVE:
        return Reason.CAME_BACK
    if order.said_since <= 0:
        return None
    if order.said_state is SessionState.ACTIVE and seen.state is SessionState.DISCONNECTED:
        return Reason.LEFT
    if seen.state is not order.said_state:
        return None
    since = seen.input if is_active else seen.disconnect
    if since <= 0:
        return Reason.UNREAD
    since = max(since, seen.logon)
    return Reason.CAME_BACK if since > order.said_since + (_MINUTE if is_active else 0) else None


def _folded(account: Account) -> tuple[str, str]:
    return framework_upper(account.domain), framework_upper(account.user)
