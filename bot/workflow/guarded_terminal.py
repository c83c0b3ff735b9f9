"""One wrapper around the `Terminal` port: whatever one host's call raises is that host's outcome, and no other's.

It is one of the places that catch any exception: docs/decisions/0023-any-exception-of-one-host.md.
"""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from types import NoneType
from typing import TYPE_CHECKING

import structlog

from bot.domain.program import Program
from bot.domain.session import Account, Machine, Session, SessionState
from bot.domain.verdicts import Reason, Verdict
from bot.errors import TerminalError, Unforeseen
from bot.ports.terminal import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from bot.ports.terminal import Order, Terminal

    Kinds = Mapping[str, tuple[type, ...]]

log = structlog.get_logger()

ANSWER_KINDS: Kinds = {
    "session_id": (int,),
    "verdict": (Verdict, NoneType),
    "code": (int,),
    "reason": (Reason, NoneType),
    "note": (str,),
    "waited": (timedelta,),
}
SESSION_KINDS: Kinds = {
    **dict.fromkeys(("host", "station", "client", "address", "display"), (str,)),
    **dict.fromkeys(("id", "protocol", "build", "error", "cut"), (int,)),
    **dict.fromkeys(("logon", "connect", "disconnect", "input", "now"), (int,)),
    "state": (SessionState,),
    "account": (Account,),
    "machine": (Machine,),
    "unread_parts": (tuple,),
}
PROGRAM_KINDS: Kinds = {"name": (str,), "cpu": (timedelta,), "memory": (int,)}
"""What each field may hold. A value of another kind would fail later, in a step that concerns all hosts."""


class Misanswered(Exception):
    """The terminal answered what its port does not allow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardedTerminal:
    """The `Terminal` port over another terminal. It raises `TerminalError` and nothing else.

    A surprise in the middle of an act counts as delivered, because nobody knows how far the order came. The host is
    then looked at, and the order is not sent again.
    """

    terminal: Terminal

    def sessions(self, host: str, *, within: timedelta) -> tuple[Session, ...]:
        with _outcome_of(host, delivered=False):
            return _checked_sessions(host, self.terminal.sessions(host, within=within))

    def programs(self, host: str, order: Order, *, within: timedelta) -> tuple[Program, ...] | None:
        with _outcome_of(host, delivered=False):
            found = self.terminal.programs(host, order, within=within)
            for program in found or ():
                _check(program, Program, PROGRAM_KINDS)
            return None if found is None else tuple(found)

    def log_off(
        self, host: str, orders: Sequence[Order], *, wait: timedelta | None, within: timedelta
    ) -> Iterator[Answer]:
        return _answers(host, orders, lambda: self.terminal.log_off(host, orders, wait=wait, within=within))

    def disconnect(
        self, host: str, orders: Sequence[Order], *, wait: timedelta | None, within: timedelta
    ) -> Iterator[Answer]:
        return _answers(host, orders, lambda: self.terminal.disconnect(host, orders, wait=wait, within=within))

    def message(
        self, host: str, orders: Sequence[Order], *, title: str, text: str, within: timedelta
    ) -> Iterator[Answer]:
        return _answers(
            host, orders, lambda: self.terminal.message(host, orders, title=title, text=text, within=within)
        )


@contextmanager
def _outcome_of(host: str, *, delivered: bool) -> Iterator[None]:
    """Raise `Unforeseen` for every exception that is no `TerminalError`. The log has it under the same reference."""
    try:
        yield
    except TerminalError:
        raise
    except Exception as error:
        reference = uuid.uuid4().hex[:8]
        log.exception("terminal.surprise", host=host, reference=reference, delivered=delivered, exc_info=error)
        message = f"Something went wrong on my side with {host}. Tell whoever runs the bot: reference {reference}."
        raise Unforeseen(message, host=host, delivered=delivered) from error


def _answers(host: str, orders: Sequence[Order], call: Callable[[], Iterable[Answer]]) -> Iterator[Answer]:
    """Yield the answers, one for each order, or up to a session that still closes: the call ends there.

    What the caller does between two answers is not guarded here.
    """
    waiting, ends_early = [order.session_id for order in orders], False
    with _outcome_of(host, delivered=True):
        for answer in call():
            _check(answer, Answer, ANSWER_KINDS)
            if answer.session_id not in waiting:
                raise Misanswered(f"an answer for session {answer.session_id}, for which none was due")
            waiting.remove(answer.session_id)
            ends_early = answer.still_closes
            yield answer
        if waiting and not ends_early:
            raise Misanswered(f"no answer for the sessions {waiting}")


def _checked_sessions(host: str, found: Iterable[Session]) -> tuple[Session, ...]:
    """Return the sessions. Raises `Misanswered` for a list that is not one of this host's, each session once."""
    sessions = tuple(found)
    for session in sessions:
        _check(session, Session, SESSION_KINDS)
        if session.host != host:
            raise Misanswered(f"a session of {session.host}")
    if len({session.id for session in sessions}) < len(sessions):
        raise Misanswered("a session stands there twice")
    return sessions


def _check(value: object, kind: type, kinds: Kinds) -> None:
    """Raise `Misanswered` when the value, or one of its fields, is of another kind."""
    if not isinstance(value, kind):
        raise Misanswered(f"a {type(value).__name__} in the place of a {kind.__name__}")
    wrong = [name for name, allowed in kinds.items() if not isinstance(getattr(value, name), allowed)]
    if wrong:
        raise Misanswered(f"a {kind.__name__} with {', '.join(wrong)} of another kind")
