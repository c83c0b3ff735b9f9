"""A corrected command is told only where it can be read: what has to be corrected twice is corrected twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from bot.domain.ask import Ask
from bot.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.domain.inventory import Inventory

_Asked = TypeVar("_Asked", bound=Ask)
_MOST_STEPS = 5


def with_readable_correction(parse: Callable[[str, Inventory], _Asked], text: str, inventory: Inventory) -> _Asked:
    """Parse the cleaned text. Raises `UsageError`; its corrected command parses, or there is none."""
    try:
        return parse(text, inventory)
    except UsageError as error:
        error.corrected = _readable(parse, error.corrected, inventory)
        raise


def _readable(parse: Callable[[str, Inventory], _Asked], corrected: str, inventory: Inventory) -> str:
    """`--warn 5m please save`, itself a correction of `--warn 5 min please save`, wants quotes, too."""
    for _ in range(_MOST_STEPS):
        corrected = corrected.strip()
        if not corrected:
            break
        try:
            parse(corrected, inventory)
        except UsageError as further:
            corrected = further.corrected
        else:
            return corrected
    return ""
