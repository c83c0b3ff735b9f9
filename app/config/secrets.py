"""The secrets of app.yaml, so that a command demands those that it uses and no other."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.config.yaml_file import Location


class Secret(StrEnum):
    """What a command may need beside the rules and the computers."""

    DATABASE = "database"
    KEY = "audit_key"
    SLACK = "slack"
    WINDOWS = "winrm"


EVERY_SECRET = frozenset(Secret)
NO_SECRET: frozenset[Secret] = frozenset()

_PLACES: dict[Location, Secret] = {
    ("database",): Secret.DATABASE,
    ("audit_key",): Secret.KEY,
    ("slack", "bot_token"): Secret.SLACK,
    ("slack", "app_token"): Secret.SLACK,
    ("slack", "signing_secret"): Secret.SLACK,
    ("winrm", "password"): Secret.WINDOWS,
}


def secret_at(where: Location) -> Secret | None:
    """Return which secret stands at this place; None for a value that is none."""
    is_of_one = where[:1] == ("computers",) and where[2:3] == ("winrm",)
    return _PLACES.get(where[2:] if is_of_one else where)
