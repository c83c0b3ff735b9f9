"""The commands in the code blocks of the pages: which test runs each of them, or what it needs that no test has.

A block of `sh` is commands, one a line. In one of `console` a line that begins with `$ ` is a command, and what stands
below it is its output, where `...` is whatever it is. A block of `powershell` is one command. What a command needs
stands in the comment behind it, or in the paragraph above its block: "needs Windows".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt

from tests.support.checkout import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from markdown_it.token import Token

PAGES = tuple(
    str(path.relative_to(ROOT))
    for folder in (".", "docs", "docs/decisions", "deploy", "examples", "rehearsal", "windows", ".github")
    for path in sorted((ROOT / folder).glob("*.md"))
)
COMMANDS = frozenset({"sh", "console", "powershell"})
OTHERS = frozenset({"ini", "json", "mermaid", "nginx", "python", "slack", "sql", "text", "yaml"})
"""Languages of blocks that hold no command of a shell. `slack`: what is typed there, `text`: no program's language."""

NEEDED = ("Windows", "Slack", "systemd", "Docker", "a cluster")
"""What no test here has."""

_NEEDS = re.compile(rf"\bneeds? ({'|'.join(NEEDED)})\b", re.IGNORECASE)
_COMMENT = re.compile(r"\s{2,}# .*$")

FIRST_LOGOFF = "test_the_pages_lead_from_nothing_to_the_first_logoff_and_beyond"
REHEARSED = "test_what_the_page_about_the_rehearsal_types_is_answered"
QUESTIONS = "test_each_question_is_answered_by_its_command"
PAGE_OPENS = "test_it_prints_where_it_is_and_ends_cleanly_while_somebody_looks"
SCENE = "test_a_scene_is_played_and_its_end_is_the_end"
PRACTICE = "test_from_nothing_to_the_first_logoff_over_https_on_postgresql"
BACKUP = "test_a_backup_of_yesterday_holds_touches_nobody_and_goes_on"
TICKET = "test_the_keytab_is_tried_as_the_page_says"
BOOTSTRAP = "test_the_operators_page_quotes_the_command_line_and_names_the_rules_that_fire"

RUN_BY = {
    "docs/running.md": FIRST_LOGOFF,
    "docs/monitoring.md": FIRST_LOGOFF,
    "docs/operations.md": FIRST_LOGOFF,
    "docs/policy.md": FIRST_LOGOFF,
    "docs/audit.md": QUESTIONS,
    "docs/rehearsal.md": REHEARSED,
    "docs/agent-protocol.md": BOOTSTRAP,
}
"""Page -> the test that runs its commands: each that needs nothing and has no row below. One test goes from page to
page in this order."""

RUN_APART = {
    "make demo": PAGE_OPENS,
    "logoff-bot rehearse": PAGE_OPENS,
    "logoff-bot rehearse --scenario four-eyes": SCENE,
    "logoff-bot agent | sha256sum": FIRST_LOGOFF,
    "logoff-bot practice": PRACTICE,
    """sqlite3 "$FILE" "VACUUM INTO '$BACKUP'\"""": BACKUP,
    'pg_dump --format custom --file "$BACKUP" "$LIVE"': BACKUP,
    'pg_restore --exit-on-error --single-transaction --no-owner --dbname "$NEW" "$BACKUP"': BACKUP,
    "kinit -k -t /etc/logoff-bot/svc-logoff.keytab svc-logoff@CORP.EXAMPLE && kvno HTTP/comp1.corp.example": TICKET,
}
"""Command -> the test that runs it."""

RUN_BY_CI = {
    "python3 -m venv .venv": ("Makefile", "$(PYTHON) -m venv .venv"),
    ".venv/bin/pip install uv==0.13.9": ("Makefile", "UV_VERSION := 0.13.9"),
    ".venv/bin/uv sync --locked": ("Makefile", "uv sync --locked"),
    "make test": (".ci/run", "\nmake test "),
    "make lint": (".ci/run", "\nmake lint\n"),
    "make test TESTS=rehearsal/tests": ("Makefile", "\nALL := tests rehearsal/tests\n"),
}
"""Command -> the file by which `.ci/run` runs it, and words of that file."""

