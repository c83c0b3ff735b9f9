"""`logon=2026-01-31T09:12:05.1234567Z`: logons by their exact times, as buttons write them.

A logon is known by its time to the tick (100 ns). A date or a rounded time stays a comparison: nobody means one tick.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.domain.session import FILETIME_EPOCH

if TYPE_CHECKING:
    from bot.commands.options import Value

_SECOND = 10_000_000  # ticks
_EXACT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{7})Z", re.ASCII)


def is_exact(value: Value) -> bool:
    """Return whether the value names logons by their exact times, parted by commas."""
    return bool(exact_ticks(value))


def exact_ticks(value: Value) -> tuple[str, ...]:
    """Return the times as FILETIME ticks (100 ns since 1601 UTC), in decimal; none where one of them is not exact."""
    found = [_EXACT.fullmatch(part.strip()) for part in value.text.split(",")] if value.operator == "=" else []
    try:
        return tuple(str(_seconds(match[1]) * _SECOND + int(match[2])) for match in found if match) * all(found)
    except ValueError:  # the 31st of February
        return ()


def _seconds(moment: str) -> int:
    return (datetime.fromisoformat(f"{moment}+00:00") - FILETIME_EPOCH) // timedelta(seconds=1)


def exact_moment(ticks: str) -> str:
    """Return the ticks as an exact time, which `exact_ticks` reads back."""
    seconds, rest = divmod(int(ticks), _SECOND)
    return f"{FILETIME_EPOCH + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S}.{rest:07}Z"
