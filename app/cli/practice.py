"""`logoff-bot practice`: Slack and three Windows hosts of one's own, to set a bot up before the real ones."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import typer

from app.cli.options import rehearsal_extra
from app.logging import set_up as set_up_logging

DEFAULT_PORT = 8800


def practice(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Where its authority, tokens and keytab are kept.")
    ] = Path("practice"),
    port: Annotated[
        int, typer.Option(min=0, max=65000, help="The page's port; the servers take those after it. 0: any free ones.")
    ] = DEFAULT_PORT,
    farm: Annotated[Path | None, typer.Option("--farm", help="Another farm of hosts than the one that ships.")] = None,
) -> None:
    """A workspace and three Windows hosts as servers of their own, over HTTPS, until Ctrl-C.

    No bot runs in it: set one up as docs/running.md says, with what this command prints in place of the real thing.
    """
    with rehearsal_extra():
        from app.rehearse.practice import stay  # noqa: PLC0415 - the rehearsal is an extra: `run` does without it

    set_up_logging(level=logging.WARNING, as_json=False)
    stay(folder.absolute(), port=port, farm_file=farm)
