"""`logoff-bot policy explain`: what the rules decide for a command, and why."""

from __future__ import annotations

import re
import sys
from contextlib import ExitStack
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.asking_slack import slack_for
from app.cli.options import APP_YAML, Config
from app.config.secrets import Secret
from app.config.settings import Settings, load, load_rules
from bot.cards.notices import suggested_by, without_code
from bot.commands import BY_NAME
from bot.commands.language import Understood, understand
from bot.domain.letters import visible
from bot.domain.people import Actor, MemberStatus, Person, Place
from bot.errors import ChatError, SettingsError, UsageError
from bot.policy.explain import explain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.slack_view import SlackView

_USER = re.compile(r"[UW][A-Z0-9]{2,}")
_CHANNEL = re.compile(r"[CDG][A-Z0-9]{2,}")
AS, IN = "--as", "--in"

Command = Annotated[str, typer.Argument(help="What would be typed, for example '/logoff comp1 id=3 --force'.")]
AsUser = Annotated[str, typer.Option(AS, help="Who types it: a Slack user id, a name, @handle or e-mail address.")]
InChannel = Annotated[str, typer.Option(IN, help="Where it is typed: a channel's id or #name.")]
Offline = Annotated[bool, typer.Option("--offline", help="Do not ask Slack: ids alone, and no groups are known.")]


def explain_(
    command: Command, as_user: AsUser, in_channel: InChannel = "", offline: Offline = False, config: Config = APP_YAML
) -> None:
    """Print what the rules would decide and why. Nothing is asked for and no host is contacted.

    Where Slack cannot be asked, ids are enough, and the answer names what it hangs on. Exit code 2 when nobody, or more
    than one, is called so.
    """
    settings = load_rules(config)
    understood = _understood(settings, command)
    with ExitStack() as stack:
        slack, why = (None, "told not to") if offline else _slack(stack, config)
        if slack is None:
            _say([f"Slack was not asked: {why}"])
            _say(_without_slack(settings, understood, as_user, in_channel))
            return
        user = _person_called(slack, as_user)
        slack.directory.learn(frozenset({user}))  # their status, also where no rule names them
        person = slack.directory.person(Actor(user_id=user))
        place = Place(channel_id=_channel_called(slack, in_channel))
        _say(explain(settings.policy(), person, place, understood.command.action, understood.ask))


def _say(lines: Iterator[str] | list[str]) -> None:
    for line in lines:
        sys.stdout.write(visible(line) + "\n")


def _understood(settings: Settings, command: str) -> Understood:
    word, _, text = command.strip().partition(" ")
    names = settings.command_names()
    name = names.name_of(word)
    if name not in BY_NAME:
        raise UsageError(f"I know no command {visible(word)}. There are: {', '.join(map(names.slash, BY_NAME))}.")
    try:
        return understand(name, text, settings.inventory())
    except UsageError as error:
        meant = "".join(f"\nDid you mean: {names.slash(s.command)} {s.text}" for s in suggested_by(error, name))
        raise UsageError(visible(without_code(error.message)) + meant) from error


def _slack(stack: ExitStack, config: Path) -> tuple[SlackView | None, str]:
    """Return Slack, or None with why it cannot be asked."""
    try:
        return stack.enter_context(slack_for(load(config, secrets=frozenset({Secret.SLACK})))), ""
    except SettingsError as error:
        return None, " ".join(error.message.split())
    except ChatError as error:
        return None, error.message


def _without_slack(settings: Settings, understood: Understood, as_user: str, in_channel: str) -> Iterator[str]:
    """Yield what the rules decide for an id in no group, and in each group that they name."""
    if not _USER.fullmatch(as_user):
        raise typer.BadParameter("Without Slack write the user id (U...); only Slack knows names.", param_hint=AS)
    if in_channel and not _CHANNEL.fullmatch(in_channel):
        raise typer.BadParameter("Without Slack write the channel's id (C...); only Slack knows names.", param_hint=IN)
    policy, place = settings.policy(), Place(channel_id=in_channel)
    groups = sorted({name for rule in policy.rules for name in rule.who if not name.startswith(("U", "W"))})
    yield f"Whether {as_user} is a full member, and in which of these groups, is not known: {', '.join(groups)}."
    for those in (frozenset[str](), *(frozenset({group}) for group in groups)):
        person = Person(actor=Actor(user_id=as_user), groups=those, status=MemberStatus.MEMBER)
        yield f"As a member in {', '.join(those) or 'none of the groups'}:"
        lines = explain(policy, person, place, understood.command.action, understood.ask)
        yield from (f"  {line}" for line in lines if not line.startswith(f"{as_user} is a "))


def _person_called(slack: SlackView, wanted: str) -> str:
    """Return the user id of who is called so. Raises `typer.BadParameter` for nobody and for more than one."""
    people = slack.roster.people
    if _USER.fullmatch(wanted):
        known = any(person.user_id == wanted for person in people)
        if not known and slack.directory.person(Actor(user_id=wanted)).status is not MemberStatus.MEMBER:
            return wanted  # a rule names them, and Slack says why they do not count
        if not known:
            raise typer.BadParameter(f"Nobody in the workspace has the id {wanted}.", param_hint=AS)
        return wanted
    name = wanted.strip().removeprefix("@").casefold()
    found = [person for person in people if name and name in {each.casefold() for each in person.names}]
    if len(found) == 1:
        return found[0].user_id
    if found:
        listed = ", ".join(sorted(visible(person.label) for person in found))
        raise typer.BadParameter(f"Several are called {visible(wanted)}: {listed}. Write the id.", param_hint=AS)
    names = {each.casefold(): each for person in people for each in sorted(person.names)}
    near = ", ".join(visible(names[each]) for each in get_close_matches(name, names, n=3))
    meant = f" Did you mean: {near}?" if near else " Write the name as Slack shows it, or the id (U...)."
    raise typer.BadParameter(f"Nobody in the workspace is called {visible(wanted)}.{meant}", param_hint=AS)


def _channel_called(slack: SlackView, wanted: str) -> str:
    """Return the id of the channel. Raises `typer.BadParameter` for a name that none has."""
    if not wanted or _CHANNEL.fullmatch(wanted):
        return wanted
    found = slack.roster.called(wanted.strip().removeprefix("#"))
    if len(found) != 1:
        said = f"I see no channel {visible(wanted)}. Look at the name; a private one shows its id (C...) at the bottom."
        raise typer.BadParameter(said, param_hint=IN)
    return found[0].id
