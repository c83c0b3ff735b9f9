"""The whole bot as `logoff-bot run` has it, against a workspace and a farm of the rehearsal. Other benches start it.

Reads one line of JSON from standard input: `config`, a configuration file; `database`, its URL; the tokens and the
address of the workspace; the addresses and the account of the farm. Says `started`, and ends at SIGTERM, or at once
when standard input ends: no bot outlives its bench.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

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


def say_started() -> None:
    sys.stdout.write("started\n")
    sys.stdout.flush()


def end_with_the_bench() -> None:
    sys.stdin.read()
    leave(1)


def main() -> None:
    told = json.loads(sys.stdin.readline())
    threading.Thread(target=end_with_the_bench, daemon=True).start()
    logs.set_up(level=logging.WARNING, as_json=True)
    run_until_told(lambda: wiring.build_owned(settings_of(told), endpoints=told["endpoints"]), say_started)
    leave(0)


if __name__ == "__main__":
    main()
