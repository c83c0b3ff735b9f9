"""`logoff-bot --version`: the facts for a bug report. It needs no configuration and no database."""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from adapters.sql import migrate
from adapters.windows.agent import script
from app.checkout import commit


def _say(wanted: bool) -> None:  # noqa: FBT001 - typer hands the switch over by position
    if not wanted:
        return
    lines = (
        f"logoff-bot {version('logoff-bot')}",
        f"commit {commit() or 'unknown'}",
        f"database revision {migrate.newest()}",
        f"agent sha256 {script.digest()}",
    )
    sys.stdout.write("\n".join(lines) + "\n")
    raise typer.Exit


_HELP = "Say the release, its commit, its newest database revision and its agent's SHA-256."
Version = Annotated[bool, typer.Option("--version", is_eager=True, callback=_say, help=_HELP)]
