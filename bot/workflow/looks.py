"""What hosts answered when they were looked at, each machine once."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.domain.letters import python_lower
from bot.domain.session import NOT_NAMED

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.domain.session import Machine, Session
    from bot.errors import TerminalError


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The answer of one host: its sessions, or the error."""

    host: str  # its name in the inventory
    at: datetime  # when the host answered or failed to answer
    sessions: tuple[Session, ...] = ()  # all sessions of the host, services and listeners included
    error: TerminalError | None = None  # why the host could not be read; None when it was
    same_as: str = ""  # another computer of the request that is this machine under another name

    @property
    def machine(self) -> Machine:
        """The machine as it named itself; not named when the host has no session at all."""
        return next((session.machine for session in self.sessions), NOT_NAMED)


def each_machine_once(looks: Sequence[Look]) -> list[Look]:
    """Return the looks; one at a machine that was looked at before under another name has no sessions."""
    kept: list[Look] = []
    known: defaultdict[tuple[str, str], list[Look]] = defaultdict(list)  # by a folding that the same machine shares
    for look in looks:
        machine = look.machine
        if machine == NOT_NAMED:
            kept.append(look)
            continue
        alike = known[python_lower(machine.dns), python_lower(machine.netbios)]
        same = next((other.host for other in alike if machine.is_same_as(other.machine)), "")
        kept.append(replace(look, sessions=(), same_as=same) if same else look)
        alike.append(look)
    return kept
