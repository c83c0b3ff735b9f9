"""`make deep` leaves out nothing that it could try harder."""

from __future__ import annotations

from pathlib import Path

from tests.deep import CHECKS
from tests.support.checkout import ROOT

TRIED = {ROOT / path for paths in CHECKS.values() for path in paths.split()}


def test_every_check_is_of_files_that_are_there() -> None:
    assert {str(path) for path in TRIED if not path.exists()} == set()


def test_every_property_is_in_a_check() -> None:
    here = Path(__file__)
    properties = {path for path in (ROOT / "tests").rglob("test_*.py") if path != here and "@given" in path.read_text()}
    assert {str(path) for path in properties if not TRIED & {path, *path.parents}} == set()
