"""`logoff-bot audit`: read the audit log and check it."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from app.cli.options import APP_YAML, AsJson, Config, Database, at_database, out, stderr, table_of
from app.config.settings import load
from app.printing import json_text
from app.wiring import open_store
from bot.audit.entry import Head
from bot.audit.verify import check_log
from bot.cards.notices import outcome_line

audit = typer.Typer(help="The audit log.", no_args_is_help=True)


@audit.command()
def verify(
    last: Annotated[
        str,
        typer.Option(metavar="SEQ:MAC", help="An entry that must be there, from logs kept elsewhere: seq:mac."),
    ] = "",
    database: Database = "",
    config: Config = APP_YAML,
) -> None:
    """Check the chain from the first entry to the last, and that it ends where the database says that it ends.

    Exit code 1 when something was changed, or is missing. The end alone can be cut off together with its mark.

    Only --last finds that: request.recorded in the bot's logs has seq and mac. Keep them on another machine.
    """
    shipped = _head_in(last) if last else None
    settings = at_database(load(config), database)
    store = open_store(settings)
    entries, fault = check_log(lambda after: store.entries(after=after), store.head, settings.chain_key, shipped)
    if fault:
        stderr.print(fault, style="red")
        raise typer.Exit(1)
    end = f" The last is {entries[-1].seq}:{entries[-1].mac}" if entries else ""
    out.print(f"{len(entries)} entries, and the chain holds.{end}", soft_wrap=True)


def _head_in(text: str) -> Head:
    seq, _, mac = text.partition(":")
    if not (seq.isascii() and seq.isdigit() and int(seq) and mac):
        raise typer.BadParameter("Write the number and the mac of one entry: 128:5e3f...", param_hint="--last")
    return Head(int(seq), mac.strip().lower())


@audit.command(name="break-glass")
def break_glass(
    database: Database = "",
    config: Config = APP_YAML,
) -> None:
    """The requests that asked nobody: who forced what, why, and what came of it. Newest first."""
    ledger = open_store(at_database(load(config), database))
    forced = [r for r in ledger.newest(10_000) if r.requirement and r.requirement.is_forced]
    table = table_of("request", "asked at (UTC)", "who", "reason", "outcome")
    for request in forced:
        reason = request.ask.reason
        who = request.actor.name or request.actor.user_id
        cells = (request.id, f"{request.asked_at:%Y-%m-%d %H:%M}", who, reason, outcome_line(request))
        table.add_texts(*cells)
    out.print(table)


@audit.command(name="list")
def list_(
    request: Annotated[str, typer.Option(help="Only this request, for example TS-7K3QXM.")] = "",
    after: Annotated[int, typer.Option(help="Begin behind this number.")] = 0,
    limit: Annotated[int, typer.Option(help="So many entries at the most.", min=1)] = 100,
    database: Database = "",
    as_json: AsJson = False,
    config: Config = APP_YAML,
) -> None:
    """The entries of the audit log, oldest first."""
    ledger = open_store(at_database(load(config), database))
    entries = ledger.entries(request_id=request or None, after=after, limit=limit)
    if as_json:
        rows = [{name: getattr(entry, name) for name in entry.__dataclass_fields__} for entry in entries]
        sys.stdout.write(json_text(rows) + "\n")
        return
    table = table_of("no.", "at (UTC)", "request", "event", "actor", "who and where", "verdict", "reason")
    for entry in entries:
        about = f"{entry.user} {entry.host} {'' if entry.session_id is None else entry.session_id}".strip()
        at = f"{entry.at:%Y-%m-%d %H:%M:%S}" if entry.at else ""
        actor = entry.actor_name or entry.actor
        cells = (
            str(entry.seq),
            at,
            entry.request_id,
            entry.event,
            actor,
            about,
            entry.verdict,
            entry.reason or entry.text,
        )
        table.add_texts(*cells)
    out.print(table)
