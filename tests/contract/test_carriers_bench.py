"""The bench of carriers runs, the smallest one. `make deep` holds its bounds, on a quiet machine."""

from __future__ import annotations

from dataclasses import replace

import carriers
import pytest
from carriers import Cell, Cost

from tests.contract.test_whole_benches import found


@pytest.mark.slow
def test_a_list_is_timed_by_each_carrier_over_new_connections_and_kept_ones() -> None:
    answer = found("carriers", "--least")
    rows = {(row["carrier"], row["connection"]): row for row in answer["rows"]}
    assert list(rows) == [("script", "cold"), ("script", "warm"), ("jea", "cold"), ("jea", "warm")]
    assert rows[("jea", "warm")]["messages"] in {3, 4}
    assert all(row[each] > 0 for row in rows.values() for each in ("seconds", "client_ms", "farm_ms"))
    assert [bound["most"] for bound in answer["bounds"]] == [0.1, 4]


SCRIPT = Cost(wall=1.0, client=1.0, farm=1.0, messages=5)
FINE = Cost(wall=0.1, client=1.0, farm=1.0, messages=3)


@pytest.mark.parametrize(
    ("jea", "missed"),
    [
        (FINE, []),
        (replace(FINE, wall=0.11), ["a warm list by jea, in times of one by script"]),
        (replace(FINE, messages=5), ["messages of a warm list by jea"]),
    ],
)
def test_a_bound_is_missed_when_the_median_is_above_it(jea: Cost, missed: list[str]) -> None:
    slow = replace(jea, wall=100.0, messages=100)
    costs = {Cell("list", 3, "script", "warm"): [SCRIPT], Cell("list", 3, "jea", "warm"): [jea, slow, jea]}
    costs |= {Cell("list", 300, each, "warm"): [slow] for each in carriers.CARRIERS}
    assert [bound.says for bound in carriers.bounds_of(costs) if not bound.held] == missed
