"""`logoff-bot`: run the bot, try it without Slack and without Windows, read its audit log."""

from __future__ import annotations

import json
import logging
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
import yaml
from rich.console import Console
from rich.table import Table

from app.cli.policy import APP_YAML, Config, at_database, pause, policy, resume
from app.cli.policy import Database as OtherDatabase
from app.cli.version import Version  # noqa: TC001 - typer reads it from the signature
from app.config.settings import load
from app.logging import set_up as set_up_logging
from bot.errors import BotError

if TYPE_CHECKING:
    from bot.audit.entry import Entry, Head
    from bot.ports.store import Store

app = typer.Typer(
    help="Log Windows terminal-server sessions off from Slack, safely. Begin with: logoff-bot try '/sessions comp1'",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
db = typer.Typer(help="The database.", no_args_is_help=True)
audit = typer.Typer(help="The audit log.", no_args_is_help=True)
app.add_typer(db, name="db")
app.add_typer(audit, name="audit")
app.add_typer(policy, name="policy")
app.command()(pause)
app.command()(resume)

AsJson = Annotated[bool, typer.Option("--json", help="For programs: JSON on standard output, nothing else there.")]
Database = Annotated[str, typer.Option(help="Keep the rehearsal's database here, as an SQLAlchemy URL.")]
FarmFile = Annotated[Path | None, typer.Option("--farm", help="Another farm of hosts than the one that ships.")]

stderr = Console(stderr=True, highlight=False)
out = Console(highlight=False, width=None if sys.stdout.isatty() else 200)


def main() -> None:
    """The entry point: an expected error is one sentence and exit code 1, never a traceback."""
    try:
        app()
    except BotError as error:
        stderr.print(error.message, style="red", markup=False)
        sys.exit(1)


@app.callback()
def options(version: Version = False) -> None:
    """What stands before a command."""
    del version  # its callback has answered already


@app.command(name="try")
def try_(
    command: Annotated[str, typer.Argument(help="What is typed in Slack, for example '/logoff comp1 id=3 --sync'.")],
    as_user: Annotated[str, typer.Option("--as", help="Who types it: dana, bo, chen, oli, ...")] = "dana",
    press: Annotated[
        list[str] | None,
        typer.Option(help="A button to press then: 'Log off 1', or 'Log off 1@bo' for another person."),
    ] = None,
    farm: FarmFile = None,
    database: Database = "",
    as_json: AsJson = False,
    config: Config = APP_YAML,
) -> None:
    """One conversation with the real bot, in a local workspace, about a farm of Windows hosts on this machine.

    Exit code 0 when it went as said, 1 when a button was not there, 2 when the call itself is wrong.
    """
    from app.rehearse.console import converse  # noqa: PLC0415 - the rehearsal is an extra: `run` does without it

    set_up_logging(level=logging.ERROR, as_json=False)
    is_whole = converse(
        load(config), command, as_user=as_user, presses=press or [], farm_file=farm, database=database, as_json=as_json
    )
    raise typer.Exit(0 if is_whole else 1)


@app.command()
def rehearse(
    port: Annotated[int, typer.Option(help="The workspace's port on this machine.")] = 8765,
    scenario: Annotated[
        str, typer.Option(help="Play a written scene first: a file, or the name of one that ships.")
    ] = "",
    pace: Annotated[float | None, typer.Option(help="Seconds between the scene's steps, instead of its own.")] = None,
    end: Annotated[bool, typer.Option("--end", help="End after the scene.")] = False,
    open_browser: Annotated[
        bool, typer.Option("--open", help="Open the page in a browser, where there is one.")
    ] = False,
    farm: FarmFile = None,
    database: Database = "",
    config: Config = APP_YAML,
) -> None:
    """The same workspace and farm as a page in the browser, staying up until Ctrl-C.

    Exit code 0, or 1 when a scene did not go as written.
    """
    from app.rehearse.console import read_play, stay  # noqa: PLC0415 - as above

    set_up_logging(level=logging.WARNING, as_json=False)
    play = read_play(scenario, pace=pace, ends=end) if scenario else None
    is_whole = stay(load(config), port=port, farm_file=farm, database=database, play=play, opens=open_browser)
    raise typer.Exit(0 if is_whole else 1)


@app.command()
def run(config: Config = APP_YAML) -> None:
    """The bot against real Slack and real Windows hosts, until it is told to stop."""
    from app import wiring  # noqa: PLC0415 - importing it takes most of a second, --help needs none of it

    settings = load(config)
    if settings.rehearsal:
        stderr.print(
            "This configuration is the rehearsal's. Copy it, say `rehearsal: false`, and name the copy: --config"
        )
        raise typer.Exit(1)
    set_up_logging(level=logging.INFO, as_json=True)
    bot = wiring.build(settings)
    told = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: told.set())
    bot.start()
    told.wait()
    bot.stop()


@app.command()
def manifest(as_json: AsJson = False) -> None:
    """The Slack app's manifest, for "Create an app from a manifest"."""
    from adapters.slack.manifest import manifest as make  # noqa: PLC0415 - as above
    from bot.commands import COMMANDS  # noqa: PLC0415 - as above

    made = make(COMMANDS)
    sys.stdout.write(json.dumps(made, indent=2) + "\n" if as_json else yaml.safe_dump(made, sort_keys=False))


@app.command()
def agent() -> None:
    """What runs on the Windows hosts, and its SHA-256, for whoever has to allow it."""
    from adapters.windows.agent import script  # noqa: PLC0415 - as above

    sys.stdout.write(script.constant_script())
    stderr.print(f"SHA-256 {script.digest()}")


