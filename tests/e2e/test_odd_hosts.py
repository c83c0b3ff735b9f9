"""Hosts that answer without measure, through the whole product: each costs itself, or one row, and no request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from app.rehearse.environment import open_stage
from bot.domain.request import Ending
from bot.domain.verdicts import Verdict
from bot.workflow.survey import MOST_LISTED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.config.settings import Settings
    from app.rehearse.environment import Rehearsal
    from bot.audit.entry import Entry

CROWD = 3000
ALICE: dict[str, Any] = {"id": 3, "user": "CORP\\alice", "disconnected": "3h"}
BOB: dict[str, Any] = {"id": 5, "user": "CORP\\bob", "disconnected": "4h"}
ODD = [
    ALICE,
    BOB | {"id": 4, "user": "CORP\\" + "x" * 200_000},
    BOB | {"id": 5, "client": "", "unreadable": {"client": 5}},
    BOB | {"id": 6, "unreadable": {"user": 5, "times": "nothing"}},
    BOB | {"id": 7, "ticks": {"logon": 2**63 - 1, "disconnect": -(2**63)}},
    BOB | {"id": 8, "state": 99},
    BOB | {"id": 9, "after_order": {"unreadable": {"times": 5}}},
]
CONSOLE = [{"id": at, "user": f"CORP\\user{at}", "station": "Console"} for at in range(10, 10 + CROWD)]
HOSTS: dict[str, Any] = {
    "comp1": {"sessions": [ALICE, BOB, *CONSOLE]},
    "comp2": {"sessions": ODD},
    "rds-01": {"sessions": [ALICE], "behaviour": {"babbles": {"how": "deep"}}},
}


@pytest.fixture
def stage(settings: Settings, tmp_path: Path) -> Iterator[Rehearsal]:
    farm = tmp_path / "farm.yaml"
    account = {"username": "CORP\\svc-logoff", "password": "rehearsal, not a secret"}
    farm.write_text(yaml.safe_dump({"account": account, "hosts": HOSTS}))
    with open_stage(settings, farm_file=farm, engine="double") as opened:
        yield opened


def ask(stage: Rehearsal, command: str) -> None:
    assert stage.visitor("dana").command(command).ok
    stage.wait_until_still()


def entry_of(stage: Rehearsal, event: str) -> Entry:
    request = stage.bot.ledger.newest(1)[0]
    return next(each for each in stage.bot.ledger.entries(request_id=request.id) if each.event == event)


def test_each_odd_host_costs_itself_or_a_row_and_the_record_counts_what_it_leaves_out(stage: Rehearsal) -> None:
    ask(stage, "/logoff comp1,comp2,rds-01 --all --timeout 2s")
    request = stage.bot.ledger.newest(1)[0]
    assert {look.host: look.code for look in request.surveys} == {"comp1": "", "comp2": "", "rds-01": "bad_reply"}
    keys = [("comp1", 3), ("comp1", 5), ("comp2", 3), ("comp2", 4), ("comp2", 5), ("comp2", 9)]
    assert [target.key for target in request.targets] == keys
    assert len(request.excluded) == MOST_LISTED
    surveyed = entry_of(stage, "surveyed")
    assert surveyed.left_out == CROWD + 3 - MOST_LISTED + 199_744
    assert len(surveyed.rows) == len(keys) + MOST_LISTED + 1
    assert stage.visitor("dana").press(f"Log off {len(keys)}").ok
    stage.wait_until_still()
    request = stage.bot.ledger.newest(1)[0]
    assert request.ending is Ending.DONE
    expected = dict.fromkeys(keys, Verdict.GONE)
    assert {target.key: target.verdict for target in request.targets} == expected | {
        ("comp2", 4): Verdict.CHANGED,
        ("comp2", 9): Verdict.STILL_CLOSING,
    }
    assert stage.farm.touched("comp1") == [("logoff", 3, "CORP\\alice"), ("logoff", 5, "CORP\\bob")]
    assert [number for _, number, _ in stage.farm.touched("comp2")] == [3, 5, 9]


def test_a_list_of_all_of_it_is_bounded(stage: Rehearsal) -> None:
    ask(stage, "/sessions comp1,comp2,rds-01")
    request = stage.bot.ledger.newest(1)[0]
    assert (request.ending, len(request.targets)) == (Ending.ANSWERED, MOST_LISTED)
    assert "these are the first 500" in request.message
    shown = str([message.blocks for message in stage.visitor("dana").messages()])
    assert len(shown) < 60_000
