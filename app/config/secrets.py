"""The values of a configuration that are secrets, for commands that need none."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.config.yaml_file import Location, YamlFile

STAND_INS = {
    ("database",): "sqlite:///not-read.db",
    ("audit_key",): "not read, and long enough for a key",
    ("slack", "bot_token"): "xoxb-not-read",
    ("slack", "app_token"): "xapp-not-read",
}
"""What stands for a secret that is not read, so that the other checks say what they would say."""

_PASSWORD = "not read"  # noqa: S105 - it stands for one


def without_secrets(file: YamlFile) -> tuple[dict[str, object], frozenset[int]]:
    """Return the values with stand-ins for all secrets, and the lines of those that stand in the file."""
    values = cast("dict[str, object]", _copied(file.values))
    lines: set[int] = set()
    for where, stand_in in (*STAND_INS.items(), *_passwords(values)):
        _put(values, where, stand_in)
        lines.add(file.line_of(where))
    return values, frozenset(lines)


def _passwords(values: dict[str, object]) -> Iterator[tuple[Location, str]]:
    """Yield the passwords that are said."""
    if _has_password(values.get("winrm")):
        yield ("winrm", "password"), _PASSWORD
    computers = values.get("computers")
    for index, computer in enumerate(computers if isinstance(computers, list) else ()):
        if isinstance(computer, dict) and _has_password(computer.get("winrm")):
            yield ("computers", index, "winrm", "password"), _PASSWORD


def _has_password(section: object) -> bool:
    return isinstance(section, dict) and "password" in section


def _put(values: object, where: Location, value: str) -> None:
    """Put the value there; a section that is none of its kind stays, for its own check."""
    *way, last = where
    for part in way:
        if isinstance(values, dict):
            values = values.setdefault(part, {})
        elif isinstance(values, list) and isinstance(part, int):
            values = values[part]
    if isinstance(values, dict):
        values[last] = value


def _copied(value: object) -> object:
    if isinstance(value, dict):
        return {key: _copied(each) for key, each in value.items()}
    return [_copied(each) for each in value] if isinstance(value, list) else value
