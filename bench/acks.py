"""How soon 200 commands at once are acked, beside a bare Bolt app in the same run.

    .venv/bin/python bench/acks.py [--quick] [--check] [--json]

The workspace of the rehearsal sends all commands at the same moment over one socket of Socket Mode, and times each ack.
The bot is the whole one, with its database, in a process of its own; its hosts refuse every connection. The bare app
acks with a word and does nothing else. Both have bursts in turn, the first of each is not counted, and the best counts:
noise makes a burst longer and never shorter. Compare ratios, never milliseconds. `--check` exits with 1 when a bound is
missed, and with 2 when PostgreSQL is not here.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import math
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests
import structlog
from fleet import DATABASES, Bound
from pydantic import SecretStr
from rich.console import Console
from rich.table import Table
from slack_bolt import Ack, App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from starlette.responses import JSONResponse
from starlette.routing import Route

from app import wiring
from app.config.settings import Slack, load
from rehearsal.slack import SHIPPED_WORKSPACE, Workspace
from rehearsal.slack.user_actions.commands import run_command

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from starlette.requests import Request

ROOT = Path(__file__).resolve().parents[1]
AGAINST_BARE = 1.5
"""The slowest ack but one in a hundred takes at most so many times as long as that of a bare app."""

COMMANDS = 200
LATEST = 3.0
"""Seconds: what Slack would not wait for counts as this."""

LONGEST_REST = 60.0
DANA = "U0DANA0001"

NOWHERE = "http://127.0.0.1:9/wsman"
"""Nobody listens there: each look ends at once."""


@dataclass(slots=True)
class Acks:
    """Seconds of the slowest ack but one in a hundred, for each burst."""

    app: str
    p99: list[float] = field(default_factory=list)

    @property
    def best(self) -> float:
        return min(self.p99)


class Burst(Workspace):
    """A workspace in which all people type at the same moment."""

    def offer(self) -> None:
        async def burst(request: Request) -> JSONResponse:
            texts = [f"/logoff rds-{n % 40 + 1:02d} id=3 --sync" for n in range(int(request.query_params["commands"]))]
            dana = self.store.people[DANA]
            typed = (run_command(self._context, dana, text, None, 1) for text in texts)
            done = await asyncio.gather(*typed)
            return JSONResponse([LATEST if each.error else each.acked_after.total_seconds() for each in done])

        self.add([Route("/burst", burst)], lambda: None)

    def send(self, commands: int) -> float:
        """Return the seconds of the slowest ack but one in a hundred."""
        with requests.Session() as session:
            session.trust_env = False
            answer = session.get(f"{self.url}/burst", params={"commands": commands}, timeout=60)
        acked: list[float] = sorted(answer.json())
        return acked[math.ceil(len(acked) * 0.99) - 1]


@contextmanager
def running(app: str, database: str = "") -> Iterator[Burst]:
    """Run the app, in a process of its own, in a workspace of its own."""
    workspace = Burst.from_file(SHIPPED_WORKSPACE, commands=["/logoff", "/sessions", "/disconnect", "/tsmessage"])
    workspace.offer()
    with workspace:
        told = {
            "app": app,
            "bot_token": workspace.bot_token,
            "app_token": workspace.app_token,
            "api_url": workspace.api_url,
            "database": database,
        }
        line = [sys.executable, __file__, "--serve"]
        with subprocess.Popen(line, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - this very file
            try:
                print(json.dumps(told), file=process.stdin, flush=True)
                if next(iter(process.stdout or ()), "") != "started\n":
                    raise SystemExit(f"The app did not start: {app}")
                yield workspace
            finally:
                process.kill()


def serve() -> None:
    """Be the app that standard input tells of, until somebody kills the process."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    told = json.loads(sys.stdin.readline())
    (serve_bare if told["app"] == "bare" else serve_bot)(told)
    sys.stdout.write("started\n")
    sys.stdout.flush()
    threading.Event().wait()


def serve_bare(told: dict[str, Any]) -> None:
    """As Bolt's own guide has it, but for the address of Slack."""
    from slack_sdk import WebClient  # noqa: PLC0415 - the bot makes its own

    app = App(client=WebClient(token=told["bot_token"], base_url=told["api_url"]))

    @app.command("/logoff")
    def acked(ack: Ack) -> None:
        ack("looking")

    SocketModeHandler(app, told["app_token"]).connect()  # type: ignore[no-untyped-call] # Bolt has no types here


