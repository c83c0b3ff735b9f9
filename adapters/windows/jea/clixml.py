"""PowerShell's objects out of their XML, within limits: pypsrp reads whatever the host makes of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pypsrp.serializer import Serializer

from adapters.windows.winrm.http_adapter import MOST_TAGS, OutOfBounds

if TYPE_CHECKING:
    from xml.etree import ElementTree as ET

LONGEST_MESSAGE = 256 * 1024
"""Letters of one object, or of one message about the session."""

_ESCAPED = re.compile("_[xX]([0-9A-Fa-f]{4})_")


class BoundedSerializer(Serializer):
    """A serializer that refuses what no endpoint sends, and takes halves of letters, which Windows has in names."""

    def deserialize(self, element: ET.Element | str, metadata: Any = None, clear: bool = True) -> Any:  # noqa: FBT001, FBT002 - pypsrp's own signature
        if isinstance(element, str):
            _refuse_costly(element)
        return super().deserialize(element, metadata, clear)

    def _deserialize_string(self, value: str | None) -> str:
        units = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), value or "")
        return units.encode("utf-16-be", "surrogatepass").decode("utf-16-be", "surrogatepass")


def _refuse_costly(text: str) -> None:
    """Raise `OutOfBounds` for an object whose tree would be many times as large as its text, or endless."""
    if len(text) > LONGEST_MESSAGE or "<!DOCTYPE" in text:
        raise OutOfBounds("an object as no module makes it")
    if text.count("<") + text.count("=") > MOST_TAGS:
        raise OutOfBounds(f"more than {MOST_TAGS} tags and attributes")
