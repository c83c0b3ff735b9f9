"""farm.yaml: read, checked, and told in plain words where it is wrong."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from rehearsal.durations import Duration
from rehearsal.windows.behaviour import Behaviour
from rehearsal.windows.behaviours import read_behaviour
from rehearsal.windows.lockout import LockoutSettings
from rehearsal.windows.sessions import State, What, read_state
from rehearsal.windows.tool_words import LanguageName
from rehearsal.yaml_file import YamlFileError, read_yaml, told

Ticks = Annotated[int, Field(strict=True, ge=-(2**63), lt=2**63)]
Code = Annotated[int, Field(strict=True, ge=-(2**31), lt=2**31)]
EngineName = Literal["best", "pwsh", "mono", "double"]
Method = Literal["basic", "certificate", "kerberos", "ntlm", "negotiate"]

MOST_HOSTS = 1000
_HOST = re.compile(r"(?!.{64})[A-Za-z0-9]+(?:[.-][A-Za-z0-9]+)*")
"""A name that can stand in a certificate: hyphens and dots are single, and inside."""
_RANGE = re.compile(r"(.*)\[(\d+)-(\d+)\](.*)")


class FarmFileError(ValueError):
    """The farm's file cannot be used; the message names every fault and where it stands."""


def _known_state(said: object) -> object:
    """A word, or a number: Windows may have told one that it does not have."""
    if isinstance(said, int) and not isinstance(said, bool) and -(2**31) <= said < 2**31:
        return read_state(said)
    if not isinstance(said, str) or said.upper() not in State.__members__:
        raise ValueError(f"a state is one of {', '.join(each.lower() for each in State.__members__)}, or a number")
    return State[said.upper()]


def read_behaviours(value: object) -> object:
    """A word, a mapping of word to options, or a list of both."""
    match value:
        case str():
            return (read_behaviour(value, {}),)
        case dict():
            return tuple(read_behaviour(str(name), options or {}) for name, options in value.items())
        case list():
            return tuple(each for part in value for each in _tuple_of(read_behaviours(part)))
        case _:
            raise ValueError("a behaviour is a word, or a word with its options")


def _tuple_of(value: object) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else ()


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Account(Part):
    r"""Who may open shells on the farm's hosts. `principal` is the same account in Kerberos' words: name@REALM.

    `.\name` is a local account of every host, `host\name` one of that host alone; then no host is in a domain.
    """

    username: str
    password: str
    principal: str = ""

    @property
    def domain(self) -> str:
        return self.username.partition("\\")[0]

    @property
    def name(self) -> str:
        return self.username.partition("\\")[2]

    @field_validator("username")
    @classmethod
    def names_its_domain(cls, value: str) -> str:
        if not re.fullmatch(r"[^\\:]+\\[^\\:]+", value):
            raise ValueError("an account is written DOMAIN\\name")
        return value


class SessionSettings(Part):
    """A session as the file describes it. All durations count back from the farm's start.

    `logged_on: null` is a session that Windows gives no logon time for. `display` is width x height x bits of colour.
    `ticks` are raw FILETIME ticks, whatever they are, `unreadable` what cannot be read and how: a Win32 code, `nothing`
    or `short`. A session that is not `listed` is missing from the enumeration. `after_order` is what the host says of
    the session once it took an order to end or to disconnect it.
    """

    id: int = Field(ge=0, lt=2**32)
    user: str = ""
    state: Annotated[State | int, BeforeValidator(_known_state)] = State.ACTIVE
    station: str | None = None
    client: str = Field(default="", max_length=20)
    address: str = ""
    build: int = Field(default=0, ge=0, lt=2**31)
    display: str = Field(default="", pattern=r"^([1-9][0-9]*x[0-9]+x[0-9]+)?$")
    logged_on: Duration | None = timedelta(hours=2)
    disconnected: Duration | None = None
    idle: Duration = timedelta(minutes=1)
    ticks: dict[Literal["logon", "connect", "disconnect", "input", "now"], Ticks] = {}
    unreadable: dict[What, Code | Literal["nothing", "short"]] = {}
    listed: bool = True
    after_order: "SessionSettings | None" = None

    @field_validator("user", "station", "client", "address")
    @classmethod
    def is_one_line(cls, value: str | None) -> str | None:
        if value and not value.isprintable():
            raise ValueError("may hold printable characters only")
        return value

    @model_validator(mode="before")
    @classmethod
    def disconnected_is_a_state(cls, value: Any) -> Any:
        if isinstance(value, dict) and value.get("disconnected") is not None:
            return {"state": "disconnected"} | value
        return value

    @model_validator(mode="before")
    @classmethod
    def stays_itself(cls, value: Any) -> Any:
        """What is not said of the time after an order is as before."""
        if isinstance(value, dict) and isinstance(later := value.get("after_order"), dict):
            before = {name: each for name, each in value.items() if name != "after_order"}
            return value | {"after_order": before | later | {"id": value.get("id")}}
        return value

    @model_validator(mode="after")
    def changes_once(self) -> Self:
        if self.after_order and self.after_order.after_order:
            raise ValueError("after_order holds no other after_order")
        return self

    @model_validator(mode="after")
    def names_its_domain(self) -> Self:
        if self.user and "\\" not in self.user:
            raise ValueError(f"a user is written DOMAIN\\name, not {self.user!r}")
        return self


