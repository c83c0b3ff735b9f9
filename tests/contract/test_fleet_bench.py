"""The bench of a fleet runs, the smallest one on both databases. `make deep` holds its bounds, on a quiet machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from tests.support.checkout import ROOT


def run(*options: str, bench: str = "fleet") -> subprocess.CompletedProcess[str]:
    line = [sys.executable, f"bench/{bench}.py", *options]
    return subprocess.run(  # noqa: S603 - our own words
        line, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )


def test_the_smallest_fleet_is_measured_on_both_databases() -> None:
    done = run("--hosts", "2", "4", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert {name: [row["targets"] for row in rows] for name, rows in found["databases"].items()} == {
        "sqlite": [2, 4],
        "postgresql": [2, 4],
    }
    assert all(min(row["ms_per_target"], row["appends_ms_per_target"]) > 0 for row in found["databases"]["sqlite"])
    assert [(bound["database"], bound["most"]) for bound in found["bounds"]] == [
        ("sqlite", 1.5),
        ("sqlite", 2.0),
        ("postgresql", 1.5),
        ("postgresql", 2.0),
    ]
    assert all(bound["held"] is (bound["found"] <= bound["most"]) for bound in found["bounds"])


def test_check_says_with_its_exit_code_whether_every_bound_is_held() -> None:
    done = run("--hosts", "2", "4", "--json", "--check", "--only", "sqlite")
    held = all(bound["held"] for bound in json.loads(done.stdout)["bounds"])
    assert done.returncode == int(not held), done.stderr