def serve_bot(told: dict[str, Any]) -> None:
    settings = load(ROOT / "app.yaml")
    tokens = Slack(
        bot_token=SecretStr(told["bot_token"]), app_token=SecretStr(told["app_token"]), api_url=told["api_url"]
    )
    limits = settings.limits.model_copy(update={"max_requests": 1_000_000, "max_sent": 1_000_000})
    settings = settings.model_copy(update={"slack": tokens, "database": SecretStr(told["database"]), "limits": limits})
    wiring.upgrade(settings)
    names = settings.inventory().names
    wiring.build(settings, endpoints=dict.fromkeys(names, NOWHERE)).start()


def rest(space: Burst) -> None:
    """Wait until the app has done what came of the last burst: its steps would compete with the next one."""
    seen, until = -1, time.monotonic() + LONGEST_REST
    while seen != space.store.changes and time.monotonic() < until:
        seen = space.store.changes
        time.sleep(1.5)


def measured(databases: dict[str, str], *, commands: int, rounds: int, within: float) -> list[Acks]:
    """Return the acks of the bare app, and of the bot on each database. The bursts take turns.

    While a bound is missed and time is left there is one more round.
    """
    apps = {"bare": "", **databases}
    acks, until = [Acks(app) for app in apps], time.monotonic() + within
    with ExitStack() as stack:
        spaces = [stack.enter_context(running(app, database)) for app, database in apps.items()]
        for space in spaces:
            space.send(commands)
            rest(space)
        while len(acks[0].p99) < rounds or (
            time.monotonic() < until and not all(bound.held for bound in bounds_of(acks))
        ):
            for each, space in zip(acks, spaces, strict=True):
                each.p99.append(space.send(commands))
                rest(space)
    return acks


def bounds_of(acks: Sequence[Acks]) -> tuple[Bound, ...]:
    bare, *others = acks
    says = "the 99th of a hundred acks, in times of a bare app's"
    return tuple(Bound(each.app, says, AGAINST_BARE, each.best / bare.best) for each in others)


def as_json(acks: Sequence[Acks], bounds: Sequence[Bound]) -> str:
    found = {each.app: {"p99_ms": [round(p99 * 1000, 1) for p99 in each.p99]} for each in acks}
    return json.dumps({"apps": found, "bounds": [asdict(bound) | {"held": bound.held} for bound in bounds]})


def show(acks: Sequence[Acks], bounds: Sequence[Bound]) -> None:
    table = Table("app", "best ms", "all bursts")
    for each in acks:
        table.add_row(each.app, f"{each.best * 1000:.0f}", " ".join(f"{p99 * 1000:.0f}" for p99 in each.p99))
    Console().print(table)
    for bound in bounds:
        said = "held" if bound.held else "MISSED"
        Console().print(f"{said}: {bound.database}: {bound.says}: {bound.found:.2f}, at most {bound.most}")


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--quick", action="store_true", help="one burst each, and few more where a bound is missed")
    options.add_argument("--check", action="store_true", help="exit with 1 when a bound is missed")
    options.add_argument("--json", action="store_true", help="print one JSON object")
    options.add_argument("--commands", type=int, default=COMMANDS, help="so many at once, one burst each")
    options.add_argument("--only", choices=DATABASES, nargs="+", default=list(DATABASES), help="these databases")
    options.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    asked = options.parse_args()
    if asked.serve:
        serve()
    rounds, within = (1, 60.0) if asked.quick else (5, 240.0)
    if asked.commands != COMMANDS:
        rounds, within = 1, 0.0
    with ExitStack() as stack:
        databases = {}
        for name in asked.only:
            try:
                databases[name] = stack.enter_context(DATABASES[name]())
            except ModuleNotFoundError as error:
                sys.stderr.write(f"PostgreSQL is not measured: {error}. Install it: uv sync --extra postgres\n")
        acks = measured(databases, commands=asked.commands, rounds=rounds, within=within)
    bounds = bounds_of(acks)
    if asked.json:
        sys.stdout.write(as_json(acks, bounds) + "\n")
    else:
        show(acks, bounds)
    if asked.check and len(databases) < len(asked.only):
        return 2
    return int(asked.check and not all(bound.held for bound in bounds))


if __name__ == "__main__":
    sys.exit(main())
