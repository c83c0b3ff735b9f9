"""The reply lines about the programs of a session: docs/agent-protocol.md."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

from adapters.windows.agent.script import whole_letters
from bot.domain.program import Program

LONGEST_NAME = 256
_LONGEST_CPU = 10**17  # microseconds, which no program has and a timedelta holds


def _name(text: str) -> str:
    return whole_letters(text)[:LONGEST_NAME]


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True)


class Told(_Line):
    """A program as the agent writes it: the ticks (100 ns) of its CPU time, and the bytes of its working set."""

    name: Annotated[str, AfterValidator(_name)]
    cpu: int
    memory: int


class ProgramReply(_Line):
    """One program of a session."""

    program: Told

    @property
    def value(self) -> Program:
        cpu = timedelta(microseconds=min(max(0, self.program.cpu // 10), _LONGEST_CPU))
        return Program(name=self.program.name, cpu=cpu, memory=max(0, self.program.memory))


class ProgramsReply(_Line):
    """The line behind the programs of a session."""

    programs: int  # how many they are
    there: bool  # whether the session is still that person's
