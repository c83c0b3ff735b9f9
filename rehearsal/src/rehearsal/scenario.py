"""A written scene: people type and press, and hosts misbehave meanwhile. For training and for tests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from rehearsal.durations import Duration
from rehearsal.page import Page, Scene, WatchedFarm
from rehearsal.slack import UserClient, UserClientError, Workspace
from rehearsal.yaml_file import YamlFileError, read_yaml, told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SHIPPED: Final = Path(__file__).parent / "scenarios"
PATIENCE: Final = timedelta(seconds=60)
"""How long a scene waits until a person sees the expected words."""


class ScenarioError(ValueError):
    """The scene cannot be read or did not go as written; the message says where."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Trouble(_Part):
    """What happens on the farm: a method of it, or with `behave` a behaviour of a host."""

    host: str
    what: Annotated[str, Field(pattern="^(take_down|bring_up|sign_out|return_to_work|take_over|behave)$")]
    session: int = -1
    user: str = "CORP\\mallory"
    behaviour: str = "none"

    @property
    def words(self) -> str:
        on = f"{self.host} session {self.session}" if self.session >= 0 else self.host
        more = {"take_over": f" by {self.user}", "behave": f": {self.behaviour}"}.get(self.what, "")
        return f"{on}: {self.what.replace('_', ' ')}{more}"

    def carry_out(self, farm: WatchedFarm) -> None:
        match self.what:
            case "take_down" | "bring_up":
                getattr(farm, self.what)(self.host)
            case "behave":
                farm.set_behaviour(self.host, self.behaviour)
            case "take_over":
                farm.take_over(self.host, self.session, self.user)
            case _:
                getattr(farm, self.what)(self.host, self.session)


class Step(_Part):
    """One action at most. `message` (`say:` in the file) is for those who watch.

    `sees` waits until the person sees these words.
    """

    message: str = Field(default="", alias="say")
    who: str = Field(default="dana", alias="as")
    where: str | None = Field(default=None, alias="in")
    types: str | None = None
    writes: str | None = None
    presses: str | None = None
    sees: str | None = None
    trouble: Trouble | None = None
    pause: Duration | None = None

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        things = [self.types, self.writes, self.presses, self.sees, self.trouble, self.pause]
        count = sum(thing is not None for thing in things)
        if count > 1 or (count == 0 and not self.message):
            raise ValueError("a step is one of types, writes, presses, sees, trouble, pause; or it only has a `say`")
        return self

    @property
    def words(self) -> str:
        """What happens, in a line."""
        match self:
            case Step(types=str(text)):
                return f"{self.who} types  {text}"
            case Step(writes=str(text)):
                return f"{self.who} writes  {text}"
            case Step(presses=str(text)):
                return f"{self.who} presses  [ {text} ]"
            case Step(sees=str(text)):
                return f"{self.who} sees  {text}"
            case Step(trouble=Trouble() as trouble):
                return trouble.words
            case _:
                return ""


class Scenario(_Part):
    """`pace` is how long each step stands before the next one, so that people can follow."""

    title: str
    pace: Duration = timedelta(seconds=4)
    steps: tuple[Step, ...] = Field(min_length=1)


def list_shipped() -> list[str]:
    return sorted(path.stem for path in SHIPPED.glob("*.yaml"))


def read_scenario(name: str) -> Scenario:
    """A file, or the name of a scene that ships. ScenarioError with every fault found."""
    path = SHIPPED / f"{name}.yaml" if name in list_shipped() else Path(name)
    try:
        is_there = path.exists()
    except OSError as exc:
        raise ScenarioError(f"{name} cannot be read: {exc.strerror or exc}. Name another file, or a scene.") from exc
    if not is_there:
        raise ScenarioError(f"There is no scene {name}. These ship: {', '.join(list_shipped())}.")
    try:
        return Scenario.model_validate(read_yaml(path))
    except YamlFileError as exc:
        raise ScenarioError(str(exc)) from exc
    except ValidationError as exc:
        raise ScenarioError(told(path, exc.errors())) from exc


@dataclass(frozen=True, slots=True, kw_only=True)
class Player:
    """`rest(duration)` waits and says whether to end now."""

    workspace: Workspace
    farm: WatchedFarm
    page: Page
    rest: Callable[[timedelta], bool]

    def play(self, scenario: Scenario, pace: timedelta | None = None) -> Iterator[Step]:
        """Each step as it is begun. ScenarioError at one that does not go as written; stops early when told to."""
        count = len(scenario.steps)
        for number, step in enumerate(scenario.steps, 1):
            self.page.tell(Scene(title=scenario.title, message=step.message, now=step.words, step=number, steps=count))
            yield step
            self._carry_out(step, number)
            if self.rest(step.pause or (scenario.pace if pace is None else pace)):
                return
        over = Scene(
            title=scenario.title, message=scenario.steps[-1].message, now="", step=count, steps=count, is_over=True
        )
        self.page.tell(over)

    def _carry_out(self, step: Step, number: int) -> None:
        try:
            self._act(step)
        except (UserClientError, KeyError, ValueError, TimeoutError) as exc:
            raise ScenarioError(f"Step {number} ({step.words}): {exc}") from exc

    def _act(self, step: Step) -> None:
        person = UserClient(self.workspace.url, step.who)
        match step:
            case Step(types=str(text)):
                result = person.command(text, step.where)
                if not result.ok:
                    raise UserClientError(str(result.error), f"Slack answers {step.who}: {result.error}")
            case Step(writes=str(text)):
                person.say(text, step.where)
            case Step(presses=str(text)):
                self._wait(lambda: any(one.startswith(text) for m in person.messages() for one in m.buttons), step)
                person.press(text)
            case Step(sees=str(text)):
                self._wait(lambda: any(text in _read(message) for message in person.state()["messages"]), step)
            case Step(trouble=Trouble() as trouble):
                trouble.carry_out(self.farm)
            case _:
                pass

    def _wait(self, holds: Callable[[], bool], step: Step) -> None:
        """Asks over HTTP after each change of the workspace, without its lock, which the server needs to answer."""
        seen, left = -1, PATIENCE
        while not holds():
            seen, before = self.workspace.store.changes, seen
            if before == seen and left <= timedelta():
                raise TimeoutError(f"{step.who} did not come to see that within {PATIENCE.total_seconds():.0f} s")
            tick, now = timedelta(milliseconds=500), seen
            if not self.workspace.wait_until(lambda now=now: self.workspace.store.changes > now, tick):  # type: ignore[misc]  # a lambda's default has no annotation
                left -= tick


def _read(message: dict[str, Any]) -> str:
    """All words of a message, whichever block they stand in."""
    return "\n".join([message["text"], *_walk(message["blocks"])])


def _walk(value: object) -> Iterator[str]:
    match value:
        case {"text": str(text)}:
            yield text
        case dict():
            yield from ("".join(_walk(list(value.values()))),)
        case list():
            yield from (text for inner in value for text in _walk(inner))
