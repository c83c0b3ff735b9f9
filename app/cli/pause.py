"""`logoff-bot pause` and `resume`: the switch that stops new acts."""

from __future__ import annotations

import logging
import sys
from typing import Annotated

import typer

from adapters.sql.reported import own_account
from app.cli.options import APP_YAML, Config, Database
from app.cli.store import store_at
from app.logging import set_up as set_up_logging
from bot.domain.ask import LONGEST_REASON


def pause(
    reason: Annotated[str, typer.Option(help="Why; it is shown on cards and stands in the audit log.")],
    database: Database = "",
    config: Config = APP_YAML,
) -> None:
    """Start nothing new from now on. What runs is finished."""
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise typer.BadParameter(f"Say why, in {LONGEST_REASON} characters at most.", param_hint="--reason")
    set_up_logging(level=logging.WARNING, as_json=False)
    with store_at(config, database) as store:
        store.pause(f"operator {own_account()}", reason)
    sys.stdout.write("Paused. Nothing new is started until: logoff-bot resume\n")


def resume(database: Database = "", config: Config = APP_YAML) -> None:
    """Take the pause back."""
    set_up_logging(level=logging.WARNING, as_json=False)
    with store_at(config, database) as store:
        store.resume(f"operator {own_account()}")
    sys.stdout.write("Resumed.\n")
