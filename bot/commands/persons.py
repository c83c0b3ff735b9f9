"""Words that may be somebody: accounts, and what only looks like a computer."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.domain.inventory import Inventory

_PERSON = re.compile(r"@?(?:[\w.-]+[\\/])?[^\W\d_][\w.'$-]*(?:@[\w.-]+)?")
_COMPUTER_LIKE = re.compile(r"[^\W\d]*[-_]?[0-9]+|.*\.[a-z]{2,}|.*\.local|[0-9.:]+", re.IGNORECASE)


def is_like_a_person(name: str) -> bool:
    """Return whether the word may be somebody's account: letters first, and not in the form of a computer's name."""
    return bool(_PERSON.fullmatch(name)) and ("\\" in name or "@" in name or not _COMPUTER_LIKE.fullmatch(name))


def is_person(name: str, inventory: Inventory, *, is_named: bool) -> bool:
    """Return whether the word may be somebody. Beside a computer, `bob.smith` and `adm1` may be as well."""
    if not is_named or not _PERSON.fullmatch(name):
        return is_like_a_person(name)
    return _letters_of(name) not in _letters_in(inventory.names)


@lru_cache(maxsize=16)
def _letters_in(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(_letters_of, names))


def _letters_of(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())


def account_in(name: str) -> str:
    """Return the account as a filter has it: `alice` for `@alice` and `alice@corp.example`."""
    bare = name.removeprefix("@").replace("/", "\\")
    return bare.partition("@")[0] if "@" in bare else bare
