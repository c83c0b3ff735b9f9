"""One request over one session: a pipeline for each order, one after the other."""

from __future__ import annotations

import math
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import structlog

from adapters.windows.agent.errors import NO_SESSION
from adapters.windows.agent.program_replies import ProgramsReply
from adapters.windows.errors import INCOMPLETE, LATE
from adapters.windows.jea import commands, errors, objects
from adapters.windows.jea.kinds import Changed
from adapters.windows.request import Verb
from adapters.windows.shell import Deadline
from adapters.windows.winrm.errors import Step, is_orderly
from adapters.windows.winrm.room import reserve_of
from bot.errors import NotAuthenticated, TerminalError, TimedOut

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from adapters.windows.agent.replies import Reply
    from adapters.windows.jea.commands import Command
    from adapters.windows.jea.session import Session
    from adapters.windows.request import Request
    from bot.ports.terminal import Order

_SHORTEST_RECEIVE = 0.5  # seconds; Windows takes no shorter time-out for an operation
_LONGEST_DELETE = 5.0  # seconds; the result is known by then
_LARGE_RESERVE = 1.0  # seconds at the end of a call: half of them for a new logon and the deletion of a session
_LARGEST_ID = 2**31 - 1

Found = TypeVar("Found")

log = structlog.get_logger()


class CallTime:
    """The time of a call. At its end it leaves some for the deletion of a session that hangs, on a new connection."""

    def __init__(self, within: timedelta) -> None:
        self._reserve = max(reserve_of(within), min(_LARGE_RESERVE, within.total_seconds() / 8))
        self.all = Deadline(within)
        self.work = Deadline(within - timedelta(seconds=self._reserve / 2))

    @property
    def answer_within(self) -> float:
        """The seconds within which the host is told to answer."""
        return max(_SHORTEST_RECEIVE, self.all.left - self._reserve)

    @property
    def is_short(self) -> bool:
        """Whether nothing more can be begun."""
        return self.all.left <= self._reserve

    @property
    def is_over(self) -> bool:
        """Whether nothing more can be waited for."""
        return self.all.left < _SHORTEST_RECEIVE + self._reserve / 2


