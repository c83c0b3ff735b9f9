"""The benches with whole bots, and that of connections, run with little to do. `make deep` holds their bounds."""

from __future__ import annotations

import json
from typing import Any

import pytest
import replicas

from tests.contract.test_fleet_bench import run

pytestmark = pytest.mark.slow


def found(bench: str, *options: str) -> dict[str, Any]:
    """Return what the bench found. Its exit code says whether all bounds were held."""
    done = run(*options, "--json", "--check", bench=bench)
    assert done.stdout, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    held = [bound["found"] <= bound["most"] for bound in answer["bounds"]]
    assert [bound["held"] for bound in answer["bounds"]] == held
    assert done.returncode == int(not all(held)), done.stderr
    return answer


def test_a_look_is_timed_over_kept_lines_over_new_ones_and_without_a_host() -> None:
    ways = found("connections", "--looks", "4")["ways"]
    (floor,), (kept,), (new,) = (ways[name]["ms_per_look"] for name in ("floor", "kept", "new"))
    assert 0 < floor < min(kept, new)


def test_what_a_whole_bot_holds_is_measured_after_each_wave() -> None:
    answer = found("memory", "--requests", "27", "--only", "sqlite")
    rows = answer["databases"]["sqlite"]
    assert [row["requests"] for row in rows] == [9, 18, 27]
    assert all(row["rss_kib"] > 10_000 and row["threads"] > 1 and row["descriptors"] > 3 for row in rows)
    assert rows[0]["database_kib"] < rows[-1]["database_kib"]
    assert {bound["database"] for bound in answer["bounds"]} == {"sqlite"}
    assert len(answer["bounds"]) == 5


def test_the_whole_run_of_replicas_has_a_session_for_each_request() -> None:
    wave = replicas.mixed(replicas.REQUESTS)
    gone = [session for errand in wave for session in errand.gone]
    assert len(wave) == 300
    assert len(gone) == len(set(gone))


def test_mixed_requests_are_timed_with_one_replica_and_with_two() -> None:
    """A fleet, four eyes and a forced one; each run is judged by the bench itself, or it ends with a sentence."""
    answer = found("replicas", "--requests", "3")
    assert answer["requests"] == 3
    assert [(run["replicas"], len(run["cpu"])) for run in answer["runs"]] == [(1, 1), (2, 2)]
    assert all(run["seconds"] > 0 and min(run["cpu"]) > 0 for run in answer["runs"])
    assert [each > 0 for each in answer["seconds_until_taken_over"]] == [True]
    assert len(answer["bounds"]) == 3
