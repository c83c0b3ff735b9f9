"""`logoff-bot audit key` and `audit rotate-key`: the public half of the audit key, and another key."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from adapters.clock import SystemClock
from adapters.sql.reported import own_account
from app.cli.options import APP_YAML, Config, Database, settings_of_log
from app.cli.store import store_of
from app.config.alone import keys_in
from app.config.checks import fault_in_key
from app.config.files import text_in
from bot.audit.keys import SigningKeys
from bot.errors import SettingsError
from bot.workflow.key_change import change_key

NEW_KEY = "LOGOFF_BOT_NEW_AUDIT_KEY"
"""The variable of the environment that has the new key. On the command line every user of the machine could read it."""

NewKeyFile = Annotated[
    Path | None, typer.Option(help=f"A file that holds the new audit key alone; else {NEW_KEY} of the environment.")
]


def key(config: Config = APP_YAML) -> None:
    """The public half of the audit key, and its id. Whoever has it can verify the log, and forge nothing."""
    keys = keys_in(config)
    sys.stdout.write(f"public half {keys.public.text}\nkey id {keys.key_id}\n")


def rotate_key(new_key_file: NewKeyFile = None, database: Database = "", config: Config = APP_YAML) -> None:
    """Change the audit key, while no bot runs. What waits is ended and has to be asked again; what acts ends as failed.

    The old key signs an entry that names the new one, so any of the public halves verifies the whole log.
    """
    settings = settings_of_log(config, database)
    new, old = SigningKeys(_new_key(new_key_file)), settings.signing_keys
    if new.key_id == old.key_id:
        raise SettingsError("The new audit key is the one in the configuration. Make another: openssl rand -hex 32")
    with store_of(settings) as store:
        entry = change_key(store, SystemClock(), f"operator {own_account()}", new)
    sys.stdout.write(
        f"The key {new.key_id} signs from entry {entry.seq} on.\n"
        "1. Put the new key where audit_key of app.yaml takes it from, and keep the old one nowhere.\n"
        "2. Start the bot. One that still runs with the old key writes nothing more, and so does nothing more.\n"
        f"3. Give whoever verifies the log the new public half {new.public.text}. The old one, {old.public.text}, "
        "verifies the whole log as well.\n"
        f"4. Keep this anchor on another machine: {entry.seq}:{entry.hash}\n"
    )


def _new_key(file: Path | None) -> str:
    """Return the new key. Raises `SettingsError` when there is none, or it is too short."""
    if file is None:
        text, where = os.environ.get(NEW_KEY, ""), NEW_KEY
        if not text:
            raise SettingsError(f"Name the file of the new audit key with --new-key-file, or set {NEW_KEY}.")
    else:
        where = str(file)
        try:
            text = text_in(file).strip()
        except OSError as exc:
            raise SettingsError(f"{file} cannot be read: {exc.strerror}.") from exc
        except UnicodeDecodeError:
            raise SettingsError(f"{file} is no text in UTF-8.") from None  # its text shows the key
    if fault := fault_in_key(text):
        raise SettingsError(f"{where}: the new audit key {fault}")
    return text
