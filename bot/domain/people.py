"""People in the chat and places where they ask."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Somebody in the chat. The id is the identity; the name is for reading only.

    No workspace: a payload names the one where it was typed or pressed. The directory knows whose people they are.
    """

    user_id: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where it was asked: a channel, by its id."""

    channel_id: str
    name: str = ""


class MemberStatus(StrEnum):
    """What Slack says of a person. Only members count; a stranger is of no workspace of ours, or not known at all."""

    MEMBER = "member"
    GUEST = "guest"
    DEACTIVATED = "deactivated"
    BOT = "bot"
    STRANGER = "stranger"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person as the rules see him: who he is, which groups he is in, whether he counts at all."""

    actor: Actor
    groups: frozenset[str] = frozenset()
    status: MemberStatus = MemberStatus.MEMBER

    def is_among(self, names: frozenset[str]) -> bool:
        return bool(names & (self.groups | {self.actor.user_id}))
