"""What it takes before the bot acts: whose confirmation, and how many people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

MANY_AT_ONCE = "many at once"
"""The name in the audit log of what the limits ask for, whatever the rules say."""


class Confirm(StrEnum):
    """Whose confirmation a request takes."""

    NOBODY = "nobody"  # none: the request is forced
    AT_ONCE = "at_once"  # none: the action is done at once where no rule wants another person
    SELF = "self"  # the requester's own
    OTHERS = "others"  # that of the people in the needs


class DenyReason(StrEnum):
    """Whether a person who says no is asked why. The order is the one of strictness."""

    UNASKED = ""  # they may say it
    WANTED = "wanted"  # they are asked, and may leave it out
    NEEDED = "needed"  # without it there is no no


def strictest(*reasons: DenyReason) -> DenyReason:
    """Return the strictest of these; `UNASKED` when there are none."""
    return max(reasons, key=list(DenyReason).index, default=DenyReason.UNASKED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """A number of distinct people who have to say yes."""

    count: int  # how many people, 1 or more
    of: frozenset[str]  # user ids, group ids and handles (`@oncall`) of those who count
    rule: str  # the name of the rule that wants it
    requester_counts: bool = False  # the requester's own yes counts as well


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """What it takes before the bot acts: all needs of all rules that cover a target."""

    confirm: Confirm  # whose confirmation
    rules: tuple[str, ...] = ()  # names of the rules that cover a target, each once
    needs: tuple[Need, ...] = ()  # all of them have to be met; empty where the requester's own yes is enough
    approve_in: str = ""  # id of the channel where the approvers are asked; empty: where the command was typed
    also_in: tuple[str, ...] = ()  # ids of further channels of its rules, which are told where the card stands
    expires_after: timedelta = timedelta(minutes=15)  # how long the card waits for a press
    message: str = ""  # a sentence for the card, why `--force` did not work; empty: none
    hold: timedelta = timedelta()  # how long a forced act waits before it begins, for somebody to stop it
    deny_reason: DenyReason = DenyReason.UNASKED  # whether a person who says no is asked why
    call: frozenset[str] | None = None  # whom the card calls: user ids, group ids, handles; None: those who decide
    called: int | None = None  # how many people besides the requester that are; None: the chat does not say

    @property
    def whom_to_call(self) -> frozenset[str]:
        """The user ids, group ids and handles that the card calls; empty where nobody is asked."""
        if self.confirm is not Confirm.OTHERS:
            return frozenset()
        return frozenset().union(*(need.of for need in self.needs)) if self.call is None else self.call

    @property
    def is_forced(self) -> bool:
        """Whether the bot acts without asking anybody, by `--force`."""
        return self.confirm is Confirm.NOBODY

    @property
    def is_open(self) -> bool:
        """Whether somebody has to say yes."""
        return self.confirm in (Confirm.SELF, Confirm.OTHERS)
