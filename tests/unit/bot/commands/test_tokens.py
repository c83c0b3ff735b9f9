"""What Slack and phones do to a text, undone."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.commands.tokens import LONGEST, clean, split
from bot.errors import UsageError
from tests.support.cases import for_each

ZERO_WIDTH = ("\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad")
SPACES = ("\u00a0", "\u2003", "\u2009", "\u202f", "\u3000", "\t", "\r\n", "\u2028")


def words(text: str) -> list[str]:
    return [word.text for word in split(clean(text))]


@for_each(
    ("typed", "meant"),
    [
        ("<http://comp1.corp.com|comp1.corp.com>", "comp1.corp.com"),
        ("<https://comp1.corp.com>", "comp1.corp.com"),
        ("comp1,<http://comp2.corp.com|comp2.corp.com> id=3", "comp1,comp2.corp.com id=3"),
        ("<mailto:a@b.c|a@b.c>", "a@b.c"),
        ("<@U123|bob>", "@U123"),
        ("<@U123>", "@U123"),
        ("<#C1|general>", "#C1"),
        ("<!subteam^S1>", "!subteam^S1"),
    ],
)
def test_a_link_is_what_its_label_says_and_a_mention_its_id(typed: str, meant: str) -> None:
    assert clean(typed) == meant


@for_each(
    ("typed", "meant"),
    [
        ("idle&gt;2h", "idle>2h"),
        ("logon&lt;2026-01-31", "logon<2026-01-31"),
        ("R&amp;D", "R&D"),
        ("&amp;lt;", "&lt;"),
        ("&amp;amp;gt;", "&amp;gt;"),
        ("&quot;", "&quot;"),
    ],
)
def test_the_three_entities_of_slack_are_undone_once(typed: str, meant: str) -> None:
    assert clean(typed) == meant


def test_an_escaped_link_is_no_link() -> None:
    assert clean("&lt;http://comp1|comp2&gt;") == "<http://comp1|comp2>"


@for_each("quotes", ["“”", "„‟", "«»", '""', "‘’", "‚‛", "''"])  # noqa: RUF001 - the quotes that phones write
def test_any_pair_of_quotes_keeps_words_together(quotes: str) -> None:
    assert words(f"--reason {quotes[0]}it is stuck{quotes[1]} --sync") == ["--reason", "it is stuck", "--sync"]


@for_each("dash", ["—", "–", "―", "‒", "−"])  # noqa: RUF001 - the dashes that phones write
def test_a_long_dash_before_a_word_means_two_short_ones(dash: str) -> None:
    assert words(f"comp1 {dash}sync") == ["comp1", "--sync"]


@pytest.mark.parametrize(
    ("text", "meant"),
    [("rds–01", "rds-01"), ("3–7", "3-7"), ("–5", "-5"), ('reason="3–7"', 'reason="3–7"')],  # noqa: RUF001 - the same
)
def test_a_long_dash_elsewhere_is_a_short_one_and_stays_in_quotes(text: str, meant: str) -> None:
    assert clean(text) == meant


@for_each("space", SPACES)
def test_any_space_parts_words(space: str) -> None:
    assert words(f"comp1{space}id=3") == ["comp1", "id=3"]


@for_each("sign", ZERO_WIDTH)
def test_what_has_no_width_is_not_there(sign: str) -> None:
    assert words(f"{sign}co{sign}mp1 id={sign}3{sign}") == ["comp1", "id=3"]


def test_a_backslash_is_a_letter() -> None:
    assert words(r"user=CORP\bob 'CORP\al ice'") == [r"user=CORP\bob", r"CORP\al ice"]


@pytest.mark.parametrize("typed", ["user='al ice'", 'user="al ice"', 'user:"al ice"', '"user=al ice"'])
def test_quotes_may_stand_around_a_value_or_the_whole_word(typed: str) -> None:
    assert words(typed) in (["user=al ice"], ["user:al ice"])


def test_an_apostrophe_inside_a_word_opens_nothing() -> None:
    assert words("user=O'Brien it's") == ["user=O'Brien", "it's"]


def test_the_other_quote_may_stand_inside() -> None:
    assert words("""reason="it's stuck" 'say "please"'""") == ["reason=it's stuck", 'say "please"']


@for_each("quotes", ["“”", "„‟", "«»", '""', "‘’", "‚‛", "''"])  # noqa: RUF001 - the quotes that phones write
@for_each("at", ["--reason ", "reason=", "x,"])
def test_a_doubled_quote_inside_quotes_is_one_quote(quotes: str, at: str) -> None:
    """In each of the kinds that phones write, the opening one doubled as well as the closing one."""
    first, last = quotes[0], quotes[1]
    plain = '"' if first in '"“„«' else "'"
    doubled = [last * 2, first * 2, first + last]
    for two in doubled:
        said = words(f"{at}{first}a {two}b{two} c{last} --sync")
        assert said[-2:] == [f"{at if at[-1] != ' ' else ''}a {plain}b{plain} c", "--sync"]
    assert words(f"{at}{first}{last * 2}{last}")[-1].endswith(plain)
    assert words(f"{at}{first}{last}")[-1] == (at if at[-1] != " " else "")


@pytest.mark.parametrize(("outer", "inner"), [('"', "'"), ("'", '"'), ("“", "’"), ("‘", "”")])  # noqa: RUF001 - the same
def test_a_doubled_quote_of_the_other_kind_stays_two(outer: str, inner: str) -> None:
    plain = '"' if inner in '"”' else "'"
    assert words(f"{outer}a {inner}{inner} b{outer}") == [f"a {plain}{plain} b"]


def test_a_quote_that_is_never_closed_is_shown() -> None:
    with pytest.raises(UsageError, match="never closed") as caught:
        words('comp1 --reason "stuck')
    assert caught.value.text[caught.value.start : caught.value.end] == '"stuck'


@for_each("letter", ["\x00", "\x07", "\x1b", "\x7f", "\x9b", "\ud800"])
def test_a_control_character_is_refused_and_its_place_is_shown(letter: str) -> None:
    with pytest.raises(UsageError, match="control character") as caught:
        clean(f"comp1{letter} id=3")
    assert (caught.value.start, caught.value.end) == (5, 6)
    assert letter not in caught.value.text


def test_two_thousand_characters_are_read_and_one_more_is_not() -> None:
    assert clean("x" * LONGEST) == "x" * LONGEST
    with pytest.raises(UsageError, match="2,001 characters"):
        clean("x" * (LONGEST + 1))


@given(st.text(max_size=200))
@example("'\"'\"")
@example("<|><a|>&amp;")
@example("—İ \ufeff'")
def test_any_text_becomes_words_or_a_usage_error_with_places_inside_it(text: str) -> None:
    cleaned, places = "", []
    try:
        cleaned = clean(text)
        places = [(word.start, word.end) for word in split(cleaned)]
    except UsageError as error:
        cleaned, places = error.text, [(error.start, error.end)]
    starts, ends = [start for start, _ in places], [0, *(end for _, end in places)]
    assert all(before <= start < end for before, (start, end) in zip(ends, places, strict=False)), starts
    assert ends[-1] <= len(cleaned)


@given(st.text(alphabet=st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=40))
def test_what_was_cleaned_stays_as_it_is(text: str) -> None:
    """What was cleaned once can be cleaned again: nothing is undone twice."""
    once = clean(text.translate(dict.fromkeys(map(ord, "<>&"))))
    assert clean(once) == once
