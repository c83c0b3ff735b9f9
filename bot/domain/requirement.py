"""The nouns: who asked what, of whom, where, and how it ended. All values are frozen. Windows' own are in `session`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

MANY_AT_ONCE = "many at once"
"""The name in the audit log of what the limits ask for, whatever the rules say."""


class Confirm(StrEnum):
    """Who has to press the button."""

    NOBODY = "nobody"
    SELF = "self"
    OTHERS = "others"


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """So many distinct people out of these (user ids, group ids, `@handles`)."""

    count: int
    of: frozenset[str]
    rule: str
    requester_counts: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """What it takes before the bot acts: all needs of all rules that cover a target.

    `approve_in` is the channel where the others are asked, `expires_after` how long they may take. `hold` is how long a
    forced act waits before it begins, for somebody to stop it.
    """

    confirm: Confirm
    rules: tuple[str, ...] = ()
    needs: tuple[Need, ...] = ()
    approve_in: str = ""
    expires_after: timedelta = timedelta(minutes=15)
    message: str = ""
    hold: timedelta = timedelta()

    @property
    def is_forced(self) -> bool:
        return self.confirm is Confirm.NOBODY
