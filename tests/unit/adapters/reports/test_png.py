"""Charts for the answers in Slack. Where matplotlib is not installed there are none, and nothing else is missed."""

from __future__ import annotations

import sys
import threading
import warnings
from contextlib import nullcontext
from importlib.util import find_spec
from types import ModuleType
from typing import IO, TYPE_CHECKING, Any

import pytest

from adapters.reports import png

if TYPE_CHECKING:
    from collections.abc import Callable

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

    def __init__(self, axes: Axes, at_work: Callable[[], None] = lambda: None) -> None:
        """`at_work` is called in the middle of each drawing."""
        super().__init__("matplotlib")
        self.at_work = at_work
        self.axes, self.rcParams = axes, dict[str, object]()
        self.rc_context, self.rcdefaults = nullcontext, self.rcParams.clear

    def Figure(self, **_: object) -> Library:  # noqa: N802 - its name there
        return self

    def subplots(self) -> Axes:
        return self.axes

    def savefig(self, out: IO[bytes], **_: object) -> None:
        self.at_work()
        out.write(b"\x89PNG")


def installed(patch: pytest.MonkeyPatch, axes: Axes, at_work: Callable[[], None] = lambda: None) -> Library:
    library = Library(axes, at_work)
    patch.setitem(sys.modules, "matplotlib", library)
    patch.setitem(sys.modules, "matplotlib.figure", library)
    return library


def test_without_matplotlib_there_is_no_chart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert png.draw("requests by user", BARS) is None


def test_names_are_cut_and_never_read_as_formulas(monkeypatch: pytest.MonkeyPatch) -> None:
    library = installed(monkeypatch, axes := Axes())
    assert png.draw("requests by user", BARS) == b"\x89PNG"
    assert axes.numbers == [12, 7, 0, 3]
    assert axes.labels == ["CORP\\alice", "$\\frac{1}$ <x>", "x" * 37 + "...", "a\N{REPLACEMENT CHARACTER}b"]
    assert library.rcParams["text.parse_math"] is False


def test_two_threads_draw_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings are one for all threads: a chart that begins would have another one read names as formulas."""
    both, other = threading.Event(), threading.Thread(target=png.draw, args=("b", BARS))

    def draw_another() -> None:
        if threading.current_thread() is other:
            both.set()
        else:
            other.start()
            assert not both.wait(0.1)

    installed(monkeypatch, Axes(), draw_another)
    assert png.draw("a", BARS)
    other.join()
    assert both.is_set()


def test_what_others_warn_of_meanwhile_is_told_and_their_filters_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    def meanwhile() -> None:
        warnings.warn("of another thread", UserWarning, stacklevel=1)
        warnings.filterwarnings("ignore", message="a filter of another thread")

    installed(monkeypatch, Axes(), meanwhile)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        png.draw("requests by user", BARS)
        filtered = [each[1].pattern for each in warnings.filters if each[1]]
    assert [str(each.message) for each in told] == ["of another thread"]
    assert "a filter of another thread" in filtered


@pytest.mark.skipif(find_spec("matplotlib") is None, reason="matplotlib is not installed")
@pytest.mark.slow  # it loads matplotlib
def test_a_letter_that_the_font_lacks_is_not_told(recwarn: pytest.WarningsRecorder) -> None:
    assert png.draw("requests by user", [("日本", 3)])
    assert list(recwarn) == []


@pytest.mark.skipif(find_spec("matplotlib") is None, reason="matplotlib is not installed")
@pytest.mark.slow  # it loads matplotlib
def test_a_chart_is_a_png() -> None:
    drawn = png.draw("requests by user $x_{", BARS)
    assert drawn
    assert drawn.startswith(b"\x89PNG\r\n")
