"""Letter case as the programs see it that compare a name: the bot, Windows PowerShell's .NET, and newer ones.

They agree on nearly all letters and differ on a few: the dotless i, the long s, the micro sign, the Kelvin sign, Greek
with an iota below, Georgian, Cherokee.
So the bot asks all of them. A protection holds when one folding says so, a permission when every folding does.
docs/agent-protocol.md says what each engine was seen to do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from unicodedata import normalize, ucd_3_2_0

if TYPE_CHECKING:
    from collections.abc import Callable

    Folding = Callable[[str], str]

_LAST_OF_PLANE = "\uffff"
_DOTLESS_I, _LONG_S, _DOTTED_I = "\u0131", "\u017f", "\u0130"


def python_upper(text: str) -> str:
    """`str.upper`, letter by letter: a letter whose capital is longer stays itself. Source: Python's Unicode tables."""
    if text.isascii():
        return text.upper()
    return "".join(letter.upper() if len(letter.upper()) == 1 else letter for letter in text)


def python_lower(text: str) -> str:
    """`str.lower`, letter by letter: the Kelvin sign is `k`, the Angstrom sign is `å`, `ẞ` is `ß`."""
    if text.isascii():
        return text.lower()
    return "".join(letter.lower() if len(letter.lower()) == 1 else letter for letter in text)


def framework_upper(text: str) -> str:
    """`ToUpperInvariant` of .NET Framework, as mono has it: only pairs of which each is the other's only partner.

    Tables differ in age. The newest pairs are in here; `oldest_upper` has those that every table has.
    """
    if text.isascii():
        return text.upper()
    return "".join(_paired(letter) for letter in text)


def oldest_upper(text: str) -> str:
    """The pairs of `framework_upper` that Unicode 3.2 had already: no Windows in use knows fewer."""
    if text.isascii():
        return text.upper()
    return "".join(_paired(letter) if _is_old(letter) and _is_old(_paired(letter)) else letter for letter in text)


def dotnet_upper(text: str) -> str:
    """`OrdinalIgnoreCase` of .NET 5 and newer: Unicode's simple capitals, but dotless i and long s stay."""
    if text.isascii():
        return text.upper()
    return "".join(letter if letter in (_DOTLESS_I, _LONG_S) else _capital(letter) for letter in text)


def loosest(text: str) -> str:
    """All letters are one that any folding above makes one, and the dotted capital `İ` is an `i`."""
    if text.isascii():
        return text.lower()
    return python_lower("".join(map(_capital, python_lower(text.replace(_DOTTED_I, "i")))))


def caseless(text: str) -> str:
    """Unicode's caseless text, of whatever length: `ß` is `ss`, a letter and its accent are one."""
    if text.isascii():
        return text.lower()
    return normalize("NFKC", normalize("NFKC", text).casefold()).casefold()


EVERY: tuple[Folding, ...] = (python_upper, python_lower, framework_upper, oldest_upper, dotnet_upper)
"""Who has to agree before anything is permitted. Each keeps the number of letters."""

ANY: tuple[Folding, ...] = (*EVERY, loosest, caseless)
"""Of whom one is enough to protect."""


def is_same(left: str, right: str) -> bool:
    """The same text for every program that may compare it."""
    if left.isascii() and right.isascii():
        return left.upper() == right.upper()
    return left == right or all(folding(left) == folding(right) for folding in EVERY)


def may_be_same(left: str, right: str) -> bool:
    """The same text for at least one program."""
    if left.isascii() and right.isascii():
        return left.upper() == right.upper()
    return left == right or any(folding(left) == folding(right) for folding in ANY)


def are_others(left: str, right: str) -> bool:
    """Names that no folding makes one. Outside ASCII nobody can be sure, and an empty name is none."""
    return bool(left and right) and left.isascii() and right.isascii() and left.upper() != right.upper()


def visible(text: str) -> str:
    """The text for a terminal: what cannot be printed, or turns the line around, is one replacement character."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def _capital(letter: str) -> str:
    """Unicode's simple capital. Where Python knows a longer one, the title letter is the simple one."""
    found = letter.upper() if len(letter.upper()) == 1 else letter.title()
    return found if len(found) == 1 else letter


def _paired(letter: str) -> str:
    """Windows PowerShell sees halves of letters beyond the first plane, and those have no case."""
    capital = _capital(letter)
    return capital if capital.lower() == letter and letter <= _LAST_OF_PLANE else letter


def _is_old(letter: str) -> bool:
    return ucd_3_2_0.category(letter) != "Cn"
