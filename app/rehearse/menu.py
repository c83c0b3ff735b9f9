"""The commands as the page suggests them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.commands import COMMANDS

if TYPE_CHECKING:
    from bot.commands.naming import CommandNames


def menu(names: CommandNames) -> list[dict[str, object]]:
    """Return the commands that the page suggests, as the manifest has them."""
    return [
        {
            "slash": names.slash(each.name),
            "description": each.description,
            "usage_hint": each.usage_hint,
            "examples": [(f"{names.slash(each.name)} {text}", meaning) for text, meaning in each.examples],
        }
        for each in COMMANDS
    ]
