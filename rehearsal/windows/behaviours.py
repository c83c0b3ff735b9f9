"""What can be wrong with a host: the words of farm.yaml and of `Farm.set_behaviour`.

"The first look" is the first `list` that ended on the host since the farm started: what a card was drawn from.
"""

from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rehearsal.windows.sessions import LogoffMode, LogoffRule


class Behaviour(BaseModel):
    """One kind of trouble and its options; `name` is its word in YAML."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: ClassVar[str]


class Hangs(Behaviour):
    """WTSLogoffSession says yes and the session never ends."""

    name = "hangs"


class Delayed(Behaviour):
    """A session that is logged off is gone only after so many seconds."""

    name = "delayed"
    seconds: float = Field(default=2.0, ge=0)


class Slow(Behaviour):
    """A command does nothing at all for so many seconds, then runs as usual."""

    name = "slow"
    seconds: float = Field(default=10.0, ge=0)


class NoRight(Behaviour):
    """Everybody may look, but a logoff is refused; with `at: create` the shell itself is."""

    name = "no-right"
    at: Literal["logoff", "create"] = "logoff"
    code: int = 5


class Unreachable(Behaviour):
    """The port is closed."""

    name = "unreachable"


class WrongPassword(Behaviour):
    """The account has another password here: 401 for ever."""

    name = "wrong-password"


class Vanishes(Behaviour):
    """After the first look the session is gone."""

    name = "vanishes"
    id: int = 3


class Replaced(Behaviour):
    """After the first look the id belongs to another person."""

    name = "replaced"
    id: int = 3
    by: str = "CORP\\mallory"


class ComesBack(Behaviour):
    """After the first look the disconnected person works again."""

    name = "comes-back"
    id: int = 3


class Drops(Behaviour):
    """The TCP connection is cut at a message, after the host did what it says: the client cannot know.

    `done: false` cuts it before. `times: 0` means always. `after_first_look` spares everything up to the first look.
    """

    name = "drops"
    at: Literal["create", "command", "send", "receive", "delete"] = "receive"
    times: int = Field(default=1, ge=0)
    done: bool = True
    after_first_look: bool = False


class Quota(Behaviour):
    """Somebody left all the shells open that one account may have."""

    name = "quota"


class Garbage(Behaviour):
    """The command prints what no agent would, and says that all went well."""

    name = "garbage"


BEHAVIOURS: dict[str, type[Behaviour]] = {kind.name: kind for kind in Behaviour.__subclasses__()}


def read_behaviour(name: str, options: dict[str, Any]) -> Behaviour:
    """ValueError, in words for whoever wrote it, when there is no such behaviour or option."""
    kind = BEHAVIOURS.get(name.replace("_", "-"))
    if kind is None:
        raise ValueError(f"no behaviour is called {name!r}; there are: {', '.join(BEHAVIOURS)}")
    try:
        return kind.model_validate(options)
    except ValidationError as error:
        faults = (f"{name} > {' > '.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise ValueError("; ".join(faults)) from error


def logoff_rule(behaviours: dict[str, Behaviour]) -> LogoffRule:
    """What the behaviours make of WTSLogoffSession."""
    for each in behaviours.values():
        match each:
            case Hangs():
                return LogoffRule(mode=LogoffMode.NEVER)
            case NoRight(at="logoff"):
                return LogoffRule(mode=LogoffMode.ERROR, number=each.code)
            case Delayed():
                return LogoffRule(mode=LogoffMode.AFTER, number=round(each.seconds * 1000))
    return LogoffRule()
