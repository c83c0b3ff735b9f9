"""Durations as people write them in the files of the rehearsal: `1d2h`, `45m`, `200ms`."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator

_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds", "ms": "milliseconds"}
_PART = re.compile(r"(\d+)(ms|[dhms])")


def parse_duration(value: object) -> timedelta:
    """A timedelta stays as it is; a plain 0 needs no unit. Raises ValueError for anything else."""
    if isinstance(value, timedelta):
        return value
    if value in (0, "0"):
        return timedelta()
    if not isinstance(value, str) or not re.fullmatch(rf"({_PART.pattern})+", value):
        raise ValueError("a duration is written like 3h, 1d2h, 45m, 30s or 200ms")
    return timedelta(**{_UNITS[unit]: int(number) for number, unit in _PART.findall(value)})


Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
"""A field of a pydantic model that is read by `parse_duration`."""
