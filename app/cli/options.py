"""Options and output that several commands share."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import SecretStr
from rich.console import Console

if TYPE_CHECKING:
    from app.config.settings import Settings

APP_YAML = Path(__file__).resolve().parents[2] / "app.yaml"
Config = Annotated[Path, typer.Option("--config", envvar="LOGOFF_BOT_CONFIG", help="The configuration file.")]
DATABASE_HELP = "Another database than the configuration's, as an SQLAlchemy URL."
Database = Annotated[str, typer.Option(help=DATABASE_HELP)]
Create = Annotated[bool, typer.Option("--create", help="Make the SQLite file when it is not there: a new database.")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs: JSON on standard output, nothing else there.")]

stderr = Console(stderr=True, highlight=False)
out = Console(highlight=False, width=None if sys.stdout.isatty() else 200)


def at_database(settings: Settings, url: str) -> Settings:
    """Return the settings with another database, when one was named."""
    return settings.model_copy(update={"database": SecretStr(url)}) if url else settings
