"""Charts as values: an adapter draws them, and the table beside each has its numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Bars, each of them whole, and how much of each is the part that is hatched."""

    key: str  # a word of its own on the page
    title: str  # says what is seen, for those who do not see it
    whole: str  # what a bar counts
    part: str = ""  # what its hatched part counts; empty: there is none
    names: tuple[str, ...] = ()  # the name of each bar, from the top downwards
    days: tuple[date, ...] = ()  # the day of each bar, from left to right; then there are no names
    values: tuple[int, ...]
    parts: tuple[int, ...] = ()


class DrawChart(Protocol):
    """Draws a chart."""

    def __call__(self, chart: Chart) -> str:
        """Return the chart as one `svg` element that loads nothing, and whose ids begin with the chart's key."""
        ...
