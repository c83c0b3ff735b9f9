"""Who and what there is in the workspace, read once from a file."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import ClassVar

import yaml
from pydantic import ConfigDict, TypeAdapter, ValidationError

STRICT = ConfigDict(extra="forbid")


class CastError(ValueError):
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
class App:
    """The one app that is installed. `*_url` are its request URLs; without one that kind of payload goes by socket."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    id: str
    name: str
    bot: str
    bot_id: str
    commands: tuple[str, ...]
    scopes: tuple[str, ...]
    command_url: str | None = None
    interactivity_url: str | None = None
    event_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """`team` is the id of another workspace for a person of Slack Connect, None at home."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    id: str
    handle: str
    name: str
    team: str | None = None
    is_bot: bool = False
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
class Cast:
    """`others` are workspaces that people of Slack Connect come from."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    team: Team
    app: App
    people: tuple[Person, ...]
    channels: tuple[Channel, ...]
    user_groups: tuple[UserGroup, ...] = ()
    others: tuple[Team, ...] = ()

    @property
    def bot(self) -> Person:
        return next(person for person in self.people if person.handle == self.app.bot)

    def team_of(self, person: Person) -> Team:
        return next(team for team in (self.team, *self.others) if team.id == (person.team or self.team.id))


def read_cast(path: Path) -> Cast:
    """Raises CastError when the file is missing, is no YAML, or does not hold together."""
    try:
        cast = TypeAdapter(Cast).validate_python(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as exc:
        raise CastError(f"{path} is no workspace file: {exc}") from exc
    faults = [*_find_twins(cast), *_find_strangers(cast)]
    if faults:
        raise CastError(f"{path}: {'; '.join(faults)}")
    return _name_by_id(cast)


def _find_twins(cast: Cast) -> Iterable[str]:
    ids = Counter(
        [cast.team.id, cast.app.id]
        + [team.id for team in cast.others]
        + [person.id for person in cast.people]
        + [channel.id for channel in cast.channels]
        + [group.id for group in cast.user_groups]
    )
    handles = Counter(person.handle for person in cast.people)
    return (f"{name} stands there {count} times" for name, count in (ids + handles).items() if count > 1)


def _find_strangers(cast: Cast) -> Iterable[str]:
    handles = {person.handle for person in cast.people}
    teams = {team.id for team in (cast.team, *cast.others)}
    circles = {one.id: one.members for one in cast.channels} | {one.id: one.members for one in cast.user_groups}
    for circle, members in circles.items():
        yield from (f"{circle} has the unknown member {name}" for name in members if name not in handles)
    if cast.app.bot not in handles:
        yield f"the app's bot {cast.app.bot} is not among the people"
    yield from (
        f"{one.handle} is of the unknown team {one.team}" for one in cast.people if one.team not in {None, *teams}
    )


def _name_by_id(cast: Cast) -> Cast:
    ids: Mapping[str, str] = {person.handle: person.id for person in cast.people}
    return replace(
        cast,
        channels=tuple(replace(one, members=tuple(ids[name] for name in one.members)) for one in cast.channels),
        user_groups=tuple(replace(one, members=tuple(ids[name] for name in one.members)) for one in cast.user_groups),
    )
