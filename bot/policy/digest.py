"""The policy as one text, the same for the same rules, and the digest of it. No secret is in it."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from datetime import timedelta
from enum import Enum
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.policy.model import Policy


def text_of(policy: Policy) -> str:
    """Return rules, protections and limits as canonical JSON: keys and sets in their order, durations in seconds."""
    return json.dumps(_plain(policy), sort_keys=True, ensure_ascii=True, separators=(",", ":"))


def digest_of(text: str) -> str:
    """Return the SHA-256 of the text in hexadecimal."""
    return sha256(text.encode("ascii")).hexdigest()


def _plain(value: object) -> object:
    match value:
        case Enum():
            return value.name.lower()
        case timedelta():
            return value.total_seconds()
        case frozenset():
            return sorted((_plain(each) for each in value), key=str)
        case tuple():
            return [_plain(each) for each in value]
        case _ if is_dataclass(value):
            return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
        case _:
            return value
