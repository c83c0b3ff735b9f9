"""`app.yaml` -> frozen `Settings`. All faults are reported at once, each with its line and key.

Secrets never stand in the file: a value `${NAME}` comes from the environment, `file:/path` from a file.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator

from bot.conditions import is_like
from bot.errors import SettingsError
from bot.inventory import Inventory, expand
from bot.model import Action
from bot.policy import Policy, Rule

if TYPE_CHECKING:
    from collections.abc import Mapping

_REFERENCE = re.compile(r"^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Slack(_Part):
    """Tokens come from the environment. `api_url` is Slack's own unless a rehearsal replaces it."""

    bot_token: SecretStr = SecretStr("")
    app_token: SecretStr = SecretStr("")
    api_url: str = "https://slack.com/api/"


class WinRm(_Part):
    """How to reach a computer. What a computer does not say itself it takes from the top."""

    transport: Literal["kerberos", "ntlm", "certificate", "basic"] = "kerberos"
    scheme: Literal["https", "http"] = "https"
    port: int | None = Field(default=None, ge=1, le=65535)
    username: str = ""
    password: SecretStr = SecretStr("")
    ca_file: Path | None = None
    insecure_ntlm: bool = False

    @property
    def real_port(self) -> int:
        return self.port or (5986 if self.scheme == "https" else 5985)


class Computer(_Part):
    """One computer, a range of them (`rds-[01-40]`), or with `match` a pattern that further names may match."""

    name: str = ""
    match: str = ""
    address: str = ""
    winrm: dict[str, object] = Field(default_factory=dict)


class RuleSettings(_Part):
    name: str
    who: list[str] = Field(min_length=1)
    may: list[Action] = Field(min_length=1)
    computers: list[str] = ["*"]
    users: list[str] = ["*"]
    force: bool = False


class Protect(_Part):
    users: list[str] = []
    computers: list[str] = []
    console: bool = True


class Settings(_Part):
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

    @model_validator(mode="after")
    def _is_safe(self) -> Settings:
        """What each part allows alone and the whole does not."""
        if not self.rehearsal and len(self.audit_key.get_secret_value()) < 32:
            raise ValueError("audit_key: needs at least 32 characters; make one with: openssl rand -hex 32")
        if not self.rehearsal and not self.slack.bot_token.get_secret_value().startswith("xoxb-"):
            raise ValueError("slack.bot_token: the bot's token from Slack begins with xoxb-")
        if not self.rehearsal and not self.slack.app_token.get_secret_value().startswith("xapp-"):
            raise ValueError("slack.app_token: the app-level token for Socket Mode begins with xapp-")
        for computer in self.computers:
            _check_way(WinRm.model_validate(self.winrm.model_dump() | computer.winrm), computer.name or computer.match)
        if self.default_computer and not self.inventory().find(self.default_computer):
            raise ValueError(f"default_computer: {self.default_computer} is none of the computers")
        return self

    def inventory(self) -> Inventory:
        names = tuple(dict.fromkeys(name for computer in self.computers for name in expand(computer.name) if name))
        patterns = tuple(computer.match for computer in self.computers if computer.match)
        alone = Inventory(names=names, patterns=patterns)
        groups = {
            group: tuple(dict.fromkeys(host for member in members for host in alone.find(member)))
            for group, members in self.groups.items()
        }
        return Inventory(names=names, patterns=patterns, groups=groups, default=self.default_computer)

    def policy(self) -> Policy:
        rules = tuple(
            Rule(
                name=rule.name,
                who=frozenset(rule.who),
                may=frozenset(rule.may),
                computers=tuple(rule.computers),
                users=tuple(rule.users),
                force=rule.force,
            )
            for rule in self.rules
        )
        return Policy(
            home_team=self.team,
            rules=rules,
            protected_users=tuple(self.protect.users),
            protected_computers=tuple(self.protect.computers),
            may_touch_console=not self.protect.console,
        )

    def winrm_for(self, host: str) -> tuple[str, WinRm]:
        """Address and settings of an inventory's computer; what it says itself goes before what stands at the top."""
        for computer in self.computers:
            names = {name.lower() for name in expand(computer.name)}
            if host.lower() in names or (computer.match and is_like(computer.match, host)):
                merged = self.winrm.model_dump() | computer.winrm
                return computer.address or host, WinRm.model_validate(merged)
        raise LookupError(host)


