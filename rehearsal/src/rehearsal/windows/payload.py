"""What the bot sends over standard input, taken apart: docs/agent-protocol.md, "Delivery"."""

import re
import zlib
from dataclasses import dataclass
from functools import lru_cache

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


@lru_cache(maxsize=32)  # it is read to be answered, and again to see whether it was a look
def read_payload(data: bytes) -> Payload:
    """PayloadError when it is not ASCII, is cut, or lacks the nonce, the request or the agent's C#.

    The bootstrap joins the lines it reads, so line ends of Windows are as good.
    """
    try:
        whole = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").removesuffix(b"\n").decode("ascii")
    except UnicodeDecodeError as error:
        raise PayloadError("the payload is not ASCII") from error
    if _UNFINISHED.fullmatch(whole):
        return Payload(nonce=whole[10:42], request="", source="", tally="", whole=whole)
    head = _HEAD.match(whole)
    script = whole[head.end() :] if head else ""
    source = _source_of(script)
    if head is None or source is None:
        raise PayloadError("the payload has no nonce, no request or no whole script where they belong")
    return Payload(nonce=head[1], request=head[2], source=source, tally=head[3] or "", whole=whole)


@lru_cache(maxsize=8)  # the same for every call of a client
def _source_of(script: str) -> str | None:
    """The C# in the script; None where PowerShell does not find the end of a text or a block, or no C# is in it."""
    source, code = _SOURCE.search(script), _TEXTS.sub("", script)
    is_closed = "'" not in code and code.count("{") == code.count("}")
    return source[1] if source and is_closed else None


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
