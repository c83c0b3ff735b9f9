"""Charts for the answers in Slack. Where matplotlib is not installed there are none, and nothing else is missed."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from app import charts

if TYPE_CHECKING:
    from typing import IO

BARS = [("CORP\\alice", 12), ("$\\frac{1}$ <x>", 7), ("x" * 90, 0)]


class Axes:
    """Notes what is drawn."""

    def __init__(self) -> None:
        self.labels: list[str] = []
        self.numbers: list[int] = []
        self.is_formula = True

    def barh(self, _: object, numbers: list[int], **_how: object) -> None:
        self.numbers = numbers

    def set_yticks(self, _: object, labels: list[str], *, parse_math: bool) -> None:
        self.labels, self.is_formula = labels, parse_math

    def __getitem__(self, _: object) -> Axes:
        return self

    @property
    def spines(self) -> Axes:
        return self

    def __getattr__(self, name: str) -> Any:
        return lambda *_, **__: None


def test_without_matplotlib_there_is_no_chart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert charts.png("requests by user", BARS) is None


def test_names_are_cut_and_never_read_as_formulas(monkeypatch: pytest.MonkeyPatch) -> None:
    axes = Axes()

    class Figure:
        def __init__(self, **_: object) -> None: ...

        def subplots(self) -> Axes:
            return axes

        def savefig(self, out: IO[bytes], **_: object) -> None:
            out.write(b"\x89PNG")

    module = ModuleType("matplotlib.figure")
    module.Figure = Figure  # type: ignore[attr-defined] # what the module has
    monkeypatch.setitem(sys.modules, "matplotlib.figure", module)
    assert charts.png("requests by user", BARS) == b"\x89PNG"
    assert axes.numbers == [12, 7, 0]
    assert axes.labels == ["CORP\\alice", "$\\frac{1}$ <x>", "x" * 37 + "..."]
    assert axes.is_formula is False


@pytest.mark.skipif(find_spec("matplotlib") is None, reason="matplotlib is not installed")
def test_a_chart_is_a_png() -> None:
    drawn = charts.png("requests by user $x_{", BARS)
    assert drawn
    assert drawn.startswith(b"\x89PNG\r\n")
