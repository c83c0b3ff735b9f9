"""Health and metrics: the wrapped ports, the parts that are watched, and who answers."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import structlog

from adapters.scheduler.ticker import Ticker
from adapters.sql.write_probe import WriteProbe
from app.health.database import DatabaseWatch
from app.health.gauges import Gauges
from app.health.metrics import CONTENT_TYPE, Metrics
from app.health.off import NoHealth
from app.health.parts import Watched
from app.health.ports import CountedKeeper, counted_chat, counted_ledger, counted_logons
from app.health.readiness import Cached
from app.health.server import Answer, HealthServer
from app.health.signs import WriteNews
from app.health.terminal import CountedTerminal
from bot.errors import NotOwner

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from adapters.sql.write_queue import FairLock
    from app.bot import Bot
    from app.config.health import Address
    from app.health.off import HealthService, Port
    from bot.audit.entry import Origin
    from bot.ports.terminal import Terminal

JSON = "application/json"

END_WITHIN = timedelta(seconds=0.5)
"""How long the end waits for a look under way. One that hangs ends with the process."""

log = structlog.get_logger()


class Health(NoHealth):
    """Counts at the ports, and answers beside the bot."""

    def __init__(self, address: Address, origin: Origin) -> None:
        self._address, self._metrics, self._news = address, Metrics(origin), WriteNews()

    def ledger(self, ledger: Port) -> Port:
        return counted_ledger(ledger, self._metrics, self._news)

    def chat(self, chat: Port) -> Port:
        return counted_chat(chat, self._metrics)

    def logons(self, logons: Port) -> Port:
        return counted_logons(logons, self._metrics)

    def terminal(self, terminal: Terminal) -> Terminal:
        return CountedTerminal(terminal=terminal, metrics=self._metrics)

    def keeper(self) -> CountedKeeper:
        return CountedKeeper(self._metrics)

    def service(self, bot: Bot, database: Engine, turns: FairLock) -> HealthService:
        watch = DatabaseWatch(WriteProbe(database, turns), bot.ledger.paused, self._news)
        watched = Watched(bot, watch)
        self._metrics.add(
            Gauges(
                report=watched.readiness.report,
                loads=watched.loads,
                writers=turns.waiting,
                directory_age=watched.directory_age,
                socket_silence=watched.socket_silence,
                is_paused=lambda: watch.pause is not None,
                is_owner=lambda: not isinstance(bot.ledger.standstill(), NotOwner),
                is_changed=lambda: bool(self._news.broken),
            )
        )
        return Service(self._address, self._metrics, watched, watch)


class Service:
    """Watches the parts in threads of its own, and answers."""

    def __init__(self, address: Address, metrics: Metrics, watched: Watched, watch: DatabaseWatch) -> None:
        self._address, self._metrics, self._watched, self._watch = address, metrics, watched, watch
        self._text = Cached(metrics.text)
        self._tickers = (
            Ticker("health-parts", partial(watched.tick, metrics)),
            Ticker("health-database", watch.look),
        )
        self._server: HealthServer | None = None

    def start(self) -> None:
        paths = {"/livez": self._livez, "/readyz": self._readyz, "/metrics": self._read_metrics}
        self._server = HealthServer(self._address, paths)
        for ticker in self._tickers:
            ticker.start()
        self._server.start()
        log.info("health.listening", address=str(self._address))

    @property
    def port(self) -> int:
        """The port on which it answers."""
        return self._server.port if self._server else 0

    def started(self) -> None:
        self._watched.phase = ""

    def stopping(self) -> None:
        self._watched.phase = "The bot is ending."

    def stop(self) -> None:
        for ticker in self._tickers:
            ticker.stop(END_WITHIN)
        if self._server:
            self._server.stop()

    def _livez(self) -> Answer:
        report = self._watched.liveness.report()
        return Answer(report.is_ready, JSON, report.text("alive"))

    def _readyz(self) -> Answer:
        report = self._watched.readiness.report()
        return Answer(report.is_ready, JSON, report.text("ready", paused=self._watch.pause is not None))

    def _read_metrics(self) -> Answer:
        return Answer(is_well=True, kind=CONTENT_TYPE, body=self._text())
