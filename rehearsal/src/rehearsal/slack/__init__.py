"""A local Slack workspace, as strict as Slack, whose people a program or a page can act as."""

from rehearsal.slack.block_kit.blocks import find_faults, is_too_long
from rehearsal.slack.client import (
    CommandResult,
    NoSuchButtonError,
    PressResult,
    SeenMessage,
    UserClient,
    UserClientError,
    Version,
)
from rehearsal.slack.clock import SetClock
from rehearsal.slack.faults import Fault, FaultKind
from rehearsal.slack.workspace import SHIPPED_WORKSPACE, Workspace
from rehearsal.slack.workspace_file import WorkspaceFileError

__all__ = [
    "SHIPPED_WORKSPACE",
    "CommandResult",
    "Fault",
    "FaultKind",
    "NoSuchButtonError",
    "PressResult",
    "SeenMessage",
    "SetClock",
    "UserClient",
    "UserClientError",
    "Version",
    "Workspace",
    "WorkspaceFileError",
    "find_faults",
    "is_too_long",
]
