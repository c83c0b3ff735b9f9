"""What the bot sends over standard input, taken apart: docs/agent-protocol.md, "Delivery"."""

import re
import zlib
from dataclasses import dataclass

BOOTSTRAP = "$whole = @($input) -join [Environment]::NewLine; & ([ScriptBlock]::Create($whole))"
"""The constant `-Command` of every call."""

_HEAD = re.compile(r"\$nonce = '([0-9a-f]{32})'\n\$request = @'\n(.*?)\n'@\n(?:\$tally = '([0-9 ]*)'\n)?", re.DOTALL)
_UNFINISHED = re.compile(
    r"\$nonce = '[0-9a-f]{32}'(\n(\$request = @'\n([\w+/= -]+\n)+'@(\n(\$tally = '[0-9 ]*'(\n(#[^\n]*\n?)?)?)?)?)?)?"
)
"""A beginning that is a whole script for PowerShell, and does nothing."""
_SOURCE = re.compile(r"@'\n(.*?)\n'@", re.DOTALL)
_TEXTS = re.compile(r"@'\n.*?\n'@|'[^'\n]*'|#[^\n]*", re.DOTALL)
"""Here-strings, strings and comments of the agent's script, which has no other kinds."""


class PayloadError(ValueError):
    """The payload is not of the documented form, so PowerShell would not run it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """`source` is the C# inside the agent's script, as it arrived; empty: the input ended before the script began.

    `whole` is all of the input in lines, `tally` what it says of itself.
    """

    nonce: str
    request: str
    source: str
    tally: str
    whole: str


def read_payload(data: bytes) -> Payload:
    """PayloadError when it is not ASCII, is cut, or lacks the nonce, the request or the agent's C#.

    The bootstrap joins the lines it reads, so line ends of Windows are as good.
    """
    try:
        whole = "\n".join(line.decode("ascii") for line in data.splitlines())
    except UnicodeDecodeError as error:
        raise PayloadError("the payload is not ASCII") from error
    if _UNFINISHED.fullmatch(whole):
        return Payload(nonce=whole[10:42], request="", source="", tally="", whole=whole)
    head = _HEAD.match(whole)
    script = whole[head.end() :] if head else ""
    source = _SOURCE.search(script)
    if head is None or source is None or not _is_closed(script):
        raise PayloadError("the payload has no nonce, no request or no whole script where they belong")
    return Payload(nonce=head[1], request=head[2], source=source[1], tally=head[3] or "", whole=whole)


def _is_closed(script: str) -> bool:
    """Whether PowerShell finds the end of each text and each block."""
    code = _TEXTS.sub("", script)
    return "'" not in code and code.count("{") == code.count("}")


def is_whole(payload: Payload) -> bool:
    """Whether the input is all that was sent: its other lines, and their Adler-32, are those of the tally."""
    lines = payload.whole.split("\n")
    own = f"$tally = '{payload.tally}'"
    if own in lines:
        lines.remove(own)
    text = "".join(f"{line}\n" for line in lines)
    return payload.tally == f"{len(lines)} {zlib.adler32(text.encode('ascii'))}"


def asks_for_a_list(data: bytes) -> bool:
    """Whether the payload is a look; nothing that is no payload is one."""
    try:
        return read_payload(data).request.split("\n", 1)[0].rstrip("\r") == "list"
    except PayloadError:
        return False
