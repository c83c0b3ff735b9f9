"""Accounts that a mistyped `user=` may stand for: `jose` for `josé`, `alcie` for `alice`."""

from __future__ import annotations

import unicodedata
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, TypeAlias

from bot.domain.inventory import is_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bot.domain.session import Account

MOST = 3
"""The most accounts that are suggested."""

_ALIKE = 0.75
_LONGEST = 64
_MOST_NAMES = 10
_MOST_PAIRS = 5000


_Known: TypeAlias = "tuple[str, Account]"  # what is compared of the account's name, and the account


def near_accounts(patterns: Iterable[str], accounts: Iterable[Account]) -> list[Account]:
    """Return the accounts nearest to the names, three at most; none for a pattern, which may well match nobody."""
    typed = dict.fromkeys(_bare(pattern.rpartition("\\")[2]) for pattern in patterns if not is_pattern(pattern))
    wanted = [name[:_LONGEST] for name in typed][:_MOST_NAMES]
    known = {str(account): (_bare(account.user)[:_LONGEST], account) for account in accounts if account.user}
    rated = [(_best(near, name), account) for near, (name, account) in _pairs(wanted, list(known.values()))]
    found = sorted(((ratio, account) for ratio, account in rated if ratio >= _ALIKE), key=lambda each: -each[0])
    return [account for _, account in found[:MOST]]


def _pairs(wanted: Sequence[str], known: Sequence[_Known]) -> Iterator[tuple[list[str], _Known]]:
    """Yield each account with the typed names that are compared with it.

    These are all names where there are few. In a large fleet they are those of the same first letter, and no more
    pairs than one command may cost.
    """
    left, are_few = _MOST_PAIRS, len(wanted) * len(known) <= _MOST_PAIRS
    for each in known:
        near = [name for name in wanted if are_few or name[:1] == each[0][:1]]
        left -= len(near)
        if left < 0:
            return
        yield near, each


def _best(wanted: Sequence[str], name: str) -> float:
    return max((_ratio(each, name) for each in wanted), default=0.0)


def _ratio(typed: str, name: str) -> float:
    """Return how alike two names are, from 0 to 1; 1 where only accents, case and signs differ."""
    if typed == name or (len(typed) > 2 and name.startswith(typed)):
        return 1.0
    return SequenceMatcher(None, typed, name).ratio()


def _bare(name: str) -> str:
    parted = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in parted if letter.isalnum())
