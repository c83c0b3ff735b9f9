"""Each promise of docs/threats.md names the tests that hold it, and the tests are there."""

from __future__ import annotations

import re

from app.config.timing import GROUPS_EVERY, GROUPS_GOOD_FOR
from tests.support.checkout import ROOT

PAGE = (ROOT / "docs" / "threats.md").read_text(encoding="utf-8")
NAME = re.compile(r"`test_\w+`")
NO_PROMISE = "What it cannot"
FOLDERS = (ROOT / "tests", ROOT / "rehearsal/tests")
SOURCES = [path.read_text(encoding="utf-8") for folder in FOLDERS for path in folder.rglob("*.py")]
TESTS = {f"`{name}`" for source in SOURCES for name in re.findall(r"^(?:async )?def (test_\w+)", source, re.MULTILINE)}


def promises() -> list[str]:
    """Each row of a table, each point of a list and each paragraph below a heading, but what the bot cannot do."""
    _, *sections = re.split(r"^## ", PAGE, flags=re.MULTILINE)
    below = [section.partition("\n")[2] for section in sections if not section.startswith(NO_PROMISE)]
    parts = [part for text in below for part in re.split(r"\n\n|\n(?=- )", text) if not part.startswith("|")]
    return [*rows(), *(part.strip() for part in parts if part.strip() and not announces(part))]


def rows() -> list[str]:
    tables = re.findall(r"(?:^\|.*\n)+", PAGE, re.MULTILINE)
    return [row for table in tables for row in table.splitlines()[2:]]


def announces(part: str) -> bool:
    """A sentence that only leads to what stands below it."""
    return part.rstrip().endswith("as follows.")


def test_each_promise_names_a_test() -> None:
    assert [promise for promise in promises() if not NAME.search(promise)] == []


def test_each_test_that_is_named_is_there() -> None:
    assert sorted(set(NAME.findall(PAGE)) - TESTS) == []


def test_each_row_names_its_tests_in_its_last_column_and_nothing_else_there() -> None:
    columns = [row.strip("| ").split(" | ") for row in rows()]
    assert [cells[0] for cells in columns if NAME.sub("", cells[-1]).strip(", ")] == []
    assert [cells[0] for cells in columns if NAME.search(" ".join(cells[:-1]))] == []


def test_all_of_the_page_is_read() -> None:
    assert len(rows()) > 35
    assert len(promises()) > len(rows()) + 5


def test_how_often_people_are_read_is_what_the_bot_does() -> None:
    """The time stands on three pages, and in one place of the program, which each directory is made with."""
    numbers = {2: "two", 5: "five", 10: "ten", 15: "fifteen", 30: "thirty"}
    every = f"{numbers[int(GROUPS_EVERY.total_seconds()) // 60]} minutes"
    assert f"refreshed every {every}" in PAGE
    assert "has not answered for an hour, no person counts" in PAGE
    assert GROUPS_GOOD_FOR.total_seconds() == 3600
    assert f"(read every {every})" in page("operations.md")
    assert f"count no more within {every}" in page("running.md")
    made = [source for source in APP if "SlackDirectory(" in source]
    assert made
    assert all(re.search(r"refresh_every=GROUPS_EVERY,\s*good_for=GROUPS_GOOD_FOR", source) for source in made)


APP = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "app").rglob("*.py"))]


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")
