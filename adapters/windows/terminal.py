"""The `Terminal` port for Windows hosts: one request of a carrier for each look and for each act on a host."""

from __future__ import annotations

import math
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from adapters.windows.agent import errors, replies
from adapters.windows.agent.errors import Miscompiled
from adapters.windows.agent.program_replies import ProgramReply, ProgramsReply
from adapters.windows.agent.verdicts import answer_of
from adapters.windows.carrier import ScriptCarrier, new_nonce
from adapters.windows.errors import INCOMPLETE
from adapters.windows.request import Request, Verb
from adapters.windows.shell import Deadline
from bot.errors import TerminalError, Unreachable, WrongMachine

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from adapters.windows.agent.replies import Reply
    from adapters.windows.carrier import Carrier
    from adapters.windows.shell import Shell
    from bot.domain.program import Program
    from bot.domain.session import Machine, Session
    from bot.ports.terminal import Answer, Order


_SHORTEST_REPETITION = 0.5  # seconds

log = structlog.get_logger()

INVALID_DATA = 13
"""ERROR_INVALID_DATA: what the agent says of a session whose answers make no sense."""


def _same_name(host: str) -> str:
    return host


def _always(_host: str) -> bool:
    return True


def _seconds(wait: timedelta | None) -> int:
    return math.ceil(wait.total_seconds()) if wait else 0


def _each_id_once(found: Sequence[Session]) -> tuple[Session, ...]:
    """Return the sessions by id. One that was told in two ways is unreadable: nobody knows which of them is true."""
    told: dict[int, Session] = {}
    for session in found:
        first = told.setdefault(session.id, session)
        if first != session:
            told[session.id] = replace(first, error=INVALID_DATA)
    return tuple(told[session_id] for session_id in sorted(told))


