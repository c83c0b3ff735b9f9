"""The bench of reading the log runs, on few requests. `make deep` holds its bounds, over a million entries."""

from __future__ import annotations

import json

from tests.contract.test_fleet_bench import run


def test_every_reader_is_measured_on_both_databases_and_the_exit_code_says_whether_the_bounds_are_held() -> None:
    done = run("--requests", "12", "--json", "--check", bench="audit")
    rows = json.loads(done.stdout)["rows"]
    databases = ("sqlite", "postgresql")
    tasks = {name: {row["task"] for row in rows if row["database"] == name} for name in databases}
    assert tasks["sqlite"] == tasks["postgresql"]
    assert {name.partition(",")[0] for name in tasks["sqlite"]} == {"list", "report", "export", "verify", "requests"}
    assert all(row["held"] is (row["times_scan"] <= row["most"]) for row in rows)
    assert done.returncode == int(not all(row["held"] for row in rows)), done.stderr
