"""Every decision has the same form, and the list of decisions has every one."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from tests.support.checkout import ROOT

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = ROOT / "docs" / "decisions"
PAGES = sorted(path for path in FOLDER.glob("*.md") if path.name != "README.md")
PARTS = ["What.", "Why.", "Failure modes."]
LONGEST = 30


def title_of(page: Path) -> str:
    return page.read_text(encoding="utf-8").splitlines()[0].partition(": ")[2]


def faults_of(page: Path) -> list[str]:
    text = page.read_text(encoding="utf-8")
    parts = re.findall(r"^\*\*(.+?)\*\*", text, re.MULTILINE)
    faults = [] if re.match(rf"# {page.name[:4]}: \S", text) else [f"begin with `# {page.name[:4]}: ...`"]
    faults += [] if parts in (PARTS, [*PARTS, "Left alone."]) else [f"have the parts {PARTS}, not {parts}"]
    faults += [] if len(text.splitlines()) <= LONGEST else [f"stay within {LONGEST} lines"]
    return [f"docs/decisions/{page.name}: {fault}" for fault in faults]


def test_every_decision_says_what_why_and_how_it_may_fail() -> None:
    faults = [fault for page in PAGES for fault in faults_of(page)]
    assert not faults, "\n".join(faults)


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = [int(page.name[:4]) for page in PAGES]
    assert numbers[0] == 1
    assert all(after == before + 1 for before, after in pairwise(numbers))


def test_the_list_has_every_decision_with_its_title() -> None:
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^- \[(\d{4})\]\((.+?)\): (.+)$", text, re.MULTILINE)
    assert listed == [(page.name[:4], page.name, title_of(page)) for page in PAGES], "edit docs/decisions/README.md"
