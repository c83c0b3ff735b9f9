"""Decorators of the ports: each call does what it did, and is counted."""

from __future__ import annotations

from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar, cast

from adapters.slack.ack_keeper import AckKeeper
from app.health.metrics import command_label
from bot.domain.events import Noted, TargetEnded, name_of
from bot.domain.lifecycle import TABLE
from bot.domain.request import State
from bot.errors import (
    BotError,
    Duplicate,
    KeyChanged,
    LedgerError,
    RecordChanged,
    Standstill,
    TooWide,
    UnreadableRequest,
)
from bot.ports.chat import Chat
from bot.ports.ledger import Ledger
from bot.ports.logons import Logons

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from adapters.slack.ack_keeper import Watched
    from app.health.metrics import Metrics
    from app.health.signs import WriteNews
    from bot.domain.events import Event
    from bot.domain.posting import Posting
    from bot.domain.request import Request
    from bot.ports.logons import Change

Port = TypeVar("Port")
Call = Any

IN_FRONT = "in_front"
"""The ledger's method that returns the one of people who wait."""

UNFORESEEN = "unforeseen"
"""The outcome of a call that raised what its port does not know."""

_WRITES = frozenset({"open", "record", "note", "mark_published", "mark_posting", "mark_listed", "postpone"})
_OF_ONE_REQUEST = (Standstill, UnreadableRequest, TooWide)
"""Errors of the ledger that do not say that the database is ill."""


class _Around:
    """Has what `inner` has; the methods of the port go through `around`."""

    def __init__(self, inner: object, port: type, around: Callable[[str, Call], Call]) -> None:
        self._inner, self._port, self._around = inner, port, around

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.__dict__["_inner"], name)
        if name.startswith("_") or not (name in vars(self._port) or name == IN_FRONT):
            return found
        self.__dict__[name] = wrapped = self._around(name, found)
        return wrapped


def counted_ledger(inner: Port, metrics: Metrics, news: WriteNews) -> Port:
    """Return the ledger with its times, its errors, and what becomes of requests and messages."""

    def around(name: str, call: Call) -> Call:
        if name == IN_FRONT:
            return lambda engine: counted_ledger(call(engine), metrics, news)
        times = metrics.ledger_times.labels(name)
        tells = _TELLS.get(name, _nothing)

        def counted(*args: Any, **options: Any) -> Any:
            began = monotonic()
            try:
                result = call(*args, **options)
            except BotError as error:
                _failed(metrics, news, name, error)
                if name == "open":
                    _tell_not_opened(metrics, error, *args, **options)
                raise
            finally:
                times.observe(monotonic() - began)
            if name in _WRITES:
                news.went_well()
            tells(metrics, result, *args, **options)
            return result

        return counted

    return cast("Port", _Around(inner, Ledger, around))


def _failed(metrics: Metrics, news: WriteNews, name: str, error: BotError) -> None:
    if isinstance(error, LedgerError):
        metrics.ledger_errors.labels(name, error.code).inc()
        if isinstance(error, RecordChanged | KeyChanged):
            news.broken = error.code
        if name in _WRITES and not isinstance(error, _OF_ONE_REQUEST):
            news.failed()


def _tell_not_opened(metrics: Metrics, error: BotError, request: Request) -> None:
    outcome = "repeated" if isinstance(error, Duplicate) else "not_recorded"
    metrics.commands.labels(command_label(request.command), outcome).inc()


def _nothing(*_: object, **__: object) -> None: ...


def _tell_open(metrics: Metrics, opened: Request, request: Request) -> None:
    del opened
    metrics.commands.labels(command_label(request.command), "recorded").inc()


def _tell_record(metrics: Metrics, after: Request, request_id: str, event: Event, **_: object) -> None:
    del request_id
    metrics.events.labels(name_of(event)).inc()
    if isinstance(event, TargetEnded):
        metrics.verdicts.labels(after.action.value, event.verdict.value).inc()
    if after.state is State.ENDED and after.ending and not isinstance(event, (*TABLE[State.ENDED], Noted)):
        metrics.ended.labels(command_label(after.command), after.ending.value).inc()


def _tell_note(metrics: Metrics, _: None, noted: Noted, place: object) -> None:
    del place
    metrics.notes.labels(noted.kind.value).inc()


def _tell_posting(metrics: Metrics, kept: object, request_id: str, before: Posting, after: Posting) -> None:
    del request_id, before
    if kept and after.is_over and after.fault:
        metrics.given_up.inc()


_TELLS: dict[str, Callable[..., None]] = {
    "open": _tell_open,
    "record": _tell_record,
    "note": _tell_note,
    "mark_posting": _tell_posting,
}


def counted_chat(inner: Port, metrics: Metrics) -> Port:
    """Return the chat with the times and the outcomes of its calls."""

    def around(name: str, call: Call) -> Call:
        def tell(seconds: float, error: BaseException | None) -> None:
            metrics.chat_times.labels(name).observe(seconds)
            metrics.chat_calls.labels(name, outcome_of(error)).inc()

        def counted(*args: Any, **options: Any) -> Any:
            with Outcome(tell):
                return call(*args, **options)

        return counted

    return cast("Port", _Around(inner, Chat, around))


class Outcome:
    """Times a block, and tells its seconds and the error that ended it, if one did, to `tell`."""

    def __init__(self, tell: Callable[[float, BaseException | None], None]) -> None:
        self._tell = tell
        self._began = monotonic()

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._tell(monotonic() - self._began, error)


def outcome_of(error: BaseException | None) -> str:
    """Return the code of an error of the bot, one word for all others, and "ok" for none."""
    if error is None:
        return "ok"
    return error.code if isinstance(error, BotError) else UNFORESEEN


def counted_logons(inner: Port, metrics: Metrics) -> Port:
    """Return the logons with the number of refusals, and of accounts that rest after two of them."""

    def around(name: str, call: Call) -> Call:
        if name == "standing":
            return call

        def counted(*args: Any, **options: Any) -> Change:
            change: Change = call(*args, **options)
            before, after = change
            metrics.refused_logons.inc(max(0, after.times_refused - before.times_refused))
            metrics.suspensions.inc(bool(after.suspended_until and not before.suspended_until))
            return change

        return counted

    return cast("Port", _Around(inner, Logons, around))


class CountedKeeper(AckKeeper):
    """Counts how long people wait for an ack."""

    def __init__(self, metrics: Metrics) -> None:
        super().__init__()
        self._metrics = metrics

    @contextmanager
    def watching(self, say_late: Callable[[], object]) -> Iterator[Watched]:
        began, late = monotonic(), list[float]()

        def say() -> object:
            late.append(monotonic() - began)
            self._metrics.late_acks.inc()
            return say_late()

        try:
            with super().watching(say) as watched:
                yield watched
        finally:
            self._metrics.acks.observe(late[0] if late else monotonic() - began)
