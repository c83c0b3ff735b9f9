"""Charts for messages, drawn by matplotlib as PNG. It is an extra, and is imported when the first chart is drawn."""

from __future__ import annotations

import io
from importlib import import_module
from typing import TYPE_CHECKING, Any

import structlog

from adapters.reports.drawing import one_drawing
from bot.cards.text import undirected

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST_LABEL = 40
"""How many letters of a name stand beside its bar."""

INK, FILL = "#1b1f24", "#7fa3d1"

log = structlog.get_logger()


def draw(title: str, bars: Sequence[tuple[str, int]]) -> bytes | None:
    """Return a PNG with one bar for each name and number, from above; None where matplotlib is not installed.

    Names come from outside, so none is read as a formula. No setting of the machine or the user changes the picture.
    """
    try:
        figures = import_module("matplotlib.figure")
    except ImportError:
        log.info("chart.not_drawn", message="matplotlib is not installed")
        return None
    out = io.BytesIO()
    with one_drawing(**{"text.parse_math": False, "text.usetex": False, "text.color": INK}):
        figure = figures.Figure(figsize=(8, 1.2 + 0.35 * len(bars)), dpi=120, layout="constrained")
        _draw(figure.subplots(), title, bars)
        figure.savefig(out, format="png")
    return out.getvalue()


def _draw(axes: Any, title: str, bars: Sequence[tuple[str, int]]) -> None:
    places = list(range(len(bars)))
    drawn = axes.barh(places, [number for _, number in bars], color=FILL, height=0.62)
    axes.bar_label(drawn, fmt="%d", padding=4)
    axes.set_yticks(places, [_letters(name) for name, _ in bars])
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.set_title(_letters(title))
    axes.xaxis.set_visible(False)
    axes.spines[["top", "right", "bottom"]].set_visible(False)


def _letters(words: str) -> str:
    """Return a text without what steers or turns it, cut."""
    shown = undirected(words)
    return shown if len(shown) <= LONGEST_LABEL else f"{shown[: LONGEST_LABEL - 3]}..."
