"""Charts by matplotlib, which is an extra: it is imported when the first chart is drawn."""

from __future__ import annotations

import io
import warnings
from importlib import import_module
from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST_LABEL = 40
"""How many letters of a name stand beside its bar."""

_BLUE = "#1d3557"

log = structlog.get_logger()


def png(title: str, bars: Sequence[tuple[str, int]]) -> bytes | None:
    """Return a PNG with one bar for each name and number, from above; None without matplotlib.

    Names come from outside, so no letter of theirs is read as a formula.
    """
    try:
        figure_of = import_module("matplotlib.figure").Figure
    except ImportError:
        log.info("chart.not_drawn", message="matplotlib is not installed")
        return None
    figure: Any = figure_of(figsize=(8, 1.2 + 0.35 * len(bars)), dpi=120, layout="constrained")
    axes = figure.subplots()
    places = range(len(bars))
    drawn = axes.barh(places, [number for _, number in bars], color=_BLUE)
    axes.bar_label(drawn, fmt="%d", padding=3)
    axes.set_yticks(places, [_shortened(name) for name, _ in bars], parse_math=False)
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.set_title(title, parse_math=False)
    axes.spines[["top", "right"]].set_visible(b=False)
    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a letter that the font lacks is a box; the spreadsheet has it
        figure.savefig(out, format="png")
    return out.getvalue()


def _shortened(name: str) -> str:
    return name if len(name) <= LONGEST_LABEL else f"{name[: LONGEST_LABEL - 3]}..."
