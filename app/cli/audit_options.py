"""The options that `audit list`, `requests`, `report` and `export` share, and what they make of them."""

from __future__ import annotations

import inspect
import re
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from difflib import get_close_matches
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from adapters.clock import SystemClock
from adapters.sql.reported import reported
from app.cli.options import APP_YAML, DATABASE_HELP, Config, stderr, writable_output
from app.config.settings import database_in
from app.config.zones import zone_named
from app.printing import letters
from app.wiring import open_audit
from bot.audit.keys import PublicKey
from bot.audit.selection import EVENTS, AuditFilter, Names
from bot.domain.durations import parse_duration
from bot.domain.letters import visible
from bot.domain.moments import FIRST, LAST, in_zone
from bot.domain.verdicts import Verdict
from bot.ports.audit_reports import beginning_after

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from adapters.sql.audit_reader import AuditReader

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_WHEN = "7d (so long ago), 2026-03-02, or 2026-03-02T14:00"
VERDICTS = tuple(verdict.value for verdict in Verdict)

MaybeHalf = Annotated[
    str | None,
    typer.Option("--key", metavar="PUBLIC", help="A public half of the log, of audit key: checks signatures, too."),
]
MaybeDatabase = Annotated[str | None, typer.Option(help=DATABASE_HELP)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What a reader asks for, and how they want to read it."""

    wanted: AuditFilter
    zone: tzinfo  # the zone in which times are read and shown
    key: PublicKey | None  # None: signatures are not checked
    url: str

    @property
    def zone_name(self) -> str:
        return str(self.zone)

    @contextmanager
    def reader(self) -> Iterator[tuple[AuditReader, Names]]:
        """Open the log, and find the names in it that are meant. A name that it does not have is said."""
        with reported(self.url), open_audit(self.url, self.key) as reader:
            names = reader.names(self.wanted)
            for sentence in self._remarks(reader, names):
                stderr.print(letters(sentence))
            yield reader, names

    def _remarks(self, reader: AuditReader, names: Names) -> Iterator[str]:
        """Yield why nothing can be found, where that is known before."""
        for option in names.unknown():
            asked = getattr(self.wanted, option)
            yield f"The log has no {option} `{asked}`. A name may have `*` and `?`, a rule not."
        one = AuditFilter(request=self.wanted.request)
        if one.request and not reader.count(one, Names()):
            yield f"The log has no request `{one.request}`. Look at its spelling: audit requests lists them all."
        if self.wanted.since and self.wanted.since > SystemClock().now():
            yield f"--since, {self.moment(self.wanted.since)} {self.zone_name}, is still to come. Name an earlier time."
        if began := beginning_after(reader, self.wanted.until):
            until = f"--until, {self.moment(self.wanted.until)} {self.zone_name},"
            yield f"{until} is before the log began, {self.moment(began)} {self.zone_name}. Name a later time."

    def moment(self, at: datetime | None) -> str:
        """Return a time in the reader's zone; empty for none."""
        return f"{in_zone(at, self.zone):%Y-%m-%d %H:%M:%S}" if at else ""


def _query(
    since: Annotated[str | None, typer.Option(metavar="WHEN", help=f"From then on: {_WHEN}.")] = None,
    until: Annotated[str | None, typer.Option(metavar="WHEN", help="Until then; a date counts to its end.")] = None,
    user: Annotated[str | None, typer.Option(help="The account of a session: CORP\\alice, alice, a pattern.")] = None,
    host: Annotated[str | None, typer.Option(help="The computer, or a pattern: rds-*.")] = None,
    actor: Annotated[str | None, typer.Option(help="Who did it, by id or name; of a request who asked.")] = None,
    approver: Annotated[str | None, typer.Option(help="Who said yes or no to another person, by id or name.")] = None,
    rule: Annotated[str | None, typer.Option(help="The rule that decided, by its whole name.")] = None,
    event: Annotated[str | None, typer.Option(help="An event of docs/glossary.md: approved, target_ended.")] = None,
    verdict: Annotated[str | None, typer.Option(help="The verdict of a session: gone, skipped.")] = None,
    request: Annotated[str | None, typer.Option(help="One request, for example TS-7K3QXM.")] = None,
    forced: Annotated[bool, typer.Option("--forced", help="Only what asked nobody.")] = False,
    refused: Annotated[bool, typer.Option("--refused", help="Only where somebody was told no.")] = False,
    zone: Annotated[str, typer.Option(help="The zone of times, for example Europe/Berlin.")] = "UTC",
    key: MaybeHalf = None,
    database: MaybeDatabase = None,
    config: Config = APP_YAML,
) -> Query:
    here = zone_of(zone)
    wanted = AuditFilter(
        since=moment_of(since, here, "--since"),
        until=moment_of(until, here, "--until", to_its_end=True),
        user=user or "",
        host=host or "",
        actor=actor or "",
        approver=approver or "",
        rule=rule or "",
        event=_one_of(event, EVENTS, "--event"),
        verdict=_one_of(verdict, VERDICTS, "--verdict"),
        request=(request or "").strip().upper(),
        forced=forced,
        refused=refused,
    )
    if wanted.since and wanted.until and wanted.since >= wanted.until:
        raise typer.BadParameter("It ends before it begins: --since has to be before --until.", param_hint="--until")
    url = database or database_in(config).get_secret_value()
    return Query(wanted=wanted, zone=here, key=half_of(key or ""), url=url)


def queried(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command all options of a query. Its own first parameter is the `Query`."""
    shared = inspect.signature(_query).parameters
    own = list(inspect.signature(command).parameters.values())[1:]
    hints = get_type_hints(_query, include_extras=True) | get_type_hints(command, include_extras=True)

    @wraps(command)
    def run(**values: Any) -> None:
        refuse_empty(**values)
        of_query = {name: values.pop(name) for name in shared}
        with writable_output():
            command(_query(**of_query), **values)

    parameters = [each.replace(annotation=hints[each.name]) for each in (*own, *shared.values())]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined] # typer reads the options from it
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    return run


def refuse_empty(**values: object) -> None:
    """An option that is there and empty is a variable of a script that was not set. It would select everything."""
    for name, value in values.items():
        if isinstance(value, str) and not value.strip():
            option = f"--{name.strip('_').replace('_', '-')}"
            raise typer.BadParameter("It is empty: write a value, or leave the option out.", param_hint=option)


def zone_of(name: str) -> tzinfo:
    if name.upper() == "UTC":
        return UTC
    try:
        return zone_named(name)
    except ValueError as exc:
        sentence = f"{exc}.".replace("?.", "?")
        raise typer.BadParameter(sentence[0].upper() + sentence[1:], param_hint="--zone") from exc


def moment_of(text: str | None, zone: tzinfo, option: str, *, to_its_end: bool = False) -> datetime | None:
    """Return the time that is meant; None for an empty text. A date is its begin, or the begin of the next day."""
    text = (text or "").strip()
    if not text:
        return None
    try:
        length = parse_duration(text)
        if length is not None:
            return SystemClock().now() - length
        at = datetime.fromisoformat(text)
    except (ValueError, OverflowError) as exc:
        raise typer.BadParameter(f"Write {_WHEN}.", param_hint=option) from exc
    try:
        at = at if at.tzinfo else at.replace(tzinfo=zone)
        if to_its_end and _DATE.fullmatch(text):
            at += timedelta(days=1)
        return at.astimezone(UTC)
    except OverflowError:  # a time at one end of the calendar: for ever
        return LAST if at.year > 1 else FIRST


def half_of(text: str) -> PublicKey | None:
    """Return the public half; None for an empty text."""
    if not text:
        return None
    try:
        return PublicKey.read(text)
    except ValueError as exc:
        hint = "Write the 64 hexadecimal digits that `logoff-bot audit key` prints."
        raise typer.BadParameter(hint, param_hint="--key") from exc


def tell_unverified(said: Sequence[str], query: Query) -> None:
    """Say which entries or requests do not verify, and end with code 1; say what was not checked otherwise."""
    if said:
        some = ", ".join(said[:10]) + (" ..." if len(said) > 10 else "")
        one = "This does not verify" if len(said) == 1 else f"These {len(said)} do not verify"
        stderr.print(letters(f"{one}: {some}. Run: logoff-bot audit verify"), style="red")
        raise typer.Exit(1)
    if query.key is None and stderr.is_terminal:
        stderr.print("Hashes were compared. --key PUBLIC checks the signatures, too; audit verify the whole log.")


def _one_of(word: str | None, known: Sequence[str], option: str) -> str:
    said = (word or "").strip().lower()
    if not said or said in known:
        return said
    near = get_close_matches(said, known, n=3)
    hint = f"Did you mean {', '.join(near)}?" if near else f"Write one of: {', '.join(known)}."
    raise typer.BadParameter(f"There is no `{visible(said)}`. {hint}", param_hint=option)
