"""One computer under two names, and what names can be mistaken for: refused with line, key and both names, or named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.config.oddities import oddities
from app.config.settings import Settings, load
from bot.domain.inventory import Inventory, is_name, is_numeric, overlap
from bot.errors import SettingsError
from tests.support.cases import for_each

if TYPE_CHECKING:
    from pathlib import Path

REST = """
rules:
  - {name: on-call, who: ["@oncall"], may: [log_off]}
"""


def read(folder: Path, *computers: str, more: str = "") -> Settings:
    """Each computer on a line of its own, the first one on line 4."""
    lines = "".join(f"  - {computer}\n" for computer in computers)
    path = folder / "app.yaml"
    path.write_text(f"rehearsal: true\nteam: T0HOME\ncomputers:\n{lines}{REST}{more}", encoding="utf-8")
    return load(path, {})


def faults(folder: Path, *computers: str, more: str = "") -> list[str]:
    with pytest.raises(SettingsError) as caught:
        read(folder, *computers, more=more)
    return [line.strip() for line in caught.value.message.splitlines()[1:]]


TWICE = {
    "the same name": ("fin-01", "fin-01", "`fin-01` stands there a second time (computers.0). Keep one of them."),
    "letter case": ("fin-01", "FIN-01", "`FIN-01` and `fin-01` differ in letter case only"),
    "a range and a name": ("rds-[01-40]", "rds-07", "`rds-07` stands there a second time"),
    "two ranges": ("rds-[01-10]", "rds-[05-20]", "`rds-05` stands there a second time"),
    "ranges in another case": ("rds-[01-10]", "RDS-[10-20]", "`RDS-10` and `rds-10` differ in letter case only"),
    "short and full": (
        "fin-01",
        "fin-01.corp.example",
        "`fin-01.corp.example` and `fin-01` are the short and the full",
    ),
    "full and short": (
        "FIN-01.corp.example",
        "fin-01",
        "`fin-01` and `FIN-01.corp.example` are the short and the full",
    ),
    "a range of full names": ("fin-02", "fin-[01-03].corp.example", "`fin-02.corp.example` and `fin-02` are the short"),
    "one address": ("{name: a, address: 10.0.0.5}", "{name: b, address: 10.0.0.5}", "`b` and `a` lead to one address"),
    "an address and a name": ("{name: a, address: 10.0.0.5}", "10.0.0.5", "`10.0.0.5` and `a` lead to one address"),
    "the name of another": ("{name: a, address: fin-01}", "fin-01", "`fin-01` and `a` lead to one address"),
    "its name in capitals": ("{name: a, address: FIN-01}", "fin-01", "`fin-01` and `a` lead to one address"),
    "its full name": (
        "{name: a, address: fin-01.corp.example}",
        "fin-01",
        "`fin-01` and `a` are the short and the full",
    ),
    "an address over a name": (
        "{name: a, address: b}",
        "{name: b, address: 10.0.0.5}",
        "`b` and `a`: the address of one is the name of the other",
    ),
    "the two doors of one machine": (
        "{name: a, address: 10.0.0.5}",
        "{name: b, address: 10.0.0.5, winrm: {scheme: http}}",
        "`b` and `a` lead to one address",
    ),
    "the same port, said and unsaid": (
        "{name: a, address: 10.0.0.5, winrm: {port: 5986}}",
        "{name: b, address: 10.0.0.5}",
        "`b` and `a` lead to one address",
    ),
    "this machine": ("localhost", "127.0.0.1", "`127.0.0.1` and `localhost` lead to one address"),
    "this machine, once more": ("{name: a, address: '[::1]'}", "127.0.0.2", "`127.0.0.2` and `a` lead to one address"),
    "one IPv6 address in two forms": (
        "{name: a, address: '[fd00::5]'}",
        "{name: b, address: 'fd00::5'}",
        "lead to one address",
    ),
    "one IPv6 address": ("{name: a, address: '[fd00::5]'}", "{name: b, address: '[fd00::5]'}", "lead to one address"),
}


@for_each(("first", "second", "sentence"), TWICE.values(), ids=TWICE)
def test_one_computer_under_two_names_is_refused_with_both(
    tmp_path: Path, first: str, second: str, sentence: str
) -> None:
    (fault,) = faults(tmp_path, first, "other", second)
    assert fault.startswith("line 6: computers.2: ")
    assert sentence in fault
    assert "(computers.0)" in fault


SPELLINGS = {
    "a trailing dot": ("FIN-01.", "computers.0: `FIN-01.` is no name of a computer"),
    "two dots": ("fin-01..corp", "computers.0: `fin-01..corp` is no name of a computer"),
    "zeros": ("010.0.0.5", "computers.0: `010.0.0.5` is no address: write four numbers without zeros before them"),
    "a short address": ("'10.5'", "computers.0: `10.5` is no address"),
    "one number": ("'167772165'", "computers.0: `167772165` is no address"),
    "hexadecimal": ("'0xa000005'", "computers.0: `0xa000005` is no address"),
    "a range with zeros": ("10.0.0.[01-40]", "computers.0: `10.0.0.01` is no address"),
    "mapped": (
        "{name: a, address: '::ffff:10.0.0.5'}",
        "computers.0.address: `[::ffff:10.0.0.5]` has to be written `10.0.0.5`.",
    ),
    "another IPv6 without brackets": (
        "{name: a, address: 'FD00:0::5'}",
        "computers.0.address: `[FD00:0::5]` has to be written `[fd00::5]`.",
    ),
    "another IPv6": (
        "{name: a, address: '[FD00:0::5]'}",
        "computers.0.address: `[FD00:0::5]` has to be written `[fd00::5]`.",
    ),
    "no IPv6": ("{name: a, address: '10.0.0.5:80'}", "computers.0.address: `10.0.0.5:80` is no address."),
    "address with zeros": ("{name: a, address: 10.0.0.05}", "computers.0.address: `10.0.0.05` is no address"),
    "address with a dot": ("{name: a, address: fin-01.}", "computers.0.address: `fin-01.` is no name and no address"),
    "address with a path": ("{name: a, address: 'x/y'}", "computers.0.address: `x/y` is no name and no address"),
    "a range at one address": (
        "{name: 'r-[1-2]', address: 10.0.0.5}",
        "computers.0.address: `r-[1-2]` and one address",
    ),
    "a match at one address": ("{match: 'r-*', address: 10.0.0.5}", "computers.0.address: `r-*` and one address"),
    "a range as one machine": ("{name: 'r-[1-2]', machine: FIN-01}", "computers.0.machine: `r-[1-2]` and one machine"),
    "a match as one machine": ("{match: 'r-*', machine: FIN-01}", "computers.0.machine: `r-*` and one machine"),
    "an address as machine": (
        "{name: a, machine: 10.0.0.5}",
        "computers.0.machine: no computer calls itself `10.0.0.5`: write what `hostname` prints there.",
    ),
    "a machine with a space": (
        "{name: a, machine: 'FIN 01'}",
        "computers.0.machine: no computer calls itself `FIN 01`",
    ),
    "a match of addresses": ("{match: '*.0.0.5'}", "computers.0.match: `*.0.0.5` can match no name of a computer."),
    "a match with a space": ("{match: 'r *x'}", "computers.0.match: `r *x` can match no name of a computer."),
    "a match with two dots": ("{match: 'r*..x'}", "computers.0.match: `r*..x` can match no name of a computer."),
}


@for_each(("computer", "sentence"), SPELLINGS.values(), ids=SPELLINGS)
def test_a_second_spelling_of_a_name_or_an_address_is_refused(tmp_path: Path, computer: str, sentence: str) -> None:
    (fault,) = faults(tmp_path, computer)
    assert fault.startswith(f"line 4: {sentence}")


MATCHES = {
    "the full name": ("fin-01", "fin-*.corp.example", "`fin-01`"),
    "the full name, by ?": ("fin-01", "???-01.corp.example", "`fin-01`"),
    "the full name, in capitals": ("FIN-01", "fin-*.corp.example", "`FIN-01`"),
    "any name of a domain": ("fin-01", "*.corp.example", "`fin-01`"),
    "the short name": ("fin-01.corp.example", "fin-0?", "`fin-01.corp.example`"),
    "out of a range": ("fin-[01-09]", "*-07.corp.example", "`fin-07`"),
    "the address": ("{name: a, address: web-7.corp}", "web-*.corp", "`a`, whose address is `web-7.corp`"),
    "the address in short": ("{name: a, address: web-7.corp}", "web-*", "`a`, whose address is `web-7.corp`"),
}


@for_each(("computer", "match", "both"), MATCHES.values(), ids=MATCHES)
def test_a_pattern_that_lets_a_second_name_in_is_refused(tmp_path: Path, computer: str, match: str, both: str) -> None:
    (fault,) = faults(tmp_path, f"{{match: '{match}'}}", computer)
    assert fault == (
        f"line 4: computers.0.match: `{match}` lets a second name in for {both} (computers.1). "
        "What is said of one name does not hold for the other."
    )


def test_two_patterns_that_let_one_computer_in_under_two_names_are_refused(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, "{match: 'fin-*'}", "{match: '*-01.corp.example'}")
    assert fault == (
        "line 5: computers.1.match: `*-01.corp.example` and `fin-*` let the short and the full name of one computer in "
        "(computers.0)."
    )
    (again,) = faults(tmp_path, "{match: 'fin-*'}", "{match: 'FIN-*'}")
    assert again == "line 5: computers.1.match: `FIN-*` stands there a second time (computers.0)."


@for_each("typed", ["10.0.0.5", "010.0.0.5", "167772165", "0x0a.0.0.5", "10.5", "x.5"])
def test_no_pattern_lets_an_address_in(typed: str) -> None:
    assert Inventory(names=(), patterns=("*5", "*.5", "*.*.*.5", "x.*")).find(typed) == ()


GROUPS = [
    ("{farm: [comp1], FARM: [comp1]}", "groups.FARM: the groups `FARM` and `farm` differ in letter case only."),
    ("{COMP1: [comp1]}", "groups.COMP1: the group `COMP1` is called like the computer `comp1` (computers.0)."),
    ("{farm: []}", "groups.farm: needs at least one entry."),
    ("{'a b': [comp1]}", "groups.a b: `a b` is no name that can be typed behind `group:`."),
    ("{'': [comp1]}", "groups.: `` is no name that can be typed behind `group:`."),
    ("{'a,b': [comp1]}", "groups.a,b: `a,b` is no name that can be typed behind `group:`."),
    ("{'r*': [comp1]}", "groups.r*: `r*` is no name that can be typed behind `group:`."),
    ("{farm: ['']}", "groups.farm.0: `` is none of the computers."),
    ("{farm: ['group:farm']}", "groups.farm.0: `group:farm` is none of the computers."),
]


@for_each(("groups", "sentence"), GROUPS)
def test_a_group_that_means_two_things_or_nothing_is_refused(tmp_path: Path, groups: str, sentence: str) -> None:
    assert faults(tmp_path, "comp1", more=f"groups: {groups}\n") == [f"line 8: {sentence}"]


def test_all_of_it_is_told_at_once(tmp_path: Path) -> None:
    found = faults(
        tmp_path, "fin-01", "FIN-01", "{match: 'fin-*.corp'}", "x.", more="protect: {computers: [nowhere]}\n"
    )
    assert [line.partition(":")[0] for line in found] == ["line 5", "line 6", "line 7", "line 11"]


def test_the_address_of_a_computer_may_be_its_own_name_in_full(tmp_path: Path) -> None:
    """The pattern lets the listed name in, which counts, and no second one of this computer."""
    own = read(tmp_path, "{name: fin-01, address: fin-01.corp.example}", "{match: 'fin-*'}")
    assert own.winrm_for("FIN-01")[0] == "fin-01.corp.example"
    (fault,) = faults(tmp_path, "{name: fin-01, address: fin-01.corp.example}", "{match: 'fin-*.corp.example'}")
    assert "`fin-*.corp.example` lets a second name in for `fin-01`" in fault


def test_computers_that_are_several_are_taken(tmp_path: Path) -> None:
    settings = read(
        tmp_path,
        "fin-01",
        "fin-1",
        "rds-[01-40]",
        "rds-[41-80]",
        "db.corp.example",
        "{match: 'web-*.corp.example'}",
        "{match: 'rdx-*'}",
        "{name: v6, address: '[fd00::5]'}",
        "{name: b, address: 10.0.0.6}",
    )
    assert len(settings.inventory().names) == 85
    assert list(oddities(settings)) == []


TWO = "are they two computers? Then say `machine` of each."
ODD = {
    "two ports of one address": (
        ("{name: a, address: gate.corp, winrm: {port: 8001}}", "{name: b, address: gate.corp, winrm: {port: 8002}}"),
        f"computers.1: `b` and `a` lead to one address by two ports: {TWO}",
    ),
    "one first name": (
        ("fin-01.corp.example", "fin-01.lab.example"),
        "computers.1: `fin-01.lab.example` and `fin-01.corp.example` have one first name: are they two computers?",
    ),
    "one machine": (
        ("fin-01", "{name: alias, machine: FIN-01.corp.example}"),
        "computers.1: `alias` and `fin-01` are one machine, `FIN-01.corp.example`.",
    ),
    "a pattern over a name": (
        ("fin-01", "{match: 'fin-0?'}"),
        "computers.1.match: `fin-0?` also fits `fin-01`, whose own entry counts (computers.0).",
    ),
    "two patterns": (
        ("{match: 'fin-*'}", "{match: '*-01'}"),
        "computers.1.match: `*-01` and `fin-*` fit the same names; the first counts (computers.0).",
    ),
}


@for_each(("computers", "sentence"), ODD.values(), ids=ODD)
def test_what_only_looks_odd_is_named_by_policy_check(
    tmp_path: Path, computers: tuple[str, ...], sentence: str
) -> None:
    assert list(oddities(read(tmp_path, *computers))) == [sentence]


def test_a_group_called_like_a_name_that_a_pattern_lets_in_is_named(tmp_path: Path) -> None:
    settings = read(tmp_path, "{match: 'rds-*'}", more="groups: {rds-prod: ['rds-*']}\n")
    assert list(oddities(settings)) == ["groups.rds-prod: `rds-*` lets a computer in that is called like the group."]


@for_each(
    ("selector", "match", "meet"),
    [
        ("fin-*", "fin-01", True),
        ("*-01", "fin-*", True),
        ("f*1", "*n*", True),
        ("*", "a*.corp", True),
        ("fin-*", "web-*.corp", False),
        ("fin-*", "*.corp", True),
        ("?", "??", False),
        ("a.b", "a?b", False),
        ("a?b", "a.b", True),
        ("a*", "*b", True),
        ("", "*", True),
        ("", "?", False),
    ],
)
def test_two_patterns_meet_where_a_name_fits_both(selector: str, match: str, meet: bool) -> None:  # noqa: FBT001 - a table
    assert overlap(selector, match) is meet


def test_a_name_has_labels_and_a_number_at_its_end_makes_an_address() -> None:
    assert [
        text for text in ("a", "a.b", "a-1.b2", "a..b", ".a", "a.", "-a", "a-", "a_b", "", "a" * 64) if is_name(text)
    ] == [
        "a",
        "a.b",
        "a-1.b2",
        "a_b",
    ]
    assert [text for text in ("1", "a.1", "0x1f", "a1", "1a", "1.a") if is_numeric(text)] == ["1", "a.1", "0x1f"]


def test_two_behind_one_address_are_two_once_each_says_what_it_calls_itself(tmp_path: Path) -> None:
    entry = "{{name: {0}, address: gate.corp, machine: {0}, winrm: {{port: {1}}}}}"
    assert list(oddities(read(tmp_path, entry.format("a", 8001), entry.format("b", 8002)))) == []
    (odd,) = oddities(read(tmp_path, entry.format("a", 8001), "{name: b, address: gate.corp, winrm: {port: 8002}}"))
    assert odd.endswith(TWO)
