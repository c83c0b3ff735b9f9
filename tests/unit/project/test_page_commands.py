"""Each command in a code block of a page is run by a test as it stands, or says what it needs that no test has."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import typer

from app.cli.main import app
from bot.commands import COMMANDS as SLASHES
from bot.domain.inventory import Inventory
from tests import deep
from tests.support.cases import for_each
from tests.support.checkout import ROOT
from tests.support.page_commands import (
    COMMANDS,
    NEEDED,
    OTHERS,
    PAGES,
    RUN_APART,
    RUN_BY,
    RUN_BY_CI,
    RUN_BY_DEEP,
    blocks_in,
    blocks_of,
    commands,
    commands_in,
    commands_of,
    is_as_shown,
)
from tests.unit.project import test_pages
from tests.unit.project.test_pages import TESTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.page_commands import Command


def faults_of(command: Command) -> Iterator[str]:
    if not command.is_run and not command.needs:
        yield f"{command.place}: no test runs it, and it does not say what it needs"
    if command.output and command.needs:
        yield f"{command.place}: nothing holds the output that is shown"


def test_each_command_is_run_by_a_test_or_says_what_it_needs() -> None:
    assert [fault for command in commands() for fault in faults_of(command)] == []


def test_each_page_whose_names_are_read_has_its_commands_read() -> None:
    assert {str(page.relative_to(ROOT)) for page in test_pages.PAGES} == set(PAGES)


def test_each_block_says_its_language() -> None:
    blocks = [block for page in PAGES for block in blocks_of(page)]
    assert [f"{b.page}:{b.line}: {b.language}" for b in blocks if b.language not in COMMANDS | OTHERS] == []
    programs = tuple({f"{command.text.split()[0]} " for command in commands()})
    hidden = [
        f"{block.page}: {line}"
        for block in blocks
        if block.language in OTHERS - {"slack"}
        for line in block.text.splitlines()
        if line.removeprefix("$ ").startswith(programs)
    ]
    assert hidden == []


def test_who_runs_a_command_is_there_and_each_row_is_of_a_command() -> None:
    texts = {command.text for command in commands()}
    assert {*RUN_APART, *RUN_BY_CI, *RUN_BY_DEEP} - texts == set()
    assert {*RUN_BY} - {command.page for command in commands()} == set()
    assert {*RUN_BY.values(), *RUN_APART.values()} - TESTS == set()
    assert all(commands_of(test) for test in {*RUN_BY.values(), *RUN_APART.values()})
    for file, words in RUN_BY_CI.values():
        assert words in (ROOT / file).read_text(encoding="utf-8")
    assert set(RUN_BY_DEEP.values()) <= set(deep.BENCHES.values())
    assert {f"bench/{bench}.py" for bench in deep.BOUNDED.values()} == {words.split()[0] for words in bench_files()}


def bench_files() -> list[str]:
    return [words for words in deep.BENCHES.values() if words.startswith("bench/")]


def test_each_test_that_runs_commands_takes_them_from_the_page() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py")]
    for test in {*RUN_BY.values(), *RUN_APART.values()}:
        (source,) = [text for text in sources if f"\ndef {test}(" in text]
        assert "import page_commands" in source or "from tests.support.page_commands import" in source, test


NEW = "Words.\n\n{}\n"


@for_each(
    ("text", "faults"),
    [
        ("```sh\nlogoff-bot nothing\n```", 1),
        ("```sh\nlogoff-bot one\nmake test\nlogoff-bot two   # and this\n```", 2),
        ("```sh\nlogoff-bot one   # needs Slack\n```", 0),
        ("This needs Windows:\n\n```powershell\nGet-Item\nSet-Item\n```", 0),
        ("This needs Windows.\n\nAnd this not:\n\n```powershell\nGet-Item\n```", 1),
        ("This needs luck:\n\n```sh\nlogoff-bot\n```", 1),
        ("```console\n$ logoff-bot one\nits output\n$ logoff-bot two \\\n    --more\n```", 2),
        ("This needs Docker:\n\n```console\n$ docker\nits output\n```", 1),
        ("- a list\n\n  ```sh\n  logoff-bot one\n  ```", 1),
    ],
)
def test_a_new_command_that_nothing_runs_is_a_fault(text: str, faults: int) -> None:
    found = [command for block in blocks_in("docs/new.md", NEW.format(text)) for command in commands_in(block)]
    assert len([fault for command in found for fault in faults_of(command)]) == faults


def test_a_command_is_read_with_its_lines_its_output_and_without_its_comment() -> None:
    text = "```console\n$ one \\\n    --more   # why\nfirst\n\nsecond\n$ two\n```"
    (block,) = blocks_in("docs/new.md", text)
    one, two = commands_in(block)
    assert (one.text, one.output, one.line) == ("one --more", "first\n\nsecond", 2)
    assert (two.text, two.output, two.line) == ("two", "", 7)
    (silent,) = commands_in(next(blocks_in("docs/new.md", "```sh\nthree\n```")))
    assert silent.output is None


@for_each(
    ("shown", "told", "same"),
    [
        ("a  b\n", "a b", True),
        ("a ... d", "a b c d", True),
        ("a ... d", "a d", True),
        ("a...", "a", True),
        ("a ...", "a\nb", True),
        ("a", "a b", False),
        ("a ... d", "a b c", False),
        ("(a)...", "(a) b", True),
        ("a.c", "abc", False),
    ],
)
def test_an_output_is_compared_but_for_white_space_and_dots(shown: str, told: str, same: bool) -> None:  # noqa: FBT001 - a case
    assert is_as_shown(shown, told) is same


def test_what_is_typed_in_slack_is_understood() -> None:
    by_slash = {command.slash: command for command in SLASHES}
    typed = [
        line for page in PAGES for block in blocks_of(page) if block.language == "slack" for line in lines(block.text)
    ]
    assert typed
    for line in typed:
        slash, _, words = line.partition(" ")
        by_slash[slash].parse(words, Inventory(names=("comp1", "comp2")))


def lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


def test_each_command_within_a_sentence_has_a_name_and_options_that_are_there() -> None:
    """Such as `logoff-bot db upgrade --create`. What stands for a value is not read."""
    root = typer.main.get_command(app)
    found = [
        (page, words)
        for page in PAGES
        for words in re.findall(r"`(logoff-bot [^`]+)`", (ROOT / page).read_text(encoding="utf-8"))
    ]
    assert len(found) > 50
    assert [
        f"{page}: {words}" for page, words in found if not is_there(root, shlex.split(words.replace("\n", " "))[1:])
    ] == []


@for_each(
    ("words", "there"),
    [
        ("db upgrade --create", True),
        ("audit verify --key PUBLIC --anchor SEQ:HASH", True),
        ("--version", True),
        ("db down", False),
        ("nothing", False),
        ("db upgrade --creates", False),
        ("policy check --as dana", False),
    ],
)
def test_a_command_with_a_wrong_name_or_option_is_seen(words: str, there: bool) -> None:  # noqa: FBT001 - a case
    assert is_there(typer.main.get_command(app), words.split()) is there


def is_there(command: object, words: list[str]) -> bool:
    while words and (below := getattr(command, "commands", {}).get(words[0])) is not None:
        command, words = below, words[1:]
    if getattr(command, "commands", None) and words and not words[0].startswith("-"):
        return False
    options = {name for each in getattr(command, "params", ()) for name in each.opts} | {"--help"}
    return {word.partition("=")[0] for word in words if word.startswith("--")} <= options


def test_each_target_of_make_within_a_sentence_is_there() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {
        word for page in PAGES for word in re.findall(r"`make ([a-z]+)", (ROOT / page).read_text(encoding="utf-8"))
    }
    assert {"deep", "test", "check"} <= named <= targets


def test_what_a_command_may_need_is_used() -> None:
    assert {need for command in commands() for need in command.needs} == {each.lower() for each in NEEDED} - {"slack"}
