"""The servers of a practice, and what an administrator needs of them."""

from __future__ import annotations

import errno
import sys
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from rich.console import Console

from app.rehearse.menu import menu
from app.running import wait_for, with_signals
from app.told import Told
from bot.commands.naming import CommandNames
from bot.errors import SettingsError
from rehearsal.practice import SHIPPED_PRACTICE_FARM, Practice, PracticeFolderError, RealmError
from rehearsal.slack import WorkspaceFileError
from rehearsal.windows import EngineMissingError, FarmFileError, KerberosMissingError

if TYPE_CHECKING:
    from pathlib import Path

REFUSED = (
    *(WorkspaceFileError, FarmFileError, PracticeFolderError),
    *(EngineMissingError, KerberosMissingError, RealmError),
)
progress = Console(stderr=True, highlight=False)


def stay(folder: Path, *, port: int, farm_file: Path | None) -> None:
    """Keep the servers up until Ctrl-C. Raises `SettingsError` when they cannot start."""
    told = Told()
    with_signals(told)
    progress.print("Starting a workspace and a farm of Windows hosts ...", style="dim")
    try:
        with Practice.opened(
            folder, port=port, farm_file=farm_file or SHIPPED_PRACTICE_FARM, commands=menu(CommandNames())
        ) as there:
            sys.stdout.write(described(there))
            sys.stdout.flush()
            wait_for(told)
            progress.print("Ending ...", style="dim")
    except REFUSED as error:
        raise SettingsError(str(error)) from error
    except OSError as error:
        raise SettingsError(why_not(error, folder, port)) from error


def why_not(error: OSError, folder: Path, port: int) -> str:
    """Return what stopped the servers. An error of a file has its name; one of a port has none."""
    ports = f"Port {port} of this machine, or one after it,"
    match error.errno:
        case errno.EADDRINUSE:
            return f"{ports} is taken. End what uses it, or say --port."
        case errno.EACCES if error.filename is None:
            return f"{ports} is not for this user. Say --port and one above 1023."
        case _:
            return f"{error.filename or folder}: {error.strerror or error}. Name another folder."


def described(there: Practice) -> str:
    """Return what stands in for the real things, in the order in which it is needed."""
    team, account = there.workspace.store.settings.team.id, there.farm.account
    lines = [
        f"The page, where you are dana, bo or chen: {there.workspace.url}/ ; Ctrl-C ends the servers.",
        "",
        "For logoff-bot init:",
        f"  team                {team}",
        f"  computers           {', '.join(there.farm.secure_endpoints)}",
        f"  account, kerberos   {account.principal}" if there.keytab else f"  without kerberos    {there.lacks}",
        f"  account, ntlm       {account.username}",
        f"  ca-file             {there.ca_file}",
        "  groups              @oncall (dana, chen), @ts-leads (bo, chen)",
        "  approve-in          C0APPROVE1",
        "",
        "For the file of the secrets:",
        f"  SLACK_BOT_TOKEN={there.workspace.bot_token}",
        f"  SLACK_APP_TOKEN={there.workspace.app_token}",
        f"  SSL_CERT_FILE={there.ca_file}",
        *(f"  {name}={value}" for name, value in there.environment.items()),
        "  With ntlm alone:",
        f"  WINRM_PASSWORD='{account.password}'",
        "",
        "For app.yaml, in place of what stands there:",
        "slack:",
        f"  api_url: {there.workspace.api_url}",
        "computers:",
        *(_computer(host, endpoint) for host, endpoint in there.farm.secure_endpoints.items()),
        "",
    ]
    return "\n".join(lines)


def _computer(host: str, endpoint: str) -> str:
    """Return the entry of a host: three of them share this machine's address, so each says its own name and port."""
    where = urlsplit(endpoint)
    short = host.partition(".")[0]
    return f"  - {{name: {host}, address: {where.hostname}, machine: {short}, winrm: {{port: {where.port}}}}}"
