"""`for_each`: a case that fails hides no other, and is named."""

from __future__ import annotations

import pytest

from tests.support.cases import for_each
from tests.support.effort import PROFILE, sample

seen: list[tuple[int, str]] = []


@for_each("number", [1, 2])
@for_each(("letter",), [("a",), ("b",)])
def tries(number: int, letter: str, tmp_path: str) -> None:
    seen.append((number, letter))
    assert tmp_path == "folder"
    assert (number, letter) not in {(1, "a"), (2, "b")}


@for_each(("number", "word"), [(1, "one"), (2, "two")], ids=["first", "second"])
def wants_an_error(number: int, word: str) -> None:
    if number == 2:
        with pytest.raises(ValueError, match=word):
            pass


def test_every_case_is_tried_and_each_that_fails_is_named_with_all_its_values() -> None:
    seen.clear()
    with pytest.raises(ExceptionGroup) as caught:
        tries(tmp_path="folder")
    assert seen == [(1, "a"), (1, "b"), (2, "a"), (2, "b")]
    assert [error.__notes__ for error in caught.value.exceptions] == [
        ["The case: letter='a'", "The case: number=1"],
        ["The case: letter='b'", "The case: number=2"],
    ]


def test_one_case_that_fails_is_raised_as_it_is_with_the_name_that_it_was_given() -> None:
    with pytest.raises(pytest.fail.Exception) as caught:
        wants_an_error()
    assert caught.value.__notes__ == ["The case: second"]


def test_a_list_without_cases_and_a_case_that_does_not_fit_are_no_test() -> None:
    with pytest.raises(AssertionError, match="no case"):
        for_each("number", [])
    with pytest.raises(AssertionError, match="no such case"):
        for_each("letter", "ab")(test_one_case_that_fails_is_raised_as_it_is_with_the_name_that_it_was_given)
    with pytest.raises(ValueError, match="shorter"):
        for_each(("number", "letter"), [(1,)])
    with pytest.raises(AssertionError, match="its name"):
        for_each("number", [1, 2], ids=["first"])


def test_a_sample_is_of_all_cases_unless_the_round_is_the_quick_one() -> None:
    assert sample(range(5), 2) == ([0, 2, 4] if PROFILE == "quick" else [0, 1, 2, 3, 4])
