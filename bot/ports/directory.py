"""What the core needs of the world. These docstrings are the specification that `tests/contract` holds adapters to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bot.domain.people import Actor, Person


class Directory(Protocol):
    """Who people are. Answers from memory: it is asked before the receipt."""

    def person(self, actor: Actor) -> Person:
        """The actor with the ids and handles (`@oncall`) of the user groups they are in, and their standing.

        A member is a person of our own workspace, whatever a payload said of them. Standing is UNKNOWN when Slack could
        not be asked for too long; that counts as a no.
        """
        ...

    def members_of(self, names: frozenset[str]) -> frozenset[str]:
        """The user ids of the members behind user ids, group ids and handles: whom `person` calls a member."""
        ...
