"""Behaviours of a host whose endpoint of PowerShell remoting answers wrongly, or not at all."""

from typing import Literal

from pydantic import Field

from rehearsal.windows.behaviour import Behaviour

Of = Literal["all", "look", "act"]
"""Which commands are struck: those that list sessions or programs, those that act, or all."""
Broken = Literal["noise", "torn", "miscounted", "malformed", "silence", "doubled", "flood", "no-end"]
Untrue = Literal["lacks", "says", "elsewhere"]


class _OfCommands(Behaviour):
    of: Of = "all"
    times: int = Field(default=0, ge=0)

    def strikes(self, *, is_look: bool) -> bool:
        return self.of == "all" or (self.of == "look") == is_look


class NoEndpoint(Behaviour):
    """No session configuration is registered."""

    name = "no-endpoint"


class Disconnects(Behaviour):
    """A pool that lay idle for so many seconds is disconnected: its messages are answered with 400."""

    name = "disconnects"
    seconds: float = Field(default=120.0, ge=0)


class Garbles(_OfCommands):
    """What the endpoint says of a command is not what it said, for `times` commands (0: all).

    `noise`: no fragments at all. `torn`: the fragment of an object is cut. `miscounted`: it has a wrong number.
    `malformed`: its CLIXML is none. `silence`, `doubled`: no object comes, or each twice. `flood`: 10 MB follow each.
    `no-end`: the command never ends. `lacks`: the objects have no such `property`. `says`: it holds `value` instead.
    `elsewhere`: they come from another machine.
    """

    name = "garbles"
    how: Broken | Untrue = "torn"
    property: str = "SessionId"
    value: str = ""


class Complains(_OfCommands):
    """A command ends with an error of this identifier, for `times` commands (0: all); `done`: after it was carried out.

    Behind a real engine it does nothing.
    """

    name = "complains"
    id: str = "System.OutOfMemoryException"
    message: str = "The farm was told to answer so."
    done: bool = False
