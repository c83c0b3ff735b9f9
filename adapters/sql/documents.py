"""Values that are only read back whole, as JSON text: asks, people, sessions, requirements."""

from __future__ import annotations

import json
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import TypeAdapter

from bot.domain.logons import Standing
from bot.domain.people import Actor, Place
from bot.domain.posting import MessageRef, Posting
from bot.domain.request import ExcludedSession
from bot.domain.requirement import Requirement
from bot.domain.session import Session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.domain.ask import Ask

T = TypeVar("T")

KEPT = 64
"""How many values of one column are kept after they were read. Each step of a request reads the same ones again."""


KEPT_SESSIONS = 4_000
"""The same for sessions: those of a large fleet, whose request is read whole for each drawing."""


EMPTY: tuple[object, ...] = (None, False, "", [], {})
"""What a field that a later release adds holds while it says nothing."""


class JsonColumn(Generic[T]):
    """A value stored as JSON text. The column keeps any character, so each name is read back unchanged.

    As ASCII, JSON would join two halves of a pair that stood side by side as two characters.

    A release may add a field. An older one reads past it while it is empty, and does not read the value otherwise:
    it would act without what the field says, or write the value back without it.
    """

    def __init__(self, form: Any, kept: int = KEPT, *, reads_past: bool = False) -> None:
        """`reads_past`: a field that it does not know stops nothing."""
        self._adapter: TypeAdapter[T] = TypeAdapter(form)
        self._reads_past = reads_past
        self._read = lru_cache(maxsize=kept)(self._parsed)

    def write(self, value: T) -> str:
        return json.dumps(self._adapter.dump_python(value, mode="json"), ensure_ascii=False)

    def read(self, text: str) -> T:
        """Return the value of the text. Values are frozen, so all who read the same text may have the same one.

        Raises `ValueError` for a text that this release does not know as a whole.
        """
        return self._read(text)

    def _parsed(self, text: str) -> T:
        value = self._adapter.validate_python(stored := json.loads(text))
        if self._reads_past:
            return value
        if unknown := _unknown_in(stored, self._adapter.dump_python(value, mode="json")):
            raise ValueError(f"the field {unknown} is not one of this release")
        return value


def _unknown_in(stored: Any, known: Any) -> str:
    """Return the name of a field with something in it that only `stored` has; empty when there is none."""
    if stored == known:
        return ""
    if isinstance(stored, dict) and isinstance(known, dict):
        said = (name for name, each in stored.items() if name not in known and each not in EMPTY)
        parts = (_unknown_in(each, known[name]) for name, each in stored.items() if name in known)
        return next(chain(said, filter(None, parts)), "")
    if isinstance(stored, list) and isinstance(known, list):
        return next(filter(None, map(_unknown_in, stored, known)), "")
    return ""


ACTOR: JsonColumn[Actor] = JsonColumn(Actor)
MAYBE_ACTOR: JsonColumn[Actor | None] = JsonColumn(Actor | None)
ACTORS: JsonColumn[tuple[Actor, ...]] = JsonColumn(tuple[Actor, ...])
PLACE: JsonColumn[Place] = JsonColumn(Place)
MAYBE_MESSAGE_REF: JsonColumn[MessageRef | None] = JsonColumn(MessageRef | None)
POSTINGS: JsonColumn[tuple[Posting, ...]] = JsonColumn(tuple[Posting, ...])
SESSION: JsonColumn[Session] = JsonColumn(Session, KEPT_SESSIONS)
EXCLUDED: JsonColumn[tuple[ExcludedSession, ...]] = JsonColumn(tuple[ExcludedSession, ...])
MAYBE_WORDS: JsonColumn[tuple[str, ...] | None] = JsonColumn(tuple[str, ...] | None)
SERVING: JsonColumn[tuple[tuple[str, ...], ...]] = JsonColumn(tuple[tuple[str, ...], ...])
MAYBE_REQUIREMENT: JsonColumn[Requirement | None] = JsonColumn(Requirement | None)
# Not of one request: a field that stopped its reader would keep this replica from every host.
STANDING: JsonColumn[Standing] = JsonColumn(Standing, reads_past=True)


class Asks:
    """The asks of all commands as JSON text. The command's name gives the type."""

    def __init__(self, ask_types: Mapping[str, type[Ask]]) -> None:
        self._types = dict(ask_types)
        self._parts: dict[str, JsonColumn[Ask]] = {name: JsonColumn(ask_type) for name, ask_type in ask_types.items()}

    def write(self, command: str, ask: Ask) -> str:
        """Return the ask as text. Raises `TypeError` for an ask of another command, whose fields would be lost."""
        if type(ask) is not self._types.get(command):
            raise TypeError(f"{type(ask).__name__} is not the ask of the command {command!r}")
        return self._parts[command].write(ask)

    def read(self, command: str, text: str) -> Ask:
        """Return the ask of the text. Raises `LookupError` for a command that this release does not have."""
        if command not in self._parts:
            raise LookupError(f"the command /{command} is not one of this release")
        return self._parts[command].read(text)
