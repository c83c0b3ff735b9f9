"""Corrected commands that can be parsed. A command that needs several corrections gets all of them."""

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
    """Return the ask of the cleaned text. Raises `UsageError`, whose corrected command can be parsed or is empty."""
    try:
        return parse(text, inventory)
    except UsageError as error:
        if not error.corrected:
            raise
        error.corrected, error.incomplete = _readable(parse, error.corrected, inventory)
        raise


def _readable(parse: Callable[[str, Inventory], _Asked], corrected: str, inventory: Inventory) -> tuple[str, str]:
    """Return the corrected command after all further corrections; empty when five are not enough.

    The second text is the command that is right but for its computer, which nobody named.

    `--warn 5 min please save` is corrected to `--warn 5m please save`, which then needs quotes.
    """
    for _ in range(_MOST_STEPS):
        corrected = corrected.strip()
        if not corrected:
            break
        try:
            parse(corrected, inventory)
        except UsageError as further:
            if further.lacks_computer:
                return "", corrected
            corrected = further.corrected
        else:
            return corrected, ""
    return "", ""
