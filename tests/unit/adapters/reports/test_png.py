"""Charts for the answers in Slack. Where matplotlib is not installed there are none, and nothing else is missed."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from importlib.util import find_spec
from types import ModuleType
from typing import IO, Any

import pytest

from adapters.reports import png

BARS = [("CORP\\alice", 12), ("$\\frac{1}$ <x>", 7), ("x" * 90, 0), ("a\u202eb", 3)]


class Axes:
    """Notes what is drawn, and takes every other call."""

    def __init__(self) -> None:
        self.labels: list[str] = []
        self.numbers: list[int] = []

    def barh(self, _: object, numbers: list[int], **_how: object) -> None:
        self.numbers = numbers

    def set_yticks(self, _: object, labels: list[str]) -> None:
        self.labels = labels

    def __getitem__(self, _: object) -> Axes:
        return self

    @property
    def spines(self) -> Axes:
        return self

    @property
    def xaxis(self) -> Axes:
        return self

    def __getattr__(self, name: str) -> Any:
        return lambda *_, **__: None


class Library(ModuleType):
    """What is used of matplotlib."""

    def __init__(self, axes: Axes) -> None:
        super().__init__("matplotlib")
        self.axes, self.rcParams = axes, dict[str, object]()
        self.rc_context, self.rcdefaults = nullcontext, self.rcParams.clear

    def Figure(self, **_: object) -> Library:  # noqa: N802 - its name there
        return self

    def subplots(self) -> Axes:
        return self.axes

    def savefig(self, out: IO[bytes], **_: object) -> None:
        out.write(b"\x89PNG")


def test_without_matplotlib_there_is_no_chart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert png.draw("requests by user", BARS) is None


def test_names_are_cut_and_never_read_as_formulas(monkeypatch: pytest.MonkeyPatch) -> None:
    library = Library(axes := Axes())
    monkeypatch.setitem(sys.modules, "matplotlib", library)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", library)
    assert png.draw("requests by user", BARS) == b"\x89PNG"
    assert axes.numbers == [12, 7, 0, 3]
    assert axes.labels == ["CORP\\alice", "$\\frac{1}$ <x>", "x" * 37 + "...", "a\N{REPLACEMENT CHARACTER}b"]
    assert library.rcParams["text.parse_math"] is False


@pytest.mark.skipif(find_spec("matplotlib") is None, reason="matplotlib is not installed")
@pytest.mark.slow  # it loads matplotlib
def test_a_chart_is_a_png() -> None:
    drawn = png.draw("requests by user $x_{", BARS)
    assert drawn
    assert drawn.startswith(b"\x89PNG\r\n")
