"""`logoff-bot jea-package`: the module for Windows hosts, with what an administrator needs to install it."""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.options import AsJson  # noqa: TC001 - typer reads it from the signature
from app.module_commands import EXPERIMENTAL, NEVER, WHERE, commands_for
from app.module_group import GROUP
from app.module_package import INSTALL, SUMS, package_for
from app.printing import json_text, letters

if TYPE_CHECKING:
    from app.module_package import Package

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder, which gets the files.")]
Group = Annotated[
    str, typer.Option("--group", help="The Windows group that may connect, with the bot's account in it.")
]


def jea_package(folder: Folder, group: Group = GROUP, as_json: AsJson = False) -> None:
    """Experimental: write the module for Windows hosts and its endpoint (JEA), with digests and commands.

    It needs no configuration, no token and no Windows. The same release and group give the same bytes everywhere.
    """
    package = package_for(group)
    folder = folder.absolute()
    package.write(folder)
    said = json_text(_facts(package, folder, group)) if as_json else letters(_told(package, folder, group)).plain
    sys.stdout.write(said.removesuffix("\n") + "\n")


def _facts(package: Package, folder: Path, group: str) -> dict[str, object]:
    return {
        "release": version("logoff-bot"),
        "experimental": EXPERIMENTAL,
        "folder": str(folder),
        "group": group,
        "sha256": package.digest,
        "files": package.digests,
        "where": WHERE,
        "commands": commands_for(group).named(),
        "never": NEVER,
    }


def _told(package: Package, folder: Path, group: str) -> str:
    digests = "".join(f"{digest}  {path}\n" for path, digest in package.digests.items())
    whole = f"{package.digest}  {SUMS}, and so the whole"
    written = f"Written to {folder}, for the group {group} (another one: --group). {INSTALL} says what follows, too."
    return f"{digests}{whole}\n\n{written}\n\n{commands_for(group).text(version('logoff-bot'))}"
