"""Which keys of app.yaml count at once and which after the next start, and what a change does to the live parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from app.config.settings import AllWinRm, Settings, Slack, WinRm
from app.connections import connections
from app.live import AT_ANY_TIME, AT_START, SIZES, LiveSettings, after_next_start, changed, merged
from bot.errors import SettingsError, Unreachable
from tests.support import app_yaml

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MORE = app_yaml.HEAD.replace("comp1, ", "comp1, comp9, ")


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Settings]:
    return lambda *lines, **how: app_yaml.read(tmp_path, *lines, **how)


def test_every_key_counts_at_once_or_after_the_next_start() -> None:
    assert sorted((*AT_START, *AT_ANY_TIME)) == sorted(Settings.model_fields)
    assert sorted((*SIZES, *WinRm.model_fields)) == sorted(AllWinRm.model_fields)


def test_what_hangs_on_a_start_keeps_its_value_and_is_named(read: Callable[..., Settings]) -> None:
    now = read()
    slack = Slack(bot_token=SecretStr("xoxb-2"), app_token=now.slack.app_token)
    update = {"team": "T0OTHER", "database": SecretStr("sqlite:///other.db"), "slack": slack, "contact": "@ts-leads"}
    new = now.model_copy(update={**update, "winrm": AllWinRm(hosts_at_once=9, port=5999)})
    assert after_next_start(now, new) == ("team", "database", "slack.bot_token", "winrm.hosts_at_once")
    assert changed(now, new) == ("contact", "winrm")
    taken = merged(now, new)
    assert (taken.team, taken.database, taken.slack, taken.winrm.hosts_at_once) == (
        now.team,
        now.database,
        now.slack,
        now.winrm.hosts_at_once,
    )
    assert (taken.contact, taken.winrm.port) == ("@ts-leads", 5999)


def test_a_rehearsal_never_becomes_a_real_bot(read: Callable[..., Settings]) -> None:
    now = read()
    with pytest.raises(SettingsError, match="stays what it is"):
        merged(now, now.model_copy(update={"rehearsal": False}))


def test_a_computer_that_was_taken_out_is_not_contacted_and_one_that_came_is(read: Callable[..., Settings]) -> None:
    live = LiveSettings(read(head=MORE))
    way_to = connections(live, None)
    assert way_to("comp9").endpoint == "https://comp9:5986/wsman"
    live.take(read())
    with pytest.raises(Unreachable, match="no longer among my computers") as caught:
        way_to("comp9")
    assert not caught.value.delivered
    assert live.machine_of("comp9") == "comp9"  # its answer may be on its way
    assert not live.may_repeat("comp9")
    assert live.in_force.inventory.find("comp9") == ()
    live.take(read(head=MORE))
    assert way_to("comp9").endpoint == "https://comp9:5986/wsman"
    assert live.in_force.inventory.find("comp9") == ("comp9",)


def test_policy_and_computers_are_replaced_together(read: Callable[..., Settings]) -> None:
    live = LiveSettings(read())
    before = live.in_force.terms
    live.take(read("contact: '@ts-leads'", head=MORE))
    after = live.in_force.terms
    assert (before.policy.contact, before.inventory.find("comp9")) == ("", ())
    assert (after.policy.contact, after.inventory.find("comp9")) == ("@ts-leads", ("comp9",))
