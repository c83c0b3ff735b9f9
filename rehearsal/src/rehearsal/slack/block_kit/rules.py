"""The kinds of rule a Block Kit field can have. A rule is data; `checker.py` knows how to hold a value to it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """A bare string of `shortest` to `longest` characters."""

    longest: int
    shortest: int = 1


@dataclass(frozen=True, slots=True)
class Text:
    """A text object. `mrkdwn` says whether that type is taken beside `plain_text`."""

    longest: int
    mrkdwn: bool = True


@dataclass(frozen=True, slots=True)
class Choice:
    """One of these strings."""

    of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number within both bounds."""

    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Typed:
    """An object that says by its `type` which of these shapes it has."""

    of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """An object without a `type`, of the one shape named here."""

    shape: str


@dataclass(frozen=True, slots=True)
class Many:
    """A list of `least` to `most` values that all follow one rule."""

    of: "Rule"
    most: int
    least: int = 1


@dataclass(frozen=True, slots=True)
class Anything:
    """A value that is taken as it comes: Slack documents no limit for it."""


Rule = Words | Text | Choice | Flag | Whole | Typed | Record | Many | Anything


@dataclass(frozen=True, slots=True)
class Shape:
    """The fields an object may have, those it must have, and those of which it needs at least one."""

    fields: Mapping[str, Rule]
    needs: tuple[str, ...] = ()
    needs_one_of: tuple[str, ...] = ()
