"""What the bot sends over standard input, taken apart: docs/agent-protocol.md, "Delivery"."""

import re
from dataclasses import dataclass

BOOTSTRAP = "$p = @($input) -join [char]10; & ([ScriptBlock]::Create($p))"
"""The constant `-Command` of every call."""

_PAYLOAD = re.compile(r"\$nonce = '([0-9a-f]{32})'\n\$request = @'\n(.*?)\n'@\n(.*)", re.DOTALL)
_SOURCE = re.compile(r"@'\n(.*?)\n'@", re.DOTALL)


class PayloadError(ValueError):
    """The payload is not of the documented form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """`source` is the C# inside the agent's script, as it arrived."""

    nonce: str
    request: str
    source: str


def read_payload(data: bytes) -> Payload:
    """PayloadError when it is not ASCII, or lacks the nonce, the request or the agent's C#.

    The bootstrap joins the lines it reads with LF, so line ends of Windows are as good.
    """
    try:
        match = _PAYLOAD.fullmatch(data.decode("ascii").replace("\r\n", "\n"))
    except UnicodeDecodeError as error:
        raise PayloadError("the payload is not ASCII") from error
    source = _SOURCE.search(match[3]) if match else None
    if match is None or source is None:
        raise PayloadError("the payload has no nonce, no request or no C# where they belong")
    return Payload(nonce=match[1], request=match[2], source=source[1])


def asks_for_a_list(data: bytes) -> bool:
    """Whether the payload is a look; nothing that is no payload is one."""
    try:
        return read_payload(data).request.split("\n", 1)[0].rstrip("\r") == "list"
    except PayloadError:
        return False
