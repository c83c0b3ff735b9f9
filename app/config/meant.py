"""The word that was probably meant, where a value has to be one of a few."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from pydantic_core import PydanticCustomError

if TYPE_CHECKING:
    from collections.abc import Iterable

UNKNOWN = "unknown_value"
"""The type of the error that `unknown` returns."""

LONGEST = 60
"""No name of a value is as long, and a comparison of longer texts takes long."""


def meant_by(said: object, known: Iterable[str]) -> str:
    """Return the known word that is nearest to what was said, whatever its letter case; empty when none is near."""
    if not isinstance(said, str) or not said or len(said) > LONGEST:
        return ""
    words = {word.lower(): word for word in known}
    return next((words[near] for near in difflib.get_close_matches(said.lower(), words, n=1)), "")


def hint(word: str) -> str:
    """Return the question for a word that may be meant, with a space before it; empty without one."""
    return f" Did you mean `{word}`?" if word else ""


def unknown(sentence: str, known: Iterable[str]) -> PydanticCustomError:
    """Return the error of a value that is none of the known ones. Who reports it looks the one up that may be meant."""
    return PydanticCustomError(UNKNOWN, "{error}", {"error": sentence, "known": tuple(known)})
