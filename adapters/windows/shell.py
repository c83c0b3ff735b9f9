"""The narrow waist: run one script on one host and hand over what it writes. A second carrier would stand behind it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Generator
    from datetime import timedelta

BOOTSTRAP = (
    "powershell.exe -NoLogo -NoProfile -NonInteractive -Command "
    '"$p = @($input) -join [char]10; & ([ScriptBlock]::Create($p))"'
)
"""Runs what arrives on standard input. No percent sign, caret or inner quote: it passes through cmd.exe unchanged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Some of what the script wrote, cut anywhere."""

    stdout: bytes = b""
    stderr: bytes = b""


class Deadline:
    """A moment by the monotonic clock."""

    def __init__(self, within: timedelta) -> None:
        self._moment = time.monotonic() + within.total_seconds()

    @property
    def left(self) -> float:
        """Seconds, never negative."""
        return max(0.0, self._moment - time.monotonic())


class Shell(Protocol):
    def run(self, host: str, payload: bytes, *, within: timedelta) -> Generator[Chunk]:
        """Run the payload as a script and give its output as it comes, until it ends or the generator is closed.

        Nothing is left behind on the host in either case. Raises `TerminalError` within the time; its `delivered` is
        true from the moment when the payload was handed to the network.
        """
        ...
