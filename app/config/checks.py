"""The checks of the configuration that concern several sections together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.config.problems import Problem
from bot.domain.inventory import MOST_HOSTS, expand, is_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.config.settings import Computer, Settings
    from app.config.yaml_file import Location

_OPEN_END = (
    "`{}` has to end in letters of its own, like *.corp.example: "
    "* and ? stand for no dot, and not for a whole last part."
)


def unsafe(settings: Settings, broken: frozenset[str] = frozenset()) -> Iterator[Problem]:
    """Yield the problems of sections that are valid alone and not together. Checks of a broken section are left out."""
    checks = {
        ("audit_key", "slack"): _secrets,
        ("computers", "winrm"): _computers,
        ("computers", "groups"): _groups,
        ("computers", "groups", "default_computer"): _default,
        ("computers", "groups", "rules", "protect"): _named_groups,
    }
    for parts, check in checks.items():
        if not broken.intersection((*parts, "rehearsal")):
            yield from check(settings)


def _secrets(settings: Settings) -> Iterator[Problem]:
    if settings.rehearsal:
        return
    if len(settings.audit_key.get_secret_value()) < 32:
        yield Problem(where=("audit_key",), message="needs at least 32 characters. Make one with: openssl rand -hex 32")
    if not settings.slack.bot_token.get_secret_value().startswith("xoxb-"):
        yield Problem(where=("slack", "bot_token"), message="the bot's token from Slack begins with xoxb-.")
    if not settings.slack.app_token.get_secret_value().startswith("xapp-"):
        yield Problem(where=("slack", "app_token"), message="the app-level token for Socket Mode begins with xapp-.")
    if not settings.slack.api_url.startswith("https://"):
        yield Problem(where=("slack", "api_url"), message="has to begin with https://: the tokens travel there.")


def _computers(settings: Settings) -> Iterator[Problem]:
    for index, computer in enumerate(settings.computers):
        where = ("computers", index)
        names = list(expand(computer.name)) if computer.name else []
        if bool(computer.name) == bool(computer.match):
            yield Problem(where=where, message="a computer has either a name or a match.")
        elif computer.match and not computer.match.rpartition(".")[2].strip("*?"):
            yield Problem(where=(*where, "match"), message=_OPEN_END.format(computer.match))
        elif computer.name and not (names and all(is_name(name) for name in names)):
            yield Problem(
                where=where, message=f"`{computer.name}` is no name of a computer and no range like rds-[01-40]."
            )
        elif len(names) > MOST_HOSTS:
            yield Problem(where=where, message=f"`{computer.name}` names more than {MOST_HOSTS:,} computers.")
        else:
            yield from (Problem(where=where, message=message) for message in _unsafe_way(settings, computer))


def _unsafe_way(settings: Settings, computer: Computer) -> Iterator[str]:
    """Yield why the way to a computer is unsafe, because it shows the password or the orders, or cannot log on."""
    way = settings.way_to(computer)
    if way.scheme == "http" and way.transport in ("basic", "certificate"):
        yield f"{computer.label}: {way.transport} needs scheme: https."
    if way.scheme == "http" and way.transport == "ntlm" and not way.insecure_ntlm:
        yield f"{computer.label}: NTLM over plain HTTP proves no host. Use https, or say insecure_ntlm: true."
    if way.transport == "certificate" and not (way.certificate and way.key):
        yield f"{computer.label}: certificate needs winrm.certificate and winrm.key, both PEM files."
    if way.transport in ("ntlm", "basic") and not way.username:
        yield f"{computer.label}: {way.transport} needs winrm.username."
    if way.transport in ("ntlm", "basic") and not way.password.get_secret_value() and not settings.rehearsal:
        yield f"{computer.label}: {way.transport} needs winrm.password."


def _groups(settings: Settings) -> Iterator[Problem]:
    inventory = settings.inventory()
    for group, members in settings.groups.items():
        for index, member in enumerate(members):
            if not inventory.may_find(member):
                yield Problem(where=("groups", group, index), message=f"`{member}` is none of the computers.")


def _named_groups(settings: Settings) -> Iterator[Problem]:
    """Yield the groups in rules and protections that have no computer, because such a rule has no effect."""
    inventory = settings.inventory()
    lists: dict[Location, list[str]] = {("protect", "computers"): settings.protect.computers}
    lists |= {("rules", index, "computers"): rule.computers for index, rule in enumerate(settings.rules)}
    for where, names in lists.items():
        for index, name in enumerate(names):
            if name.lower().startswith("group:") and not inventory.covered(name):
                yield Problem(where=(*where, index), message=f"`{name}` is no group of computers, or one without any.")


def _default(settings: Settings) -> Iterator[Problem]:
    if settings.default_computer and not settings.inventory().find(settings.default_computer):
        yield Problem(where=("default_computer",), message=f"`{settings.default_computer}` is none of the computers.")
