"""Slack as the commands about rules ask it, and what it says against rules that look right in the file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from adapters.clock import SystemClock
from adapters.slack.chat import patient_client
from adapters.slack.directory import SlackDirectory
from adapters.slack.roster import Roster
from app.channel_faults import faults_of
from app.config.timing import GROUPS_EVERY, GROUPS_GOOD_FOR
from bot.domain.people import Actor, MemberStatus
from bot.policy.approvals import named_in
from bot.policy.lint import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.config.settings import Settings
    from bot.policy.model import Rule

MOST_NAMES = 5
"""How many people a sentence names; the others are counted."""

Where = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackView:
    """The people behind the rules, and all people and channels."""

    directory: SlackDirectory
    roster: Roster


def open_slack(settings: Settings) -> SlackView:
    """Return Slack, with the people of the rules read once. Raises `ChatError`."""
    client = patient_client(settings.slack.bot_token.get_secret_value(), settings.slack.api_url)
    directory = SlackDirectory(
        client,
        SystemClock(),
        named_in(settings.policy()),
        home_team=settings.team,
        refresh_every=GROUPS_EVERY,
        good_for=GROUPS_GOOD_FOR,
    )
    directory.refresh()
    return SlackView(directory=directory, roster=Roster(client))


def against(settings: Settings, slack: SlackView) -> Iterator[Finding]:
    """Yield what Slack says against channels and people of the rules. Raises `ChatError`."""
    for index, rule in enumerate(settings.policy().rules):
        where: Where = ("rules", index)
        for channel_id in sorted(rule.where):
            yield from _channel(slack, (*where, "where"), channel_id, posts=False)
        if rule.approve_in:
            yield from _channel(slack, (*where, "approve_in"), rule.approve_in, posts=True)
        yield from _people(slack, where, rule)
    if settings.digest:
        yield from _channel(slack, ("digest", "channel"), settings.digest.channel, posts=True)


def _channel(slack: SlackView, where: Where, channel_id: str, *, posts: bool) -> Iterator[Finding]:
    channel = slack.roster.channel(channel_id)
    name = f"#{channel.name} ({channel.id})" if channel else channel_id
    for fault in faults_of(channel, slack.roster, posts=posts):
        yield Finding(where, f"{name} {fault.found} {fault.remedy}")


def _people(slack: SlackView, where: Where, rule: Rule) -> Iterator[Finding]:
    """People who never count, and approvers who do not see what they are asked."""
    deciding = rule.need.of if rule.need else frozenset[str]()
    for key, names in (("who", rule.who), ("confirm", deciding), ("call", rule.call or frozenset())):
        for user in sorted(_behind(slack, names)):
            status = slack.directory.person(Actor(user_id=user)).status
            if status is not MemberStatus.MEMBER:
                said = f'rule "{rule.name}" means {_name_of(slack, user)}, a {status.value}, who never counts.'
                yield Finding((*where, key), f"{said} Take them out of the group or the rule.")
    channel = slack.roster.channel(rule.approve_in) if rule.approve_in and deciding else None
    if channel is None or channel.is_archived or (channel.is_private and not channel.has_bot):
        return
    absent = sorted(slack.directory.members_of(deciding) - slack.roster.members_of(channel.id))
    if absent:
        named = ", ".join(_name_of(slack, user) for user in absent[:MOST_NAMES])
        more = f" and {len(absent) - MOST_NAMES} others" if len(absent) > MOST_NAMES else ""
        said = f'rule "{rule.name}" asks {named}{more} in #{channel.name}, and they are not there. Invite them.'
        yield Finding((*where, "approve_in"), said)


def _behind(slack: SlackView, names: frozenset[str]) -> frozenset[str]:
    groups = slack.roster.groups if any(name.startswith(("@", "S")) for name in names) else {}
    people = frozenset(name for name in names if name.startswith(("U", "W")))
    return people.union(*(groups.get(name, frozenset()) for name in names))


def _name_of(slack: SlackView, user: str) -> str:
    return next((each.label for each in slack.roster.people if each.user_id == user), user)
