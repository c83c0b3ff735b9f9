"""`app.yaml` -> frozen `Settings`. All faults are reported at once, each with its line and key.

Secrets never stand in the file: a value `${NAME}` comes from the environment, `file:/path` from a file.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator

from app.config import problems, yaml_file
from app.config.policy import Limits, Protect, RuleSettings, Section
from app.config.problems import Problem
from bot.domain.inventory import MOST_HOSTS, Inventory, admits, expand, is_name, is_pattern
from bot.policy.model import Policy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from app.config.yaml_file import Location


REHEARSAL_KEY = "a rehearsal's audit chain needs no secret"


class Slack(Section):
    """Tokens come from the environment. `api_url` is Slack's own unless a rehearsal replaces it."""

    bot_token: SecretStr = SecretStr("")
    app_token: SecretStr = SecretStr("")
    api_url: str = "https://slack.com/api/"


class WinRm(Section):
    """How to reach a computer. What a computer does not say itself it takes from the top.

    `certificate` and `key` are PEM files with which the bot proves itself, `ca_file` one that it trusts.
    """

    transport: Literal["kerberos", "ntlm", "certificate", "basic"] = "kerberos"
    scheme: Literal["https", "http"] = "https"
    port: int | None = Field(default=None, ge=1, le=65535)
    username: str = ""
    password: SecretStr = SecretStr("")
    ca_file: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    insecure_ntlm: bool = False

    @property
    def real_port(self) -> int:
        return self.port or (5986 if self.scheme == "https" else 5985)


class Computer(Section):
    """One computer, a range of them (`rds-[01-40]`), or with `match` a pattern that further names may match."""

    name: str = ""
    match: str = ""
    address: str = ""
    winrm: WinRm = WinRm()

    @property
    def label(self) -> str:
        return self.name or self.match


class Settings(Section):
    """The whole configuration, checked."""

    rehearsal: bool = False
    team: str
    database: SecretStr = SecretStr("sqlite:///logoff-bot.db")
    audit_key: SecretStr = SecretStr("")
    slack: Slack = Slack()
    winrm: WinRm = WinRm()
    computers: list[Computer] = Field(min_length=1)
    groups: dict[str, list[str]] = Field(default_factory=dict)
    default_computer: str = ""
    rules: list[RuleSettings] = Field(min_length=1)
    protect: Protect = Protect()
    limits: Limits = Limits()

    @field_validator("computers", mode="before")
    @classmethod
    def _names_alone(cls, value: object) -> object:
        return (
            [{"name": item} if isinstance(item, str) else item for item in value] if isinstance(value, list) else value
        )

    @field_validator("rules")
    @classmethod
    def _named_once(cls, value: list[RuleSettings]) -> list[RuleSettings]:
        names = [rule.name for rule in value]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(
                f"two rules are named {', '.join(sorted(twice))}; the audit names rules, so each needs its own"
            )
        return value

    @property
    def chain_key(self) -> bytes:
        """What seals the audit log. A rehearsal's log proves nothing to anybody, so its key may be known."""
        return self.audit_key.get_secret_value().encode() or REHEARSAL_KEY.encode()

    def inventory(self) -> Inventory:
        names = tuple(dict.fromkeys(name for computer in self.computers for name in expand(computer.name) if name))
        patterns = tuple(computer.match for computer in self.computers if computer.match)
        alone = Inventory(names=names, patterns=patterns)
        groups = {
            group: tuple(dict.fromkeys(host for member in members for host in alone.find(member)))
            for group, members in self.groups.items()
        }
        wild = {group: tuple(filter(is_pattern, members)) for group, members in self.groups.items()}
        return Inventory(
            names=names, patterns=patterns, groups=groups, group_patterns=wild, default=self.default_computer
        )

    def policy(self) -> Policy:
        inventory = self.inventory()
        accounts = {self.winrm.username, *(computer.winrm.username for computer in self.computers)}
        return Policy(
            home_team=self.team,
            rules=tuple(rule.rule(_on(rule.computers, inventory)) for rule in self.rules),
            protected_users=tuple(self.protect.users),
            protected_computers=_on(self.protect.computers, inventory),
            own_accounts=tuple(account.partition("@")[0].replace("*", "?") for account in sorted(accounts) if account),
            may_touch_console=not self.protect.console,
            may_touch_own_account=not self.protect.own_account,
            second_person_above=self.limits.second_person_above,
            max_requests=self.limits.max_requests,
            max_requests_per=self.limits.per,
        )

    def way_to(self, computer: Computer) -> WinRm:
        """What it says itself goes before what stands at the top."""
        own = {name: getattr(computer.winrm, name) for name in computer.winrm.model_fields_set}
        return self.winrm.model_copy(update=own)

    def winrm_for(self, host: str) -> tuple[str, WinRm]:
        """Address and way of an inventory's computer, its name before a pattern. Raises `LookupError` for any other."""
        named = [c for c in self.computers if host.lower() in {name.lower() for name in expand(c.name)}]
        found = named or [c for c in self.computers if c.match and admits(c.match, host)]
        if not found:
            raise LookupError(host)
        return found[0].address or host, self.way_to(found[0])


def _on(computers: Iterable[str], inventory: Inventory) -> tuple[str, ...]:
    """A rule's computers with each `group:name` replaced by its members."""
    return tuple(dict.fromkeys(covered for name in computers for covered in inventory.covered(name)))


def load(path: Path, environment: Mapping[str, str] | None = None) -> Settings:
    """Read and check the file. Raises `SettingsError` with every fault in it."""
    file = yaml_file.read(path, os.environ if environment is None else environment)
    settings, found = _check(file.values)
    listed = [*file.problems, *((file.line_of(fault.where), fault.sentence) for fault in found)]
    if settings is None or listed:
        raise yaml_file.refusal(path, listed)
    return settings


def _check(values: dict[str, object]) -> tuple[Settings | None, list[Problem]]:
    """Part by part, then what the parts allow alone and the whole does not: as far as the parts can be understood."""
    try:
        settings = Settings.model_validate(values)
    except ValidationError as exc:
        found = [problems.of(error, Settings) for error in exc.errors(include_url=False, include_input=False)]
        keys = {str(fault.where[0]) for fault in found}
        broken = frozenset(keys | {problems.meant_by(key, Settings) for key in keys})
        sound = {key: value for key, value in values.items() if key not in broken}
        return None, [*found, *unsafe(Settings.model_validate(_PLACEHOLDERS | sound), broken)]
    return settings, list(unsafe(settings))


_PLACEHOLDERS: dict[str, object] = {
    "team": "-",
    "computers": ["-"],
    "rules": [{"name": "-", "who": ["U00"], "may": ["list"]}],
}
"""Stand in for parts that cannot be understood, while the others are looked at."""


def unsafe(settings: Settings, broken: frozenset[str] = frozenset()) -> Iterator[Problem]:
    """What each part allows alone and the whole does not. Nothing is said of what rests on a broken part."""
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


_OPEN_END = (
    "`{}` has to end in letters of its own, like *.corp.example: "
    "* and ? stand for no dot, and not for a whole last part."
)


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
    """What would show the password, or the orders, to whoever listens; and what cannot log on."""
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
    """A rule for no computer would go unseen, a protection of none even more so."""
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
