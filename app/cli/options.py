"""Options and output that several commands share."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import SecretStr
from rich.console import Console

from app.config.secrets import Secret
from app.config.settings import load
from app.printing import letters
from bot.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.config.settings import Settings

APP_YAML = Path(__file__).resolve().parents[2] / "app.yaml"
Config = Annotated[Path, typer.Option("--config", envvar="LOGOFF_BOT_CONFIG", help="The configuration file.")]
DATABASE_HELP = "Another database than the configuration's, as an SQLAlchemy URL."
Database = Annotated[str, typer.Option(help=DATABASE_HELP)]
Create = Annotated[bool, typer.Option("--create", help="Make the SQLite file when it is not there: a new database.")]
Watch = Annotated[bool, typer.Option("--watch", help="Look every few seconds whether the file has changed.")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs: JSON on standard output, nothing else there.")]

stderr = Console(stderr=True, highlight=False)
out = Console(highlight=False, width=None if sys.stdout.isatty() else 200)


def settings_of_log(config: Path, url: str) -> Settings:
    """Return the settings for whoever writes to the audit log: of secrets they need its key, and a database.

    `url` is another database than the file's; empty for the file's own.
    """
    if not url:
        return load(config, secrets=frozenset({Secret.KEY, Secret.DATABASE}))
    return load(config, secrets=frozenset({Secret.KEY})).model_copy(update={"database": SecretStr(url)})


@contextmanager
def writable_output() -> Iterator[None]:
    """Write all of standard output inside the block. Raises `SettingsError` when its disk is full.

    A reader that has gone away, such as head, is none of that: the program ends quietly.
    """
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as exc:
        with suppress(OSError):  # what is still in the buffer would raise the error once more, at the end
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SettingsError(letters(f"The output cannot be written whole: {exc.strerror or exc}.").plain) from exc


@contextmanager
def rehearsal_extra() -> Iterator[None]:
    """Import inside the block what plays a rehearsal. Raises `SettingsError` where the extra is not installed."""
    try:
        yield
    except ModuleNotFoundError as exc:
        raise SettingsError(
            "This needs the extra rehearsal. Run: uv sync --locked --inexact --extra rehearsal"
        ) from exc
