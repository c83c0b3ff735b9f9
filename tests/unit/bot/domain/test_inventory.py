"""Which computers there are, and that no other is ever meant."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.conditions import is_like
from bot.domain.inventory import MOST_HOSTS, Inventory, admits, expand, overlap
from bot.domain.near_names import Candidates
from tests.support.cases import for_each

INVENTORY = Inventory(
    names=("comp1", "Comp2", "rds-01", "rds-02", "db.corp.example"),
    patterns=("web-*.corp.example",),
    groups={"rds-prod": ("rds-01", "rds-02")},
)


@for_each(
    ("said", "meant"),
    [
        ("comp1", ("comp1",)),
        ("COMP1", ("comp1",)),
        ("comp2", ("Comp2",)),
        ("rds-*", ("rds-01", "rds-02")),
        ("RDS-0?", ("rds-01", "rds-02")),
        ("*", INVENTORY.names),
        ("group:rds-prod", ("rds-01", "rds-02")),
        ("Group:RDS-Prod", ("rds-01", "rds-02")),
        ("web-7.corp.example", ("web-7.corp.example",)),
        ("WEB-7.corp.example", ("web-7.corp.example",)),
    ],
)
def test_a_name_a_pattern_or_a_group_stands_for_computers(said: str, meant: tuple[str, ...]) -> None:
    assert INVENTORY.find(said) == meant


@for_each(
    "said",
    [
        "",
        "comp",
        "comp11",
        "evil",
        "group:none",
        "group:",
        "rds-1*",
        "127.0.0.1",
        "localhost",
        "db.corp.example.",
        "\u212aomp1",
        "comp\u00b9",
        "RD\u017f-01",
    ],
)
def test_what_is_not_in_the_inventory_stands_for_nothing(said: str) -> None:
    assert INVENTORY.find(said) == ()


@for_each("middle", ["x/..", "x@evil", "x:80", "x#", "x\n", "x evil", "é", "x%2f", "x\\y", "[::1]", "a" * 260])
def test_a_pattern_admits_names_of_computers_only(middle: str) -> None:
    assert INVENTORY.find(f"web-{middle}.corp.example") == ()


def test_a_name_with_a_line_end_is_no_name() -> None:
    assert Inventory(names=(), patterns=("web-*",)).find("web-1\n") == ()


def test_the_nearest_name_is_named() -> None:
    assert INVENTORY.candidates("copm1").clear == "comp1"
    assert INVENTORY.candidates("group:rds-pord").clear == "group:rds-prod"
    assert INVENTORY.candidates("something else entirely") == Candidates()


FARM = Inventory(names=("comp1", "comp2", "comp3", *expand("rds-[01-40]"), "db.corp.example", "fin-a", "print"))


@for_each(
    ("typed", "meant"),
    [
        *(("comp1:3", "comp1"), ("comp1/3", "comp1"), ("comp1 id=3", "comp1"), (r"\\comp1", "comp1")),
        *(("comp1.corp.example", "comp1"), ("COMP1.", "comp1"), ("comp-1", "comp1"), ("comp01", "comp1")),
        *(("rds-1", "rds-01"), ("rds1", "rds-01"), ("rds-001", "rds-01"), ("rsd-07", "rds-07")),
        *(("db", "db.corp.example"), ("prin", "print"), ("prnit", "print"), ("https://comp2/", "comp2")),
    ],
)
def test_one_name_is_suggested_where_it_is_clearly_nearest(typed: str, meant: str) -> None:
    assert FARM.candidates(typed).clear == meant


@for_each(
    ("typed", "names"),
    [
        ("comp", ("comp1", "comp2", "comp3")),
        ("comp9", ("comp1", "comp2", "comp3")),
        ("comp1;comp2", ("comp1", "comp2")),
        ("fin-b", ("fin-a",)),
        ("db.corp.other", ()),
        ("rds-99", ()),
        ("rds", ()),
        ("comp4711", ("comp1", "comp2", "comp3")),
        ("", ()),
        ("5x", ()),
    ],
)
def test_where_several_names_are_as_near_none_is_picked(typed: str, names: tuple[str, ...]) -> None:
    assert FARM.candidates(typed) == Candidates(names)


def test_a_name_that_begins_a_longer_number_is_another_computer() -> None:
    assert Inventory(names=("comp11", "x")).candidates("comp1") == Candidates(("comp11",))


@given(st.from_regex(r"(comp|rds-|fin-|db)[0-9a-c]{0,3}(\.corp\.example)?", fullmatch=True))
def test_a_name_that_is_suggested_alone_has_the_numbers_that_were_typed(typed: str) -> None:
    suggested = FARM.candidates(typed).clear
    if suggested and not suggested.lower().startswith(typed):
        assert [int(n) for n in re.findall("[0-9]+", typed)] == [int(n) for n in re.findall("[0-9]+", suggested)]


def test_a_range_keeps_its_zeros() -> None:
    names = list(expand("rds-[01-40]"))
    assert (names[0], names[8], names[-1], len(names)) == ("rds-01", "rds-09", "rds-40", 40)
    assert list(expand("a[9-11].corp")) == ["a9.corp", "a10.corp", "a11.corp"]


def test_a_range_that_is_none_is_a_name() -> None:
    assert list(expand("comp1")) == ["comp1"]


def test_a_range_ends_somewhere() -> None:
    assert len(list(expand("x[1-999999999]"))) <= MOST_HOSTS + 1


@given(st.text(max_size=60))
def test_nothing_that_can_be_typed_reaches_another_computer(said: str) -> None:
    for host in INVENTORY.find(said):
        assert host in INVENTORY.names or (host.startswith("web-") and host.endswith(".corp.example"))


PATTERNS = st.text("aB.*?", max_size=6)


@given(selector=PATTERNS, match=PATTERNS, name=st.text("Ab.", max_size=6))
def test_two_patterns_meet_wherever_one_name_fits_both(selector: str, match: str, name: str) -> None:
    if is_like(selector, name) and admits(match, name):
        assert overlap(selector, match)


@given(selector=PATTERNS, name=st.text("Ab.", max_size=6))
def test_a_pattern_meets_a_name_exactly_where_the_name_fits_it(selector: str, name: str) -> None:
    assert overlap(selector, name) is is_like(selector, name)
