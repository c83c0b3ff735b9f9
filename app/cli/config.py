"""`logoff-bot config`: check the configuration file, offline, and print its JSON Schema."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import typer

from adapters.sql.database_url import read_url
from app.cli.options import APP_YAML, AsJson, Config
from app.config.alone import examine
from app.config.findings import gathered, told
from app.config.schema import schema as schema_of
from app.printing import json_text
from bot.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

    from app.config.alone import Examined

config = typer.Typer(help="The configuration file: what is wrong with it, and its schema.", no_args_is_help=True)


@config.command()
def check(as_json: AsJson = False, config: Config = APP_YAML) -> None:
    """Name every fault of the file, each once, with its line, its key and what may be meant.

    It needs no token, no variable of the environment and no network. Exit code 1 when there is a fault.
    """
    try:
        found = examine(config, fault_in_database=_fault_in_database)
    except SettingsError as error:
        if not as_json:
            raise
        sys.stdout.write(json_text({"file": str(config), "cannot_be_read": error.message}) + "\n")
        raise typer.Exit(1) from error
    sys.stdout.write(_as_json(config, found) if as_json else _as_text(config, found))
    if found.findings:
        raise typer.Exit(1)


@config.command()
def schema() -> None:
    """Print the JSON Schema of the file, with which an editor completes its keys and marks its faults."""
    sys.stdout.write(json.dumps(schema_of(), indent=2, ensure_ascii=False) + "\n")


def _fault_in_database(url: str) -> str:
    """Return why the text names no database; empty when it does. Nobody is asked."""
    try:
        read_url(url)
    except SettingsError as error:
        return error.message.removeprefix("database: ")
    return ""


def _as_text(path: Path, found: Examined) -> str:
    count = f"{len(found.findings):,} fault{'s' if len(found.findings) > 1 else ''}"
    lines = [f"{path} has {count}:" if found.findings else f"{path} has no fault."]
    lines += [f"  {line}" for line in told(found.findings)]
    if found.wanted:
        needed = told(gathered(each.fault for each in found.wanted))
        lines += ["Needed by `run`, and not here:", *(f"  {line}" for line in needed)]
    if found.is_rehearsal:
        lines += ["It is a rehearsal's: `run` refuses it. logoff-bot init makes a real one."]
    return "".join(f"{line}\n" for line in lines)


def _as_json(path: Path, found: Examined) -> str:
    faults = [
        {"line": one.lines[0], "lines": one.lines, "key": one.key, "message": one.message, "did_you_mean": one.meant}
        for one in found.findings
    ]
    needed = [{"line": one.line, "key": ".".join(map(str, one.where)), "message": one.message} for one in found.wanted]
    told_of = {"file": str(path), "rehearsal": found.is_rehearsal, "faults": faults, "needed_by_run": needed}
    return json_text(told_of) + "\n"
