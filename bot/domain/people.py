"""People in the chat, and the channels where they ask."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A person in the chat, or the bot itself.

    Without a workspace: a payload names the one where it was typed or pressed. The directory knows whose people they
    are.
    """

    user_id: str  # the identity: a Slack user id (`U...` or `W...`), or `bot`
    name: str = ""  # for reading only


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A channel, by its id."""

    channel_id: str  # a Slack conversation id (`C...`, `D...` or `G...`)
    name: str = ""  # for reading only


class MemberStatus(StrEnum):
    """What Slack says about a person. Only members count."""

    MEMBER = "member"  # a full member of the bot's workspace
    GUEST = "guest"  # a guest of one or of several channels
    DEACTIVATED = "deactivated"  # the account was closed
    BOT = "bot"  # an app
    STRANGER = "stranger"  # a person of no workspace of ours, or one that Slack does not know
    UNKNOWN = "unknown"  # Slack could not be asked for too long


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person as the rules see them."""

    actor: Actor  # the identity
    groups: frozenset[str] = frozenset()  # ids (`S...`) and handles (`@oncall`) of their user groups
    status: MemberStatus = MemberStatus.MEMBER  # only `MEMBER` counts
    unknown_why: str = ""  # what Slack says instead of their status or groups, with its cure; empty: nothing

    def is_among(self, names: frozenset[str]) -> bool:
        """Return whether one of the user ids, group ids and handles means this person."""
        return bool(names & (self.groups | {self.actor.user_id}))
