"""Regular expressions for tickets: those that every reason has, or none, and those that cannot be bounded."""

from __future__ import annotations

from app.config.tickets import fault_in_ticket, takes_plain_words
from tests.support.cases import for_each
from tests.support.effort import sample

NONE = (
    *("a^", "$a", r"a\bb", r"\za", r"a\Ab", r"[^\s\S]", r"\n^a", r"(a|b)^c", "a$b|c^", r"x[^\s\S]"),
    *("a{1000}a{1000}a{1000}", "(a{30}){30}a{1000}a{500}", r"[^\x00-\x{10FFFF}]"),
)
EVERY = (".*", "x{0}", "a?", r"\d*", "(INC|)", "^", "$", r"(?i)", "(?:)", r"\Q\E", "(a*)*", "|x")
SOME = (
    *(r"INC\d{7}", r"INC-\d+", r"(^|\s)CHG[0-9]{5}\b", r"(?i)inc\d+", r"[A-Z]{2,5}-\d+", r"^INC\d+$", r"\bINC\b", "Äö"),
    *(r"(?:INC|CHG)\d{4,}$", r"(?P<n>\d)x", r"(?<n>\d)x", r"(?m)^INC\d", r"[^a-z]x", r"a\B", r"\BINC", "é{1000}"),
    *(
        r"#\d+?",
        r"\pN+",
        r"[\p{Greek}]",
        r"[^\p{Latin}0-9 ]",
        r"\x41",
        r"\x{4e00}",
        r"[[:upper:]]{3}-[[:digit:]]",
        r"[]a]",
    ),
    *(
        r"[^]]x",
        r"\Q(a)*\E\d",
        r"(?i:inc)-\d",
        r"(?s).x",
        r"a{3,}?b",
        r"((a|b)c){2,3}",
        r"INC\.\d",
        r"\101",
        "a{",
        "a{4000000000}",
        r"a\bé?b",
        "(" * 120 + "a" + ")+" * 120,
        "[ab]{900}" * 2,
        "(?U)a+",
    ),
)
UNBOUNDED = (
    *("(?!)", "x(?!)", "(?=a)b", r"(?=.*INC).+", r"(?<!X)INC\d", r"(a)\1", r"(?P<n>\d)(?P=n)", r"(a)?(?(1)b|c)"),
    *(r"(?>INC)\d", r"#\d++", r"(?x) INC \d # number", "[", "(", "a{2001}", "(a{99}){99}", r"\Z", "\ud800"),
)


@for_each("pattern", sample(NONE, 3))
def test_a_ticket_that_no_reason_can_have_is_found(pattern: str) -> None:
    assert fault_in_ticket(pattern).startswith("matches no text")


@for_each("pattern", EVERY)
def test_a_ticket_that_every_reason_has_is_found(pattern: str) -> None:
    assert fault_in_ticket(pattern).startswith("matches the empty text")


@for_each("pattern", SOME)
def test_a_ticket_that_some_reasons_have_is_taken(pattern: str) -> None:
    assert fault_in_ticket(pattern) == ""


@for_each("pattern", UNBOUNDED)
def test_what_the_engine_cannot_bound_is_refused_with_what_it_takes_instead(pattern: str) -> None:
    fault = fault_in_ticket(pattern)
    assert fault.startswith("this is no regular expression that I take: ")
    assert fault.endswith("https://github.com/google/re2/wiki/Syntax")


def test_one_that_is_too_long_is_refused() -> None:
    assert fault_in_ticket("(" * 300 + "a" + ")" * 300).startswith("is longer than 400 letters")
    assert fault_in_ticket("(" * 199 + "a" + ")" * 199) == ""


def test_one_that_plain_words_have_is_known() -> None:
    assert [p for p in (".", r"\w+", "e", r"INC\d", "") if takes_plain_words(p)] == [".", r"\w+", "e"]
