"""The faults of a file: each once, whatever the file is like, and a file of any length is refused soon."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

import pytest

from app.config import problems
from app.config.findings import MOST_ALIKE, MOST_TOLD, Fault, gathered, refusal, told
from app.config.settings import load
from bot.errors import SettingsError
from tests.support.app_yaml import faults
from tests.support.checkout import ROOT

if TYPE_CHECKING:
    from pathlib import Path


def test_one_fault_of_fourteen_computers_is_one_fault_with_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "app.yaml"
    text = (ROOT / "app.yaml").read_text(encoding="utf-8")
    path.write_text(text.replace("rehearsal: true", "rehearsal: false"), encoding="utf-8")
    first = text[: text.index("  - comp1\n")].count("\n") + 1
    with pytest.raises(SettingsError) as caught:
        load(path, {})
    head, *lines = caught.value.message.splitlines()
    assert head == f"{path} has 4 faults:"
    (fault,) = [line for line in lines if "ntlm" in line]
    others = ", ".join(str(first + number) for number in range(1, 14))
    assert fault == (
        f"  line {first}: computers.0.winrm.password: comp1: ntlm needs winrm.password. "
        f"(and 13 more like it: lines {others})"
    )


def test_faults_that_differ_by_their_place_in_a_list_are_one(tmp_path: Path) -> None:
    rules = [f"  - {{name: r{number}, who: [dana], may: [list]}}" for number in range(3)]
    (fault,) = faults(tmp_path, *rules)
    assert "rules.1.who.0: write a user group's handle" in fault
    assert fault.endswith("(and 2 more like it: lines 10, 11)")


def test_faults_of_two_keys_are_two_however_alike_they_are(tmp_path: Path) -> None:
    found = faults(tmp_path, "limits: {per: 10, second_person_window: 10}")
    assert [fault.partition(": write a duration")[0] for fault in found] == [
        "line 9: limits.per",
        "line 9: limits.second_person_window",
    ]


def test_two_wrong_names_are_two_faults(tmp_path: Path) -> None:
    found = faults(tmp_path, "protect: {computers: [nowhere, neverwhere]}")
    assert [fault.split("`")[1] for fault in found] == ["nowhere", "neverwhere"]


@pytest.mark.slow
def test_twenty_thousand_unknown_keys_are_compared_a_hundred_times_and_told_in_a_screen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared, search = list[str](), difflib.get_close_matches

    def counted(word: str, known: dict[str, object], n: int) -> list[str]:
        compared.append(word)
        return search(word, known, n=n)

    monkeypatch.setattr(difflib, "get_close_matches", counted)
    found = faults(tmp_path, *(f"unknown_{number}: 1" for number in range(20_000)), "winrn: {}")
    assert len(compared) == problems.LOOKED_UP
    assert len(found) == MOST_ALIKE + 1
    assert found[-1].startswith("and 19,991 more like unknown_0: lines 19, 20, 21, ")
    assert sum(map(len, found)) < 5000


def test_the_first_of_many_unknown_keys_hide_no_other_fault() -> None:
    many = [Fault(number, f"key{number}", f"I know no key `key{number}` here") for number in range(1, 50)]
    lines = list(told(gathered([*many, Fault(99, "team", "is missing.")])))
    assert "line 99: team: is missing." in lines
    assert len(lines) == MOST_ALIKE + 2


@pytest.mark.parametrize(
    "kind", ["team: T1\n", "x{}: ${{NAME_{}}}\n", "x{}: !a\n", "x{}: 2026-13-45\n", "? [x{}]\n: 1\n"]
)
def test_whatever_stands_in_a_long_file_is_told_in_a_screen(tmp_path: Path, kind: str) -> None:
    found = faults(tmp_path, *(kind.format(number, number).rstrip("\n") for number in range(300)))
    assert 1 <= len(found) <= 2 * (MOST_ALIKE + 1)
    assert sum(map(len, found)) < 6000


def test_faults_that_are_not_alike_are_told_up_to_a_number() -> None:
    many = [Fault(number, f"a{number}.b", f"has the fault {number}.") for number in range(1, 151)]
    *shown, last = told(gathered(many))
    assert len(shown) == MOST_TOLD
    assert last == "and 50 other faults, from line 101 on. Correct these first."


def test_a_fault_twice_in_one_line_names_no_other_line(tmp_path: Path) -> None:
    same = [Fault(3, f"rules.0.who.{number}", "is wrong.") for number in range(2)]
    assert refusal(tmp_path, same).message.endswith("line 3: rules.0.who.0: is wrong. (and 1 more like it)")


@pytest.mark.parametrize(("key", "meant"), [("winrn", "winrm"), ("xyz", "")])
def test_a_finding_says_what_may_be_meant(key: str, meant: str) -> None:
    (finding,) = gathered([Fault(1, key, "unknown", meant=meant)])
    assert finding.meant == meant
