"""The log of the program: one event a line, with a constant dotted name and fields; never a payload or a secret."""

from __future__ import annotations

import logging
import sys

import structlog


def set_up(*, level: int, as_json: bool) -> None:
    """Write the log to standard error, because standard output is for answers. `level` is one of `logging`."""
    renderer = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=_to_stderr,
        cache_logger_on_first_use=False,
    )
    shown = "%(name)s %(levelname)s %(message)s"
    logging.basicConfig(level=max(level, logging.WARNING), stream=sys.stderr, format=shown)
    # At its lower levels Bolt tells developers how to write a listener for each unknown event.
    logging.getLogger("slack_bolt").setLevel(max(level, logging.ERROR))


def _to_stderr(*_: object) -> structlog.PrintLogger:
    """Return a logger on the present standard error. An earlier one may have been replaced and closed."""
    return structlog.PrintLogger(sys.stderr)
