"""The port to the chat's people. These docstrings are the specification, and `tests/contract` holds adapters to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bot.domain.people import Actor, Person


class Directory(Protocol):
    """The people and user groups of the chat. It answers from memory, because a press waits for the answer."""

    def person(self, actor: Actor) -> Person:
        """Return the actor with their user groups, by id and by handle (`@oncall`), and their status.

        A member is a person of the bot's own workspace, whatever a payload says of them. The status is `UNKNOWN` when
        Slack could not be asked for too long. Such a person does not count.
        """
        ...

    def members_of(self, names: frozenset[str]) -> frozenset[str]:
        """Return the user ids of the members, as `person` calls them, behind these user ids, group ids and handles."""
        ...
