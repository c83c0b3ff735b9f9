"""The keys of app.yaml about looks, through the real parts; what the farm saw is the proof."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from app.config.settings import load
from app.rehearse.environment import open_stage
from bot.domain.request import Ending

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.rehearse.environment import Rehearsal
    from bot.domain.request import Request

CONFIGURATION = r"""
rehearsal: true
team: T0HOME0001
computers:
  - comp1
  - {name: 'quick-[1-2]', winrm: {look_within: 2s}}
  - {name: once, winrm: {repeat: false}}
winrm: {transport: ntlm, scheme: http, insecure_ntlm: true, username: 'CORP\svc-logoff', look_within: 20s}
rules:
  - {name: on-call, who: ['@oncall'], may: [list, message, log_off]}
"""
FARM = r"""
account: {username: 'CORP\svc-logoff', password: 'rehearsal, not a secret'}
hosts:
  comp1: &host
    sessions: [{id: 3, user: 'CORP\alice', disconnected: 3h}]
  quick-[1-2]: *host
  once: *host
"""


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Rehearsal]:
    (tmp_path / "app.yaml").write_text(CONFIGURATION)
    (tmp_path / "farm.yaml").write_text(FARM)
    settings = load(tmp_path / "app.yaml", {})
    with open_stage(settings, farm_file=tmp_path / "farm.yaml", engine="double") as opened:
        yield opened


def ask(stage: Rehearsal, text: str) -> Request:
    assert stage.visitor("dana").command(text).ok
    stage.wait_until_still()
    return stage.bot.ledger.newest(1)[0]


def codes(request: Request) -> dict[str, str]:
    return {look.host: look.code for look in request.surveys}


@pytest.mark.slow
def test_each_computer_has_its_own_time(stage: Rehearsal) -> None:
    for host in ("comp1", "quick-1"):
        stage.farm.set_behaviour(host, "slow", seconds=4)
    request = ask(stage, "/sessions comp1,quick-1,quick-2")
    assert codes(request) == {"comp1": "", "quick-1": "timed_out", "quick-2": ""}
    assert stage.farm.messages("quick-1")[-2:] == ["Signal", "Delete"]
    assert stage.farm.messages("comp1").count("Create") == 1


def test_a_computer_without_repetition_is_asked_once_and_any_other_twice(stage: Rehearsal) -> None:
    for host in ("comp1", "once"):
        stage.farm.set_behaviour(host, "drops", at="receive", times=1)
    request = ask(stage, "/sessions comp1,once")
    assert codes(request) == {"comp1": "", "once": "unreachable"}
    sent = {host: stage.farm.messages(host).count("Send") for host in ("comp1", "once")}
    assert sent == {"comp1": 2, "once": 1}


@pytest.mark.slow
def test_a_full_host_is_waited_for_as_long_as_its_look_may_take(stage: Rehearsal) -> None:
    stage.farm.set_behaviour("comp1", "quota", seconds=3)
    stage.farm.set_behaviour("quick-1", "quota", seconds=30)
    request = ask(stage, "/sessions comp1,quick-1")
    assert codes(request) == {"comp1": "", "quick-1": "unreachable"}
    assert "quick-1 has no room for another shell" in str(stage.visitor("dana").messages()[-1].blocks)


def test_twelve_requests_for_one_computer_have_four_calls_open_at_a_time(stage: Rehearsal) -> None:
    stage.farm.set_behaviour("comp1", "slow", seconds=0.2)
    with ThreadPoolExecutor(12) as people:
        assert all(
            each.ok for each in people.map(lambda _: stage.visitor("dana").command("/sessions comp1"), range(12))
        )
    stage.wait_until_still()
    requests = stage.bot.ledger.newest(20)
    assert [request.ending for request in requests] == [Ending.ANSWERED] * 12
    assert [codes(request) for request in requests] == [{"comp1": ""}] * 12
    assert stage.farm.messages("comp1").count("Create") == 12
    assert stage.farm.most_open_shells("comp1") == 4
