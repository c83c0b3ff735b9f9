"""The frozen settings of `app.yaml`. All faults of the file are reported at once, each with its line and key.

The file has no secrets: a value `${NAME}` comes from the environment, and `file:/path` comes from another file.
"""

from __future__ import annotations

import os
import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, field_validator

from app.config import yaml_file
from app.config.accounts import user_alone
from app.config.carriers import EndpointName
from app.config.commands import Contact, Slashes
from app.config.digest import DigestSettings
from app.config.findings import refusal
from app.config.health import HealthSettings
from app.config.http_mode import Listen
from app.config.policy import Limits, LockoutTime, LookTime, Protect, RuleSettings, Section
from app.config.secrets import EVERY_SECRET, NO_SECRET, Secret, secret_at
from app.config.validation import checked, secret_alone
from bot.audit.keys import SigningKeys
from bot.commands.naming import CommandNames
from bot.domain.inventory import Inventory, admits, expand, is_pattern
from bot.errors import SettingsError
from bot.policy.model import Policy
from bot.workflow.host_reader import LOOK_WITHIN, LOOKS_AT_ONCE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from app.config.yaml_file import YamlFile

TEAM = re.compile(r"[TE][A-Z0-9]{2,}")
REHEARSAL_KEY = "a rehearsal's audit chain needs no secret"


SlackMode = Literal["socket", "http"]


class Slack(Section):
    """The connection to Slack. `api_url` is Slack's own unless a rehearsal replaces it.

    In HTTP mode Slack sends requests to `public_url`, and a proxy there passes them on to `listen`.
    """

    bot_token: SecretStr = SecretStr("")
    mode: SlackMode = "socket"
    app_token: SecretStr = SecretStr("")
    signing_secret: SecretStr = SecretStr("")
    public_url: str = ""
    listen: Listen = "127.0.0.1:3000"
    api_url: str = "https://slack.com/api/"


