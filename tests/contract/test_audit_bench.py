"""The bench of reading the log runs, on few requests. `make deep` holds its bounds, over a million entries."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from audit_year import Year, digest

from tests.contract.test_fleet_bench import run
from tests.support.checkout import ROOT

if TYPE_CHECKING:
    from pathlib import Path


def test_every_reader_is_measured_on_both_databases_and_the_exit_code_says_whether_the_bounds_are_held() -> None:
    done = run("--requests", "12", "--json", "--check", bench="audit")
    rows = json.loads(done.stdout)["rows"]
    databases = ("sqlite", "postgresql")
    tasks = {name: {row["task"] for row in rows if row["database"] == name} for name in databases}
    assert tasks["sqlite"] == tasks["postgresql"]
    kinds = {"list", "report", "export", "export of requests", "HTML", "HTML with charts", "verify", "requests"}
    assert {name.partition(",")[0] for name in tasks["sqlite"]} == kinds
    within = [row["times_scan"] <= row["most"] and (row["megabytes"] or 0) <= row["most_megabytes"] for row in rows]
    assert [row["held"] for row in rows] == within
    assert done.returncode == int(not all(row["held"] for row in rows)), done.stderr


def test_a_year_that_is_kept_is_used_again_as_it_is(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/bench.db"
    first = Year(url).written(12)
    before = (tmp_path / "bench.db").read_bytes()
    assert Year(url).written(12) == first
    assert (tmp_path / "bench.db").read_bytes() == before


def test_the_name_of_a_kept_year_is_the_same_in_every_process() -> None:
    words = [sys.executable, "-c", "from audit_year import digest; print(digest())"]
    place = {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "bench")])}
    done = subprocess.run(words, capture_output=True, text=True, check=True, env=os.environ | place)  # noqa: S603 - our own words
    assert done.stdout.strip() == digest()
