"""The ids of requests."""

from __future__ import annotations

import secrets

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""The characters of an id, without those that look or sound alike."""


def new_id() -> str:
    """Return a random id such as `TS-7K3QXM`, short enough to say aloud. The database keeps ids unique."""
    return "TS-" + "".join(secrets.choice(ALPHABET) for _ in range(6))
