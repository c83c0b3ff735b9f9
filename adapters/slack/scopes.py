"""What the app may do in Slack: one row for each scope. The manifest, the check at the start and a page follow it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

HEADER = "x-oauth-scopes"
"""Where Slack names the scopes of a token, in each answer to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """One right of the app, as `docs/running.md` lists it."""

    name: str  # as Slack calls it
    reason: str  # what the bot does with it
    consequence: str  # what does not work without it


SCOPES = (
    Scope(
        name="commands",
        reason="take slash commands and the shortcut",
        consequence="No command and no shortcut reaches the bot.",
    ),
    Scope(
        name="app_mentions:read",
        reason="answer a mention in a channel",
        consequence="Mentions of the bot get no answer.",
    ),
    Scope(
        name="im:history",
        reason="answer a direct message",
        consequence="Direct messages to the bot get no answer.",
    ),
    Scope(
        name="chat:write",
        reason="post and redraw cards, answer in private",
        consequence="The bot can post nothing, so nobody can decide anything.",
    ),
    Scope(
        name="chat:write.public",
        reason="post in public channels that it is no member of",
        consequence="In a channel that the bot is no member of, cards go to direct messages.",
    ),
    Scope(
        name="im:write",
        reason="open direct messages, where it may not post in the channel",
        consequence="Who asks where the bot may not post gets no card.",
    ),
    Scope(
        name="files:write",
        reason="send the rows and the chart of an audit report to the direct messages of who asked for it",
        consequence="/logoff-audit answers without its spreadsheet and its chart.",
    ),
    Scope(
        name="usergroups:read",
        reason="see who is in the user groups of the rules",
        consequence="Rules that name a user group apply to nobody.",
    ),
    Scope(
        name="users:read",
        reason="see who is a member, a guest or gone",
        consequence="Nobody counts as a member, so no rule lets anybody do anything.",
    ),
    Scope(
        name="channels:read",
        reason="see whether a public channel is shared with another organisation",
        consequence="No card can be posted in a public channel.",
    ),
    Scope(
        name="groups:read",
        reason="see whether a private channel is shared with another organisation",
        consequence="No card can be posted in a private channel.",
    ),
)


def missing_in(headers: Mapping[str, object]) -> tuple[Scope, ...]:
    """Return the scopes that Slack's answer does not name. An answer without the header says nothing of them."""
    named = next((value for name, value in headers.items() if name.lower() == HEADER), None)
    if named is None:
        return ()
    granted = {each.strip() for each in str(named).split(",")}
    return tuple(scope for scope in SCOPES if scope.name not in granted)
