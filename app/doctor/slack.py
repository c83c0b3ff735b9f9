"""The checks of Slack: tokens, scopes, socket, and what the rules name there. Nothing is posted."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from adapters.slack.inspection import SlackInspection, lacks_scope
from app.channel_faults import faults_of
from app.doctor.check import Area, Reporter
from bot.errors import ChatError, SettingsError
from bot.policy.approvals import named_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta

    from adapters.slack.inspection import Identity
    from app.config.settings import Settings
    from app.doctor.check import Check
    from bot.ports.clock import Clock

REACHED, BOT_TOKEN, TEAM, SCOPES, APP_TOKEN, SOCKET = (
    "reachable",
    "bot token",
    "workspace",
    "scopes",
    "app token",
    "socket",
)
ONE_APP, MESSAGES_TAB, CHANNEL, GROUP = "one app", "Messages tab", "channel", "user group"

_ALL = (BOT_TOKEN, TEAM, SCOPES, APP_TOKEN, SOCKET, ONE_APP, CHANNEL, GROUP)
_REPORT = Reporter(area=Area.SLACK)
_REACH = "Look whether this machine reaches slack.com on port 443, perhaps through a proxy (docs/running.md)."
_TAB = (
    "Slack tells no app of it. In Slack open the app's home: there is a Messages tab, and people can write in it. "
    "Without it, what goes to direct messages reaches nobody."
)
_MANIFEST = "Install the app again with the manifest that this prints: logoff-bot manifest"
_COPY = "Copy both tokens from one app at api.slack.com/apps."
_GROUP = "Make it in Slack, or write another name in app.yaml. User groups need a paid plan."


class SlackChecks:
    """Yields the checks. What they learned stands here afterwards."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.ahead: timedelta | None = None
        """How far Slack's clock is ahead of this machine's; None: Slack did not say its time."""
        self.knows_people = False
        """Whether Slack tells of people and groups, and of the right workspace's."""
        self.faulty_groups = frozenset[str]()
        """Names of groups that have a row of their own."""
        self._missing = frozenset[str]()

    def run(self, clock: Clock, *, may_connect: bool) -> Iterator[Check]:
        """Yield the checks. `clock` is this machine's.

        `may_connect`: no bot runs that a second socket would take commands from.
        """
        try:
            self._ask = _inspection_of(self._settings)
        except SettingsError as error:  # a proxy that is none
            yield _REPORT.refused(REACHED, error)
            yield from _REPORT.skipped(_ALL, "Slack is not reached")
            return
        identity = None
        try:
            identity = self._ask.identity()
        except (ChatError, SettingsError) as error:
            if isinstance(error, ChatError) and error.retryable:
                yield _REPORT.refused(REACHED, error, also=_REACH)
                yield from _REPORT.skipped(_ALL, "Slack is not reached")
                return
            yield _REPORT.refused(BOT_TOKEN, error)
            yield from _REPORT.skipped((TEAM, SCOPES), "Slack does not take the bot's token")
        else:
            self.ahead = identity.at - clock.now() if identity.at else None
            yield from self._identity(identity)
        yield from self._socket(identity, may_connect=may_connect)
        if identity and identity.team_id == self._settings.team:
            self.knows_people = not self._missing & {"users:read", "usergroups:read"}
            yield from self._channels()
            yield from self._groups()
        else:
            yield from _REPORT.skipped((CHANNEL, GROUP), "the bot's token is not one of this workspace")
        yield _REPORT.note(MESSAGES_TAB, _TAB)

    def _identity(self, identity: Identity) -> Iterator[Check]:
        yield _REPORT.ok(BOT_TOKEN, f"{identity.user} in {identity.team}")
        yield self._team(identity)
        yield from self._scopes(identity)

    def _team(self, identity: Identity) -> Check:
        if identity.team_id == self._settings.team:
            return _REPORT.ok(TEAM, identity.team_id)
        found = f"The token belongs to workspace {identity.team_id}, and team is {self._settings.team}."
        return _REPORT.failed(TEAM, found, "Correct team in app.yaml, or install the app in the other workspace.")

    def _scopes(self, identity: Identity) -> Iterator[Check]:
        self._missing = frozenset(scope.name for scope in identity.missing)
        for scope in identity.missing:
            yield _REPORT.failed(SCOPES, f"{scope.name} is missing. {scope.consequence}", _MANIFEST)
        if not identity.says_scopes:
            yield _REPORT.note(SCOPES, "Slack's answer does not name them.")
        elif not identity.missing:
            yield _REPORT.ok(SCOPES, "all of the manifest")

    def _socket(self, identity: Identity | None, *, may_connect: bool) -> Iterator[Check]:
        try:
            url = self._ask.new_socket()
        except (ChatError, SettingsError) as error:
            yield _REPORT.refused(APP_TOKEN, error)
            yield from _REPORT.skipped((SOCKET, ONE_APP), "Slack gives no socket for the app token")
            return
        yield _REPORT.ok(APP_TOKEN, "Slack gives a socket for it")
        if not may_connect:
            yield from _REPORT.skipped((SOCKET, ONE_APP), "a bot runs, and a second socket would take its commands")
            return
        try:
            app = self._ask.app_of_socket(url)
        except (ChatError, SettingsError) as error:
            yield _REPORT.refused(SOCKET, error)
            yield from _REPORT.skipped((ONE_APP,), "the socket does not open")
            return
        yield _REPORT.ok(SOCKET, "it opens")
        yield from self._one_app(identity, app)

    def _one_app(self, identity: Identity | None, app: str) -> Iterator[Check]:
        if identity is None or not app or "users:read" in self._missing:
            yield from _REPORT.skipped((ONE_APP,), "Slack does not say whose the tokens are")
            return
        try:
            other = self._ask.app_of(identity.bot_id)
        except ChatError as error:
            yield from _REPORT.skipped((ONE_APP,), f"Slack does not say whose the bot is. {error.message}")
            return
        if not other:
            yield from _REPORT.skipped((ONE_APP,), "Slack does not say whose the bot is")
        elif app == other:
            yield _REPORT.ok(ONE_APP, app)
        else:
            found = f"The bot token is of app {other}, the app token of app {app}."
            yield _REPORT.failed(ONE_APP, f"{found} Commands would go to one, and cards come from the other.", _COPY)

    def _channels(self) -> Iterator[Check]:
        for channel, uses in channels_of(self._settings).items():
            try:
                yield from self._channel(channel, uses)
            except ChatError as error:
                if lacks_scope(error):  # the scope has its own row
                    yield from _REPORT.skipped((CHANNEL,), f"a scope is missing to look at {channel}")
                else:
                    yield _channel_refused(channel, ", ".join(uses), error)

    def _channel(self, channel_id: str, uses: list[str]) -> Iterator[Check]:
        channel, used = self._ask.channel(channel_id), ", ".join(uses)
        name = f"#{channel.name} ({channel_id}, {used})" if channel else f"{channel_id} ({used})"
        posts = any(not use.startswith("where ") for use in uses)
        faults = list(faults_of(channel, self._ask.roster, posts=posts))
        yield from (_REPORT.failed(CHANNEL, f"{name} {fault.found}", fault.remedy) for fault in faults)
        if not faults:
            yield _REPORT.ok(CHANNEL, name)

    def _groups(self) -> Iterator[Check]:
        wanted = sorted(name for name in named_in(self._settings.policy()) if not name.startswith(("U", "W")))
        if not wanted:
            return
        try:
            there = self._ask.groups()
        except ChatError as error:
            self.knows_people = False
            if lacks_scope(error):
                yield from _REPORT.skipped((GROUP,), "a scope is missing to look at user groups")
            else:
                yield _REPORT.refused(GROUP, error)
            return
        for name in wanted:
            if people := there.get(name):
                yield _REPORT.ok(GROUP, f"{name}: {len(people)} people")
                continue
            self.faulty_groups |= {name}
            if people is None:
                yield _REPORT.failed(GROUP, f"There is no user group {name}.", _GROUP)
            else:
                yield _REPORT.failed(GROUP, f"{name} has no member.", "Add people to it in Slack.")


def _inspection_of(settings: Settings) -> SlackInspection:
    slack = settings.slack
    return SlackInspection(
        bot_token=slack.bot_token.get_secret_value(),
        app_token=slack.app_token.get_secret_value(),
        api_url=slack.api_url,
    )


def channels_of(settings: Settings) -> dict[str, list[str]]:
    """Return each channel that the file names, with the keys that name it."""
    found = defaultdict[str, list[str]](list)
    for rule in settings.policy().rules:
        if rule.approve_in:
            found[rule.approve_in].append(f'approve_in of "{rule.name}"')
        for channel in sorted(rule.where):
            found[channel].append(f'where of "{rule.name}"')
    if settings.digest:
        found[settings.digest.channel].append("digest")
    return dict(found)


def _channel_refused(channel: str, used: str, error: ChatError) -> Check:
    found, _, remedy = error.message.partition(". ")
    compare = "Compare the id with that in the channel's details."
    return _REPORT.failed(CHANNEL, f"{channel} ({used}): {found.removesuffix('.')}.", remedy or compare)
