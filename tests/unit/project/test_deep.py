"""`make deep` leaves out nothing that it could try harder."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deep import BENCHES, CHECKS, QUICK_WITHIN, environment, has_passed
from tests.support.checkout import ROOT

TRIED = {ROOT / path for paths in CHECKS.values() for path in paths.split()}
FOLDERS = (ROOT / "tests", ROOT / "rehearsal/tests")
TESTS = {path: path.read_text() for folder in FOLDERS for path in folder.rglob("*.py") if path != Path(__file__)}


def test_every_check_is_of_files_that_are_there() -> None:
    assert {str(path) for path in TRIED if not path.exists()} == set()


def test_every_bench_is_held_to_its_bounds_in_both_forms() -> None:
    bounded = {path.name for path in (ROOT / "bench").glob("*.py") if "\nfrom frame import" in path.read_text()}
    held = {
        quick: {Path(line.split()[0]).name for line in BENCHES.values() if ends(line, quick=quick)}
        for quick in (False, True)
    }
    assert bounded == held[False] == held[True]
    assert {"memory.py", "peers.py", "replicas.py"} < bounded


@pytest.mark.parametrize(
    ("name", "code", "seconds", "passed"),
    [
        ("what it holds, quick", 0, 59.9, True),
        ("what it holds, quick", 0, 60.1, False),
        ("what it holds, quick", 1, 5.0, False),
        ("what it holds", 0, 1800.0, True),
        ("what it holds", -9, 1800.0, False),
    ],
)
def test_a_quick_form_that_is_not_quick_has_failed(name: str, code: int, seconds: float, *, passed: bool) -> None:
    assert QUICK_WITHIN == 60
    assert {name.removesuffix(", quick"), f"{name.removesuffix(', quick')}, quick"} <= set(BENCHES)
    assert has_passed(name, code, seconds) is passed


@pytest.mark.slow
@pytest.mark.parametrize("program", [line.split()[1] for line in BENCHES.values() if line.startswith("-m ")])
def test_what_every_program_needs_is_there(program: str) -> None:
    line = [sys.executable, "-c", f"import {program}"]
    subprocess.run(line, cwd=ROOT, env=environment(), check=True)  # noqa: S603 - our own text


def ends(line: str, *, quick: bool) -> bool:
    return line.startswith("bench/") and line.endswith(" --quick --check" if quick else ".py --check")


def test_every_property_is_in_a_check() -> None:
    properties = {path for path, text in TESTS.items() if "@given" in text or "RuleBasedStateMachine" in text}
    assert {str(path) for path in properties if not TRIED & {path, *path.parents}} == set()


def test_every_property_tries_as_hard_as_the_profile_says() -> None:
    assert {str(path) for path, text in TESTS.items() if re.search(r"max_examples\s*=\s*[\d.]", text)} == set()
