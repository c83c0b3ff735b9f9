"""`logoff-bot policy diff`: which recorded requests other rules would decide otherwise."""

from __future__ import annotations

import sys
from collections import Counter
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.audit_options import moment_of
from app.cli.options import DATABASE_HELP, AsJson, out, stderr
from app.cli.tables import Letters
from app.config.settings import database_in, load_rules
from app.printing import json_line, letters
from bot.errors import BotError, SettingsError
from bot.policy.compare import Change, Comparison, compared, over_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from bot.policy.model import Policy

MOST = 1000
"""How many requests are compared, the newest."""

Old = Annotated[Path, typer.Argument(help="The configuration with the rules of now.")]
New = Annotated[Path, typer.Argument(help="The one with the rules that may come.")]
Since = Annotated[str, typer.Option(metavar="WHEN", help="From then on: 7d (so long ago), or 2026-03-02.")]
MaybeDatabase = Annotated[str, typer.Option("--database", help=DATABASE_HELP)]


def diff(old: Old, new: New, since: Since = "", database: MaybeDatabase = "", as_json: AsJson = False) -> None:
    """Say which of the last 1,000 recorded requests the new rules would decide otherwise, and how.

    It needs the database alone. Exit code 0 when nothing is known to differ, 1 when something does, 2 when
    the command, a file or the database is wrong.
    """
    begin = moment_of(since, UTC, "--since")
    try:
        otherwise = _say(old, new, begin, database, as_json=as_json)
    except BotError as error:
        stderr.print(letters(error.message), style="red")
        raise typer.Exit(2) from error
    if otherwise:
        raise typer.Exit(1)


def _say(old: Path, new: Path, begin: datetime | None, database: str, *, as_json: bool) -> int:
    """Write what differs, and return how many requests do."""
    before, after = load_rules(old).policy(), load_rules(new).policy()
    found = list(_compared(before, after, database or _database_of(new, old), begin))
    unread = [request_id for request_id, comparison in found if comparison is None]
    comparisons = [comparison for _, comparison in found if comparison]
    counts = Counter(each.change for each in comparisons)
    shown = [each for each in comparisons if each.change is not Change.SAME]
    if as_json:
        _put(shown, counts, unread, over_time(before, after))
    else:
        _print(shown, counts, unread, over_time(before, after))
    return counts[Change.OTHERWISE]


def _compared(old: Policy, new: Policy, url: str, since: datetime | None) -> Iterator[tuple[str, Comparison | None]]:
    from app.recorded import open_recorded  # noqa: PLC0415 - with it comes the database, which no other command needs

    with open_recorded(url) as recorded:
        for request_id, request, evidence in recorded.newest(MOST, since):
            yield request_id, compared(old, new, request, evidence) if request else None


def _database_of(*files: Path) -> str:
    """Return the database of the first file that names one it can tell. Raises `SettingsError`."""
    failed: SettingsError | None = None
    for file in files:
        try:
            return database_in(file).get_secret_value()
        except SettingsError as error:
            failed = failed or error
    said = f"{failed.message}\n" if failed else ""
    raise SettingsError(f"{said}Name the database with --database.")


def _put(
    shown: Iterable[Comparison], counts: Counter[Change], unread: list[str], not_compared: tuple[str, ...]
) -> None:
    for each in shown:
        sys.stdout.write(json_line(each.values))
    numbers = {change.value: counts[change] for change in Change}
    total = {"compared": counts.total(), **numbers, "unreadable": unread, "not_compared": [*not_compared]}
    sys.stdout.write(json_line(total))


def _print(shown: list[Comparison], counts: Counter[Change], unread: list[str], not_compared: tuple[str, ...]) -> None:
    if shown:
        table = Letters("request", "asked at (UTC)", "who", "what", "old", "new", "unknown", narrow=2)
        for each in shown:
            asked_at = f"{each.request.asked_at:%Y-%m-%d %H:%M}"
            who = each.request.actor.name or each.request.actor.user_id
            what = str(each.values["what"])
            table.add_texts(each.request.id, asked_at, who, what, each.old, each.new, each.why)
        table.print(out)
    otherwise, same, unknown = (counts[each] for each in (Change.OTHERWISE, Change.SAME, Change.UNKNOWN))
    say = [f"{counts.total()} requests: {otherwise} decided otherwise, {same} as before, {unknown} unknown."]
    if unread:
        say.append(f"{len(unread)} could not be read and are not compared: {', '.join(unread)}.")
    if not_compared:
        say.append(f"Not compared, because they count over a time: {', '.join(not_compared)}.")
    for line in say:
        out.print(letters(line), soft_wrap=True)
