"""Letter case: a protection is never lost by a folding, and nothing is permitted that one folding denies."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain import letters
from bot.domain.actions import Action
from bot.domain.conditions import Condition, Field, Operator, is_like, may_be_like
from bot.domain.letters import ANY, EVERY, is_same, loosest, may_be_same
from bot.domain.session import Account
from bot.policy.evaluate import guard, rule_for
from tests.support import builders as b
from tests.support.cases import for_each
from tests.support.people import DANA, OPS, asking_leads, directory, policy, rule

DOTLESS, LONG_S, KELVIN, ANGSTROM, MICRO = "\u0131", "\u017f", "\u212a", "\u212b", "\u00b5"
ALPHA, CAPITAL_ALPHA = "\u1fb3", "\u1fbc"
"""Greek alpha with an iota below it."""

PAIRS = {
    # one letter, another, is it one for all, is it one for any
    "plain": ("a", "A", True, True),
    "accented": ("é", "É", True, True),
    "cyrillic": ("ж", "Ж", True, True),
    "another letter": ("a", "b", False, False),
    "without its accent": ("e", "é", False, False),
    "dotless i": (DOTLESS, "I", False, True),
    "dotless i and i": (DOTLESS, "i", False, True),
    "dotted capital i": ("\u0130", "i", False, True),
    "long s": (LONG_S, "S", False, True),
    "long s and s": (LONG_S, "s", False, True),
    "kelvin": (KELVIN, "k", False, True),
    "angstrom": (ANGSTROM, "å", False, True),
    "ohm": ("\u2126", "\u03c9", False, True),
    "micro": (MICRO, "\u03bc", False, True),
    "final sigma": ("\u03c2", "\u03c3", False, True),
    "iota below": (ALPHA, CAPITAL_ALPHA, False, True),
    "sharp s and its capital": ("ß", "\u1e9e", False, True),
    "title letter": ("\u01c5", "\u01c6", False, True),
    "georgian": ("\u10d0", "\u1c90", False, True),
    "cherokee": ("\uab70", "\u13a0", False, True),
    "wide": ("\uff21", "A", False, True),
    "deseret": ("\U00010428", "\U00010400", False, True),
}


@for_each(("one", "other", "every", "some"), PAIRS.values(), ids=PAIRS)
def test_what_every_folding_takes_for_one_is_permitted_and_what_any_does_is_protected(
    one: str,
    other: str,
    every: bool,  # noqa: FBT001 - a column of the table
    some: bool,  # noqa: FBT001 - a column of the table
) -> None:
    for left, right in ((one, other), (other, one)):
        assert is_like(f"x{left}*", f"x{right}y") is is_same(left, right) is every
        assert may_be_like(f"x{left}*", f"x{right}y") is may_be_same(left, right) is some


@pytest.mark.slow
def test_over_the_whole_plane_the_loosest_folding_loses_no_pair_and_the_oldest_invents_none() -> None:
    """Letter by letter, in classes: two letters that some folding makes one are neighbours in its class."""
    plane = [chr(code) for code in range(0x10000) if not 0xD800 <= code < 0xE000]
    for folding in ANY:
        classes: dict[str, list[str]] = {}
        folded = map(folding, plane) if folding is letters.caseless else folding("".join(plane))
        for letter, name in zip(plane, folded, strict=True):
            classes.setdefault(name, []).append(letter)
        for left, right in (pair for alike in classes.values() for pair in pairwise(alike)):
            assert may_be_same(left, right)
            assert folding is letters.caseless or loosest(left) == loosest(right)


ANYTHING = st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=()), max_size=6)
LETTERS = st.text(
    st.sampled_from("iIsSkK\u0131\u0130\u017f\u212a\u212b\u00e5\u00c5\u00b5\u03bc\u03c2\u03c3\u1fb3\u1fbcß\u1e9e*?"),
    max_size=5,
)


@given(pattern=ANYTHING | LETTERS, text=ANYTHING | LETTERS)
@example(pattern="\u017f*\u212a", text="Sk")
def test_a_protection_is_never_lost_by_a_folding_and_a_permission_never_won_by_one(pattern: str, text: str) -> None:
    def fits(folded: str, said: str) -> bool:
        """Without letter case: nothing that a folding could change is left."""
        where = [0]
        for sign in folded:
            where = sorted(
                {at for start in where for at in range(start, len(said) + 1)}
                if sign == "*"
                else {at + 1 for at in where if at < len(said) and sign in ("?", said[at])}
            )
        return len(said) in where

    verdicts = [fits(folding(pattern), folding(text)) for folding in EVERY]
    assert may_be_like(pattern, text) or not any(verdicts)
    assert is_like(pattern, text) is all(verdicts)


@given(ANYTHING)
def test_every_folding_but_the_caseless_keeps_the_number_of_letters_and_changes_nothing_twice(text: str) -> None:
    for folding in (*EVERY, loosest):
        assert len(folding(text)) == len(text)
        assert folding(folding(text)) == folding(text)


@given(ANYTHING, ANYTHING)
def test_what_is_the_same_for_all_is_the_same_for_any(left: str, right: str) -> None:
    assert may_be_same(left, right) or not is_same(left, right)


SPELLINGS = [
    ("svc-\u017fql", "svc-sql"),
    ("svc-sql", "SVC-\u017fQL"),
    ("m\u0131ke", "MIKE"),
    ("\u212aim", "kim"),
    (MICRO + "x", "\u039cX"),
    ("stra\u00dfe", "STRA\u1e9eE"),
    ("e\u0301mile", "ÉMILE"),
]


@for_each(("said", "seen"), SPELLINGS)
def test_a_protected_user_is_protected_in_the_spelling_of_any_program(said: str, seen: str) -> None:
    session = b.session(account=Account(domain="CORP", user=seen))
    for protected in (said, rf"CORP\{said}", rf"corp\{said[:2]}*"):
        assert guard(policy(protected_users=(protected,)), session) == "a protected user"
    assert guard(policy(own_accounts=(said,)), session) == "the bot's own account"


def test_the_console_is_the_console_in_any_letters() -> None:
    for station in ("Console", "CON\u017fOLE", "ｃonsole"):  # noqa: RUF001 - a wide letter
        assert guard(policy(), b.session(station=station)) == "the console"


@for_each(("said", "seen"), SPELLINGS)
def test_a_filter_chooses_nobody_whom_one_program_takes_for_another(said: str, seen: str) -> None:
    asked = Condition(field=Field.USER, operator=Operator.LIKE, values=(said,))
    assert not asked.holds_for(b.session(account=Account(domain="CORP", user=seen)))
    assert asked.holds_for(b.session(account=Account(domain="CORP", user=said)))


@for_each(("said", "seen"), SPELLINGS)
def test_a_rule_that_only_some_programs_find_fitting_leaves_no_room_for_a_laxer_one(said: str, seen: str) -> None:
    """Passed over, the rule that needs a lead would let the next one decide, which asks nobody."""
    strict, lax = asking_leads(1, name="strict", users=(said,)), rule("lax")
    session = b.session(account=Account(domain="CORP", user=seen))
    dana = directory().person(DANA)
    assert rule_for(policy(strict, lax), dana, OPS, Action.LOG_OFF, session) is None
    assert rule_for(policy(strict, lax), dana, OPS, Action.LIST, session) is strict
    assert rule_for(policy(strict, lax), dana, OPS, Action.LOG_OFF, b.session()) is lax


@for_each(
    ("seen", "is_replaced"),
    [
        ({}, False),
        ({"account": Account(domain="corp", user="K\u0131M")}, False),
        ({"account": Account(domain="CORP", user="\u212aim")}, False),
        ({"account": Account(domain="CORP", user="kira")}, True),
        ({"account": Account(domain="OTHER", user="kim")}, True),
        ({"account": Account(domain="", user="")}, False),
        ({"logon": b.LOGON + 1}, True),
        ({"logon": 0}, False),
    ],
)
def test_a_session_counts_as_another_persons_only_where_every_folding_says_so(
    seen: dict[str, Any],
    is_replaced: bool,  # noqa: FBT001 - a column of the table
) -> None:
    kim: dict[str, Any] = {"account": Account(domain="CORP", user="kim")}
    target = b.target(session=b.session(**kim))
    assert target.is_gone_from(b.session(**(kim | seen))) is is_replaced


def test_a_plain_text_is_folded_as_its_letters_are() -> None:
    """Each folding takes a short way for ASCII; one letter of another script beside it takes the long one."""
    plain = "".join(map(chr, range(128)))
    for folding in letters.ANY:
        assert f"{folding(plain)}\u65e5" == folding(f"{plain}\u65e5")
