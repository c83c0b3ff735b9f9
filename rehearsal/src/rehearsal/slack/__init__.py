"""A local Slack workspace, as strict as Slack, whose people a program or a page can act as."""

from rehearsal.slack.block_kit.blocks import find_faults, is_too_long
from rehearsal.slack.client import (
    CommandResult,
    NoSuchButtonError,
    PressResult,
    SeenMessage,
    Version,
    VisitError,
    Visitor,
)
from rehearsal.slack.clock import SetClock
from rehearsal.slack.faults import Fault, FaultKind
from rehearsal.slack.workspace import SHIPPED_WORKSPACE, Workspace
from rehearsal.slack.workspace_file import CastError

__all__ = [
    "SHIPPED_WORKSPACE",
    "CastError",
    "CommandResult",
    "Fault",
    "FaultKind",
    "NoSuchButtonError",
    "PressResult",
    "SeenMessage",
    "SetClock",
    "Version",
    "VisitError",
    "Visitor",
    "Workspace",
    "find_faults",
    "is_too_long",
]
