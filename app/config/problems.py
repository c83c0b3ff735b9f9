"""The problems of a configuration, in words for its author. They never show a value, which may be a secret."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, get_args

from pydantic import BaseModel

from app.config.meant import UNKNOWN, hint, meant_by

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
    UNKNOWN: "{error}.",
}


LOOKED_UP = 100
"""For so many unknown keys and values the one is looked for that may be meant: a comparison takes long."""

_MISSING = "missing"
_ONE_OF = frozenset({"literal_error", "enum", UNKNOWN})
_QUOTED = re.compile(r"'([^']*)'")


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One problem of the configuration."""

    where: Location  # the keys and list indexes that lead to the value
    message: str  # what is wrong with it
    kind: str = ""  # the message without the name of its computer
    meant: str = ""  # the key or the value that was probably meant

    @property
    def key(self) -> str:
        return ".".join(str(part) for part in self.where)

    @property
    def sentence(self) -> str:
        return f"{self.key}: {self.message}"


def of_all(errors: Iterable[ErrorDetails], model: type[BaseModel]) -> Iterator[Problem]:
    """Yield the problem for each error of pydantic about a value of the model.

    The first unknown keys and values are looked up. A key that is missing because it is misspelt is no second problem.
    """
    left, found = LOOKED_UP, list[tuple[str, Problem]]()
    for error in errors:
        kind = error["type"]
        left -= kind == "extra_forbidden" or kind in _ONE_OF
        if kind == "extra_forbidden":
            problem = _unknown(error["loc"], _block_at(model, error["loc"][:-1]), is_looked_up=left >= 0)
        else:
            problem = _with_hint(_of(error), error) if kind in _ONE_OF and left >= 0 else _of(error)
        found.append((kind, problem))
    misspelt = {(*each.where[:-1], each.meant) for kind, each in found if kind == "extra_forbidden" and each.meant}
    yield from (each for kind, each in found if not (kind == _MISSING and each.where in misspelt))


def _of(error: ErrorDetails) -> Problem:
    where = error["loc"]
    said = _SENTENCES.get(error["type"])
    message = said.format(**error.get("ctx", {})) if said else f"{error['msg']}."
    return Problem(where=where, message=message.replace("?.", "?"))


def _with_hint(problem: Problem, error: ErrorDetails) -> Problem:
    """Return the problem with the value that was probably meant. What was written is compared, and never shown."""
    context = error.get("ctx", {})
    near = meant_by(error.get("input"), context.get("known") or _QUOTED.findall(str(context.get("expected", ""))))
    return replace(problem, message=problem.message + hint(near), meant=near)


def _unknown(where: Location, model: type[BaseModel], *, is_looked_up: bool) -> Problem:
    key = str(where[-1])
    near = meant_by(key, model.model_fields) if is_looked_up else ""
    rest = f"did you mean `{near}`?" if near else f"I know {', '.join(model.model_fields)}."
    return Problem(where=where, message=f"I know no key `{key}` here; {rest}", meant=near)


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
