"""The digest of plain values: the same on every machine, and another one for every other value."""

from __future__ import annotations

import hashlib
import json


def canonical(value: object) -> bytes:
    """Return lists, texts and numbers as JSON. Texts may have any character: two half characters are not their pair."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")


def digest(value: object) -> str:
    """Return the SHA-256 of the value, 64 hexadecimal digits."""
    return hashlib.sha256(canonical(value)).hexdigest()
