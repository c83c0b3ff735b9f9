"""workspace.yaml: the people, channels, groups and the app of the workspace."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import ClassVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

from rehearsal.yaml_file import YamlFileError, read_yaml, told

STRICT = ConfigDict(extra="forbid")


class WorkspaceFileError(ValueError):
    """The file cannot be used; the sentence names the file and every fault found."""


class ChannelKind(StrEnum):
    PUBLIC = "public"
    PRIVATE = "private"
    DIRECT = "direct"


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    id: str
    domain: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Enterprise:
    """An organisation of several workspaces (Enterprise Grid)."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortcut:
    """A global shortcut of the app, as Slack lists it."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    callback_id: str
    name: str
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """The one app that is installed. `*_url` are its request URLs; without one that kind of payload goes by socket."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    id: str
    name: str
    bot: str
    bot_id: str
    commands: tuple[str, ...]
    scopes: tuple[str, ...]
    shortcuts: tuple[Shortcut, ...] = ()
    command_url: str | None = None
    interactivity_url: str | None = None
    event_url: str | None = None
    options_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """`team` is the id of another workspace for a person of Slack Connect, None at home.

    `teams` are the workspaces of the organisation that a person is in; then `team` is the one that Slack names first.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    id: str
    handle: str
    name: str
    team: str | None = None
    teams: tuple[str, ...] = ()
    is_bot: bool = False
    is_workflow_bot: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False
    deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """`members` are handles in the file and ids ever after."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    id: str
    name: str
    members: tuple[str, ...]
    kind: ChannelKind = ChannelKind.PUBLIC
    is_ext_shared: bool = False
    is_archived: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UserGroup:
    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    id: str
    handle: str
    name: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceSettings:
    """`others` are workspaces that people of Slack Connect come from, and further ones of the organisation."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    team: Team
    app: App
    people: tuple[Person, ...]
    channels: tuple[Channel, ...]
    user_groups: tuple[UserGroup, ...] = ()
    others: tuple[Team, ...] = ()
    enterprise: Enterprise | None = None

    @property
    def bot(self) -> Person:
        return next(person for person in self.people if person.handle == self.app.bot)

    def typed_in(self, person: Person) -> Team:
        """The workspace that a command names: here, if the person is in it, else their own."""
        return self.team if self.team.id in person.teams else self.team_of(person)

    def team_of(self, person: Person) -> Team:
        """The workspace that a press names."""
        return next(team for team in (self.team, *self.others) if team.id == (person.team or self.team.id))


def with_request_url(settings: WorkspaceSettings, url: str | None) -> WorkspaceSettings:
    """The settings with this one request URL for commands, interactions and events; None: they go by socket."""
    app = replace(settings.app, command_url=url, interactivity_url=url, event_url=url)
    return replace(settings, app=app)


def read_workspace(path: Path) -> WorkspaceSettings:
    """Raises WorkspaceFileError when the file is missing, is no YAML, or does not hold together."""
    try:
        settings = TypeAdapter(WorkspaceSettings).validate_python(read_yaml(path))
    except YamlFileError as exc:
        raise WorkspaceFileError(str(exc)) from exc
    except ValidationError as exc:
        raise WorkspaceFileError(told(path, exc.errors())) from exc
    faults = [*_find_twins(settings), *_find_strangers(settings)]
    if faults:
        raise WorkspaceFileError(f"{path}: {'; '.join(faults)}")
    return _name_by_id(settings)


def _find_twins(settings: WorkspaceSettings) -> Iterable[str]:
    ids = Counter(
        [settings.team.id, settings.app.id]
        + [team.id for team in settings.others]
        + [person.id for person in settings.people]
        + [channel.id for channel in settings.channels]
        + [group.id for group in settings.user_groups]
    )
    handles = Counter(person.handle for person in settings.people)
    return (f"{name} stands there {count} times" for name, count in (ids + handles).items() if count > 1)


def _find_strangers(settings: WorkspaceSettings) -> Iterable[str]:
    handles = {person.handle for person in settings.people}
    teams = {team.id for team in (settings.team, *settings.others)}
    circles = {one.id: one.members for one in settings.channels} | {one.id: one.members for one in settings.user_groups}
    for circle, members in circles.items():
        yield from (f"{circle} has the unknown member {name}" for name in members if name not in handles)
    if settings.app.bot not in handles:
        yield f"the app's bot {settings.app.bot} is not among the people"
    yield from (
        f"{one.handle} is of the unknown team {team}"
        for one in settings.people
        for team in (one.team, *one.teams)
        if team not in {None, *teams}
    )
    if settings.enterprise is None:
        yield from (f"{one.handle} has teams, but there is no enterprise" for one in settings.people if one.teams)


def _name_by_id(settings: WorkspaceSettings) -> WorkspaceSettings:
    ids: Mapping[str, str] = {person.handle: person.id for person in settings.people}
    return replace(
        settings,
        channels=tuple(replace(one, members=tuple(ids[name] for name in one.members)) for one in settings.channels),
        user_groups=tuple(
            replace(one, members=tuple(ids[name] for name in one.members)) for one in settings.user_groups
        ),
    )
