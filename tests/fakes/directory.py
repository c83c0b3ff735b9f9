"""The `Directory` port from a table, for unit tests: people whose groups and status can be changed at any moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.people import MemberStatus, Person

if TYPE_CHECKING:
    from bot.domain.people import Actor


class FakeDirectory:
    """`groups`: user id -> handles. A user who is not in `statuses` is a stranger."""

    def __init__(self, groups: dict[str, frozenset[str]], statuses: dict[str, MemberStatus]) -> None:
        self.groups, self.statuses = groups, statuses

    @classmethod
    def of_members(cls, groups: dict[str, frozenset[str]]) -> FakeDirectory:
        """All of these are members."""
        return cls(groups, dict.fromkeys(groups, MemberStatus.MEMBER))

    def person(self, actor: Actor) -> Person:
        status = self._status(actor.user_id)
        return Person(actor=actor, groups=self.groups.get(actor.user_id, frozenset()), status=status)

    def members_of(self, names: frozenset[str]) -> frozenset[str]:
        people = {user for user, groups in self.groups.items() if groups & names} | {n for n in names if n[0] == "U"}
        return frozenset(user for user in people if self._status(user) is MemberStatus.MEMBER)

    def _status(self, user: str) -> MemberStatus:
        return self.statuses.get(user, MemberStatus.STRANGER)
