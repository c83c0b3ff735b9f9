"""Accounts that a mistyped name may stand for: found in a small fleet and in a large one, at a bounded cost."""

from __future__ import annotations

from difflib import SequenceMatcher

import pytest

from bot.domain import near_people
from bot.domain.near_people import near_accounts
from bot.domain.session import Account


def account(user: str) -> Account:
    return Account(domain="CORP", user=user)


def found(*typed: str, among: list[str]) -> list[str]:
    return [each.user for each in near_accounts(typed, map(account, among))]


@pytest.mark.parametrize("others", [0, pytest.param(30_000, marks=pytest.mark.slow)])
def test_a_slip_an_accent_and_a_beginning_are_found(others: int) -> None:
    there = ["alice", "josé", "bobby-long", *(f"user{number:05}" for number in range(others))]
    assert found("alcie", among=there) == ["alice"]
    assert found("JOSE", among=there) == ["josé"]
    assert found("CORP\\bob", among=there) == ["bobby-long"]
    assert found("nobody*", "xyz", among=there) == []


@pytest.mark.slow
def test_one_command_compares_no_more_than_a_fixed_number_of_names(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = 0

    class Counted(SequenceMatcher[str]):
        def ratio(self) -> float:
            nonlocal compared
            compared += 1
            return super().ratio()

    monkeypatch.setattr(near_people, "SequenceMatcher", Counted)
    there = [f"{letter}{number:05}" for letter in "abcdefghij" for number in range(3000)]
    found(*(f"{letter}{number}x" for letter in "abcdefghij" for number in range(10)), among=there)
    assert 0 < compared <= 5000


def test_names_of_any_length_are_compared_by_their_beginning() -> None:
    assert found("a" * 100_000, among=["a" * 300]) == ["a" * 300]
