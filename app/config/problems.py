"""The problems of a configuration, in words for its author. They never show a value, which may be a secret."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

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
    "finite_number": "has to be a whole number.",
    "literal_error": "has to be {expected}.",
    "enum": "has to be {expected}.",
    "greater_than_equal": "has to be at least {ge}.",
    "less_than_equal": "has to be at most {le}.",
    "too_short": "needs at least one entry.",
    "value_error": "{error}.",
}


LOOKED_UP = 100
"""For so many unknown keys the key is looked for that may be meant, because a comparison takes long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One problem of the configuration."""

    where: Location  # the keys and list indexes that lead to the value
    message: str  # what is wrong with it
    kind: str = ""  # the message without the name of its computer
    meant: str = ""  # the key that was probably meant

    @property
    def key(self) -> str:
        return ".".join(str(part) for part in self.where)

    @property
    def sentence(self) -> str:
        return f"{self.key}: {self.message}"


def of_all(errors: Iterable[ErrorDetails], model: type[BaseModel]) -> Iterator[Problem]:
    """Yield the problem for each error of pydantic about a value of the model. The first unknown keys are looked up."""
    left = LOOKED_UP
    for error in errors:
        if error["type"] == "extra_forbidden":
            left -= 1
            yield _unknown(error["loc"], _block_at(model, error["loc"][:-1]), is_looked_up=left >= 0)
        else:
            yield _of(error)


def _of(error: ErrorDetails) -> Problem:
    where = error["loc"]
    said = _SENTENCES.get(error["type"])
    return Problem(where=where, message=said.format(**error.get("ctx", {})) if said else f"{error['msg']}.")


def _meant_by(key: str, model: type[BaseModel]) -> str:
    """Return the key of the model that was probably meant; empty when none is near."""
    return next(iter(difflib.get_close_matches(key, model.model_fields, n=1)), "")


def _unknown(where: Location, model: type[BaseModel], *, is_looked_up: bool) -> Problem:
    key = str(where[-1])
    near = _meant_by(key, model) if is_looked_up else ""
    hint = f"did you mean `{near}`?" if near else f"I know {', '.join(model.model_fields)}."
    return Problem(where=where, message=f"I know no key `{key}` here; {hint}", meant=near)


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