class WindowsTerminal:
    """Asks hosts by a carrier. It repeats a call once, where it may, and only one that did and changes nothing.

    A call and its repetition share one time-out.
    """

    def __init__(
        self,
        carrier: Carrier,
        *,
        machine_of: Callable[[str], str] = _same_name,
        repeats: Callable[[str], bool] = _always,
    ) -> None:
        """`machine_of` gives the name that a computer of the inventory has as a machine.

        `repeats` says whether a failed call may be made once more at a computer.
        """
        self._carrier, self._machine_of, self._repeats = carrier, machine_of, repeats
        self._without_services: set[str] = set()

    def sessions(self, host: str, *, within: timedelta) -> tuple[Session, ...]:
        deadline = Deadline(within)
        try:
            return self._listed(host, deadline)
        except (Miscompiled, Unreachable) as error:
            has_had_its_second = isinstance(error, Unreachable) and not error.delivered
            if has_had_its_second or not self._may_repeat(host, deadline):
                raise
            return self._listed(host, deadline)

    def programs(self, host: str, order: Order, *, within: timedelta) -> tuple[Program, ...] | None:
        deadline = Deadline(within)
        try:
            return self._programs(host, order, deadline)
        except Miscompiled:
            if not self._may_repeat(host, deadline):
                raise
            return self._programs(host, order, deadline)

    def _programs(self, host: str, order: Order, deadline: Deadline) -> tuple[Program, ...] | None:
        found: list[Program] = []
        last: ProgramsReply | None = None
        with closing(self._run(host, Request(verb=Verb.PROCESSES, orders=(order,)), deadline)) as lines:
            for line in lines:
                if last is None and isinstance(line, ProgramReply):
                    found.append(line.value)
                elif last is None and isinstance(line, ProgramsReply):
                    last = line
                else:
                    raise INCOMPLETE.at(host, delivered=True)
        if last is None or last.programs != len(found):
            raise INCOMPLETE.at(host, delivered=True)
        return tuple(found) if last.there else None

    def log_off(
        self, host: str, orders: Sequence[Order], *, wait: timedelta | None, within: timedelta
    ) -> Iterator[Answer]:
        request = Request(verb=Verb.LOG_OFF, orders=tuple(orders), wait_seconds=_seconds(wait))
        return self._act(host, request, Deadline(within))

    def disconnect(
        self, host: str, orders: Sequence[Order], *, wait: timedelta | None, within: timedelta
    ) -> Iterator[Answer]:
        request = Request(verb=Verb.DISCONNECT, orders=tuple(orders), wait_seconds=_seconds(wait))
        return self._act(host, request, Deadline(within))

    def message(
        self, host: str, orders: Sequence[Order], *, title: str, text: str, within: timedelta
    ) -> Iterator[Answer]:
        request = Request(verb=Verb.MESSAGE, orders=tuple(orders), title=title, text=text)
        return self._act(host, request, Deadline(within))

    def _act(self, host: str, request: Request, deadline: Deadline) -> Generator[Answer]:
        """Yield the answers. Only a failed compilation is retried, once, because nothing ran then."""
        try:
            yield from self._answers(host, request, deadline)
        except Miscompiled:
            if not self._may_repeat(host, deadline):
                raise
            yield from self._answers(host, request, deadline)

    def _may_repeat(self, host: str, deadline: Deadline) -> bool:
        """Return whether the call may be made once more, and has time for that: else its own fault is what counts."""
        return deadline.left > _SHORTEST_REPETITION and self._repeats(host)

    def _listed(self, host: str, deadline: Deadline) -> tuple[Session, ...]:
        with closing(self._run(host, Request(verb=Verb.LIST), deadline)) as lines:
            first = next(lines, None)
            if not isinstance(first, replies.HostReply):
                raise INCOMPLETE.at(host, delivered=True)
            machine = self._checked(host, first.machine)
            found: list[Session] = []
            for line in lines:
                if not isinstance(line, replies.Listed):
                    raise INCOMPLETE.at(host, delivered=True)
                found.append(line.session.on(host, machine))
        if not found:
            raise errors.NO_SESSION.at(host, delivered=True)
        self._note_services(host, found)
        return _each_id_once(found)

    def _note_services(self, host: str, found: Sequence[Session]) -> None:
        """Log once for each host that its list lacks session 0: the account may see a part of the sessions only."""
        if host not in self._without_services and not any(session.id == 0 for session in found):
            self._without_services.add(host)
            log.warning("windows.no_services_session", host=host, sessions=len(found))

    def _checked(self, host: str, machine: Machine) -> Machine:
        """Return the machine that answered. Raises `WrongMachine` when it is not the one that the name stands for."""
        if machine.fits(self._machine_of(host)):
            return machine
        said = machine.dns or machine.netbios or "no name"
        message = f"{host} says that it is {said}. If that is right, add machine: {said} to {host} in app.yaml."
        raise WrongMachine(message, host=host)

    def _answers(self, host: str, request: Request, deadline: Deadline) -> Iterator[Answer]:
        orders, answered, is_over = request.orders, 0, False
        with closing(self._run(host, request, deadline)) as lines:
            for line in lines:
                if is_over or not isinstance(line, replies.Ended) or not line.target == answered < len(orders):
                    raise INCOMPLETE.at(host, delivered=True)
                answer = answer_of(orders[answered], line)
                yield answer
                answered, is_over = answered + 1, answer.still_closes
        if answered < len(orders) and not is_over:
            raise INCOMPLETE.at(host, delivered=True)

    def _run(self, host: str, request: Request, deadline: Deadline) -> Generator[Reply]:
        """Yield the replies of one call. A failure is logged with what the host said of it."""
        try:
            yield from self._carrier.ask(host, request, within=timedelta(seconds=deadline.left))
        except TerminalError as error:
            log.warning("windows.call_failed", host=host, code=error.code, phase=error.phase, words=error.words)
            raise


class WinRmTerminal(WindowsTerminal):
    """The terminal whose hosts all take scripts."""

    def __init__(
        self,
        shell: Shell,
        *,
        machine_of: Callable[[str], str] = _same_name,
        repeats: Callable[[str], bool] = _always,
        new_nonce: Callable[[], str] = new_nonce,
    ) -> None:
        super().__init__(ScriptCarrier(shell, new_nonce), machine_of=machine_of, repeats=repeats)
