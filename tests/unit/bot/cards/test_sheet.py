"""Cells that a spreadsheet only shows."""

from __future__ import annotations

import csv
import io
import re
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from bot.cards.sheet import LONGEST_CELL, csv_line, safe
from tests.support.cases import for_each

SIGNS = "=+-@\uff1d\uff0b\uff0d\uff20\ufe62\ufe63\ufe66\ufe6b\u2212\u2010"


@for_each("sign", SIGNS)
@for_each("before", ["", " ", "  ", "'", '"', "x;", "x, ", "x|", ';"', "\u00a0"])
def test_a_sign_that_begins_a_formula_has_an_apostrophe_before_it(before: str, sign: str) -> None:
    shown = safe(f"{before}{sign}1+1")
    assert re.search(rf"""(^|[;,|])'[\s"']*{re.escape(sign)}1""", shown), shown


@for_each("text", ["", "TS-7K3QXM", "CORP\\alice", "rds-05", "/logoff comp1 id=3 --sync", "a@b", "2026-03-02"])
def test_a_text_that_begins_no_cell_with_a_sign_stays_as_it_is(text: str) -> None:
    assert safe(text) == text


@for_each("text", ["\t=1", "\r=1", "\n=1", "\x00=1", "\u202e=1", "\u200b=1", "\ufeff=1"])
def test_what_cannot_be_seen_before_a_sign_is_seen(text: str) -> None:
    assert safe(text) == "\N{REPLACEMENT CHARACTER}=1"


@given(st.lists(st.text()))
def test_no_cell_runs_steers_or_breaks_its_line(texts: list[str]) -> None:
    line = csv_line(texts)
    ((*cells,),) = csv.reader(io.StringIO(line)) if texts else ([],)
    assert len(cells) == len(texts)
    assert line.count("\n") == 1
    for cell in cells:
        assert cell[:1] not in tuple(SIGNS) or not cell
        assert {unicodedata.category(letter) for letter in cell} & {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"} == set()


def test_a_number_stays_a_number_and_none_is_empty() -> None:
    assert csv_line([3, -1, None, "x"]) == '3,-1,"","x"\n'


def test_a_cell_is_no_longer_than_a_spreadsheet_takes() -> None:
    assert len(safe("x" * 40_000 + " ")) <= LONGEST_CELL + 3
