"""The bot in a process of its own, so that a test can kill it. Reads one JSON object from standard input:

settings: the configuration file      bot_token, app_token, api_url: the workspace's
endpoints: host -> URL of the farm    username, password: the farm's account
database: URL                         ahead: seconds that its clock is ahead
owned: whether it owns its database, as `logoff-bot run` does
replicas: whether it shares its work with other replicas
die_after: name of an event: the process kills itself right after that event is in the database
"""

from __future__ import annotations

import faulthandler
import json
import logging
import os
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr

from adapters.sql.ledger import SqlLedger
from app import logging as logs
from app import wiring
from app.config.settings import Slack, load
from app.running import leave, run_until_told
from bot.domain.events import name_of

if TYPE_CHECKING:
    from bot.domain.alone import AloneLimit
    from bot.domain.events import Event
    from bot.domain.request import Request


class ClockAhead:
    def __init__(self, seconds: float) -> None:
        self._ahead = timedelta(seconds=seconds)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead


def die_after(name: str) -> None:
    """SIGKILL leaves no chance to tidy up, as a power cut or the kernel's memory killer does."""
    record = SqlLedger.record

    def record_and_die(
        self: SqlLedger,
        request_id: str,
        event: Event,
        *,
        interactive: bool = False,
        limit: AloneLimit | None = None,
    ) -> Request:
        after = record(self, request_id, event, interactive=interactive, limit=limit)
        if name_of(event) == name:
            os.kill(os.getpid(), signal.SIGKILL)
        return after

    SqlLedger.record = record_and_die  # type: ignore[method-assign] # the test's hand in the machine


def main() -> None:
    faulthandler.enable()  # SIGABRT shows what each thread does
    told = json.load(sys.stdin)
    # Not to standard output: nobody reads it after the first line, and a full pipe stops whoever writes.
    logs.set_up(level=logging.INFO, as_json=True)
    settings = load(Path(told["settings"]))
    tokens = Slack(
        bot_token=SecretStr(told["bot_token"]), app_token=SecretStr(told["app_token"]), api_url=told["api_url"]
    )
    winrm = settings.winrm.model_copy(update={"username": told["username"], "password": SecretStr(told["password"])})
    rehearsed = settings.model_copy(
        update={
            "slack": tokens,
            "winrm": winrm,
            "database": SecretStr(told["database"]),
            "replicas": told["replicas"],
        }
    )
    if told["die_after"]:
        die_after(told["die_after"])
    build = wiring.build_owned if told["owned"] else wiring.build
    clock = ClockAhead(told["ahead"]) if told["ahead"] else None
    run_until_told(lambda: build(rehearsed, endpoints=told["endpoints"], clock=clock), say_started)
    leave(0)


def say_started() -> None:
    sys.stdout.write("started\n")
    sys.stdout.flush()


main()
