"""Charts of a report, drawn by matplotlib as SVG that stands inside a page and loads nothing."""

from __future__ import annotations

import io
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from adapters.reports.drawing import one_drawing
from bot.cards.html import LONGEST_TEXT
from bot.cards.text import undirected

if TYPE_CHECKING:
    from bot.cards.charts import Chart, DrawChart

WIDE = 4.8
"""The width of a chart in inches: its letters can be read on a phone, where it is as wide as the page."""

INK, SOFT, LINE, FILL, PART = "#1b1f24", "#4b5563", "#c9ced6", "#7fa3d1", "#12335e"
_SVG, _LINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
_FONT = "system-ui, sans-serif"


def chart_drawer() -> DrawChart | None:
    """Return what draws charts; None where matplotlib, the extra `reports`, is not installed."""
    return draw if find_spec("matplotlib") else None


def draw(chart: Chart) -> str:
    """Return the chart as one `svg` element. No setting of the machine or the user changes it."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - an extra, and slow to import

    fixed = {"svg.fonttype": "none", "svg.hashsalt": chart.key, "text.parse_math": False, "text.usetex": False}
    with one_drawing(**fixed, **{"font.size": 10, "hatch.linewidth": 0.8, "axes.edgecolor": LINE}):
        figure = Figure(figsize=(WIDE, 2.1 if chart.days else 0.65 + 0.27 * len(chart.names)), layout="constrained")
        axes = figure.add_subplot()
        (_draw_days if chart.days else _draw_names)(axes, chart)
        _finish(figure, axes, chart)
        out = io.BytesIO()
        figure.savefig(out, format="svg", metadata={"Date": None}, transparent=True)
    return _inline(out.getvalue(), chart)


def _draw_days(axes: Any, chart: Chart) -> None:
    from matplotlib import dates  # noqa: PLC0415 - an extra

    places = [dates.date2num(day) for day in chart.days]
    _bars(partial(axes.bar, width=0.85), places, chart)
    axes.set_xlim(places[0] - 0.9, places[-1] + 0.9)
    locator = dates.AutoDateLocator(minticks=2, maxticks=4, interval_multiples=True)
    locator.intervald[dates.HOURLY] = locator.intervald[dates.MINUTELY] = [24]  # no tick within a day
    axes.xaxis.set_major_locator(locator if len(set(places)) > 2 else _at(places))
    axes.xaxis.set_major_formatter(dates.DateFormatter("%Y-%m-%d"))
    axes.yaxis.get_major_locator().set_params(integer=True)
    axes.grid(visible=True, axis="y", color=LINE, linewidth=0.6)


def _at(places: list[float]) -> Any:
    from matplotlib.ticker import FixedLocator  # noqa: PLC0415 - an extra

    return FixedLocator(places)


def _draw_names(axes: Any, chart: Chart) -> None:
    places = list(range(len(chart.names)))
    _bars(partial(axes.barh, height=0.62), places, chart)
    axes.set_yticks(places, [_letters(name) for name in chart.names])
    axes.invert_yaxis()
    for place, value in zip(places, chart.values, strict=True):
        axes.annotate(str(value), (value, place), xytext=(4, 0), textcoords="offset points", va="center", color=INK)
    axes.set_xlim(0, max(*chart.values, 1) * 1.1)
    axes.xaxis.set_visible(False)


def _bars(bars: Any, places: list[Any], chart: Chart) -> None:
    bars(places, chart.values, color=FILL, edgecolor=PART, linewidth=0.4, label=chart.whole)
    if any(chart.parts):
        bars(places, chart.parts, color="#ffffff", edgecolor=PART, linewidth=0.4, hatch="////", label=chart.part)


def _finish(figure: Any, axes: Any, chart: Chart) -> None:
    for side in ("top", "right", *(() if chart.days else ("bottom",))):
        axes.spines[side].set_visible(False)
    axes.set_axisbelow(True)
    axes.tick_params(colors=INK, length=0)
    axes.tick_params(axis="x", pad=7)
    if any(chart.parts):
        figure.legend(loc="outside upper right", ncols=2, frameon=False, labelcolor=INK)


def _inline(svg: bytes, chart: Chart) -> str:
    """Return the drawing with a title, ids of its own, and without what belongs to a file: prolog, styles, metadata."""
    root = ET.fromstring(svg)  # noqa: S314 - matplotlib has just written it
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (f"{{{_SVG}}}metadata", f"{{{_SVG}}}style"):
                parent.remove(child)
    for each in root.iter():
        _rename(each, chart.key)
    for name in ("width", "height"):
        root.attrib.pop(name, None)
    root.set("role", "img")
    root.set("aria-labelledby", f"{chart.key}-title")
    title = ET.Element("title", {"id": f"{chart.key}-title"})
    title.text = f"{_letters(chart.title)}. The table below has the numbers."
    root.insert(0, title)
    return ET.tostring(root, encoding="unicode")


def _rename(each: ET.Element, key: str) -> None:
    """Give an element the key in its ids, and the names that stand in HTML, where no prefix is known."""
    is_text = each.tag == f"{{{_SVG}}}text"
    each.tag = each.tag.removeprefix(f"{{{_SVG}}}")
    for name, value in list(each.attrib.items()):
        if name == "id":
            each.set(name, f"{key}-{value}")
        elif name == f"{{{_LINK}}}href" and value.startswith("#"):
            del each.attrib[name]
            each.set("href", f"#{key}-{value[1:]}")
        elif "url(#" in value:
            each.set(name, value.replace("url(#", f"url(#{key}-"))
        elif name == "style" and is_text:
            each.set(name, value.replace("'DejaVu Sans'", _FONT).replace("DejaVu Sans", _FONT))


def _letters(words: str) -> str:
    """Return a text without what steers or turns it."""
    return undirected(words[:LONGEST_TEXT])