RUN_BY_DEEP = {
    "make bench": "bench/fleet.py --check",
    'make bench BENCH="--quick"': "bench/fleet.py --quick --check",
    ".venv/bin/python bench/fleet.py --check": "bench/fleet.py --check",
}
"""Command -> what `make deep` runs for it: each bench, in both forms (tests/deep.py)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command of a page."""

    page: str
    line: int
    text: str  # as it stands, without its comment
    output: str | None  # what the page shows of its output; None: it does not say
    needs: frozenset[str]

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}: {self.text}"

    @property
    def test(self) -> str | None:
        """The test that runs it."""
        return RUN_APART.get(self.text) or RUN_BY.get(self.page)

    @property
    def is_run(self) -> bool:
        return bool(self.test) or self.text in RUN_BY_CI or self.text in RUN_BY_DEEP


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A code block of a page."""

    page: str
    line: int
    language: str  # empty: it says none
    text: str
    above: str  # the paragraph above it


@cache
def blocks_of(page: str) -> tuple[Block, ...]:
    return tuple(blocks_in(page, (ROOT / page).read_text(encoding="utf-8")))


def blocks_in(page: str, text: str) -> Iterator[Block]:
    tokens = MarkdownIt().parse(text)
    for index, token in enumerate(tokens):
        if token.type in {"fence", "code_block"}:
            yield Block(
                page=page,
                line=(token.map or [0])[0] + 1,
                language=token.info.strip(),
                text=token.content,
                above=_paragraph_before(tokens, index),
            )


def _paragraph_before(tokens: Sequence[Token], index: int) -> str:
    before = tokens[max(index - 2, 0) : index]
    is_paragraph = [each.type for each in before] == ["inline", "paragraph_close"]
    return " ".join(before[0].content.split()) if is_paragraph else ""


def commands_in(block: Block) -> Iterator[Command]:
    if block.language == "powershell":
        yield _command(block, block.line + 1, block.text.strip())
        return
    lines = block.text.splitlines()
    is_command = [block.language == "sh" or line.startswith("$ ") for line in lines]
    at = 0
    while at < len(lines):
        first, text = at, lines[at]
        while text.endswith("\\"):
            at += 1
            text = f"{text[:-1].rstrip()} {lines[at].strip()}"
        at += 1
        if text.strip() and is_command[first]:
            end = next((n for n in range(at, len(lines)) if is_command[n]), len(lines))
            output = "\n".join(lines[at:end]) if block.language == "console" else None
            yield _command(block, block.line + 1 + first, text.removeprefix("$ "), output)


def _command(block: Block, line: int, text: str, output: str | None = None) -> Command:
    comment = "".join(_COMMENT.findall(text))
    needs = frozenset(map(str.lower, _NEEDS.findall(f"{block.above} {comment}")))
    return Command(page=block.page, line=line, text=_COMMENT.sub("", text), output=output, needs=needs)


@cache
def commands() -> tuple[Command, ...]:
    """Return the commands of all pages."""
    blocks = [block for page in PAGES for block in blocks_of(page) if block.language in COMMANDS]
    return tuple(command for block in blocks for command in commands_in(block))


def commands_of(test: str) -> list[Command]:
    """Return the commands that this test has to run, in their order on the pages."""
    pages = list(RUN_BY)
    found = [each for each in commands() if each.test == test and not each.needs and not by_others(each)]
    return sorted(found, key=lambda each: pages.index(each.page) if each.page in pages else len(pages))


def by_others(command: Command) -> bool:
    return command.text in RUN_BY_CI or command.text in RUN_BY_DEEP


def is_as_shown(shown: str, told: str) -> bool:
    """Return whether an output is the one that a page shows. White space is not compared; `...` is anything."""
    pattern = ".*".join(re.escape(" ".join(part.split())) for part in shown.split("..."))
    return (
        re.fullmatch(pattern.replace(r"\ .*", r"\s*.*").replace(r".*\ ", r".*\s*"), " ".join(told.split())) is not None
    )
