"""The bench of peers runs, the smallest one without Ansible. `make deep` holds its bounds, on a quiet machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import peers
import pytest
from peers import Cell, Cost
from peers_ways import Loop, Terminal

from tests.support.checkout import ROOT

WAYS = ("Terminal", "pywinrm loop", "pypsrp")


def test_the_smallest_run_measures_every_way_and_every_message() -> None:
    options = ["--hosts", "2", "--costs", "0", "--rounds", "1", "--no-ansible", "--json"]
    done = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "bench/peers.py", *options],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'rehearsal' / 'src'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    rows = {(row["job"], row["way"]): row for row in found["rows"]}
    assert list(rows) == [("look", way) for way in (*WAYS, "floor")] + [("act", way) for way in WAYS]
    messages = {key: row["messages_a_host"] for key, row in rows.items()}
    assert messages[("look", "Terminal")] == messages[("look", "floor")] == messages[("look", "pypsrp")] == 5
    assert messages[("look", "pywinrm loop")] == 8
    assert messages[("act", "Terminal")] < messages[("act", "pypsrp")] < messages[("act", "pywinrm loop")] == 24
    assert all(row[each] > 0 for row in rows.values() for each in ("seconds", "client_ms_a_host", "farm_ms_a_host"))
    assert [bound["most"] for bound in found["bounds"]] == [1.05, 1.5, 1.05]


def test_five_rounds_are_measured_in_turns_and_no_more_when_a_bound_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, loop = (SimpleNamespace(name=way.name) for way in (Terminal, Loop))
    measured: list[str] = []

    def slow(_farm: object, way: SimpleNamespace, _cell: Cell) -> Cost:
        measured.append(way.name)
        return replace(FINE, wall=9.0 if way is ours else 1.0)

    monkeypatch.setattr(peers, "_measured", slow)
    cell, asked = Cell("act", 1, 0.3), peers._options().parse_args(["--check"])
    found = {cell: peers._of_cell(cast("Any", None), cast("Any", [ours, loop]), cell, asked)}
    assert measured == [ours.name, loop.name] * 5
    assert [bound.held for bound in peers._bounds(found)] == [False]


FINE = Cost(wall=1.0, slowest=1.0, client=1.0, farm=1.0, messages=10)


@pytest.mark.parametrize(
    ("ours", "cell", "missed"),
    [
        (FINE, Cell("look", 200, 0.0), set()),
        (replace(FINE, wall=1.06), Cell("look", 1, 0.3), {"the loop's"}),
        (replace(FINE, client=1.51), Cell("look", 8, 0.0), {"processor time in times of the floor's"}),
        (replace(FINE, client=1.51), Cell("look", 8, 0.3), set()),
        (replace(FINE, client=0.99), Cell("act", 8, 0.0), {"Ansible's"}),
        (
            replace(FINE, wall=2.61),
            Cell("look", 200, 1.5),
            {"the loop's", "what it has to take", "time in times of the floor's"},
        ),
        (replace(FINE, wall=2.61, slowest=2.1), Cell("act", 200, 1.5), {"the loop's"}),
        (replace(FINE, wall=2.61, farm=1.1), Cell("act", 200, 1.5), {"the loop's"}),
    ],
)
def test_a_bound_is_missed_when_the_median_is_above_it(ours: Cost, cell: Cell, missed: set[str]) -> None:
    slow = replace(ours, wall=100.0, client=100.0, farm=100.0)
    costs = {"Terminal": [ours, slow, ours], "pywinrm loop": [FINE]}
    if cell.job == "look":
        costs["floor"] = [FINE]
    if cell.hosts == 8:
        costs["Ansible raw"] = [replace(FINE, client=13.0 if cell.job == "look" else 7.0)]
    found = [bound.says for bound in peers._bounds({cell: costs}) if not bound.held]
    assert len(found) == len(missed)
    assert all(any(says.endswith(each) for says in found) for each in missed)
