"""A program that runs in a session, as its host tells it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One running program. Windows tells neither its start nor, to the bot, its command line."""

    name: str  # the name of its file, `EXCEL.EXE`; text from outside, and empty where the host told none
    cpu: timedelta  # how long it has used a processor, user and kernel time together; not negative
    memory: int  # its working set in bytes; Windows tells it below 4 GB only