class WinRm(Section):
    """How to reach a computer. A computer takes missing keys from the section at the top of the file.

    `certificate` and `key` are PEM files of the bot's client certificate; `ca_file` is a PEM file that the bot trusts.
    `look_within` is how long the computer may take to list its sessions; `repeat` is whether a call that failed is made
    once more within the same time, where that is safe. `endpoint` is that of the module, for `carrier: jea`.
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
    look_within: LookTime = LOOK_WITHIN
    repeat: bool = True
    carrier: Literal["script", "jea"] = "script"
    endpoint: EndpointName = "LogoffBot"

    @property
    def real_port(self) -> int:
        return self.port or (5986 if self.scheme == "https" else 5985)


class AllWinRm(WinRm):
    """The section at the top of the file, with what is no matter of one computer.

    Two refusals of an account within `lockout_window` stop it everywhere for that time. `looks_at_once` is how many
    computers are looked at or warned side by side, all requests together; `hosts_at_once` is on how many the bot acts
    side by side. A computer that is only waited for is none of them.
    """

    lockout_window: LockoutTime = timedelta(minutes=10)
    looks_at_once: int = Field(default=LOOKS_AT_ONCE, ge=8, le=1000)
    hosts_at_once: int = Field(default=200, ge=8, le=1000)


def _in_brackets(address: str) -> str:
    """Return an IPv6 address as a URL wants it, and everything else as it is."""
    return f"[{address}]" if address.count(":") > 1 and not address.startswith("[") else address


class Computer(Section):
    """One computer, a range of them (`rds-[01-40]`), or with `match` a pattern that further names may match.

    `machine` is what the computer calls itself, where its name here is an address, an alias or a round-robin name.
    """

    name: str = ""
    match: str = ""
    address: Annotated[str, AfterValidator(_in_brackets)] = ""
    machine: str = ""
    winrm: WinRm = WinRm()

    @property
    def label(self) -> str:
        return self.name or self.match


class Settings(Section):
    """The whole configuration, checked."""

    rehearsal: bool = False
    team: str
    database: SecretStr = SecretStr("sqlite:///logoff-bot.db")
    replicas: bool = False
    audit_key: SecretStr = SecretStr("")
    slack: Slack = Slack()
    winrm: AllWinRm = AllWinRm()
    computers: list[Computer] = Field(min_length=1)
    groups: dict[str, list[str]] = Field(default_factory=dict)
    default_computer: str = ""
    commands: Slashes = Field(default_factory=dict)
    contact: Contact = ""
    rules: list[RuleSettings] = Field(min_length=1)
    protect: Protect = Protect()
    limits: Limits = Limits()
    digest: DigestSettings | None = None
    health: HealthSettings | None = None

    @field_validator("computers", mode="before")
    @classmethod
    def _names_alone(cls, value: object) -> object:
        return (
            [{"name": item} if isinstance(item, str) else item for item in value] if isinstance(value, list) else value
        )

    @field_validator("team")
    @classmethod
    def _workspace(cls, value: str) -> str:
        """Of any other text nobody would be a member."""
        if not TEAM.fullmatch(value):
            raise ValueError("write the workspace's id (T...), which its address in a browser shows")
        return value

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
    def signing_keys(self) -> SigningKeys:
        """The keys that sign the audit log. A rehearsal's log proves nothing, so its key is not secret."""
        key = self.audit_key.get_secret_value()
        if not key and not self.rehearsal:
            raise SettingsError("audit_key: nothing is signed without it. Set it where app.yaml takes it from.")
        return SigningKeys(key or REHEARSAL_KEY)

    def inventory(self) -> Inventory:
        """Return the computers and groups as the inventory of the core."""
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

    def command_names(self) -> CommandNames:
        """Return how this workspace calls the commands."""
        return CommandNames(slashes=self.commands)

    def policy(self) -> Policy:
        """Return rules, protections and limits as the policy of the core."""
        inventory = self.inventory()
        accounts = {self.winrm.username, *(computer.winrm.username for computer in self.computers)}
        return Policy(
            rules=tuple(rule.rule(_on(rule.computers, inventory)) for rule in self.rules),
            protected_users=tuple(self.protect.users),
            protected_computers=_on(self.protect.computers, inventory),
            own_accounts=tuple(sorted({user_alone(account) for account in accounts} - {""})),
            may_touch_console=not self.protect.console,
            may_touch_own_account=not self.protect.own_account,
            second_person_above=self.limits.second_person_above,
            second_person_window=self.limits.second_person_window,
            max_requests=self.limits.max_requests,
            max_requests_per=self.limits.per,
            max_sent=self.limits.max_sent,
            contact=self.contact,
        )

    def way_to(self, computer: Computer) -> WinRm:
        """Return the computer's own keys, and the keys at the top of the file for the others."""
        own = {name: getattr(computer.winrm, name) for name in computer.winrm.model_fields_set}
        return self.winrm.model_copy(update=own)

    def machine_of(self, host: str) -> str:
        """Return the name that an inventory's computer calls itself. Raises `LookupError` for any other."""
        return self._computer(host).machine or host

    def look_within(self, host: str) -> timedelta:
        """Return how long a host may take to list its sessions; for a host that is no longer here, as at the top."""
        try:
            return self.winrm_for(host)[1].look_within
        except LookupError:
            return self.winrm.look_within

    def may_repeat(self, host: str) -> bool:
        """Return whether a failed call may be made once more. Raises `LookupError` for a host that is not here."""
        return self.winrm_for(host)[1].repeat

    def winrm_for(self, host: str) -> tuple[str, WinRm]:
        """Return the address of a host and the way to it; a name counts before a pattern.

        Raises `LookupError` for a host that is not in the inventory.
        """
        computer = self._computer(host)
        return computer.address or host, self.way_to(computer)

    def _computer(self, host: str) -> Computer:
        named = [c for c in self.computers if host.lower() in {name.lower() for name in expand(c.name)}]
        found = named or [c for c in self.computers if c.match and admits(c.match, host)]
        if not found:
            raise LookupError(host)
        return found[0]


def _on(computers: Iterable[str], inventory: Inventory) -> tuple[str, ...]:
    """Return the computers of a rule with each `group:name` replaced by its members."""
    return tuple(dict.fromkeys(covered for name in computers for covered in inventory.covered(name)))


def load(
    path: Path, environment: Mapping[str, str] | None = None, *, secrets: frozenset[Secret] = EVERY_SECRET
) -> Settings:
    """Return the settings of the file. Raises `SettingsError` with all faults of the file.

    `secrets` are those that the caller uses. Any other may be missing, or be wrong, and is empty then.
    """
    return settings_in(path, yaml_file.read(path, os.environ if environment is None else environment), secrets)


def settings_in(path: Path, file: YamlFile, secrets: frozenset[Secret]) -> Settings:
    """Return the settings of this file, which was read. Raises as `load` does."""
    settings, faults = checked(Settings, file, secrets)
    missing = [each.fault for each in file.wanted if secret_at(each.where) in {None, *secrets}]
    if settings is None or faults or missing:
        raise refusal(path, [*faults, *missing])
    return settings


def load_rules(path: Path, environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings of the file for who only reads its rules: no secret is needed, and none is in the answer.

    Raises `SettingsError` as `load` does.
    """
    return load(path, environment, secrets=NO_SECRET)


def database_in(path: Path, environment: Mapping[str, str] | None = None) -> SecretStr:
    """Return the database of the file, whatever else is wrong with the file: whoever only reads needs no more of it.

    Raises `SettingsError` when the file cannot be read, or its database is no text.
    """
    file = yaml_file.read(path, os.environ if environment is None else environment)
    default = Settings.model_fields["database"].default.get_secret_value()
    return secret_alone(path, file, "database", default, "write its URL, or name it with --database.")
