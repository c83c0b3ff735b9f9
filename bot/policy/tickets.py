"""Whether a reason contains a ticket. What a person wrote is searched in a time that grows with the text alone.

RE2 builds no path that it might have to walk back, so it has no look-around and no back references.
"""

from __future__ import annotations

from functools import lru_cache

import re2

SYNTAX = "https://github.com/google/re2/wiki/Syntax"
"""What an expression may be made of."""

_OPTIONS = re2.Options()
_OPTIONS.log_errors = False  # it would write to standard error by itself


def contains_ticket(pattern: str, reason: str) -> bool:
    """Return whether the expression is found in the reason. One that is no expression is found nowhere."""
    whole = reason.encode("utf-8", "replace").decode("utf-8")  # half a character cannot be handed to the engine
    return not fault_of(pattern) and _compiled(pattern).search(whole) is not None


def fault_of(pattern: str) -> str:
    """Return what is wrong with the expression, in the words of the engine; empty when nothing is."""
    try:
        _compiled(pattern)
    except re2.error as exc:
        said = exc.args[0] if exc.args else ""
        return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    except UnicodeEncodeError:
        return "it has half a character"
    return ""


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re2._Regexp:
    return re2.compile(pattern, _OPTIONS)