def _check_way(way: WinRm, name: str) -> None:
    """Refuse what would show the password, or the orders, to whoever listens."""
    if way.scheme == "http" and way.transport in ("basic", "certificate"):
        raise ValueError(f"computer {name}: {way.transport} needs scheme: https")
    if way.scheme == "http" and way.transport == "ntlm" and not way.insecure_ntlm:
        raise ValueError(f"computer {name}: NTLM over plain HTTP proves no host; use https, or say insecure_ntlm: true")
    if way.transport != "kerberos" and not way.username:
        raise ValueError(f"computer {name}: {way.transport} needs winrm.username")


def load(path: Path, environment: Mapping[str, str] | None = None) -> Settings:
    """Read and check the file. Raises `SettingsError` with every fault in it."""
    environment = os.environ if environment is None else environment
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except OSError as exc:
        raise SettingsError(f"{path} cannot be read: {exc.strerror}. Name the file with --config.") from exc
    except yaml.YAMLError as exc:
        raise SettingsError(f"{path} is no YAML: {exc}") from exc
    if not isinstance(node, yaml.MappingNode):
        raise SettingsError(f"{path} is empty or no mapping. Copy the one that ships with the bot and change it.")
    faults: list[str] = []
    tree = _plain(node, environment, faults)
    try:
        settings = Settings.model_validate(tree)
    except ValidationError as exc:
        for fault in exc.errors(include_url=False, include_input=False):
            where = ".".join(str(part) for part in fault["loc"])
            faults.append(f"line {_line(node, fault['loc'])}: {where}: {fault['msg']}")
    if faults:
        listed = "\n".join(f"  {fault}" for fault in faults)
        raise SettingsError(f"{path} has {len(faults)} fault{'s' if len(faults) > 1 else ''}:\n{listed}")
    return settings


def _plain(node: yaml.Node, environment: Mapping[str, str], faults: list[str]) -> object:
    """The node as plain values, references resolved; what cannot be resolved is a fault."""
    match node:
        case yaml.MappingNode():
            return {str(key.value): _plain(value, environment, faults) for key, value in node.value}
        case yaml.SequenceNode():
            return [_plain(item, environment, faults) for item in node.value]
        case _:
            value: object = yaml.safe_load(yaml.serialize(node))
            return _resolve(value, environment, faults, node.start_mark.line + 1) if isinstance(value, str) else value


def _resolve(text: str, environment: Mapping[str, str], faults: list[str], line: int) -> str:
    if reference := _REFERENCE.match(text):
        if reference[1] not in environment:
            faults.append(f"line {line}: the environment has no {reference[1]}. Set it, or write file:/path/to/secret.")
        return environment.get(reference[1], "")
    if text.startswith("file:"):
        try:
            return Path(text[5:]).read_text(encoding="utf-8").strip()
        except OSError as exc:
            faults.append(f"line {line}: {text[5:]} cannot be read: {exc.strerror}.")
            return ""
    return text


def _line(node: yaml.Node, location: tuple[int | str, ...]) -> int:
    """The line of the innermost key that exists."""
    line = node.start_mark.line
    for part in location:
        children = _children(node)
        if part not in children:
            break
        line, node = children[part]
    return line + 1


def _children(node: yaml.Node) -> dict[int | str, tuple[int, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        return {str(key.value): (key.start_mark.line, value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return {index: (item.start_mark.line, item) for index, item in enumerate(node.value)}
    return {}
