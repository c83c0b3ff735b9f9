"""The behaviours of a host, as farm.yaml and `Farm.set_behaviour` name them.

"The first look" is the first `list` that ended on the host since the farm started: what a card was drawn from.
"""

from typing import Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from rehearsal.windows.behaviour import Behaviour
from rehearsal.windows.faults import QUOTA_OF_SHELLS
from rehearsal.windows.program_faults import Envelope, Fails, Mangles, Raises
from rehearsal.windows.remoting_faults import Complains, Disconnects, Garbles, NoEndpoint
from rehearsal.windows.sessions import Mode, Rule, What, word_of


class Hangs(Behaviour):
    """WTSLogoffSession says yes and the session never ends; WTSDisconnectSession says yes and nothing happens."""

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
    """Listing sessions is allowed; logoff, disconnect and message are refused.

    With `at: list` the list of sessions is refused, with `at: create` the shell itself, and with `at: text-shell` that
    of WinRS alone, so that endpoints of PowerShell remoting are left.
    """

    name = "no-right"
    at: Literal["act", "list", "create", "text-shell"] = "act"
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
    id: int = Field(default=3, ge=0)


class Replaced(Behaviour):
    """After the first look the id belongs to another person."""

    name = "replaced"
    id: int = Field(default=3, ge=0)
    by: str = "CORP\\mallory"


class ComesBack(Behaviour):
    """After the first look the disconnected person works again."""

    name = "comes-back"
    id: int = Field(default=3, ge=0)


class TakenOver(Behaviour):
    """While another session is being logged off, this one passes to another person."""

    name = "taken-over"
    id: int = Field(default=5, ge=0)


Manner = Literal[
    "dropped", "silence", "trickle", "flood", "redirect", "400", "401", "500", "fault", "timed-out", "quota", "denied"
]


class Trouble(Behaviour):
    """A message is answered in a wrong manner, or not at all, `times` times (0: always).

    `done`: the host did before what the message says. `after_first_look` spares everything up to the first look.
    A handshake is an empty message, so it can only be answered in the manners of HTTP.
    """

    at: Literal["handshake", "create", "get", "command", "send", "receive", "signal", "delete"] = "receive"
    manner: Manner = "dropped"
    times: int = Field(default=1, ge=0)
    done: bool = False
    after_first_look: bool = False

    @property
    def way(self) -> str:
        """The manner, or the HTTP status that stands in its place."""
        return self.manner


class Unreadable(Behaviour):
    """One thing of one session cannot be read: Windows refuses it, or answers with nothing or too little."""

    name = "unreadable"
    id: int = Field(default=3, ge=0, lt=100_000)
    what: What = "times"
    manner: Literal["refused", "nothing", "short"] = "refused"
    code: int = Field(default=5, ge=-(2**31), lt=2**31)

    @property
    def word(self) -> str:
        """For `Session.odd`."""
        return word_of(self.what, self.code if self.manner == "refused" else self.manner)


class Empty(Behaviour):
    """The list of sessions succeeds and has none."""

    name = "empty"


class Drops(Trouble):
    """The TCP connection is cut at a message, after the host has carried it out: the client cannot know."""

    name = "drops"
    manner: Literal["dropped"] = "dropped"
    done: bool = True


class Trips(Trouble):
    """A message is answered with a fault, a status, or in a manner of no Windows host; it is not carried out.

    `code`: the fault has this code of WS-Management or Win32, and these words. `status`: any status of HTTP. Each
    stands in the place of the manner.
    """

    name = "trips"
    manner: Manner = "fault"
    code: int = Field(default=0, ge=0, lt=2**32)
    words: str = "The farm was told to answer so."
    status: int = Field(default=0, ge=0, lt=600)

    @property
    def way(self) -> str:
        return str(self.status) if self.status else self.manner

    @model_validator(mode="after")
    def can_be_answered(self) -> Self:
        if self.code and self.at == "handshake":
            raise ValueError("a handshake is answered with a status; a code needs a message")
        if 0 < self.status < 300:
            raise ValueError("a status that refuses is 300 or above")
        return self


