"""`app.yaml` -> frozen `Settings`. All faults are reported at once, each with its line and key.

Secrets never stand in the file: a value `${NAME}` comes from the environment, `file:/path` from a file.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator

from app.config import checks, problems, yaml_file
from app.config.policy import Limits, Protect, RuleSettings, Section
from app.config.problems import Problem
from bot.domain.inventory import Inventory, admits, expand, is_pattern
from bot.policy.model import Policy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


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
            rules=tuple(rule.rule(_on(rule.computers, inventory)) for rule in self.rules),
            protected_users=tuple(self.protect.users),
            protected_computers=_on(self.protect.computers, inventory),
            own_accounts=tuple(account.partition("@")[0].replace("*", "?") for account in sorted(accounts) if account),
            may_touch_console=not self.protect.console,
            may_touch_own_account=not self.protect.own_account,
            second_person_above=self.limits.second_person_above,
            second_person_window=self.limits.second_person_window,
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
        return None, [*found, *checks.unsafe(Settings.model_validate(_PLACEHOLDERS | sound), broken)]
    return settings, list(checks.unsafe(settings))


_PLACEHOLDERS: dict[str, object] = {
    "team": "-",
    "computers": ["-"],
    "rules": [{"name": "-", "who": ["U00"], "may": ["list"]}],
}
"""Stand in for parts that cannot be understood, while the others are looked at."""
