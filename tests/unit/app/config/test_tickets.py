"""Regular expressions for tickets: those that every reason has, and those that none has."""

from __future__ import annotations

import pytest

from app.config.tickets import fault_in_ticket, is_doubtful, takes_plain_words


@pytest.mark.parametrize(
    "pattern",
    [
        *(
            "a^",
            "$a",
            r"a\bb",
            r"\Za",
            r"a\Ab",
            "(?!)",
            r"[^\s\S]",
            "x(?!)",
            r"\n^a",
            r"(a|b)^c",
            "a$b|c^",
            "a{2001}",
            "(a{99}){99}",
            "a{4000000000}",
        ),
    ],
)
def test_a_ticket_that_no_reason_can_have_is_found(pattern: str) -> None:
    assert fault_in_ticket(pattern).startswith("matches no text")


@pytest.mark.parametrize("pattern", [".*", "x{0}", "a?", r"\d*", "(INC|)", "^", "$", r"(?i)", "(?=)"])
def test_a_ticket_that_every_reason_has_is_found(pattern: str) -> None:
    assert fault_in_ticket(pattern).startswith("matches the empty text")


@pytest.mark.parametrize(
    "pattern",
    [
        *(r"INC\d{7}", r"INC-\d+", r"(^|\s)CHG[0-9]{5}\b", r"(?i)inc\d+", r"(a)\1", r"[A-Z]{2,5}-\d+", r"(?=.*INC).+"),
        *(r"^INC\d+$", r"(?:INC|CHG)\d{4,}$", r"(?P<n>\d)(?P=n)", r"(a)?(?(1)b|c)", r"\bINC\b", r"(?<!X)INC\d", "Äö"),
        *(
            r"(?m)^INC\d",
            r"[^a-z]x",
            "a|x(?!)",
            r"a\B",
            r"\BINC",
            r"(?>INC)\d",
            r"#\d++",
            r"(?x) INC \d # number",
            "é{1000}",
        ),
    ],
)
def test_a_ticket_that_some_reasons_have_is_taken(pattern: str) -> None:
    assert fault_in_ticket(pattern) == ""


def test_one_that_looks_around_itself_and_fits_no_text_that_was_tried_is_doubtful() -> None:
    assert [p for p in ("(?=a)b", "(?=.*INC).+x", r"INC\d", "") if is_doubtful(p)] == ["(?=a)b", "(?=.*INC).+x"]
    assert [p for p in (".", r"\w+", "e", r"INC\d", "") if takes_plain_words(p)] == [".", r"\w+", "e"]
