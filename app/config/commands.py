"""The keys `commands` and `contact` of app.yaml: how a workspace calls the commands, and whom people ask."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, TypeAdapter, ValidationError

from app.config import yaml_file
from app.config.files import is_missing
from app.config.findings import Fault, refusal
from app.config.meant import meant_by
from bot.commands import BY_NAME
from bot.commands.naming import CommandNames

if TYPE_CHECKING:
    from pathlib import Path

_SLASH = re.compile(r"/[a-z0-9][a-z0-9_-]{0,30}")
_LONGEST_CONTACT = 80


def _slashes(value: dict[str, str]) -> dict[str, str]:
    """Return the names, checked: each command exists, and no two are called the same."""
    for name, slash in value.items():
        if name not in BY_NAME:
            near = meant_by(name, BY_NAME)
            asked = f"; did you mean `{near}`?" if near else ""
            raise ValueError(f"`{name}` is no command; there are {', '.join(BY_NAME)}{asked}")
        if not _SLASH.fullmatch(slash):
            raise ValueError(f"`{slash}` is no slash command: write small letters, digits and dashes, `/ts-{name}`")
    called = [value.get(name, f"/{name}") for name in BY_NAME]
    if twice := {slash for slash in called if called.count(slash) > 1}:
        raise ValueError(f"two commands are called {', '.join(sorted(twice))}")
    return value


def _contact(value: str) -> str:
    if not value.isprintable() or len(value) > _LONGEST_CONTACT:
        raise ValueError(f"write whom people ask, in {_LONGEST_CONTACT} letters at most: `@ts-leads` or a name")
    return value.strip()


Slashes = Annotated[dict[str, str], AfterValidator(_slashes)]
Contact = Annotated[str, AfterValidator(_contact)]


def read_names(path: Path) -> CommandNames:
    """Return the names of the commands in a file that need not be complete: the manifest is made before the tokens.

    Without the file every command has its own name. Raises `SettingsError` for names that cannot be.
    """
    if is_missing(path):
        return CommandNames()
    file = yaml_file.read(path, {})
    try:
        return CommandNames(slashes=TypeAdapter(Slashes).validate_python(file.values.get("commands") or {}))
    except ValidationError as error:
        sentence = error.errors(include_url=False, include_input=False)[0]["msg"].removeprefix("Value error, ")
        raise refusal(
            path, [Fault(file.line_of(("commands",)), "commands", f"{sentence}.".replace("?.", "?"))]
        ) from error
