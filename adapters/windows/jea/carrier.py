"""The `Carrier` for hosts with the module LogoffBot behind a JEA endpoint: commands, and no shell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from adapters.windows.jea import errors, objects
from adapters.windows.jea.call import Call, CallTime, can_be_asked
from adapters.windows.jea.kinds import SessionEnded
from adapters.windows.jea.session import Sessions
from adapters.windows.request import Verb
from adapters.windows.winrm.call_limit import CallLimit
from adapters.windows.winrm.errors import Step, has_lost_keys, is_lost_connection
from adapters.windows.winrm.room import begun
from adapters.windows.winrm.shell import KEEP_IDLE
from bot.errors import NotAuthenticated, TerminalError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from datetime import timedelta

    from adapters.windows.agent.replies import Reply
    from adapters.windows.jea.session import Session
    from adapters.windows.request import Request
    from adapters.windows.winrm.endpoint import Connection, Lookup
    from adapters.windows.winrm.logon_gate import LogonGate

log = structlog.get_logger()

_NO_ID = "request:87"
"""The agent's own refusal: ERROR_INVALID_PARAMETER."""


class JeaCarrier:
    """Asks hosts by commands of the module. Any number of threads may call `ask`."""

    def __init__(
        self,
        connection_of: Lookup,
        *,
        keep_idle: timedelta = KEEP_IDLE,
        gate: LogonGate | None = None,
        limit: CallLimit | None = None,
    ) -> None:
        """`gate` keeps refused passwords from locking an account; None: nothing does.

        `limit` counts the calls of other carriers at a host, too; None: those of this one alone.
        """
        self._connection_of = connection_of
        self._sessions = Sessions(keep_idle, gate)
        self._limit = limit or CallLimit()
        self._versions: dict[str, str] = {}

    def ask(self, host: str, request: Request, *, within: timedelta) -> Generator[Reply]:
        if request.verb is not Verb.LIST and not any(map(can_be_asked, request.orders)):
            yield from _bad_ids(host, request)
            return
        time = CallTime(within)
        with begun(self._limit, host, within, lambda: self._begun(host, request, time)) as call:
            try:
                yield from call.replies()
            finally:
                self._finish(call)
                if call.module_version:
                    self._versions[host] = call.module_version

    def module_version(self, host: str) -> str:
        """Return the version of the module that answered last at the host; empty: none did."""
        return self._versions.get(host, "")

    def close(self) -> None:
        self._sessions.close()

    def _begun(self, host: str, request: Request, time: CallTime) -> Call:
        """Return a call whose first command the host has. Raises `TerminalError`.

        What turns out to be lost before that is replaced once: where calls may be repeated, and everywhere a kept
        session that the host has ended. A command of an act whose fate is unknown is never sent again.
        """
        connection = self._connection_of(host)
        with errors.translate_errors(host, delivered=False, step=Step.CONNECT):
            call = Call(self._sessions.take(connection, host), request, time)
        try:
            call.begin()
        except TerminalError as error:
            self._finish(call)
            may_replace = connection.repeats or (call.session.was_kept and _has_ended(error))
            is_lost = _has_ended(error) or is_lost_connection(error)
            if error.delivered or not (may_replace and is_lost) or time.is_short:
                raise
            call = Call(self._fresh(connection, host), request, time)
            self._begin_or_finish(call)
        return call

    def _fresh(self, connection: Connection, host: str) -> Session:
        """Return a session that is not open yet. Raises `TerminalError`; nothing was delivered by it."""
        with errors.translate_errors(host, delivered=False, step=Step.CONNECT):
            return self._sessions.fresh(connection, host)

    def _begin_or_finish(self, call: Call) -> None:
        try:
            call.begin()
        except TerminalError:
            self._finish(call)
            raise

    def _finish(self, call: Call) -> None:
        """Keep the session if it can be used again, else end it at the host. Never raises: the result is known."""
        if call.may_be_kept:
            self._sessions.give_back(call.session)
            return
        if call.is_sound:
            call.delete()
        call.session.hang_up()
        if call.session.is_open and not isinstance(call.failure, NotAuthenticated):  # each 401 counts towards a lockout
            self._delete_over_new_connection(call)

    def _delete_over_new_connection(self, call: Call) -> None:
        """End the session over a new connection: the keys of the old one are gone. A failure is only logged."""
        host = call.session.host
        try:
            successor = self._fresh(call.session.connection, host)
        except TerminalError as error:
            log.warning("windows.shell_left", host=host, code=error.code, phase=error.phase, words=error.words)
            return
        successor.take_over(call.session)
        Call(successor, call.request, call.time).delete()
        successor.hang_up()


def _bad_ids(host: str, request: Request) -> Iterator[Reply]:
    """Yield what the agent says of orders with ids that no session can have. Raises `TerminalError` for programs."""
    if request.verb is Verb.PROCESSES:
        raise errors.refusal(host, _NO_ID, "no id of a person's session", may_have_acted=False)
    yield from map(objects.bad_id, range(len(request.orders)))


def _has_ended(error: TerminalError) -> bool:
    """Return whether the host has ended a kept session, or the keys of its connection are lost."""
    return isinstance(error, SessionEnded) or errors.is_gone(error.__cause__) or has_lost_keys(error)
