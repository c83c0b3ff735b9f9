"""`logoff-bot policy check`: rules that can never work, offline, and with `--live` what Slack says against them."""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.asking_slack import slack_for
from app.cli.options import APP_YAML, AsJson, Config
from app.config import yaml_file
from app.config.oddities import oddities
from app.config.secrets import Secret
from app.config.settings import Settings, load, load_rules
from app.config.slips import imagined
from app.printing import json_line
from bot.domain.letters import visible
from bot.policy.approvals import named_in
from bot.policy.lint import Finding, findings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from app.config.yaml_file import Location, YamlFile

Live = Annotated[bool, typer.Option("--live", help="Ask Slack for groups, people and channels as well.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault, and where it stands."""

    line: int  # 0: it stands at no line
    key: str
    message: str  # without control characters

    @property
    def sentence(self) -> str:
        at = f"line {self.line}: " if self.line else ""
        return f"{at}{self.key}: {self.message}" if self.key else f"{at}{self.message}"


def check(config: Config = APP_YAML, live: Live = False, as_json: AsJson = False) -> None:
    """Find rules that can never work, and what looks like a slip. No token and no database is needed.

    With --live Slack is asked whether groups and channels exist, and whether the bot may post and the approvers are
    there. Exit code 0 when nothing is found, 1 when something is.
    """
    settings = load(config, secrets=frozenset({Secret.SLACK})) if live else load_rules(config)
    found = list(_against_slack(settings)) if live else list(_alone(settings))
    file = yaml_file.read(config, {})
    faults = [*_located(file, found), *(_parsed(file, each) for each in oddities(settings))]
    unchecked = [] if live else list(_unchecked(settings))
    if as_json:
        sys.stdout.write(json_line({"faults": [asdict(fault) for fault in faults], "unchecked": unchecked}))
    else:
        _print(faults, unchecked, len(settings.rules))
    if faults:
        raise typer.Exit(1)


def _alone(settings: Settings) -> Iterator[Finding]:
    policy = settings.policy()
    yield from findings(policy, imagined, named_in(policy))


def _against_slack(settings: Settings) -> Iterator[Finding]:
    from app.slack_view import against  # noqa: PLC0415 - with it comes Slack, which an offline check does not need

    with slack_for(settings) as slack:
        yield from findings(settings.policy(), slack.directory.members_of, slack.directory.known_groups)
        yield from against(settings, slack)


def _located(file: YamlFile, found: Iterable[Finding]) -> Iterator[Fault]:
    for each in found:
        key = ".".join(map(str, each.where))
        yield Fault(line=file.line_of(each.where), key=key, message=visible(each.message))


def _parsed(file: YamlFile, sentence: str) -> Fault:
    """Return the fault of a sentence that begins with its key, or with the name of its computer."""
    key, _, message = sentence.partition(": ")
    where: Location = tuple(int(part) if part.isdecimal() else part for part in key.split("."))
    line = file.line_of(where) if where[0] in Settings.model_fields and where[0] in file.values else 0
    return Fault(line=line, key=visible(key), message=visible(message))


def _unchecked(settings: Settings) -> Iterator[str]:
    """Yield what only Slack knows, by its names."""
    policy = settings.policy()
    names = named_in(policy)
    people = sorted(name for name in names if name.startswith(("U", "W")))
    groups = sorted(names - set(people))
    channels = {channel for rule in policy.rules for channel in (*rule.where, rule.approve_in) if channel}
    channels |= {settings.digest.channel} if settings.digest else set()
    if groups:
        yield f"that the groups {', '.join(groups)} exist and have members who can approve"
    if people:
        yield f"that these are full members: {', '.join(people)}"
    if channels:
        yield f"that the channels {', '.join(sorted(channels))} exist, and that the bot and the approvers are there"


def _print(faults: Iterable[Fault], unchecked: Iterable[str], rules: int) -> None:
    for fault in faults:
        sys.stdout.write(fault.sentence + "\n")
    if not faults:
        sys.stdout.write("1 rule, and it can work.\n" if rules == 1 else f"{rules} rules, and all of them can work.\n")
    for each in unchecked:
        sys.stdout.write(f"Not checked, because only Slack knows it (--live): {each}.\n")
