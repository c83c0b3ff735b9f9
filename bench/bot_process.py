"""The whole bot as `logoff-bot run` has it, against a workspace and a farm of the rehearsal. Other benches start it.

Reads one line of JSON from standard input: `config`, a configuration file; `database`, its URL; the tokens and the
address of the workspace; the addresses and the account of the farm. Says `started`. At each further line it opens all
connections to the database that it may keep, reads with each, and says `filled`; it ends when it cannot. Ends at
SIGTERM, or at once when standard input ends: no bot outlives its bench.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr
from sqlalchemy import Connection, Engine, event, func, select
from sqlalchemy.pool import QueuePool

from adapters.sql.tables import audit_entry
from app import logging as logs
from app import wiring
from app.config.settings import Slack, load
from app.running import leave, run_until_told

if TYPE_CHECKING:
    from app.config.settings import Settings

DATABASE = "BENCH_DATABASE"
"""What the configuration calls the database."""

MANY = 1_000_000
"""A limit that nobody meets: one person asks for everything here."""


def settings_of(told: dict[str, Any]) -> Settings:
    settings = load(Path(told["config"]), {DATABASE: told["database"]})
    bot_token, app_token = SecretStr(told["bot_token"]), SecretStr(told["app_token"])
    winrm = {"username": told["username"], "password": SecretStr(told["password"])}
    limits = {"max_requests": MANY, "max_sent": MANY, "second_person_above": MANY}
    return settings.model_copy(
        update={
            "slack": Slack(api_url=told["api_url"], bot_token=bot_token, app_token=app_token),
            "winrm": settings.winrm.model_copy(update=winrm),
            "limits": settings.limits.model_copy(update=limits),
        }
    )


def say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


class Pools:
    """The pools of connections that the bot has used."""

    def __init__(self) -> None:
        self._used: dict[QueuePool, Engine] = {}
        event.listen(Engine, "engine_connect", self._note)

    def _note(self, connection: Connection) -> None:
        if isinstance(pool := connection.engine.pool, QueuePool):
            self._used[pool] = connection.engine

    def fill(self) -> None:
        """Open all connections that they keep, and read with each. An engine that was disposed of has another pool."""
        for pool, engine in list(self._used.items()):
            held = [engine.connect() for _ in range(pool.size() if engine.pool is pool else 0)]
            for connection in held:
                with connection:
                    connection.execute(select(func.max(func.length(audit_entry.c.text)))).all()


def obey_the_bench(pools: Pools) -> None:
    try:
        for _ in sys.stdin:
            pools.fill()
            say("filled")
    except Exception:  # noqa: BLE001 - whatever it is, the bench waits for an answer
        traceback.print_exc()
    leave(1)


def main() -> None:
    told = json.loads(sys.stdin.readline())
    threading.Thread(target=obey_the_bench, args=(Pools(),), daemon=True).start()
    logs.set_up(level=logging.WARNING, as_json=True)
    run_until_told(lambda: wiring.build_owned(settings_of(told), endpoints=told["endpoints"]), lambda: say("started"))
    leave(0)


if __name__ == "__main__":
    main()
