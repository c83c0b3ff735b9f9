"""Accounts that a mistyped `user=` may stand for: `jose` for `josé`, `alcie` for `alice`."""

from __future__ import annotations

import unicodedata
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from bot.domain.inventory import is_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.domain.session import Account

MOST = 3
"""The most accounts that are suggested."""

_ALIKE = 0.75


def near_accounts(patterns: Iterable[str], accounts: Iterable[Account]) -> list[Account]:
    """Return the accounts nearest to the names, three at most; none for a pattern, which may well match nobody."""
    wanted = [pattern.rpartition("\\")[2] for pattern in patterns if not is_pattern(pattern)]
    known = {str(account): account for account in accounts if account.user}
    rated = [(_best(wanted, account), account) for account in known.values()]
    found = sorted(((ratio, account) for ratio, account in rated if ratio >= _ALIKE), key=lambda each: -each[0])
    return [account for _, account in found[:MOST]]


def _best(wanted: Sequence[str], account: Account) -> float:
    return max((_ratio(name, account.user) for name in wanted), default=0.0)


def _ratio(typed: str, name: str) -> float:
    """Return how alike two names are, from 0 to 1; 1 where only accents, case and signs differ."""
    left, right = _bare(typed), _bare(name)
    if left == right or (len(left) > 2 and right.startswith(left)):
        return 1.0
    return SequenceMatcher(None, left[:64], right[:64]).ratio()


def _bare(name: str) -> str:
    parted = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in parted if letter.isalnum())
