"""A plugin of pytest for the tests of both projects, named in pyproject.toml: `--no-skips`, and a browser."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING

import pytest
import structlog

from tests.support.effort import PROFILE  # loads the profile before any test module asks for it
from tests.support.log_state import log_as_before

if TYPE_CHECKING:
    from collections.abc import Generator

sys.dont_write_bytecode = False
"""Compile once, also where the environment says otherwise: half of a short run was compiling, anew in each process."""
GARBAGE_AFTER = 100_000
"""Objects, before Python looks for garbage: parsed sources and drawn cards are many that live."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--no-skips", action="store_true", help="a skipped test fails the run: everything is installed here"
    )


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no garbage meanwhile, nor later in what was loaded: modules stay. That saves a quarter of the time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(GARBAGE_AFTER)
        gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Generator[None, object, object]:
    """Each test finds the log as it was before all others: what sets it up for a program sets it up for the process."""
    with log_as_before():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Let coverage look at no test that tries many examples: it would double their time, for lines that others reach.

    The mark `no_cover` does that, too, but not in the workers of xdist.
    """
    tracer = sys.gettrace()
    if PROFILE != "quick" and any(item.get_closest_marker(name) for name in ("hypothesis", "slow")):
        sys.settrace(None)
    try:
        return (yield)
    finally:
        sys.settrace(tracer)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if terminalreporter.config.getoption("--no-skips") and terminalreporter.stats.get("skipped"):
        terminalreporter.write_line("Tests were skipped, and --no-skips was given.", red=True)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if PROFILE == "quick":  # what lives now ends with the process: pytest would look through all of it for garbage
        gc.freeze()
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if session.config.getoption("--no-skips") and reporter and reporter.stats.get("skipped"):
        session.exitstatus = 1


def pytest_configure(config: pytest.Config) -> None:
    """Load the fixtures of the browser. `-p` would come too early: pytest sets `pythonpath` after it.

    Tracebacks in the log are plain: one that shows the values of each call takes a tenth of a second.
    """
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
        ]
    )
    config.pluginmanager.import_plugin("rehearsal_testing.browser")
