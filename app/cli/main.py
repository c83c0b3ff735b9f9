"""`logoff-bot`: run the bot, try it without Slack and without Windows, read its audit log."""

from __future__ import annotations

import json
import logging
import signal
import sys
import threading

import typer
import yaml

from adapters.slack.manifest import manifest as manifest_of
from adapters.windows.agent import script
from app import wiring
from app.cli.audit import audit
from app.cli.options import APP_YAML, AsJson, Config, stderr
from app.cli.pause import pause, resume
from app.cli.policy import policy
from app.cli.rehearse import rehearse, try_
from app.cli.version import Version  # noqa: TC001 - typer reads it from the signature
from app.config.commands import read_names
from app.config.settings import load
from app.logging import set_up as set_up_logging
from app.printing import letters
from bot.commands import COMMANDS
from bot.errors import BotError

app = typer.Typer(
    help="Log Windows terminal-server sessions off from Slack, safely. Begin with: logoff-bot try '/sessions comp1'",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
db = typer.Typer(help="The database.", no_args_is_help=True)
app.add_typer(db, name="db")
app.add_typer(audit, name="audit")
app.add_typer(policy, name="policy")
app.command(name="try")(try_)
app.command()(rehearse)
app.command()(pause)
app.command()(resume)


def main() -> None:
    """The entry point: an expected error is one sentence and exit code 1, never a traceback."""
    try:
        app()
    except BotError as error:
        stderr.print(letters(error.message), style="red")
        sys.exit(1)


@app.callback()
def options(version: Version = False) -> None:
    """What stands before a command."""
    del version  # its callback has answered already


@app.command()
def run(config: Config = APP_YAML) -> None:
    """The bot against real Slack and real Windows hosts, until it is told to stop."""
    settings = load(config)
    if settings.rehearsal:
        stderr.print(
            "This configuration is the rehearsal's. Copy it, say `rehearsal: false`, and name the copy: --config"
        )
        raise typer.Exit(1)
    set_up_logging(level=logging.INFO, as_json=True)
    told = threading.Event()
    with wiring.owned(settings) as owner:
        bot = wiring.build(settings, owner=owner)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: told.set())
        owner.when_displaced(told.set)
        bot.start()
        told.wait()
        bot.stop()
    if owner.displaced_by:
        raise owner.displaced_by


@app.command()
def manifest(as_json: AsJson = False, config: Config = APP_YAML) -> None:
    """The Slack app's manifest, for "Create an app from a manifest", with the command names of app.yaml."""
    made = manifest_of(COMMANDS, read_names(config))
    sys.stdout.write(json.dumps(made, indent=2) + "\n" if as_json else yaml.safe_dump(made, sort_keys=False))


@app.command()
def agent() -> None:
    """What runs on the Windows hosts, and its SHA-256, for whoever has to allow it."""
    sys.stdout.write(script.constant_script())
    stderr.print(f"SHA-256 {script.digest()}")


@db.command()
def upgrade(config: Config = APP_YAML) -> None:
    """Bring the database to the tables of this release. Safe to repeat."""
    set_up_logging(level=logging.WARNING, as_json=False)
    stderr.print(f"The database is at revision {wiring.upgrade(load(config))}.")
