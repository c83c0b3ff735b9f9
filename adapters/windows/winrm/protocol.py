"""pywinrm's `Protocol`, with a time-out to the millisecond and headers that are not written anew for every message.

pywinrm writes each message and reads each answer. Most of a message is a header in which three values change. So it
writes the header once for each kind of message, and each time the body alone.
"""

from __future__ import annotations

import uuid
from typing import Any, ClassVar
from xml.sax.saxutils import escape

import xmltodict
from winrm.protocol import Protocol

OPERATION_SECONDS = 20
"""The longest time after which a host answers that it has nothing to say yet."""

_MESSAGE, _SHELL, _TIMEOUT = "a-message-id", "a-shell-id", "a-timeout"
"""What stands in a written header in place of the values that change."""
_START, _END = "<env:Envelope", "</env:Header>"
_BARE_START = "<env:Envelope><env:Header>"


class TimedProtocol(Protocol):
    """A `Protocol` that tells the host to the millisecond when to answer. pywinrm itself knows whole seconds."""

    answer_within: float = OPERATION_SECONDS
    _written: ClassVar[dict[tuple[str, str, bool], str]] = {}  # by action, resource, and whether it names a shell

    def build_wsman_header(
        self, action: str, resource_uri: str, shell_id: str | None = None, message_id: str | uuid.UUID | None = None
    ) -> dict[str, Any]:
        """Return a header without its contents. `send_message` puts them in, before what pywinrm adds to it."""
        key = (action, resource_uri, bool(shell_id))
        header = self._written.get(key) or self._write(*key)
        header = header.replace(_TIMEOUT, f"PT{self.answer_within:.3f}S")
        header = header.replace(_MESSAGE, str(message_id or uuid.uuid4()))
        self._header = header.replace(_SHELL, escape(shell_id or ""))  # the last, because a host chose it
        return {"env:Header": {}}

    def _write(self, action: str, resource_uri: str, has_shell: bool) -> str:  # noqa: FBT001 - a part of the key
        """Return the beginning of such a message, as pywinrm writes it, and keep it."""
        header = super().build_wsman_header(action, resource_uri, _SHELL if has_shell else None, _MESSAGE)
        header["env:Header"]["w:OperationTimeout"] = _TIMEOUT
        whole = xmltodict.unparse({"env:Envelope": header})
        self._written[action, resource_uri, has_shell] = whole[whole.index(_START) : whole.index(_END)]
        return self._written[action, resource_uri, has_shell]

    def send_message(self, message: str) -> bytes:
        answer: bytes = super().send_message(message.replace(_BARE_START, self._header, 1))
        return answer

    _header = _BARE_START
