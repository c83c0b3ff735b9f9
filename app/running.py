"""The bot as a process: it starts, runs until it is told to stop, and ends in time whatever hangs."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, NoReturn

import structlog

from adapters.scheduler.ticker import Ticker
from app.service_notify import ServiceManager
from app.told import LOOK_AGAIN, Told
from app.watchdog import Watchdog
from bot.errors import BotError

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.bot import Bot
    from app.reloading import Reloader

END_WITHIN = timedelta(seconds=8)
"""How long the end may take. A service manager, and the people behind it, are promised ten seconds."""

log = structlog.get_logger()


def run_until_told(
    build: Callable[[], Bot], started: Callable[[], None] = lambda: None, reloader: Reloader | None = None
) -> None:
    """Build the bot, start it, and return after SIGTERM or SIGINT, at the latest after `END_WITHIN`.

    The main thread only waits: so a signal arrives whatever the others hang in. Raises the `BotError` of a start that
    failed. Threads that hang may still run afterwards, so the caller leaves the process with `leave`. With a
    `reloader` SIGHUP lets it look at the configuration again, as soon as the bot runs.
    """
    manager = ServiceManager.of(os.environ)
    process = _Process(build, started, manager, reloader)
    with_signals(process.over)
    if reloader:
        reloader.listen()
    threading.Thread(target=process.start, name="start", daemon=True).start()
    wait_for(process.over)
    manager.stopping()
    is_over = _within(END_WITHIN, process.end)
    _within(timedelta(seconds=0.5), lambda: log.info("process.ended", in_order=is_over))
    if isinstance(failure := process.failure or process.displaced, BotError):
        raise failure
    if process.failure:
        _within(timedelta(seconds=0.5), lambda: log.critical("process.failed", exc_info=process.failure))
        leave(1)


class _Process:
    def __init__(
        self,
        build: Callable[[], Bot],
        started: Callable[[], None],
        manager: ServiceManager,
        reloader: Reloader | None,
    ) -> None:
        self._build, self._started, self._manager, self._reloader = build, started, manager, reloader
        self._bot: Bot | None = None
        self.over = Told()  # told to stop, or failed to start
        self.failure: Exception | None = None

    def start(self) -> None:
        try:
            self._bot = self._build()
            if self.over.is_set():
                return
            Watchdog(self._bot.writer, content=self._manager.alive).start()
            if self._bot.owner:
                self._bot.owner.when_displaced(self.over.set)
            self._bot.start()
            self._reload_from_now_on(self._bot)
            spare_what_is_loaded()
            self._started()
            self._manager.ready()
            log.info("process.ready")
        except Exception as error:  # noqa: BLE001 - it is raised in the main thread
            self.failure = None if self.over.is_set() else error
            self.over.set()

    def _reload_from_now_on(self, bot: Bot) -> None:
        if self._reloader and bot.reloading:
            Ticker("config", partial(self._reloader.look, bot.reloading), LOOK_AGAIN).start()

    @property
    def displaced(self) -> BotError | None:
        """Why the process had to end for another one; None when it had not."""
        return self._bot.owner.displaced_by if self._bot and self._bot.owner else None

    def end(self) -> None:
        if self._bot:
            self._bot.stop()


def spare_what_is_loaded() -> None:
    """Let the garbage collector pass over what is loaded by now: it stays as long as the process, and slows each round.

    Measured on requests over 400 hosts: a twentieth of all the time that the process computes.
    """
    gc.collect()
    gc.freeze()


def with_signals(told: Told) -> None:
    """Let SIGTERM and SIGINT tell it. Called in the main thread, which then waits with `wait_for`."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: told.set())


def wait_for(told: Told) -> None:
    """Wait until it was told, however a signal arrives.

    The system may hand a signal to any thread, one that just starts another, say. Python notes it there and acts on it
    in the main thread, which a wait without an end never wakes for that.
    """
    while not told.wait(LOOK_AGAIN.total_seconds()):
        pass


def _within(time: timedelta, call: Callable[[], None]) -> bool:
    """Make the call in a thread of its own. Return whether it was over in time; otherwise it goes on by itself."""
    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    thread.join(time.total_seconds())
    return not thread.is_alive()


def leave(code: int) -> NoReturn:
    """End the process at once with this exit code. Python itself would wait for threads that hang."""
    _within(timedelta(seconds=0.5), _flush)
    os._exit(code)


def _flush() -> None:
    sys.stdout.flush()
    sys.stderr.flush()
