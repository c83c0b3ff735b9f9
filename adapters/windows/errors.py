"""What a failure means: a kind of `TerminalError` and a sentence for people that names the next step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.errors import BadReply, TimedOut

if TYPE_CHECKING:
    from bot.errors import TerminalError


@dataclass(frozen=True, slots=True)
class Fault:
    """A row of a table of failures. `{host}` in the sentence is the computer; `source` says who found that out."""

    error: type[TerminalError]
    message: str
    source: str = ""

    def at(self, host: str, *, delivered: bool) -> TerminalError:
        """Return the error for this host. `delivered`: the order may have reached it."""
        return self.error(self.message.format(host=host), host=host, delivered=delivered)


SILENT = "{host} did not answer in time. Ask again, or look whether the computer is overloaded."
INCOMPLETE = Fault(BadReply, "{host} did not send a complete answer. What it sent is not trusted; look again.")
LATE = Fault(TimedOut, SILENT)