@db.command()
def upgrade(config: Config = APP_YAML) -> None:
    """Bring the database to the tables of this release. Safe to repeat."""
    from app import wiring  # noqa: PLC0415 - as above

    set_up_logging(level=logging.WARNING, as_json=False)
    stderr.print(f"The database is at revision {wiring.upgrade(load(config))}.")


@audit.command()
def verify(
    last: Annotated[
        str,
        typer.Option(metavar="SEQ:MAC", help="An entry that must be there, from logs kept elsewhere: seq:mac."),
    ] = "",
    database: OtherDatabase = "",
    config: Config = APP_YAML,
) -> None:
    """Check the chain from the first entry to the last, and that it ends where the database says that it ends.

    Exit code 1 when something was changed, or is missing. The end alone can be cut off together with its mark.

    Only --last finds that: request.recorded in the bot's logs has seq and mac. Keep them on another machine.
    """
    from app import wiring  # noqa: PLC0415 - as above

    shipped = _head_in(last) if last else None
    settings = at_database(load(config), database)
    entries, fault = _audited(wiring.open_ledger(settings), settings.chain_key, shipped)
    if fault:
        stderr.print(fault, style="red")
        raise typer.Exit(1)
    end = f" The last is {entries[-1].seq}:{entries[-1].mac}" if entries else ""
    out.print(f"{len(entries)} entries, and the chain holds.{end}", soft_wrap=True)


def _audited(ledger: Store, key: bytes, shipped: Head | None) -> tuple[list[Entry], str]:
    """All entries, and what is wrong with them. The bot may be writing meanwhile, so the end is read twice."""
    from bot.audit.chain import first_fault, is_head_in  # noqa: PLC0415 - as above

    before = ledger.head()
    entries: list[Entry] = []
    while page := ledger.entries(after=entries[-1].seq if entries else 0):
        entries += page
    fault = first_fault(entries, key)
    if fault is not None:
        return entries, f"The chain breaks at entry {fault}: it, or one before it, was changed or taken out."
    if not is_head_in(entries, before) or ledger.head().seq < len(entries):
        return entries, f"The log has {len(entries)} entries, but its end is marked at {before.seq}: its tail was cut."
    if shipped and not is_head_in(entries, shipped):
        gone = f"Entry {shipped.seq} with this mac is not among the {len(entries)} entries"
        return entries, f"{gone}: the log was cut, or another one was put in its place."
    return entries, ""


def _head_in(text: str) -> Head:
    from bot.audit.entry import Head  # noqa: PLC0415 - as above

    seq, _, mac = text.partition(":")
    if not (seq.isascii() and seq.isdigit() and int(seq) and mac):
        raise typer.BadParameter("Write the number and the mac of one entry: 128:5e3f...", param_hint="--last")
    return Head(int(seq), mac.strip().lower())


@audit.command(name="break-glass")
def break_glass(
    database: OtherDatabase = "",
    config: Config = APP_YAML,
) -> None:
    """The requests that asked nobody: who forced what, why, and what came of it. Newest first."""
    from app import wiring  # noqa: PLC0415 - as above
    from bot.cards.notices import outcome_line  # noqa: PLC0415 - as above

    ledger = wiring.open_ledger(at_database(load(config), database))
    forced = [r for r in ledger.newest(10_000) if r.requirement and r.requirement.is_forced]
    table = _table("request", "asked at (UTC)", "who", "reason", "outcome")
    for request in forced:
        reason = request.ask.reason
        who = request.actor.name or request.actor.user_id
        cells = (request.id, f"{request.asked_at:%Y-%m-%d %H:%M}", who, reason, outcome_line(request))
        table.add_row(*(_literal(cell) for cell in cells))
    out.print(table)


@audit.command(name="list")
def list_(
    request: Annotated[str, typer.Option(help="Only this request, for example TS-7K3QXM.")] = "",
    after: Annotated[int, typer.Option(help="Begin behind this number.")] = 0,
    limit: Annotated[int, typer.Option(help="So many entries at the most.", min=1)] = 100,
    database: OtherDatabase = "",
    as_json: AsJson = False,
    config: Config = APP_YAML,
) -> None:
    """The entries of the audit log, oldest first."""
    from app import wiring  # noqa: PLC0415 - as above

    ledger = wiring.open_ledger(at_database(load(config), database))
    entries = ledger.entries(request_id=request or None, after=after, limit=limit)
    if as_json:
        rows = [{name: getattr(entry, name) for name in entry.__dataclass_fields__} for entry in entries]
        sys.stdout.write(json.dumps(rows, default=str, indent=2, ensure_ascii=False) + "\n")
        return
    table = _table("no.", "at (UTC)", "request", "event", "actor", "who and where", "verdict", "reason")
    for entry in entries:
        about = f"{entry.user} {entry.host} {'' if entry.session_id is None else entry.session_id}".strip()
        at = f"{entry.at:%Y-%m-%d %H:%M:%S}" if entry.at else ""
        actor = entry.actor_name or entry.actor
        cells = (entry.event, actor, about, entry.verdict, entry.reason or entry.text)
        table.add_row(str(entry.seq), at, entry.request_id, *(_literal(cell) for cell in cells))
    out.print(table)


def _table(*columns: str) -> Table:
    """Short columns are never broken; the last one takes the rest of the line."""
    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, no_wrap=column != columns[-1], overflow="fold")
    return table


def _literal(text: str) -> str:
    """Names and reasons come from outside: shown letter by letter, without markup and without control signs."""
    from rich.markup import escape  # noqa: PLC0415 - as above

    return escape("".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text))
