"""The benches of neighbours and of acks run, with little to do. `make deep` holds their bounds, on a quiet machine."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.contract.test_fleet_bench import run
from tests.support.effort import PROFILE


def found(bench: str, *options: str) -> dict[str, Any]:
    done = run(*options, "--json", bench=bench)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    assert all(bound["held"] is (bound["found"] <= bound["most"]) for bound in answer["bounds"])
    assert {bound["most"] for bound in answer["bounds"]} == {0.8 if "--http" in options else 1.5}
    return answer


@pytest.mark.slow
def test_a_healthy_request_is_timed_alone_and_beside_silent_hosts() -> None:
    answer = found("neighbours", "--tries", "1", "--beside", "1,000 silent hosts", "--only", "sqlite")
    times = answer["databases"]["sqlite"]
    assert list(times) == ["alone", "1,000 silent hosts"]
    assert all(each["median_s"] >= 2 * answer["host_costs_s"] for each in times.values())
    assert len(answer["bounds"]) == 1


@pytest.mark.slow
@pytest.mark.parametrize("way", [(), ("--http",)] if PROFILE == "deep" else [()])
def test_acks_are_timed_beside_those_of_a_bare_app(way: tuple[str, ...]) -> None:
    answer = found("acks", "--commands", "5", "--only", "sqlite", *way)
    assert list(answer["apps"]) == ["bare", "sqlite"]
    assert all(0 < p99 < 3000 for each in answer["apps"].values() for p99 in each["p99_ms"])
    assert [bound["database"] for bound in answer["bounds"]] == ["sqlite"]
