"""The `Directory` port from a table, for unit tests: people whose groups and status can be changed at any moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.people import MemberStatus, Person

if TYPE_CHECKING:
    from bot.domain.people import Actor


class FakeDirectory:
    """`groups`: user id -> handles. A user who is not in `statuses` is a member."""

    def __init__(self, groups: dict[str, frozenset[str]], statuses: dict[str, MemberStatus] | None = None) -> None:
        self.groups, self.statuses = groups, statuses or {}

    def person(self, actor: Actor) -> Person:
        status = self.statuses.get(actor.user_id, MemberStatus.MEMBER)
        return Person(actor=actor, groups=self.groups.get(actor.user_id, frozenset()), status=status)

    def members_of(self, names: frozenset[str]) -> frozenset[str]:
        people = {user for user, groups in self.groups.items() if groups & names} | {n for n in names if n[0] == "U"}
        return frozenset(u for u in people if self.statuses.get(u, MemberStatus.MEMBER) is MemberStatus.MEMBER)
