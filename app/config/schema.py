"""The JSON Schema of app.yaml, made of the settings. What only several keys together show is left to `config check`."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr
from pydantic.json_schema import GenerateJsonSchema

from app.config.descriptions import about
from app.config.policy import CHANNEL, PERSON, QUORUM, Section
from app.config.settings import TEAM, Settings
from bot.commands import BY_NAME
from bot.domain.durations import written
from bot.domain.requirement import DenyReason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic_core import core_schema

    Json = dict[str, Any]

REFERENCE = {"type": "string", "pattern": r"^(\$\{[A-Za-z_][A-Za-z0-9_]*\}$|file:.)"}
"""A value that the bot takes from elsewhere. It may stand in the place of any other."""

_DURATION = r"^(?=.)([0-9]{1,5}[dD])?([0-9]{1,5}[hH])?([0-9]{1,5}[mM])?([0-9]{1,5}[sS])?$"
_ANY_CHANNEL = f"^({CHANNEL.pattern})?$"
_DENY = [reason.value for reason in DenyReason]

_CLOSER: dict[tuple[str, str], Json] = {
    ("Settings", "team"): {"pattern": f"^{TEAM.pattern}$"},
    ("Settings", "commands"): {"propertyNames": {"enum": list(BY_NAME)}},
    ("RuleSettings", "confirm"): {"pattern": f"^(self|another|{QUORUM.pattern})$"},
    ("RuleSettings", "deny_reason"): {"enum": _DENY},
    ("RuleSettings", "approve_in"): {"pattern": _ANY_CHANNEL},
    ("DigestSettings", "channel"): {"pattern": _ANY_CHANNEL},
}
"""What validators ask of a text beside its type."""

_CLOSER_ENTRIES: dict[tuple[str, str], Json] = {
    ("RuleSettings", "who"): {"pattern": f"^({PERSON.pattern})$"},
    ("RuleSettings", "call"): {"pattern": f"^({PERSON.pattern})$"},
    ("RuleSettings", "where"): {"pattern": _ANY_CHANNEL},
}
"""What they ask of the entries of a list."""

_SHORTER: dict[tuple[str, str], Json] = {
    ("Settings", "computers"): {"type": "string"},
    ("RuleSettings", "force"): {"type": "boolean"},
}
"""What may stand in the place of a block: the name of a computer, and yes or no."""


class _Generator(GenerateJsonSchema):
    """Durations are written as people write them."""

    def timedelta_schema(self, schema: core_schema.TimedeltaSchema) -> Json:
        del schema
        return {"type": "string", "pattern": _DURATION}


def schema() -> dict[str, Any]:
    """Return the schema. A value may be `${NAME}` or `file:/path` wherever the bot takes one from elsewhere."""
    made = Settings.model_json_schema(schema_generator=_Generator)
    sections = {model.__name__: model for model in sections_of(Settings)}
    for name, block in ((Settings.__name__, made), *made["$defs"].items()):
        block.pop("title", None)
        if name in sections:
            block.pop("description", None)
            properties = block["properties"]
            block["properties"] = {key: _described(sections[name], key, each) for key, each in properties.items()}
    made["$defs"] = {name: block for name, block in made["$defs"].items() if name in sections or "enum" in block}
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "app.yaml of logoff-bot"}
    return head | made


def sections_of(model: type[Section]) -> Iterator[type[Section]]:
    """Yield the section and all that stand in it, each once."""
    found = [model]
    for each in found:
        inner = [part for field in each.model_fields.values() for part in classes_in(field.annotation)]
        found += [part for part in dict.fromkeys(inner) if part not in found]
    yield from found


def classes_in(annotation: object) -> Iterator[type[Section]]:
    if isinstance(annotation, type) and issubclass(annotation, Section):
        yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from classes_in(part)


def default_of(model: type[Section], key: str) -> object:
    """Return the default as it is written in the file; None where there is none to show."""
    default = model.model_fields[key].get_default(call_default_factory=True)
    match default:
        case timedelta():
            return written(default)
        case SecretStr():
            return default.get_secret_value() or None
        case str() | bool() | int() | list():
            return default
        case _:
            return None


def _described(model: type[Section], key: str, made: Json) -> Json:
    place, field = (model.__name__, key), model.model_fields[key]
    shape = {name: each for name, each in made.items() if name not in {"title", "default", "writeOnly", "format"}}
    shape |= _CLOSER.get(place, {})
    if place in _CLOSER_ENTRIES:
        _list_in(shape)["items"] |= _CLOSER_ENTRIES[place]
    if place == (Settings.__name__, "computers"):
        shape["items"] = {"anyOf": [_SHORTER[place], shape["items"]]}
    elif place in _SHORTER:
        shape = {"anyOf": [shape, _SHORTER[place]]}
    shape = _or_reference(shape)
    shape["description"] = about(model, key).text
    default = None if field.is_required() else default_of(model, key)
    return shape if default in (None, "", []) else shape | {"default": default}


def _list_in(shape: Json) -> Json:
    return next((each for each in shape.get("anyOf", [shape]) if each.get("type") == "array"), shape)


def _or_reference(shape: Json) -> Json:
    """A text takes any reference already, unless it has to look like something; lists and blocks take none."""
    kinds = {each.get("type") for each in shape.get("anyOf", [shape])}
    is_free = shape.get("type") == "string" and not shape.keys() & {"pattern", "enum", "minLength"}
    if is_free or not kinds & {"string", "integer", "boolean"}:
        return shape
    return {"anyOf": [*shape.get("anyOf", [shape]), REFERENCE]}
