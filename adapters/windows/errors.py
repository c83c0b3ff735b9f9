"""The meaning of a failure: a kind of `TerminalError`, and a sentence for people that names the next step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.errors import BadReply, TimedOut

if TYPE_CHECKING:
    from bot.errors import TerminalError


@dataclass(frozen=True, slots=True)
class Fault:
    """One row of a table of failures."""

    error: type[TerminalError]  # the kind of error
    message: str  # the sentence for people, with `{host}` for the host's name
    source: str = ""  # where the meaning is documented; empty: nowhere

    def at(self, host: str, *, delivered: bool) -> TerminalError:
        """Return the error for this host. `delivered`: the order may have reached the host."""
        return self.error(self.message.format(host=host), host=host, delivered=delivered)


SILENT = "{host} did not answer in time. Ask again, or look whether the computer is overloaded."
INCOMPLETE = Fault(BadReply, "{host} did not send a complete answer. What it sent is not trusted; look again.")
LATE = Fault(TimedOut, SILENT)


def as_win32(code: int) -> int:
    """Return the Win32 code inside an HRESULT of facility 7 (FACILITY_WIN32), and any other code as it is, unsigned.

    An HRESULT that says failure and holds the code 0 stays as it is, because 0 would mean success.
    """
    code %= 2**32
    return code & 0xFFFF or code if code >> 16 == 0x8007 else code
