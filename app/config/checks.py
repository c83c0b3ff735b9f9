"""The checks of the configuration that concern several sections together."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app.config import carriers, http_mode, names
from app.config.accounts import fault_in_login
from app.config.problems import Problem
from app.config.yaml_file import STAND_IN
from bot.domain.inventory import expand
from bot.domain.letters import python_upper

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.config.settings import Computer, Settings
    from app.config.yaml_file import Location
    from bot.domain.inventory import Inventory


_ONE_WORD = re.compile(r"[!-~]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")

NEEDS_KEY = "needs at least 32 characters. Make one with: openssl rand -hex 32"


def unsafe(settings: Settings, broken: frozenset[str] = frozenset()) -> Iterator[Problem]:
    """Yield the problems of sections that are valid alone and not together. Checks of a broken section are left out."""
    checks = {
        ("audit_key", "slack"): _secrets,
        ("database", "replicas"): _replicas,
        ("slack", "health"): _ports,
        ("computers", "winrm"): _computers,
        ("computers", "groups"): _groups,
        ("winrm", "computers"): _ways,
        ("computers", "groups", "default_computer"): _default,
        ("computers", "groups", "rules", "protect"): _selected,
    }
    for parts, check in checks.items():
        if not broken.intersection((*parts, "rehearsal")):
            yield from check(settings)


def fault_in_key(audit_key: str) -> str:
    """Return why the text is no audit key, as a part of a sentence; empty when it is one."""
    return "" if len(audit_key) >= 32 else NEEDS_KEY


def _secrets(settings: Settings) -> Iterator[Problem]:
    if settings.rehearsal:
        return
    if fault := fault_in_key(settings.audit_key.get_secret_value()):
        yield Problem(where=("audit_key",), message=fault)
    yield from _tokens(settings)
    if not settings.slack.api_url.startswith("https://"):
        yield Problem(where=("slack", "api_url"), message="has to begin with https://: the tokens travel there.")


def _tokens(settings: Settings) -> Iterator[Problem]:
    bot, app = settings.slack.bot_token.get_secret_value(), settings.slack.app_token.get_secret_value()
    if bot.startswith("xapp-") and app.startswith("xoxb-"):
        message = "is the app-level token (xapp-), and slack.app_token is the bot's (xoxb-). Exchange the two."
        yield Problem(where=("slack", "bot_token"), message=message)
        return
    if not bot.startswith("xoxb-"):
        yield Problem(where=("slack", "bot_token"), message="the bot's token from Slack begins with xoxb-.")
    for key, token in (("bot_token", bot), ("app_token", app)):
        if not _ONE_WORD.fullmatch(token):  # Slack's library would write a token that is no header into the log
            message = "has a line end, a space or a letter that no token has. Copy it again, and nothing beside it."
            yield Problem(where=("slack", key), message=message)
    if settings.slack.mode == "http":
        yield from http_mode.unsafe(settings.slack)
    elif not app.startswith("xapp-"):
        yield Problem(where=("slack", "app_token"), message="the app-level token for Socket Mode begins with xapp-.")


def _replicas(settings: Settings) -> Iterator[Problem]:
    url = settings.database.get_secret_value().strip().lower()
    if settings.replicas and url not in ("", STAND_IN) and not url.startswith("postgresql"):
        yield Problem(
            where=("replicas",),
            message="several bots can share PostgreSQL alone. Name it as the database, or say replicas: false.",
        )


def _ports(settings: Settings) -> Iterator[Problem]:
    """The second one would find its port taken, and blame another program."""
    if settings.slack.mode != "http" or not settings.health:
        return
    (name, port), own = http_mode.address_of(settings.slack.listen), settings.health.address()
    host = "127.0.0.1" if name == "localhost" else name
    is_one_host = host == own.host or bool({host, own.host} & {"0.0.0.0", "::"})  # noqa: S104 - all of them
    if port == own.port and is_one_host:
        yield Problem(where=("health", "listen"), message="is where slack.listen takes requests. Write another port.")


def _computers(settings: Settings) -> Iterator[Problem]:
    for index, computer in enumerate(settings.computers):
        where: Location = ("computers", index)
        key, sentence = names.fault_in_computer(computer)
        if sentence:
            yield Problem(where=(*where, key) if key else where, message=sentence)
        else:
            for key, said in _unsafe_way(settings, computer):
                at = (*where, "winrm", key) if key else where
                yield Problem(where=at, message=f"{computer.label}: {said}", kind=said)
    yield from names.twice(settings)
    yield from names.second_names(settings)


def _ways(settings: Settings) -> Iterator[Problem]:
    yield from _logins(settings)
    yield from carriers.endpoint_of_none(settings)


def _logins(settings: Settings) -> Iterator[Problem]:
    """The account of each way, said once where it stands."""
    found: dict[Location, Problem] = {}
    for index, computer in enumerate(settings.computers):
        way, is_own = settings.way_to(computer), "username" in computer.winrm.model_fields_set
        own = [computer.machine] if computer.machine else expand(computer.name)
        hosts = frozenset(python_upper(name.partition(".")[0]) for name in own)
        where: Location = ("computers", index, "winrm", "username") if is_own else ("winrm", "username")
        if fault := fault_in_login(way.username, way.transport, hosts):
            found.setdefault(where, Problem(where=where, message=f"{fault} ({computer.label}).", kind=fault))
    yield from found.values()


def _unsafe_way(settings: Settings, computer: Computer) -> Iterator[tuple[str, str]]:
    """Yield why the way to a computer is unsafe, because it shows the password or the orders, or is none.

    Each has the key of `winrm` that lacks its secret, or none.
    """
    way = settings.way_to(computer)
    if way.scheme == "http" and way.transport in ("basic", "certificate"):
        yield "", f"{way.transport} needs scheme: https."
    if way.scheme == "http" and way.transport == "ntlm" and not way.insecure_ntlm:
        yield "", "NTLM over plain HTTP proves no host. Use https, or say insecure_ntlm: true."
    if way.transport == "certificate" and not (way.certificate and way.key):
        yield "", "certificate needs winrm.certificate and winrm.key, both PEM files."
    if way.transport in ("ntlm", "basic") and not way.username:
        yield "", f"{way.transport} needs winrm.username."
    if way.transport in ("ntlm", "basic") and not way.password.get_secret_value() and not settings.rehearsal:
        yield "password", f"{way.transport} needs winrm.password."
    if _CONTROL.search(way.password.get_secret_value()):  # it would be refused, and count towards a lockout
        yield "password", "winrm.password has a line end or another control character in it. Keep the password alone."
    yield from carriers.fault_in_way(settings, computer)


def _groups(settings: Settings) -> Iterator[Problem]:
    yield from names.groups(settings)
    inventory = settings.inventory()
    for group, members in settings.groups.items():
        for index, member in enumerate(members):
            if not inventory.may_find(member):
                yield Problem(where=("groups", group, index), message=f"`{member}` is none of the computers.")


def _selected(settings: Settings) -> Iterator[Problem]:
    """Yield the entries of rules and protections that match no computer, because such an entry has no effect."""
    inventory = settings.inventory()
    lists: dict[Location, list[str]] = {("protect", "computers"): settings.protect.computers}
    lists |= {("rules", index, "computers"): rule.computers for index, rule in enumerate(settings.rules)}
    for where, said in lists.items():
        for index, name in enumerate(said):
            is_protection = where[0] == "protect"
            sentence = _unmatched(settings, inventory, name)
            if sentence and not (is_protection and names.is_any_name_of_one(settings, name)):
                yield Problem(where=(*where, index), message=sentence)


def _unmatched(settings: Settings, inventory: Inventory, name: str) -> str:
    if name.lower().startswith("group:"):
        return "" if inventory.covered(name) else f"`{name}` is no group of computers, or one without any."
    if inventory.may_find(name):
        return ""
    group = next((group for group in settings.groups if group.lower() == name.lower()), "")
    meant = f"group:{group}" if group else inventory.candidates(name).clear
    return f"`{name}` matches no computer." + (f" Did you mean `{meant}`?" if meant else "")


def _default(settings: Settings) -> Iterator[Problem]:
    if settings.default_computer and not settings.inventory().find(settings.default_computer):
        yield Problem(where=("default_computer",), message=f"`{settings.default_computer}` is none of the computers.")
