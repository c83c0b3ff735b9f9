"""docs/performance.md has every bench and its bounds, and names nothing that is not there."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from tests.support.checkout import ROOT

if TYPE_CHECKING:
    from pathlib import Path

PAGE = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
SOURCES = {path.name: path.read_text(encoding="utf-8") for path in sorted((ROOT / "bench").glob("*.py"))}
BENCHES = sorted(name for name, text in SOURCES.items() if "\nfrom frame import" in text)
ROWS = dict(re.findall(r"^\| `bench/(\w+\.py)` \|.*\| ([^|]+) \|$", PAGE.partition("## Figures")[0], re.MULTILINE))
BOUND = re.compile(
    r"^(?:\w*AGAINST_\w+|\w+_EACH|LINEAR|MOST_OF_\w+)(?:, \w+_QUICK)? = (\d+\.\d+|\d+ / \d+)", re.MULTILINE
)
"""What the benches call their bounds."""


def test_every_bench_is_on_the_page_and_every_name_on_the_page_is_a_bench() -> None:
    assert list(ROWS) == BENCHES
    assert set(re.findall(r"bench/(\w+\.py)", PAGE)) == set(BENCHES)


@pytest.mark.parametrize("bench", [name for name in BENCHES if name != "audit.py"])
def test_the_bounds_on_the_page_are_those_of_the_bench(bench: str) -> None:
    """Each bound is a constant of the bench; what `--quick` allows instead stands behind it and is left out."""
    constants = BOUND.findall(SOURCES[bench])
    said = {Fraction(each) for each in re.findall(r"\d+(?:\.\d+|/\d+)?", ROWS[bench])}
    assert constants
    assert {Fraction(each.replace(" ", "")) for each in constants} - said == set()


def test_every_bound_of_the_peers_is_found() -> None:
    """A bound of another spelling would be on no page."""
    named = set(re.findall(r"\bMOST_OF_\w+", SOURCES["peers.py"]))
    assert len(named) == len(BOUND.findall(SOURCES["peers.py"])) == 4


def test_make_runs_every_bench() -> None:
    asked = "import runpy; print(*(path.name for path in runpy.run_path('bench')['benches']()))"
    done = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603 - our own words
    assert done.stdout.split() == BENCHES
    assert "$(BIN)/python bench $(BENCH)" in (ROOT / "Makefile").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("ends", "code"),
    [
        (["sys.exit(0)", "sys.exit(0)"], 0),
        (["sys.exit(2)", "sys.exit(1)"], 2),
        (["sys.exit(0)", "os.kill(os.getpid(), 9)"], 137),
        (["os.kill(os.getpid(), 15)", "sys.exit(1)"], 143),
    ],
)
def test_the_worst_end_of_a_bench_is_that_of_all(ends: list[str], code: int, tmp_path: Path) -> None:
    shutil.copy(ROOT / "bench" / "__main__.py", tmp_path)
    for number, end in enumerate(ends):
        (tmp_path / f"bench_{number}.py").write_text(f'import os, sys\n"""\nfrom frame import ended\n"""\n{end}\n')
    assert subprocess.run([sys.executable, tmp_path], check=False, capture_output=True).returncode == code  # noqa: S603 - our own words


def test_what_a_bench_logs_is_not_among_what_it_found() -> None:
    """A program reads one JSON object from its output, whatever happens to the bot while it is measured."""
    said = "from frame import options; import structlog; options('', quick=''); structlog.get_logger().critical('gone')"
    done = subprocess.run([sys.executable, "-c", said], cwd=ROOT / "bench", check=True, capture_output=True, text=True)  # noqa: S603 - our own words
    assert (done.stdout, "gone" in done.stderr) == ("", True)
    assert all("options(" in SOURCES[bench] or "log_aside()" in SOURCES[bench] for bench in BENCHES)
