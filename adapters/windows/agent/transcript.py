"""What a program wrote besides the agent's replies, and what that means when its end line is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.windows.agent import startup
from adapters.windows.errors import INCOMPLETE

if TYPE_CHECKING:
    from adapters.windows.shell import Chunk
    from bot.errors import TerminalError

_MOST_STDERR = 256 * 1024


class Transcript:
    """What a program wrote besides its replies, and how it ended."""

    def __init__(self) -> None:
        self._stderr = b""
        self._has_output = False
        self._exit_code: int | None = None

    def take(self, chunk: Chunk) -> None:
        self._stderr = (self._stderr + chunk.stderr)[-_MOST_STDERR:]
        self._has_output = self._has_output or bool(chunk.stdout.strip())
        self._exit_code = chunk.exit_code if self._exit_code is None else self._exit_code

    @property
    def words(self) -> str:
        return startup.readable(self._stderr.decode("utf-8", "replace"))

    def incomplete(self, host: str) -> TerminalError:
        return INCOMPLETE.at(host, delivered=True, words=self.words, phase="answer")

    def without_end(self, host: str, *, has_begun: bool) -> TerminalError:
        """Return the error for a program that ended without the agent's end line.

        `has_begun` is whether the agent wrote its first nonce: then it may have acted.
        """
        if has_begun:
            return self.incomplete(host)
        fault = startup.of_silence(self.words, self._exit_code, has_output=self._has_output)
        return fault.at(host, delivered=False, words=self.words, phase="start") if fault else self.incomplete(host)
