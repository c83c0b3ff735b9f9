"""`logoff-bot`: run the bot, try it without Slack and without Windows, read its audit log."""

from __future__ import annotations

import json
import logging
import os
import sys

import structlog
import typer
import yaml

from adapters.slack.manifest import manifest as manifest_of
from adapters.sql import migrate
from adapters.sql.reported import reported
from adapters.windows.agent import script
from app import wiring
from app.cli.audit import audit
from app.cli.config import config as config_
from app.cli.doctor import doctor
from app.cli.init import init
from app.cli.jea_package import jea_package
from app.cli.options import APP_YAML, AsJson, Config, Create, Watch, stderr
from app.cli.pause import pause, resume
from app.cli.policy import policy
from app.cli.practice import practice
from app.cli.rehearse import rehearse, try_
from app.cli.version import Version  # noqa: TC001 - typer reads it from the signature
from app.config.commands import read_names
from app.config.http_mode import read_request_url
from app.config.settings import database_in, load
from app.logging import is_all_json
from app.logging import set_up as set_up_logging
from app.printing import letters
from app.reloading import Reloader
from app.running import leave, run_until_told
from bot.commands import COMMANDS
from bot.errors import BotError, ChatError

REHEARSALS = "This configuration is the rehearsal's. Copy it, say `rehearsal: false`, and name the copy: --config"

WAY = "Look at the way to Slack: firewall, HTTPS_PROXY, names. Try again, or let logoff-bot doctor look."

log = structlog.get_logger()

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
app.add_typer(config_, name="config")
app.command(name="try")(try_)
app.command()(rehearse)
app.command()(practice)
app.command()(init)
app.command()(doctor)
app.command()(jea_package)
app.command()(pause)
app.command()(resume)


def main() -> None:
    """The entry point: an expected error is one sentence and exit code 1, never a traceback.

    Where the log is all that may stand on standard error, the sentence is a line of it.
    """
    os.umask(0o077)  # what this program writes is for its own user alone
    try:
        app()
    except BotError as error:
        message = f"{error.message} {WAY}" if isinstance(error, ChatError) and error.retryable else error.message
        if is_all_json():
            log.error("process.not_started", message=message)  # noqa: TRY400 - its sentence says it all
            leave(1)
        stderr.print(letters(message), style="red", soft_wrap=True)  # paths and commands are to be copied
        sys.exit(1)


@app.callback()
def options(version: Version = False) -> None:
    """What stands before a command."""
    del version  # its callback has answered already


@app.command()
def run(config: Config = APP_YAML, watch: Watch = False) -> None:
    """The bot against real Slack and real Windows hosts, until it is told to stop.

    All that it writes to standard error is its log, as JSON lines.

    SIGHUP lets it read the configuration again: what is right is taken, what is wrong is refused, and the log says so.

    Exit code 0 after SIGTERM or SIGINT, 1 when it cannot start, 75 when it was stuck and has to be started again.
    """
    set_up_logging(level=logging.INFO, as_json=True)
    reloader = Reloader(read=lambda: load(config), watched=config if watch else None)
    reloader.listen()
    settings = load(config)
    if settings.rehearsal:
        log.error("process.not_started", message=REHEARSALS)
        raise typer.Exit(1)
    with reported(settings.database.get_secret_value()):
        run_until_told(lambda: wiring.build_owned(settings), reloader=reloader)
    leave(0)


@app.command()
def manifest(as_json: AsJson = False, config: Config = APP_YAML) -> None:
    """The Slack app's manifest, for "Create an app from a manifest", with the names and the way that app.yaml says."""
    made = manifest_of(COMMANDS, read_names(config), read_request_url(config))
    sys.stdout.write(json.dumps(made, indent=2) + "\n" if as_json else yaml.safe_dump(made, sort_keys=False))


@app.command()
def agent() -> None:
    """What runs on the Windows hosts, and its SHA-256, for whoever has to allow it."""
    sys.stdout.write(script.constant_script())
    stderr.print(f"SHA-256 {script.digest()}")


@db.command()
def upgrade(create: Create = False, config: Config = APP_YAML) -> None:
    """Bring the database to the tables of this release. Safe to repeat."""
    set_up_logging(level=logging.WARNING, as_json=False)
    revision = migrate.upgrade(database_in(config).get_secret_value(), create=create)
    stderr.print(f"The database is at revision {revision}.")
