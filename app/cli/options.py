"""Options and output that several commands share."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import SecretStr
from rich.console import Console
from rich.table import Table

from app.config.secrets import Secret
from app.config.settings import load
from app.printing import literal

if TYPE_CHECKING:
    from app.config.settings import Settings

APP_YAML = Path(__file__).resolve().parents[2] / "app.yaml"
Config = Annotated[Path, typer.Option("--config", envvar="LOGOFF_BOT_CONFIG", help="The configuration file.")]
Database = Annotated[str, typer.Option(help="Another database than the configuration's, as an SQLAlchemy URL.")]
Create = Annotated[bool, typer.Option("--create", help="Make the SQLite file when it is not there: a new database.")]
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


class Letters(Table):
    """A table whose cells are letters: none of them is markup, ends a line or steers the terminal."""

    def add_texts(self, *texts: str, mark: str = "") -> None:
        """Add a row. `mark` is the bot's own sign before the first cell; a sign in a text is shown as unreadable."""
        first, *others = map(literal, texts)
        self.add_row(f"{mark} {first}" if mark else first, *others)


def folding_table(*columns: str, narrow: int) -> Letters:
    """Return a table that loses no letter: what is too long goes on below, but for the first `narrow` columns."""
    table = Letters(box=None, pad_edge=False)
    for number, column in enumerate(columns):
        table.add_column(column, no_wrap=number < narrow, overflow="fold")
    return table
