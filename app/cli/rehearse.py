"""`logoff-bot try` and `rehearse`: the real bot without Slack and without Windows."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import typer

from app.cli.options import APP_YAML, AsJson, Config, rehearsal_extra
from app.config.secrets import NO_SECRET
from app.config.settings import load
from app.logging import set_up as set_up_logging

Database = Annotated[str, typer.Option(help="Keep the rehearsal's database here, as an SQLAlchemy URL.")]
FarmFile = Annotated[Path | None, typer.Option("--farm", help="Another farm of hosts than the one that ships.")]


def try_(
    command: Annotated[
        str,
        typer.Argument(
            help="What is typed in Slack: '/logoff comp1 id=3 --sync', '@logoffbot who is on comp1', or with --direct "
            "words to the bot."
        ),
    ],
    as_user: Annotated[str, typer.Option("--as", help="Who types it: dana, bo, chen, oli, ...")] = "dana",
    direct: Annotated[bool, typer.Option("--direct", help="It is a direct message to the bot, no command.")] = False,
    press: Annotated[
        list[str] | None,
        typer.Option(help="A button to press then: 'Log off 1', or 'Log off 1@bo' for another person."),
    ] = None,
    farm: FarmFile = None,
    database: Database = "",
    as_json: AsJson = False,
    config: Config = APP_YAML,
) -> None:
    """One conversation with the real bot, in a local workspace, about a farm of Windows hosts on this machine.

    Exit code 0 when it went as said, 1 when a button was not there, 2 when the call itself is wrong.
    """
    if not (direct or command.startswith(("/", "@"))):
        raise typer.BadParameter("In Slack a command begins with a slash, for example '/logoff comp1 id=3'.")
    with rehearsal_extra():
        from app.rehearse.console import converse  # noqa: PLC0415 - the rehearsal is an extra: `run` does without it

    set_up_logging(level=logging.ERROR, as_json=False)
    is_whole = converse(
        load(config, secrets=NO_SECRET),
        command,
        as_user=as_user,
        presses=press or [],
        farm_file=farm,
        database=database,
        as_json=as_json,
    )
    raise typer.Exit(0 if is_whole else 1)


def rehearse(
    port: Annotated[int, typer.Option(min=0, max=65535, help="The workspace's port on this machine.")] = 8765,
    scenario: Annotated[
        str, typer.Option(help="Play a written scene first: a file, or the name of one that ships.")
    ] = "",
    pace: Annotated[float | None, typer.Option(help="Seconds between the scene's steps, instead of its own.")] = None,
    end: Annotated[bool, typer.Option("--end", help="End after the scene.")] = False,
    open_browser: Annotated[
        bool, typer.Option("--open", help="Open the page in a browser, where there is one.")
    ] = False,
    farm: FarmFile = None,
    database: Database = "",
    config: Config = APP_YAML,
) -> None:
    """The same workspace and farm as a page in the browser, staying up until Ctrl-C.

    Exit code 0, or 1 when a scene did not go as written.
    """
    with rehearsal_extra():
        from app.rehearse.console import read_play, stay  # noqa: PLC0415 - as above

    set_up_logging(level=logging.WARNING, as_json=False)
    play = read_play(scenario, pace=pace, ends=end) if scenario else None
    is_whole = stay(
        load(config, secrets=NO_SECRET), port=port, farm_file=farm, database=database, play=play, opens=open_browser
    )
    raise typer.Exit(0 if is_whole else 1)
