"""The interface of carriers: run one script on one host and yield its output. WinRM is one carrier."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Generator
    from datetime import timedelta

BOOTSTRAP = (
    "powershell.exe -NoLogo -NoProfile -NonInteractive -Command "
    '"$whole = @($input) -join [Environment]::NewLine; & ([ScriptBlock]::Create($whole))"'
)
"""Runs the script on standard input. cmd.exe changes nothing in it: it has no percent sign, caret or inner quote.

`[char]` beside `-join` would be readable too, but detection rules take the pair for an encoded command.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A part of the script's output, cut at any byte."""

    stdout: bytes = b""  # of standard output
    stderr: bytes = b""  # of standard error
    exit_code: int | None = None  # of the program, in its last part; None: it still runs, or nobody knows


class Deadline:
    """The end of a time-out, by the monotonic clock."""

    def __init__(self, within: timedelta) -> None:
        self._moment = time.monotonic() + within.total_seconds()

    @property
    def left(self) -> float:
        """The seconds that are left, never negative."""
        return max(0.0, self._moment - time.monotonic())


class Shell(Protocol):
    """A carrier of scripts to hosts."""

    def run(self, host: str, payload: bytes, *, within: timedelta) -> Generator[Chunk]:
        """Run the payload as a script, and yield its output until the script ends or the generator is closed.

        Nothing stays on the host in either case. Raises `TerminalError` within the time-out. The error is `delivered`
        from the moment when the payload was handed to the network.
        """
        ...