class Call:
    """One request over one session."""

    def __init__(self, session: Session, request: Request, time: CallTime) -> None:
        self.session, self.request, self.time = session, request, time
        self.failure: TerminalError | None = None
        self.module_version = ""  # of the module that answered
        self._is_done = False  # every command that was sent was answered and closed
        self._wait_left = float(request.wait_seconds)
        self._sent = -1  # the position of the order whose command was sent last

    @property
    def may_be_kept(self) -> bool:
        """Whether another call can use the session."""
        return self._is_done and self.failure is None

    @property
    def is_sound(self) -> bool:
        """Whether the connection can still be used."""
        return self.failure is None or is_orderly(self.failure)

    def begin(self) -> None:
        """Open the session where it is not open, and send the first command. Raises `TerminalError`."""
        if not self.session.is_open:
            self._say(Step.CREATE, self.session.open, delivered=False)
        elif self.request.verb.acts:
            self._check_alive()
        first = next((at for at, order in enumerate(self.request.orders) if can_be_asked(order)), None)
        if first is not None or self.request.verb is Verb.LIST:
            self._send(first or 0)

    def replies(self) -> Iterator[Reply]:
        """Yield the replies to the command that was sent, and to those behind it. Raises `TerminalError`."""
        match self.request.verb:
            case Verb.LIST:
                yield from self._list()
            case Verb.PROCESSES:
                yield from self._programs()
            case _:
                yield from self._acts()
        self._is_done = True

    def delete(self) -> None:
        """End the session at the host. A failure is only logged: an idle session ends by itself."""
        if not self.session.is_open or self.time.all.left <= 0:
            return
        deadline = Deadline(timedelta(seconds=min(self.time.all.left, _LONGEST_DELETE)))
        try:
            self._say(Step.DELETE, self.session.delete, delivered=True, deadline=deadline)
        except TerminalError as error:
            host = self.session.host
            log.warning("windows.shell_left", host=host, code=error.code, phase=error.phase, words=error.words)

    def _check_alive(self) -> None:
        """Ask the host whether it still knows the session: of an act that is lost, nobody knows whether it came.

        Raises `TerminalError`, and nothing was delivered.
        """
        try:
            self._say(Step.CONNECT, self.session.is_alive, delivered=False)
        except (NotAuthenticated, TimedOut):
            raise
        except TerminalError:
            self.session.forget()
        if not self.session.is_open:
            self.failure = errors.ENDED.at(self.session.host, delivered=False, phase=Step.CONNECT.value)
            raise self.failure

    def _list(self) -> Iterator[Reply]:
        found = self._understood(self._output(), objects.listed)
        if not found:
            raise NO_SESSION.at(self.session.host, delivered=True)
        yield from found

    def _programs(self) -> Iterator[Reply]:
        try:
            output = self._output()
        except Changed:
            yield ProgramsReply(programs=0, there=False)
            return
        found = self._understood(output, objects.programs)
        yield from found
        yield ProgramsReply(programs=len(found), there=True)

    def _acts(self) -> Iterator[Reply]:
        """Yield the result of each order. The call ends at a session that still closes: nobody behind it is touched."""
        for target, order in enumerate(self.request.orders):
            if not can_be_asked(order):
                yield objects.bad_id(target)
                continue
            if self._sent != target:
                self._send(target)
            read = partial(objects.ended, target=target, session_id=order.session_id)
            (ended,) = self._understood(self._output(), read)
            self._wait_left -= max(0, ended.waited_ms) / 1000
            yield ended
            if ended.verdict == "still_closing":
                return

    def _send(self, target: int) -> None:
        """Send the command for the order with this position. After a failure nothing is sent any more."""
        if known := self.failure:
            again = {"words": known.words, "phase": known.phase}
            raise type(known)(known.message, host=known.host, delivered=False, **again) from known
        command = self._command(target)
        self._sent = target
        self._say(Step.COMMAND, partial(self.session.begin, command), delivered=self.request.verb.acts)

    def _command(self, target: int) -> Command:
        if self.request.verb is Verb.LIST:
            return commands.list_sessions()
        order = self.request.orders[target]
        if self.request.verb is Verb.PROCESSES:
            return commands.list_programs(order)
        return commands.act(self.request, order, wait_seconds=math.ceil(self._wait_left))

    def _output(self) -> list[dict[str, object]]:
        """Wait for the end of the command and return its objects. Raises `TerminalError` for an error of it.

        What follows the end may fail: the result is known then.
        """
        session = self.session
        self._say(Step.RECEIVE, session.receive, delivered=True)
        while not session.is_over:
            if self.time.is_over:
                raise LATE.at(session.host, delivered=True, phase=Step.RECEIVE.value)
            self._say(Step.RECEIVE, session.receive, delivered=True)
        output, failures = session.output, session.failures
        with suppress(TerminalError):
            self._say(Step.SIGNAL, session.end, delivered=True)
        if not failures:
            return output
        identifier, words = failures[0]
        self._is_done = bool(identifier)  # a command that was refused in order leaves the session as it was
        may_have_acted = self.request.verb.acts or bool(output)
        raise errors.refusal(session.host, identifier, words, may_have_acted=may_have_acted)

    def _understood(self, bags: list[dict[str, object]], read: Callable[[Any], list[Found]]) -> list[Found]:
        """Return the replies that the objects are. Raises `TerminalError` for what no known module says."""
        host = self.session.host
        try:
            versions = [objects.version_of(each) for each in bags]
            self.module_version = versions[0] if versions else ""
            if any(map(objects.is_too_old, versions)):
                words = f"its version is {self.module_version}"
                raise errors.TOO_OLD.at(host, delivered=self.request.verb.acts, words=words, phase="answer")
            return read(bags)
        except ValueError as exc:
            raise INCOMPLETE.at(host, delivered=True, phase="answer") from exc

    def _say(
        self, step: Step, action: Callable[[], object], *, delivered: bool, deadline: Deadline | None = None
    ) -> None:
        """Do what sends messages, within the time. Raises `TerminalError`."""
        host, session = self.session.host, self.session
        until = session.until(deadline or self.time.work, answer_within=self.time.answer_within)
        try:
            with errors.translate_errors(host, delivered=delivered, step=step), until:
                action()
        except TerminalError as error:
            self.failure = error
            if errors.is_gone(error.__cause__):
                session.forget()
            raise


def can_be_asked(order: Order) -> bool:
    """Return whether the module's parameter takes the id. Of any other the agent says that it is bad."""
    return 0 <= order.session_id <= _LARGEST_ID
