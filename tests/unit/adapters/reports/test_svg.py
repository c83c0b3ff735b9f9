"""Charts as SVG inside a page: numbers in bars, names as text, and nothing from a file of its own."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from adapters.reports import svg
from bot.cards.charts import Chart
from tests.support.html_page import ReadPage

if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec

pytestmark = pytest.mark.slow  # most of it is loading the library that draws
NAMES = Chart(
    key="chart-hosts", title="Computers", whole="requests", part="forced", names=("rds-01", "rds-02"), values=(12, 7),
    parts=(3, 0),
)  # fmt: skip
HOSTILE = ("</text><script>alert(1)</script>", "$\\frac{1}{0}$ _^{}", "\u202egnp\x00\x1b&<>\"' ✗", "日本 אב", "")


def drawn(chart: Chart) -> str:
    pytest.importorskip("matplotlib")
    return svg.draw(chart)


def test_without_matplotlib_there_is_no_drawer(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(name: str) -> ModuleSpec | None:
        del name
        return None

    monkeypatch.setattr(svg, "find_spec", none)
    assert svg.chart_drawer() is None


def test_with_it_there_is_one() -> None:
    pytest.importorskip("matplotlib")
    assert svg.chart_drawer() is svg.draw


def test_a_chart_is_one_element_with_a_title_whose_names_and_numbers_are_text() -> None:
    read = ReadPage(drawn(NAMES))
    assert read.elements[0][0] == "svg"
    assert read.elements[0][1]["role"] == "img"
    assert read.elements[0][1]["aria-labelledby"] == read.elements[1][1]["id"] == "chart-hosts-title"
    assert [word for word in ("Computers.", "rds-01", "rds-02", "12", "7", "requests", "forced")
            if word not in read.text()] == []  # fmt: skip


def test_two_charts_share_no_id_and_point_at_their_own() -> None:
    for chart in (
        NAMES,
        Chart(key="chart-days", title="Days", whole="requests", days=(date(2026, 3, 2),), values=(4,)),
    ):
        source = drawn(chart)
        ids = [attrs["id"] for _, attrs in ReadPage(source).elements if "id" in attrs]
        pointed = [part.split(")")[0] for part in source.split("url(#")[1:]]
        pointed += [attrs["href"] or "" for _, attrs in ReadPage(source).elements if "href" in attrs]
        assert len(ids) == len(set(ids))
        assert all((id_ or "").startswith(f"{chart.key}-") for id_ in ids)
        assert {each.removeprefix("#") for each in pointed} <= {*ids}


def test_nothing_of_a_file_of_its_own_stays() -> None:
    read = ReadPage(drawn(NAMES))
    assert read.tags.keys().isdisjoint({"style", "script", "metadata", "image", "foreignobject"})
    assert not [tag for tag in read.tags if ":" in tag]
    assert not [value for _, attrs in read.elements for value in attrs.values() if "http" in (value or "")]


def test_a_name_is_no_markup_and_no_formula_and_steers_nothing() -> None:
    source = drawn(Chart(key="c", title=HOSTILE[0], whole="requests", names=HOSTILE, values=(1, 2, 3, 4, 5)))
    read = ReadPage(source)
    assert read.tags["script"] == 0
    assert HOSTILE[0] in read.text()
    assert HOSTILE[1] in read.text()
    assert not {"\u202e", "\x00", "\x1b"} & {*source}


@pytest.mark.parametrize(
    "days",
    [
        (date(2026, 3, 2),),
        (date(2026, 3, 2), date(2026, 3, 3)),
        tuple(date(2026, 3, day) for day in range(1, 32)),
        (date(1, 1, 1), date(9999, 12, 31)),
    ],
    ids=["a day", "two days", "a month", "a forger's days"],
)
def test_days_are_dates_below_their_bars(days: tuple[date, ...]) -> None:
    chart = Chart(key="c", title="Days", whole="requests", days=days, values=tuple(range(1, len(days) + 1)))
    labels = [word for word in ReadPage(drawn(chart)).text().split() if word.count("-") == 2]
    assert labels
    assert len(labels) == len(set(labels)) <= 8


def test_the_same_chart_is_the_same_text() -> None:
    assert drawn(NAMES) == drawn(NAMES)


def test_no_setting_is_left_changed() -> None:
    matplotlib = pytest.importorskip("matplotlib")
    before = dict(matplotlib.rcParams)
    svg.draw(NAMES)
    assert dict(matplotlib.rcParams) == before
