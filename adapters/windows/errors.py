"""The meaning of a failure: a kind of `TerminalError`, and a sentence for people that names the next step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from unicodedata import category

from bot.errors import BadReply, CannotCompile, TimedOut

if TYPE_CHECKING:
    from bot.errors import TerminalError

LONGEST_WORDS = 400
"""Letters of a host's own words that are kept."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One row of a table of failures."""

    error: type[TerminalError]  # the kind of error
    message: str  # the sentence for people, with `{host}` for the host's name
    source: str = ""  # where the meaning is documented; empty: nowhere

    def at(self, host: str, *, delivered: bool, words: str = "", phase: str = "") -> TerminalError:
        """Return the error for this host. `delivered`: the order may have reached the host.

        `words` are what the host itself said, of any length and form; `phase` is the step at which it said so.
        """
        message = self.message.format(host=host)
        return self.error(message, host=host, delivered=delivered, words=one_line(words), phase=one_line(phase, 60))


SILENT = "{host} did not answer in time. Ask again, or look whether the computer is overloaded."
INCOMPLETE = Fault(BadReply, "{host} did not send a complete answer. What it sent is not trusted; look again.")
LATE = Fault(TimedOut, SILENT)
NO_POWERSHELL = Fault(
    CannotCompile,
    "{host} does not find powershell.exe. The bot needs Windows PowerShell 5.1 there.",
    "ERROR_FILE_NOT_FOUND at Command, seen as 0x80070002; or cmd.exe's own words",
)
NO_MEMORY = Fault(
    CannotCompile,
    "{host} has no memory left for PowerShell. Free some there, or raise MaxMemoryPerShellMB of WinRM.",
    "OutOfMemoryException; ERROR_NOT_ENOUGH_MEMORY, ERROR_OUTOFMEMORY, ERROR_COMMITMENT_LIMIT and their like",
)
MEMORY_CODES = frozenset({8, 14, 1450, 1453, 1454, 1455})
"""Win32 codes that say that memory or a resource like it is used up."""


def one_line(text: str, most: int = LONGEST_WORDS) -> str:
    """Return the text as one line without anything that steers a terminal, its middle left out when it is long."""
    kept = "".join(_plain(letter) for letter in text.replace("\0", ""))
    line = " ".join(kept.split())
    half = (most - 5) // 2
    return line if len(line) <= most else f"{line[:half]} ... {line[-half:]}"


def _plain(letter: str) -> str:
    kind = category(letter)
    if kind in ("Cc", "Zl", "Zp", "Zs"):
        return " "
    return "\N{REPLACEMENT CHARACTER}" if kind[0] == "C" else letter


def as_win32(code: int) -> int:
    """Return the Win32 code inside an HRESULT of facility 7 (FACILITY_WIN32), and any other code as it is, unsigned.

    An HRESULT that says failure and holds the code 0 stays as it is, because 0 would mean success.
    """
    code %= 2**32
    return code & 0xFFFF or code if code >> 16 == 0x8007 else code
