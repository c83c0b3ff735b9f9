"""The benches with whole bots, and that of connections, run with little to do. `make deep` holds their bounds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import memory
import pytest
import replicas
from whole_world import Bot

from tests.contract.test_fleet_bench import run
from tests.support.checkout import ROOT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


FULL = """
import bot_process

def fill(pools):
    raise RuntimeError("too many clients")

bot_process.Pools.fill = fill
bot_process.obey_the_bench(bot_process.Pools())
"""


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
    answer = found("memory", "--tries", "27", "--only", "sqlite")
    rows = answer["databases"]["sqlite"]
    assert [row["requests"] for row in rows] == [8, 16, 24]
    assert all(row["rss_kib"] > 10_000 and row["threads"] > 1 and row["descriptors"] > 3 for row in rows)
    assert rows[0]["database_kib"] < rows[-1]["database_kib"]
    assert {bound["database"] for bound in answer["bounds"]} == {"sqlite"}
    assert len(answer["bounds"]) == 5


def test_two_thousand_requests_are_measured_and_a_mistype_is_none() -> None:
    made = [each.makes_a_request for each in memory.errands_of(memory.WHOLE.wave)]
    assert False in made
    assert sum(made) * memory.WHOLE.waves >= 2_000


def test_a_bot_that_ends_while_it_opens_its_connections_ends_the_bench_with_a_sentence(tmp_path: Path) -> None:
    (log := tmp_path / "log").write_text("too many clients", encoding="utf-8")
    line, pipe = [sys.executable, "-c", "input()"], subprocess.PIPE
    says = pytest.raises(SystemExit, match="did not open all its connections to the database: too many clients")
    with subprocess.Popen(line, text=True, stdin=pipe, stdout=pipe) as process, says:  # noqa: S603 - our own words
        Bot(process, log).fill_pools()


def test_a_process_that_cannot_open_its_connections_says_why_and_ends() -> None:
    paths = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "bench")))}
    done = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", FULL], env=paths, input="fill\n", capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "too many clients" in done.stderr


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
