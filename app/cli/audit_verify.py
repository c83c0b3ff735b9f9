"""`logoff-bot audit verify` and `audit anchor`: the check of the whole log, or of a segment in a file."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import track

from adapters.sql.reported import reported
from app.cli.audit_options import MaybeDatabase, half_of, refuse_empty
from app.cli.options import APP_YAML, Config, out, stderr
from app.config.alone import keys_in
from app.config.settings import database_in
from app.printing import letters
from app.wiring import open_scan
from bot.audit import segment
from bot.audit.entry import Head
from bot.audit.verify import check_log, in_words
from bot.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from bot.audit.entry import Entry
    from bot.audit.keys import PublicKey
    from bot.audit.verify import Found, Unreadable

Anchors = Annotated[
    list[str] | None,
    typer.Option(
        metavar="SEQ:HASH", help="An entry that must be there, as kept elsewhere. May be given several times."
    ),
]
Half = Annotated[
    str | None,
    typer.Option(metavar="PUBLIC", help="A public half of the log, of audit key; then no audit_key is needed."),
]
File = Annotated[
    Path | None, typer.Option(help="A segment that audit export --before has written, instead of the database.")
]


def verify(
    anchor: Anchors = None,
    key: Half = None,
    file: File = None,
    database: MaybeDatabase = None,
    config: Config = APP_YAML,
) -> None:
    """Check every entry: its number, its hash, its signature, its sessions, and that the log ends where it is marked.

    Exit code 1 when something was changed, or is missing. The end alone can be cut off together with its mark.

    Only --anchor finds that: request.recorded in the bot's logs has seq and hash. Keep them on another machine.
    """
    refuse_empty(key=key, database=database)
    anchors = [anchor_in(text) for text in anchor or ()]
    if file:
        _verify_file(file, half_of(key or "") or keys_in(config).public, anchors)
        return
    half, url = _what_to_check(key or "", database or "", config)
    with reported(url), open_scan(url) as scan:
        if damage := scan.damage():
            stderr.print(letters(f"The file of the database is damaged: {damage}. Restore a backup."), style="red")
            raise typer.Exit(1)
        rows = _with_progress(scan.rows(), scan.count())
        found = check_log(rows, scan.head(), half, named=scan.named_keys(), anchors=anchors)
    _tell(found, in_words)


def _tell(found: Found, in_words: Callable[[Found], str]) -> None:
    if found.fault:
        stderr.print(letters(found.fault), style="red")
        stderr.print(letters(_how_far(found)))
        raise typer.Exit(1)
    out.print(letters(in_words(found)), soft_wrap=True)


def _how_far(found: Found) -> str:
    """Return what can be said of the entries before the fault. What the caller's key did not sign is not verified."""
    if not found.keys:
        return "No entry holds."
    if found.foreign:
        said = f"Nothing was verified with the key {found.foreign}: it signed no entry before that."
        return f"{said} Take the audit_key of this log, or one of its public halves, which audit key prints."
    return f"Up to entry {found.last.seq} the log holds."


def _verify_file(file: Path, half: PublicKey, anchors: list[Head]) -> None:
    """Read the file twice: a public half is named by an entry that may stand behind those that it signs."""
    with _lines(file) as (head, lines):
        named = segment.named_in(segment.rows_in(lines, head.first))
    with _lines(file) as (head, lines):
        rows = segment.rows_in(lines, head.first)
        found = segment.check_segment(head, rows, half, named=named, anchors=anchors)
    _tell(found, lambda held: segment.in_words(head, held))


@contextmanager
def _lines(file: Path) -> Iterator[tuple[segment.SegmentHead, Iterable[str]]]:
    """Open a segment: its head and the lines behind it. Raises `SettingsError` when it is none."""
    try:
        if file.exists() and not file.is_file():
            raise SettingsError(f"{file} is no file that can be read twice. Write the segment into one.")
        with file.open(encoding="utf-8", errors="surrogateescape") as text:
            lines = iter(lambda: text.readline(segment.LONGEST_LINE), "")
            yield segment.head_in(next(lines, "")), lines
    except OSError as exc:
        raise SettingsError(f"{file} cannot be read: {exc.strerror or exc}.") from exc
    except (ValueError, RecursionError) as exc:
        raise SettingsError(f"{file} is no segment that audit export --before has written.") from exc


def _what_to_check(key: str, database: str, config: Path) -> tuple[PublicKey, str]:
    """Return the public half and the database. With both given the configuration is not read."""
    half = half_of(key) or keys_in(config).public
    return half, database or database_in(config).get_secret_value()


def _with_progress(rows: Iterable[Entry | Unreadable], count: int) -> Iterable[Entry | Unreadable]:
    """Show how far the check is, when somebody looks at it."""
    return track(rows, "Checking", total=count, console=stderr, transient=True, disable=not stderr.is_terminal)


def anchor_in(text: str) -> Head:
    seq, _, hash_ = text.strip().partition(":")
    hash_ = hash_.strip().lower()
    is_number = seq.isascii() and seq.isdigit() and len(seq) < 20 and int(seq) > 0
    if not (is_number and len(hash_) == 64 and not set(hash_) - set("0123456789abcdef")):
        raise typer.BadParameter("Write the number and the hash of one entry: 128:5e3f...", param_hint="--anchor")
    return Head(int(seq), hash_)


def anchor(database: MaybeDatabase = None, config: Config = APP_YAML) -> None:
    """The newest entry's number and hash, for --anchor of a later check. Keep it on another machine."""
    refuse_empty(database=database)
    url = database or database_in(config).get_secret_value()
    with reported(url), open_scan(url) as scan:
        head = scan.head()
    if not head.seq:
        stderr.print("The log is empty: there is nothing to anchor.")
        raise typer.Exit(1)
    sys.stdout.write(f"{head.seq}:{head.hash}\n")
