"""The log of the program: one event a line, with a constant dotted name and fields; never a payload or a secret.

As JSON it is all that the process writes to standard error: also what libraries, warnings and exceptions that nobody
caught say. Line ends and control characters inside a text are escaped, so that a record is one line.
"""

from __future__ import annotations

import logging
import sys
import threading
from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    from types import TracebackType

_LEVELS = (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL)

_one_line = threading.Lock()  # all lines of the process go through it, so that none stands inside another

_PROCESSORS: tuple[Any, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
)

log = structlog.get_logger()


def set_up(*, level: int, as_json: bool) -> None:
    """Write the log to standard error, because standard output is for answers. `level` is one of `logging`."""
    renderer = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[*_PROCESSORS, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=_Lines,
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers[:] = [each for each in root.handlers if not isinstance(each, _Foreign)]
    if as_json:
        _take_over(root, max(level, logging.WARNING))
    else:
        shown = "%(name)s %(levelname)s %(message)s"
        logging.basicConfig(level=max(level, logging.WARNING), stream=sys.stderr, format=shown)
    # At its lower levels Bolt tells developers how to write a listener for each unknown event.
    logging.getLogger("slack_bolt").setLevel(max(level, logging.ERROR))
    # It logs what it raises as well, with a traceback, and what it cannot read of a host's answer.
    logging.getLogger("pypsrp").setLevel(logging.CRITICAL)


def is_all_json() -> bool:
    """Return whether this log is all that may stand on standard error."""
    return any(isinstance(each, _Foreign) for each in logging.getLogger().handlers)


class _Lines:
    """Where structlog hands its finished lines over: standard error as it is now, whatever replaced an earlier one."""

    def __init__(self, *_: object) -> None:
        pass

    def msg(self, line: str) -> None:
        try:
            with _one_line:
                sys.stderr.write(f"{line}\n")
                sys.stderr.flush()
        except (OSError, ValueError):  # nobody reads the log any more; the work goes on
            pass

    log = debug = info = warning = error = critical = exception = fatal = msg


class _Foreign(logging.Handler):
    """What libraries log with Python's own `logging`, as lines of this log."""

    def __init__(self) -> None:
        super().__init__()
        lines = [*_PROCESSORS, structlog.processors.JSONRenderer()]
        wrapper = structlog.make_filtering_bound_logger(logging.DEBUG)  # the levels of the loggers have chosen already
        self._log: Any = structlog.wrap_logger(_Lines(), processors=lines, wrapper_class=wrapper)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            message = record.getMessage()
        except Exception:  # noqa: BLE001 - a library's message that does not fit its own values is still told
            message = str(record.msg)
        level = max((each for each in _LEVELS if each <= record.levelno), default=logging.DEBUG)
        self._log.log(level, "library.said", library=record.name, message=message, exc_info=record.exc_info)


def _take_over(root: logging.Logger, level: int) -> None:
    """Send all that Python and the libraries would write to standard error through this log."""
    root.handlers[:] = [_Foreign()]
    root.setLevel(level)
    logging.captureWarnings(capture=True)
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread
    sys.unraisablehook = _unraisable


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    log.critical("process.failed", exc_info=(kind, error, trace))


def _uncaught_in_thread(failed: threading.ExceptHookArgs) -> None:
    if failed.exc_value is not None and failed.exc_type is not SystemExit:
        name = failed.thread.name if failed.thread else ""
        log.critical("thread.failed", thread=name, exc_info=failed.exc_value)


def _unraisable(ignored: sys.UnraisableHookArgs) -> None:
    log.error("exception.ignored", where=repr(ignored.object), exc_info=ignored.exc_value)