class EndpointSettings(Part):
    """A session configuration of PowerShell remoting, and what the account finds there.

    `access`: it is in the group that is shown the module's commands, or sees those of the session alone (`other`), or
    may not connect (`denied`). `version` is what the module says of itself.
    """

    access: Literal["member", "other", "denied"] = "member"
    version: str = "0.1.0"


def _named_endpoints(value: object) -> object:
    """One name, a list of names, or a mapping of names to what is special about them."""
    match value:
        case str():
            return {value: {}}
        case list():
            return {str(name): {} for name in value}
        case dict():
            return {str(name): options or {} for name, options in value.items()}
        case _:
            return value


Endpoints = Annotated[dict[str, EndpointSettings], BeforeValidator(_named_endpoints)]


class HostSettings(Part):
    """`auth`: as on Windows, Negotiate is on wherever NTLM or Kerberos is, and takes NTLM inside, too.

    `machine`: what the host says that it is called, when that is not its name here. `channel_binding`: over HTTPS, NTLM
    has to name the channel that it runs in, as with CbtHardeningLevel Strict. `remoting`: its endpoints of PowerShell
    remoting, by name; None: as the farm says for all hosts.
    """

    sessions: tuple[SessionSettings, ...] = ()
    crowd: int = Field(default=0, ge=0, le=60)
    behaviour: Annotated[tuple[Behaviour, ...], BeforeValidator(read_behaviours)] = ()
    engine: EngineName = "double"
    latency: Duration = timedelta()
    auth: tuple[Method, ...] = ("negotiate", "ntlm")
    machine: str = ""
    channel_binding: bool = False
    language: LanguageName = "en"
    remoting: Endpoints | None = None

    @model_validator(mode="after")
    def has_each_id_once(self) -> Self:
        ids = [session.id for session in self.sessions]
        if twice := sorted({each for each in ids if ids.count(each) > 1}):
            raise ValueError(f"two sessions have the id {', '.join(map(str, twice))}")
        return self


class FarmSettings(Part):
    """Sessions in `every_host` are added to each host; users in `crowd` fill the hosts that ask for a crowd.

    Without a `lockout` the account is never locked. `remoting` are the endpoints of hosts that name
    none themselves.
    """

    account: Account
    every_host: tuple[SessionSettings, ...] = ()
    crowd: tuple[str, ...] = ()
    lockout: LockoutSettings | None = None
    remoting: Endpoints = {}
    hosts: dict[str, HostSettings]

    def completed(self, host: HostSettings) -> HostSettings:
        """With what the farm says for hosts that do not say it."""
        return host if host.remoting is not None else host.model_copy(update={"remoting": self.remoting})

    @field_validator("hosts", mode="before")
    @classmethod
    def expand_names(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {name: host or {} for pattern, host in value.items() for name in expand(str(pattern))}

    @field_validator("hosts")
    @classmethod
    def are_host_names(cls, value: dict[str, HostSettings]) -> dict[str, HostSettings]:
        if wrong := [name for name in value if not _HOST.fullmatch(name)]:
            raise ValueError(f"no host can be called {wrong[0]!r}: letters, digits, hyphens and dots")
        return value

    @model_validator(mode="after")
    def has_a_crowd(self) -> Self:
        if not self.crowd and (asking := [name for name, host in self.hosts.items() if host.crowd]):
            raise ValueError(f"{asking[0]} asks for a crowd, but no people stand under `crowd:`")
        return self


def expand(pattern: str) -> list[str]:
    """`rds-[01-40]` is forty names; a name without a range is itself. Raises ValueError for one that is none."""
    match = _RANGE.fullmatch(pattern)
    if match is None:
        return [pattern]
    before, first, last, after = match.groups()
    if not 0 <= int(last) - int(first) < MOST_HOSTS:
        raise ValueError(f"a range runs upwards, over {MOST_HOSTS} hosts at the most, not {pattern!r}")
    return [f"{before}{number:0{len(first)}}{after}" for number in range(int(first), int(last) + 1)]


def read_farm(path: Path) -> FarmSettings:
    """FarmFileError when the file is missing, is no YAML, or says something the farm does not understand."""
    try:
        return FarmSettings.model_validate(read_yaml(path))
    except YamlFileError as error:
        raise FarmFileError(str(error)) from error
    except ValidationError as error:
        raise FarmFileError(told(path, error.errors())) from error
