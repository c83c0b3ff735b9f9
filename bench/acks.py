"""How soon 200 commands at once are acked, beside a bare Bolt app in the same run.

    .venv/bin/python bench/acks.py [--http] [--quick] [--check] [--json]

The workspace of the rehearsal sends all commands at the same moment over one socket of Socket Mode, and times each ack.
The bot is the whole one, with its database, in a process of its own; its hosts refuse every connection. The bare app
acks with a word and does nothing else. With `--http` each command is a signed request to both, and the bare app stands
behind Bolt's own handler for Starlette, which answers in the event loop. Both have bursts in turn, the first of each is
not counted, and the best counts: noise makes a burst longer and never shorter. Compare ratios, never milliseconds.
`--check` exits with 1 when a bound is missed, and with 2 when PostgreSQL is not here.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests
import uvicorn
from frame import Bound, databases, ended, log_aside, options, rounds
from pydantic import SecretStr
from rich.table import Table
from slack_bolt import Ack, App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_bolt.adapter.starlette import SlackRequestHandler
from starlette.applications import Starlette
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

AGAINST_BARE_HTTP = 0.8
"""The same in HTTP mode. Before each ack the bot writes to its database, and the bare app does not."""

PATH = "/slack/events"
COMMANDS = 200
LATEST = 3.0
"""Seconds: what Slack would not wait for counts as this."""

QUIET, LONGEST_REST = 1.0, 60.0
"""Seconds without a change after which an app rests, and how long that is waited for at most."""

QUICK_WITHIN = 26.0
"""Seconds in which a round may begin with `--quick`. One takes 12 to 15, so all is less than a minute."""

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
            acked = (None if each.error else each.acked_after for each in done)
            return JSONResponse([LATEST if after is None else after.total_seconds() for after in acked])

        self.add([Route("/burst", burst)], lambda: None)

    def send(self, commands: int) -> float:
        """Return the seconds of the slowest ack but one in a hundred."""
        with requests.Session() as session:
            session.trust_env = False
            answer = session.get(f"{self.url}/burst", params={"commands": commands}, timeout=60)
        acked: list[float] = sorted(answer.json())
        return acked[math.ceil(len(acked) * 0.99) - 1]


@contextmanager
def running(app: str, database: str = "", *, http: bool = False) -> Iterator[Burst]:
    """Run the app, in a process of its own, in a workspace of its own."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1] if http else 0
    workspace = Burst.from_file(SHIPPED_WORKSPACE, commands=["/logoff", "/sessions", "/disconnect", "/tsmessage"])
    workspace.offer()
    with workspace:
        if http:
            workspace.deliver_to(f"http://127.0.0.1:{port}{PATH}")
        told = {
            "app": app,
            "port": port,
            "secret": workspace.signing_secret,
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
    log_aside()
    told = json.loads(sys.stdin.readline())
    (serve_bare if told["app"] == "bare" else serve_bot)(told)
    sys.stdout.write("started\n")
    sys.stdout.flush()
    threading.Event().wait()


def serve_bare(told: dict[str, Any]) -> None:
    """As Bolt's own guide has it, but for the address of Slack."""
    from slack_sdk import WebClient  # noqa: PLC0415 - the bot makes its own

    app = App(client=WebClient(token=told["bot_token"], base_url=told["api_url"]), signing_secret=told["secret"])

    @app.command("/logoff")
    def acked(ack: Ack) -> None:
        ack("looking")

    if not told["port"]:
        SocketModeHandler(app, told["app_token"]).connect()  # type: ignore[no-untyped-call] # Bolt has no types here
        return
    routes = [Route(PATH, SlackRequestHandler(app).handle, methods=["POST"])]
    server = uvicorn.Server(
        uvicorn.Config(Starlette(routes=routes), port=told["port"], log_level="error", backlog=1024)
    )
    threading.Thread(target=server.run, daemon=True).start()
    while not server.started:
        time.sleep(0.01)


def serve_bot(told: dict[str, Any]) -> None:
    settings = load(ROOT / "app.yaml")
    tokens = Slack(
        mode="http" if told["port"] else "socket",
        listen=f"127.0.0.1:{told['port'] or 3000}",
        signing_secret=SecretStr(told["secret"]),
        bot_token=SecretStr(told["bot_token"]),
        app_token=SecretStr(told["app_token"]),
        api_url=told["api_url"],
    )
    limits = settings.limits.model_copy(update={"max_requests": 1_000_000, "max_sent": 1_000_000})
    settings = settings.model_copy(update={"slack": tokens, "database": SecretStr(told["database"]), "limits": limits})
    wiring.upgrade(settings)
    names = settings.inventory().names
    wiring.build(settings, endpoints=dict.fromkeys(names, NOWHERE)).start()


def rest(space: Burst) -> None:
    """Wait until the app has done what came of the last burst: its steps would compete with the next one."""
    seen, began = space.store.changes, time.monotonic()
    since = began
    while time.monotonic() < min(since + QUIET, began + LONGEST_REST):
        time.sleep(0.1)
        if seen != space.store.changes:
            seen, since = space.store.changes, time.monotonic()


def measured(urls: dict[str, str], *, commands: int, least: int, within: float, http: bool) -> list[Acks]:
    """Return the acks of the bare app, and of the bot on each database. The bursts take turns."""
    apps = {"bare": "", **urls}
    acks = [Acks(app) for app in apps]
    with ExitStack() as stack:
        spaces = [stack.enter_context(running(app, database, http=http)) for app, database in apps.items()]
        for space in spaces:
            space.send(commands)
            rest(last := space)
        for _ in rounds(least, within, lambda: bounds_of(acks, http=http)):
            for each, space in zip(acks, spaces, strict=True):
                rest(last)  # and not after its burst: nobody waits for what came of the very last one
                each.p99.append((last := space).send(commands))
    return acks


def bounds_of(acks: Sequence[Acks], *, http: bool) -> tuple[Bound, ...]:
    bare, *others = acks
    says = f"the 99th of a hundred acks{' over HTTP' if http else ''}, in times of a bare app's"
    most = AGAINST_BARE_HTTP if http else AGAINST_BARE
    return tuple(Bound(each.app, says, most, each.best / bare.best) for each in others)


def main() -> int:
    parser = options(__doc__, quick="one burst each, and few more where a bound is missed")
    parser.add_argument("--commands", type=int, default=COMMANDS, help="so many at once, one burst each")
    parser.add_argument("--http", action="store_true", help="in HTTP mode")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.serve:
        serve()
    least, within = (1, QUICK_WITHIN) if asked.quick else (5, 240.0)
    if asked.commands != COMMANDS:
        least, within = 1, 0.0
    with databases(asked.only) as urls:
        acks = measured(urls, commands=asked.commands, least=least, within=within, http=asked.http)
    table = Table("app", "best ms", "all bursts")
    for each in acks:
        table.add_row(each.app, f"{each.best * 1000:.0f}", " ".join(f"{p99 * 1000:.0f}" for p99 in each.p99))
    found = {each.app: {"p99_ms": [round(p99 * 1000, 1) for p99 in each.p99]} for each in acks}
    return ended(asked, {"apps": found}, table, bounds_of(acks, http=asked.http))


if __name__ == "__main__":
    sys.exit(main())
