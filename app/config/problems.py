"""The problems of a configuration, in words for its author. They never show a value, which may be a secret."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from pydantic import BaseModel

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from app.config.yaml_file import Location

_SENTENCES = {
    "missing": "is missing.",
    "string_type": "has to be a text. Put it in quotes.",
    "path_type": "has to be a path.",
    "bool_type": "has to be true or false.",
    "bool_parsing": "has to be true or false.",
    "list_type": "has to be a list: one `- entry` a line.",
    "dict_type": "has to be a block of `key: value` lines.",
    "model_type": "has to be a block of `key: value` lines.",
    "model_attributes_type": "has to be a block of `key: value` lines.",
    "int_type": "has to be a whole number.",
    "int_parsing": "has to be a whole number.",
    "int_from_float": "has to be a whole number.",
    "literal_error": "has to be {expected}.",
    "enum": "has to be {expected}.",
    "greater_than_equal": "has to be at least {ge}.",
    "less_than_equal": "has to be at most {le}.",
    "too_short": "needs at least one entry.",
    "value_error": "{error}.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One problem of the configuration."""

    where: Location  # the keys and list indexes that lead to the value
    message: str  # what is wrong with it

    @property
    def sentence(self) -> str:
        return f"{'.'.join(str(part) for part in self.where)}: {self.message}"


def of(error: ErrorDetails, model: type[BaseModel]) -> Problem:
    """Return the problem for an error of pydantic about a value of this model."""
    where = error["loc"]
    if error["type"] == "extra_forbidden":
        return Problem(where=where, message=_unknown(str(where[-1]), _block_at(model, where[:-1])))
    said = _SENTENCES.get(error["type"])
    return Problem(where=where, message=said.format(**error.get("ctx", {})) if said else f"{error['msg']}.")


def meant_by(key: str, model: type[BaseModel]) -> str:
    """Return the key of the model that was probably meant; empty when none is near."""
    return next(iter(difflib.get_close_matches(key, model.model_fields, n=1)), "")


def _unknown(key: str, model: type[BaseModel]) -> str:
    near = meant_by(key, model)
    hint = f"did you mean `{near}`?" if near else f"I know {', '.join(model.model_fields)}."
    return f"I know no key `{key}` here; {hint}"


def _block_at(model: type[BaseModel], where: Location) -> type[BaseModel]:
    """Return the model of the block at this location."""
    for part in where:
        if isinstance(part, str):
            field = model.model_fields[part].annotation
            inner = [
                kind for kind in (field, *get_args(field)) if isinstance(kind, type) and issubclass(kind, BaseModel)
            ]
            model = inner[0]
    return model
