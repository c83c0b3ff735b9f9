"""The computers that the bot may contact. A name that is not in here is never resolved and never contacted."""

from __future__ import annotations

import re
from collections import defaultdict
from copy import copy
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.domain.conditions import is_like
from bot.domain.letters import is_same, python_lower
from bot.domain.near_names import Candidates, nearest_to

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_NAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*")
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")
_RANGE = re.compile(r"^(.*)\[(\d+)-(\d+)\](.*)$")
MOST_HOSTS = 1000
"""The most names that one range of the configuration may have."""


@lru_cache(maxsize=256)
def _matching(names: tuple[str, ...], pattern: str) -> tuple[str, ...]:
    """Return the names that the pattern fits. One command asks for the same pattern many times."""
    return tuple(name for name in names if is_like(pattern, name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """The hosts that the bot may contact.

    A selector is a name (`comp1`), a pattern (`rds-*`) or a group (`group:rds-prod`). Letter case never counts.
    """

    names: tuple[str, ...]  # names and addresses, in the order of the configuration
    patterns: tuple[str, ...] = ()  # a name that matches one of these is in the inventory as well
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # group -> its hosts, as `names` has them
    group_patterns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # group -> its own patterns
    default: str = ""  # the selector for a command that names no host; empty: there is none
    suggests: bool = True  # `candidates` looks for the names that may be meant; False: not for this person
    _by_small_letters: Mapping[str, list[str]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Keep the names by their small letters, which the same names have in common: each word is looked up."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for name in self.names:
            found[python_lower(name)].append(name)
        object.__setattr__(self, "_by_small_letters", dict(found))

    @property
    def without_suggestions(self) -> Inventory:
        """The same hosts for a person who is told no names that they did not type."""
        same = copy(self)  # with the same index
        object.__setattr__(same, "suggests", False)
        return same

    def find(self, selector: str) -> tuple[str, ...]:
        """Return the hosts that the selector stands for, in the inventory's spelling; an empty tuple for none.

        A name that only a pattern lets in is returned in lower case.
        """
        if selector.lower().startswith("group:"):
            members = {name.lower(): hosts for name, hosts in self.groups.items()}
            return members.get(selector[6:].lower(), ())
        if is_pattern(selector):
            return _matching(self.names, selector)
        for name in self._by_small_letters.get(python_lower(selector), ()):
            if is_same(name, selector):
                return (name,)
        if (
            is_name(selector)
            and not is_numeric(selector)
            and any(admits(pattern, selector) for pattern in self.patterns)
        ):
            return (selector.lower(),)
        return ()

    def covered(self, selector: str) -> tuple[str, ...]:
        """Return the names and patterns that a rule means by the selector.

        For a group these are its hosts and its patterns; any other selector is returned as it is.
        """
        if not selector.lower().startswith("group:"):
            return (selector,)
        patterns = {name.lower(): members for name, members in self.group_patterns.items()}
        return (*self.find(selector), *patterns.get(selector[6:].lower(), ()))

    def may_find(self, selector: str) -> bool:
        """Return whether the selector stands for a host, or is a pattern for names that only a pattern lets in."""
        to_come = (overlap(selector, pattern) for pattern in self.patterns)
        return bool(self.find(selector)) or (is_pattern(selector) and any(to_come))

    def stands_for_something(self, selector: str) -> bool:
        """Return whether the selector stands for at least one host."""
        return bool(self.find(selector))

    def candidates(self, selector: str) -> Candidates:
        """Return the hosts and groups nearest to a selector that stands for no host."""
        if not self.suggests:
            return Candidates()
        return nearest_to(selector, [*self.names, *(f"group:{name}" for name, hosts in self.groups.items() if hosts)])


def is_name(text: str) -> bool:
    """Return whether the text is a name or an IPv4 address that can be the host of a URL."""
    return bool(_NAME.fullmatch(text))


def is_numeric(text: str) -> bool:
    """An address as some program reads it: `10.0.0.5`, and `010.0.0.5`, `10.5`, `167772165`, `0xa000005` as well."""
    return bool(_NUMBER.fullmatch(text.rpartition(".")[2]))


def is_pattern(text: str) -> bool:
    """Return whether the text has a `*` or a `?`."""
    return "*" in text or "?" in text


def admits(pattern: str, name: str) -> bool:
    """Return whether the pattern lets the name into the inventory.

    The two are compared label by label. `*` and `?` match no dot, so a pattern admits no name of another domain.
    """
    parts, said = pattern.split("."), name.split(".")
    return len(parts) == len(said) and all(is_like(part, word) for part, word in zip(parts, said, strict=True))


def overlap(selector: str, match: str) -> bool:
    """Whether a name exists that both patterns fit. In `match`, `*` and `?` stand for no dot."""
    left, right = selector.upper(), match.upper()
    todo, seen = [(0, 0)], {(0, 0)}
    while todo:
        i, j = todo.pop()
        if i == len(left) and j == len(right):
            return True
        one, other = left[i : i + 1], right[j : j + 1]
        steps = {(i + 1, j)} if one == "*" else set()
        steps |= {(i, j + 1)} if other == "*" else set()
        if one and other and _may_agree(one, other):
            steps.add((i + (one != "*"), j + (other != "*")))
        todo += steps - seen
        seen |= steps
    return False


def _may_agree(one: str, other: str) -> bool:
    return one == other or one in "*?" or (other in "*?" and one != ".")


def expand(name: str) -> Iterator[str]:
    """Yield the names of a range, `rds-[01-40]` -> `rds-01` ... `rds-40`; any other name is yielded as it is.

    At most 1001 names are yielded, one more than a configuration may have.
    """
    numbers = _RANGE.match(name)
    if not numbers:
        yield name
        return
    before, low, high, after = numbers.groups()
    for number in range(int(low), min(int(high), int(low) + MOST_HOSTS) + 1):
        yield f"{before}{number:0{len(low)}d}{after}"
