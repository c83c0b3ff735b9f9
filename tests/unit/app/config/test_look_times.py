"""How long a look may take and whether it is repeated: at the top of the file, and for single computers."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.support.app_yaml import faults, read
from tests.support.cases import for_each

if TYPE_CHECKING:
    from pathlib import Path

HEAD = """rehearsal: true
team: T0HOME
computers:
  - comp1
  - {name: 'rds-[01-03]', winrm: {look_within: 20s}}
  - {match: 'web-*.corp', winrm: {look_within: 1m, repeat: false}}
  - {name: web-1.corp, winrm: {repeat: true}}
"""


def seconds(number: int) -> timedelta:
    return timedelta(seconds=number)


def test_a_look_has_eight_seconds_and_one_repetition_unless_the_file_says_otherwise(tmp_path: Path) -> None:
    settings = read(tmp_path)
    assert (settings.look_within("comp1"), settings.may_repeat("comp1")) == (seconds(8), True)


def test_a_range_and_a_pattern_may_have_their_own(tmp_path: Path) -> None:
    settings = read(tmp_path, "winrm: {look_within: 2s}", head=HEAD)
    found = {host: settings.look_within(host) for host in ("comp1", "RDS-02", "web-7.corp", "web-1.corp")}
    assert found == {"comp1": seconds(2), "RDS-02": seconds(20), "web-7.corp": seconds(60), "web-1.corp": seconds(2)}
    assert [settings.may_repeat(host) for host in found] == [True, True, False, True]


def test_the_top_of_the_file_may_say_that_nothing_is_repeated(tmp_path: Path) -> None:
    settings = read(tmp_path, "winrm: {repeat: false}", head=HEAD)
    assert [settings.may_repeat(host) for host in ("comp1", "rds-01", "web-1.corp")] == [False, False, True]


def test_a_computer_that_has_left_the_file_is_looked_at_as_the_top_says(tmp_path: Path) -> None:
    assert read(tmp_path, "winrm: {look_within: 30s}").look_within("comp9") == seconds(30)


@pytest.mark.parametrize("length", ["1s", "60s", "1m", "01s"])
def test_a_look_may_take_a_second_to_a_minute(tmp_path: Path, length: str) -> None:
    assert seconds(1) <= read(tmp_path, f"winrm: {{look_within: {length}}}").look_within("comp1") <= seconds(60)


@for_each("length", ["0s", "61s", "2m", "1h", "1d"])
def test_a_look_without_time_or_without_an_end_is_a_fault(tmp_path: Path, length: str) -> None:
    (fault,) = faults(tmp_path, f"winrm: {{look_within: {length}}}")
    assert fault.startswith("line 9: winrm.look_within: has to be from 1s to 1m: no host lists its sessions sooner")


@for_each("length", ["8", "8.5s", "500ms", "-8s", "''", "true", "[8s]", "soon"])
def test_a_length_that_is_none_is_a_fault(tmp_path: Path, length: str) -> None:
    (fault,) = faults(tmp_path, f"winrm: {{look_within: {length}}}")
    assert fault == "line 9: winrm.look_within: write a duration like 90s, 15m, 2h or 1d."


@pytest.mark.parametrize("said", ["2", "often", "[true]", "8s"])
def test_a_repetition_is_there_or_not(tmp_path: Path, said: str) -> None:
    (fault,) = faults(tmp_path, f"winrm: {{repeat: {said}}}")
    assert fault == "line 9: winrm.repeat: has to be true or false."


def test_a_fault_of_one_computer_stands_at_its_line(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, head=HEAD.replace("20s", "90s"))
    assert fault.startswith("line 5: computers.1.winrm.look_within: has to be from 1s to 1m")


def test_a_key_that_is_nearly_right_is_named(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, "winrm: {look_whitin: 8s}")
    assert "did you mean `look_within`?" in fault


def test_the_bot_acts_on_200_computers_side_by_side_unless_the_file_says_another_number(tmp_path: Path) -> None:
    assert read(tmp_path).winrm.hosts_at_once == 200
    assert read(tmp_path, "winrm: {hosts_at_once: 32}", head=HEAD).winrm.hosts_at_once == 32


@for_each("number", ["7", "1001", "many", "0", "-1", "1.5"])
def test_a_number_of_computers_side_by_side_that_cannot_be_is_a_fault(tmp_path: Path, number: str) -> None:
    (told,) = faults(tmp_path, f"winrm: {{hosts_at_once: {number}}}", head=HEAD)
    assert "winrm.hosts_at_once" in told


def test_how_many_computers_side_by_side_is_no_matter_of_one_computer(tmp_path: Path) -> None:
    head = HEAD.replace("look_within: 20s", "hosts_at_once: 20")
    assert any("hosts_at_once" in told for told in faults(tmp_path, head=head))
