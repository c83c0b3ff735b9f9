"""What Slack's user object says of a person: a member of the bot's own workspace, or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.domain.people import MemberStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

SLACKBOT = "USLACKBOT"
"""Slack's own account, of which `is_bot` says no."""

_BOTS = ("is_bot", "is_workflow_bot", "is_connector_bot")
_GUESTS = ("is_restricted", "is_ultra_restricted")


def status_of(user: Mapping[str, Any], home_team: str) -> MemberStatus:
    """Return the status of Slack's user object: https://docs.slack.dev/reference/objects/user-object.

    `is_stranger` is no proof: it is false for a partner who shares a channel with the app.
    """
    if user.get("deleted"):
        return MemberStatus.DEACTIVATED
    if user["id"] == SLACKBOT or any(user.get(flag) for flag in _BOTS):
        return MemberStatus.BOT
    if user.get("is_stranger") or home_team not in _teams_of(user):
        return MemberStatus.STRANGER
    return MemberStatus.GUEST if any(user.get(flag) for flag in _GUESTS) else MemberStatus.MEMBER


def _teams_of(user: Mapping[str, Any]) -> list[object]:
    """Return the person's workspace; in an organisation of several (Enterprise Grid) all of theirs."""
    match user:
        case {"enterprise_user": {"teams": [*teams]}}:
            return [user.get("team_id"), *teams]
        case _:
            return [user.get("team_id")]
