"""How the program logs: one event a line, constant dotted names, fields beside them, never a payload or a secret."""

from __future__ import annotations

import logging
import sys

import structlog


def set_up(*, level: int, as_json: bool) -> None:
    """To standard error, so that standard output is for answers."""
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
    # Bolt advises developers at this level: how to write a listener for an event that nobody wants.
    logging.getLogger("slack_bolt").setLevel(max(level, logging.ERROR))


def _to_stderr(*_: object) -> structlog.PrintLogger:
    """Standard error as it is now: whoever replaced it before may have closed that one."""
    return structlog.PrintLogger(sys.stderr)
