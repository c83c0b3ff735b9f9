"""The part of a request that an event or a step concerns: its head, and the targets of all, some or none of its hosts.

The head has every field but `targets` and `surveys`. It says how many targets are open, so an event at one host needs
no other host. `Surveyed`, `Narrowed` and what else changes or closes the targets of every host need the whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.domain import events as e


class Extent(StrEnum):
    """Which hosts a part has."""

    WHOLE = "whole"  # all of them
    HEAD = "head"  # none
    HOST = "host"  # one
    UNSURE = "unsure"  # those with a target whose verdict a later look may correct


@dataclass(frozen=True, slots=True)
class Part:
    """Which hosts of a request are meant."""

    extent: Extent
    host: str = ""  # the name of the one host; empty for every other extent


WHOLE = Part(Extent.WHOLE)
HEAD = Part(Extent.HEAD)
UNSURE = Part(Extent.UNSURE)


_OF_ALL_HOSTS = (
    e.Surveyed,
    e.Narrowed,
    e.ActionChanged,
    e.SecondPersonNeeded,
    e.Started,
    e.Stopped,
    e.Expired,
    e.Failed,
)
"""Events that change, start or close the targets of every host. Every other event concerns one host or none."""


def at_host(host: str) -> Part:
    """Return the part of the head and one host."""
    return Part(Extent.HOST, host)


def part_for(event: e.Event) -> Part:
    """Return the part that the event reads and changes."""
    if isinstance(event, _OF_ALL_HOSTS):
        return WHOLE
    match event:
        case e.HostStarted() | e.HostContinued() | e.StepFailed():
            return at_host(event.host) if event.host else HEAD
        case _:
            key: tuple[str, int] | None = getattr(event, "key", None)
            return at_host(key[0]) if key else HEAD
