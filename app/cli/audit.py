"""`logoff-bot audit`: read the audit log and check it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import track

from app.cli.audit_key import key, rotate_key
from app.cli.options import APP_YAML, AsJson, Config, Database, at_database, out, stderr, table_of
from app.config.settings import database_in, load
from app.printing import entry_values, json_text, letters, said_in
from app.wiring import open_scan, open_store
from bot.audit.entry import Head
from bot.audit.keys import PublicKey
from bot.audit.verify import check_log, in_words
from bot.cards.notices import outcome_line

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from bot.audit.entry import Entry
    from bot.audit.verify import Unreadable

audit = typer.Typer(help="The audit log.", no_args_is_help=True)
audit.command()(key)
audit.command(name="rotate-key")(rotate_key)

Anchors = Annotated[
    list[str] | None,
    typer.Option(
        metavar="SEQ:HASH", help="An entry that must be there, as kept elsewhere. May be given several times."
    ),
]
Half = Annotated[
    str, typer.Option(metavar="PUBLIC", help="A public half of the log, of audit key; then no audit_key is needed.")
]


@audit.command()
def verify(
    anchor: Anchors = None,
    key: Half = "",
    database: Database = "",
    config: Config = APP_YAML,
) -> None:
    """Check every entry: its number, its hash, its signature, its sessions, and that the log ends where it is marked.

    Exit code 1 when something was changed, or is missing. The end alone can be cut off together with its mark.

    Only --anchor finds that: request.recorded in the bot's logs has seq and hash. Keep them on another machine.
    """
    anchors = [_anchor_in(text) for text in anchor or ()]
    half, url = _what_to_check(key, database, config)
    with open_scan(url) as scan:
        if damage := scan.damage():
            stderr.print(letters(f"The file of the database is damaged: {damage}. Restore a backup."), style="red")
            raise typer.Exit(1)
        rows = _with_progress(scan.rows(), scan.count())
        found = check_log(rows, scan.head(), half, named=scan.named_keys(), anchors=anchors)
    if found.fault:
        stderr.print(letters(found.fault), style="red")
        stderr.print(f"Up to entry {found.last.seq} the log holds." if found.last.seq else "No entry holds.")
        raise typer.Exit(1)
    out.print(letters(in_words(found)), soft_wrap=True)


def _what_to_check(key: str, database: str, config: Path) -> tuple[PublicKey, str]:
    """Return the public half and the database. With both given the configuration is not read."""
    if not key:
        settings = at_database(load(config), database)
        return settings.signing_keys.public, settings.database.get_secret_value()
    try:
        half = PublicKey.read(key)
    except ValueError as exc:
        hint = "Write the 64 hexadecimal digits that `logoff-bot audit key` prints."
        raise typer.BadParameter(hint, param_hint="--key") from exc
    return half, database or database_in(config).get_secret_value()


def _with_progress(rows: Iterable[Entry | Unreadable], count: int) -> Iterable[Entry | Unreadable]:
    """Show how far the check is, when somebody looks at it."""
    return track(rows, "Checking", total=count, console=stderr, transient=True, disable=not stderr.is_terminal)


def _anchor_in(text: str) -> Head:
    seq, _, hash_ = text.strip().partition(":")
    hash_ = hash_.strip().lower()
    is_number = seq.isascii() and seq.isdigit() and len(seq) < 20 and int(seq) > 0
    if not (is_number and len(hash_) == 64 and not set(hash_) - set("0123456789abcdef")):
        raise typer.BadParameter("Write the number and the hash of one entry: 128:5e3f...", param_hint="--anchor")
    return Head(int(seq), hash_)


@audit.command(name="anchor")
def anchor_(database: Database = "", config: Config = APP_YAML) -> None:
    """The newest entry's number and hash, for --anchor of a later check. Keep it on another machine."""
    url = database or database_in(config).get_secret_value()
    with open_scan(url) as scan:
        head = scan.head()
    if not head.seq:
        stderr.print("The log is empty: there is nothing to anchor.")
        raise typer.Exit(1)
    sys.stdout.write(f"{head.seq}:{head.hash}\n")


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
        sys.stdout.write(json_text([entry_values(entry) for entry in entries]) + "\n")
        return
    table = table_of("no.", "at (UTC)", "request", "event", "actor", "who and where", "verdict", "rule", "said")
    for entry in entries:
        table.add_texts(*_cells(entry))
    out.print(table)


def _cells(entry: Entry) -> tuple[str, ...]:
    session = "" if entry.session_id is None else str(entry.session_id)
    return (
        str(entry.seq),
        f"{entry.at:%Y-%m-%d %H:%M:%S}" if entry.at else "",
        entry.request_id,
        entry.event,
        entry.actor_name or entry.actor,
        " ".join(filter(None, (entry.user, entry.host, session))),
        entry.verdict,
        entry.rule,
        "; ".join(said_in(entry)),
    )
