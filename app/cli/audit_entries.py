"""`logoff-bot audit list`: the entries of the audit log."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from app.cli.audit_options import Query, queried, tell_unverified
from app.cli.options import AsJson, out
from app.cli.tables import Letters
from app.printing import json_line, letters, said_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bot.audit.checked import CheckedEntry
    from bot.audit.history import RequestHistory

Found = TypeVar("Found", "CheckedEntry", "RequestHistory")

SHOWN = 100
"""How many lines a table has without --limit."""

MOST = 2**63 - 1
"""What a database takes as a limit."""

MARK = "✗"
"""Marks what does not verify."""

Limit = Annotated[
    int | None, typer.Option(min=1, max=MOST, help=f"So many at the most; {SHOWN} in a table, all as JSON.")
]


@queried
def list_(query: Query, limit: Limit = None, as_json: AsJson = False) -> None:
    """The entries of the audit log, newest first, each with the command as it was typed.

    As JSON it is one object a line, and all of them. Each filter has to hold for the entry itself; `audit requests`
    looks at whole requests. Exit code 1 when an entry does not verify.
    """
    with query.reader() as (reader, names):
        count = reader.count(query.wanted, names)
        most = limit if limit or as_json else SHOWN
        found = reader.entries(query.wanted, names, limit=most)
        table = Letters("no.", f"at ({query.zone_name})", "request", "event", "actor", "who and where",
                              "verdict", "rule", "command and what was said", narrow=4)  # fmt: skip
        shown, unverified = put(found, table, lambda each: cells_of(each, query), as_json=as_json)
        if not as_json:
            table.print(out)
            out.print(letters(in_all("entry", "entries", shown, count)), soft_wrap=True)
    tell_unverified(unverified, query)


def put(
    found: Iterable[Found], table: Letters, cells_of: Callable[[Found], tuple[str, ...]], *, as_json: bool
) -> tuple[int, list[str]]:
    """Write each as a line of JSON, or add its row to the table. Return how many they are, and what does not verify."""
    shown, unverified = 0, list[str]()
    for each in found:
        shown += 1
        unverified += filter(None, [each.unverified])
        if as_json:
            sys.stdout.write(json_line(each.values()))
        else:
            table.add_texts(*cells_of(each), mark=MARK if each.unverified else "")
    return shown, unverified


def in_all(one: str, many: str, shown: int, count: int) -> str:
    """Return how many there are, and how to see those that are not shown."""
    if not count:
        return f"No {one} matches. Each filter that is left out finds more; audit requests looks at whole requests."
    what = one if count == 1 else many
    if shown >= count:
        return f"{count} {what}, newest first."
    return f"{shown} of {count} {what}, newest first. {count - shown} more: --limit {count}, or --json for all."


def cells_of(each: CheckedEntry, query: Query) -> tuple[str, ...]:
    entry = each.entry
    session = "" if entry.session_id is None else str(entry.session_id)
    said = [word for word in said_in(entry) if word != each.command]
    fault = f"DOES NOT VERIFY: {each.fault}" if each.fault else ""
    return (
        str(entry.seq),
        query.moment(entry.at),
        entry.request_id,
        entry.event,
        entry.actor_name or entry.actor,
        " ".join(filter(None, (entry.user, entry.host, session))),
        entry.verdict,
        entry.rule,
        "; ".join(filter(None, (fault, each.command, *said))),
    )
