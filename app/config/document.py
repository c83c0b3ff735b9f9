"""A whole app.yaml as text: each key is set, or stands there as a comment with its default and a line about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from app.config.descriptions import about
from app.config.policy import ForceSettings, RuleSettings, Section
from app.config.schema import classes_in, default_of
from app.config.settings import Computer, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Said = Mapping[str, Any]

_WIDTH = 44
"""Where the lines about keys begin, when there is room."""

_LISTS: dict[str, type[Section]] = {"computers": Computer, "rules": RuleSettings}
"""The keys with a list of blocks."""


def document(said: Said) -> str:
    """Return the text. `said` has the values that are set, nested as in the file."""
    return "".join(f"{line}\n" for line in _block(Settings, said, 0))


def _block(model: type[Section], said: Said | None, depth: int) -> Iterator[str]:
    """Yield the lines of a block. `said` is None in a block that is a comment as a whole."""
    for key, field in model.model_fields.items():
        text = about(model, key).text
        is_set = said is not None and key in said
        inner = ForceSettings if (model, key) == (RuleSettings, "force") else next(classes_in(field.annotation), None)
        if depth == 0:
            yield ""
        if is_set and key in _LISTS:
            yield _line(f"{key}:", text, depth, is_set=True)
            yield from _entries(_LISTS[key], said[key] if said else [], depth + 1)
        elif inner and key not in _LISTS:
            yield _line(f"{key}:", text, depth, is_set=is_set)
            yield from _block(inner, said[key] if said and is_set else None, depth + 1)
        else:
            value = _written(said[key]) if said and is_set else _default(model, key)
            yield _line(f"{key}: {value}", text, depth, is_set=is_set)


def _entries(model: type[Section], entries: list[Any], depth: int) -> Iterator[str]:
    """Yield the entries of a list, and one more as a comment where none of them is a block with all its keys."""
    for entry in entries:
        if isinstance(entry, str):
            yield f"{_margin(depth)}- {_written(entry)}"
        else:
            yield from _entry(_block(model, entry, depth + 1), depth)
    if all(isinstance(entry, str) for entry in entries):
        yield from _entry(_block(model, None, depth + 1), depth)


def _entry(lines: Iterator[str], depth: int) -> Iterator[str]:
    """Put the dash before the first line of the block."""
    for number, line in enumerate(lines):
        margin = _margin(depth)
        if number or not line.strip():
            yield line
        elif line.startswith(f"{margin}  # "):
            yield f"{margin}# - {line.removeprefix(f'{margin}  # ')}"
        else:
            yield f"{margin}- {line.removeprefix(f'{margin}  ')}"


def _line(code: str, text: str, depth: int, *, is_set: bool) -> str:
    return f"{_margin(depth)}{'' if is_set else '# '}{code}".ljust(_WIDTH) + f"  # {text}"


def _default(model: type[Section], key: str) -> str:
    return about(model, key).example or _written(default_of(model, key))


def _written(value: object) -> str:
    """Return the value as YAML on one line."""
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10_000, sort_keys=False)
    return text.removesuffix("\n").removesuffix("\n...")


def _margin(depth: int) -> str:
    return "  " * depth