class Restarts(Trouble):
    """The service is restarted at a message: all shells are gone, and the connection is cut.

    With `manner: fault` the shells alone are gone, and the message is told so. `done`: it was carried out before.
    """

    name = "restarts"
    at: Literal["create", "command", "send", "receive", "signal", "delete"] = "command"
    manner: Literal["dropped", "fault"] = "dropped"

    @property
    def way(self) -> str:
        return "shell-gone" if self.manner == "fault" else self.manner


class Babbles(Behaviour):
    """The command's output is not what the agent wrote; with `silence` and `flood` no agent runs at all."""

    name = "babbles"
    how: Literal["torn", "other-nonce", "no-end", "deep", "silence", "flood"] = "torn"


class Constrained(Behaviour):
    """Application control keeps PowerShell in Constrained Language Mode."""

    name = "constrained"


class Miscompiles(Behaviour):
    """The C# cannot be compiled, `times` times (0: always)."""

    name = "miscompiles"
    times: int = Field(default=0, ge=0)


class WrongCertificate(Behaviour):
    """Over HTTPS the host shows the certificate of another host."""

    name = "wrong-certificate"


class Quota(Behaviour):
    """All shells that one account may have are already open: always, or for so long or so often from the first refusal.

    `code` is what the host answers: that of the quota of shells, another of WS-Management's, or 170 (busy).
    """

    name = "quota"
    seconds: float = Field(default=0.0, ge=0)
    times: int = Field(default=0, ge=0)
    code: int = QUOTA_OF_SHELLS


class Garbage(Behaviour):
    """The command prints what no agent would, and says that all went well."""

    name = "garbage"


_KINDS = (
    Hangs,
    Delayed,
    Slow,
    NoRight,
    Unreachable,
    WrongPassword,
    Vanishes,
    Replaced,
    ComesBack,
    TakenOver,
    Unreadable,
    Empty,
    Drops,
)
_KINDS_OF_THE_WIRE = (Trips, Quota, Envelope, Garbage, Babbles, Constrained, Miscompiles, WrongCertificate)
_KINDS_OF_PROGRAMS = (Fails, Raises, Mangles)
_KINDS_OF_REMOTING = (NoEndpoint, Restarts, Disconnects, Garbles, Complains)
BEHAVIOURS: dict[str, type[Behaviour]] = {
    kind.name: kind for kind in (*_KINDS, *_KINDS_OF_THE_WIRE, *_KINDS_OF_PROGRAMS, *_KINDS_OF_REMOTING)
}


def read_behaviour(name: str, options: dict[str, Any]) -> Behaviour:
    """Raises ValueError, in plain words, when there is no such behaviour or option."""
    kind = BEHAVIOURS.get(name.replace("_", "-"))
    if kind is None:
        raise ValueError(f"no behaviour is called {name!r}; there are: {', '.join(BEHAVIOURS)}")
    try:
        return kind.model_validate(options)
    except ValidationError as error:
        faults = (f"{name} > {' > '.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise ValueError("; ".join(faults)) from error


def rule_of(behaviours: dict[str, Behaviour]) -> Rule:
    """What the behaviours make of the WTS functions."""
    for each in behaviours.values():
        match each:
            case Hangs():
                return Rule(mode=Mode.NEVER)
            case NoRight(at="act" | "list"):
                return Rule(mode=Mode.BLIND if each.at == "list" else Mode.ERROR, number=each.code)
            case Delayed():
                return Rule(mode=Mode.AFTER, number=round(each.seconds * 1000))
            case TakenOver():
                return Rule(mode=Mode.SEIZE, number=each.id)
            case Empty():
                return Rule(mode=Mode.EMPTY)
    return Rule()
