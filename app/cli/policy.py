"""`logoff-bot policy`: explain what the rules decide, and find rules that can never work."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.options import APP_YAML, Config
from app.config.secrets import NO_SECRET, Secret
from app.config.settings import Settings, load
from app.config.slips import slips
from bot.cards.notices import suggested_by, without_code
from bot.commands import BY_NAME
from bot.commands.language import understand
from bot.domain.letters import visible
from bot.domain.people import Actor, Place
from bot.errors import UsageError
from bot.policy.explain import explain

if TYPE_CHECKING:
    from bot.ports.directory import Directory

policy = typer.Typer(help="The rules: what they decide, and whether they can work.", no_args_is_help=True)


def _user_id(value: str) -> str:
    if not re.fullmatch(r"[UW][A-Z0-9]{2,}", value):
        raise typer.BadParameter("Write the user id (U...); names do not count.")
    return value


def _channel_id(value: str) -> str:
    if value and not re.fullmatch(r"[CDG][A-Z0-9]{2,}", value):
        raise typer.BadParameter("Write the channel's id (C...), which its details show at the bottom.")
    return value


@policy.command(name="explain")
def explain_(
    command: Annotated[str, typer.Argument(help="What would be typed, for example '/logoff comp1 id=3 --force'.")],
    as_user: Annotated[str, typer.Option("--as", help="The Slack user id of who types it.", callback=_user_id)],
    in_channel: Annotated[
        str, typer.Option("--in", help="The id of the channel where it is typed.", callback=_channel_id)
    ] = "",
    config: Config = APP_YAML,
) -> None:
    """Print what the rules would decide and why. Nothing is asked for and no host is contacted."""
    settings = load(config, secrets=frozenset({Secret.SLACK}))
    word, _, text = command.strip().partition(" ")
    names = settings.command_names()
    name = names.name_of(word)
    if name not in BY_NAME:
        raise UsageError(f"I know no command {visible(word)}. There are: {', '.join(map(names.slash, BY_NAME))}.")
    directory, _ = _directory(settings)
    person = directory.person(Actor(user_id=as_user))
    try:
        understood = understand(name, text, settings.inventory())
    except UsageError as error:
        meant = "".join(f"\nDid you mean: {names.slash(s.command)} {s.text}" for s in suggested_by(error, name))
        raise UsageError(visible(without_code(error.message)) + meant) from error
    action, ask = understood.command.action, understood.ask
    for line in explain(settings.policy(), person, Place(channel_id=in_channel), action, ask):
        sys.stdout.write(visible(line) + "\n")


@policy.command()
def check(config: Config = APP_YAML) -> None:
    """Find rules that can never work, and names that look like a slip. Exit code 1 when there is one."""
    settings = load(config, secrets=NO_SECRET)
    faults = list(slips(settings))
    for fault in faults:
        sys.stdout.write(visible(fault) + "\n")
    if faults:
        raise typer.Exit(1)
    sys.stdout.write(f"{len(settings.rules)} rules, and all of them can work.\n")


def _directory(settings: Settings) -> tuple[Directory, frozenset[str]]:
    """Return the directory and its groups: of Slack, or of the invented workspace in a rehearsal."""
    if settings.rehearsal:
        from app.rehearse.environment import cast_directory  # noqa: PLC0415 - the rehearsal is an extra

        return cast_directory(settings)
    from app.wiring import open_directory  # noqa: PLC0415 - with it come the database and WinRM, which no rule needs

    return open_directory(settings)
