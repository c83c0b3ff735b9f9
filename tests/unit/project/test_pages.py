"""What the pages name exists: files, folders, modules, tests, links and headings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.support.checkout import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGES = [
    *sorted(ROOT.glob("*.md")),
    ROOT / "rehearsal" / "README.md",
    ROOT / "windows" / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / ".github").rglob("*.md")),
]
SOURCES = ("app", "bot", "adapters", "tests")
PATHS = re.compile(r"`((?:app|bot|adapters|rehearsal|migrations|tests|docs|bench|windows|\.ci|\.github)/[\w./-]*)`")
MODULES = re.compile(r"`((?:app|bot|adapters|rehearsal|migrations)(?:\.\w+)+)`")
LINKS = re.compile(r"\]\(([^)#:\s]*)(?:#([^)]*))?\)")


def faults_of(page: Path) -> Iterator[str]:
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    yield from (name for name in PATHS.findall(text) if not any((top / name).exists() for top in (ROOT, page.parent)))
    yield from (
        name for name in MODULES.findall(text) if not name.endswith(("yaml", "md", "json")) and not is_module(name)
    )
    yield from (name for name in re.findall(r"\btest_\w+", text) if name not in TESTS)
    for target, heading in LINKS.findall(text):
        there = page.parent / target if target else page
        if not there.exists():
            yield target
        elif heading and heading not in headings_of(there):
            yield f"{target}#{heading}"


def is_module(name: str) -> bool:
    """A package or a module; or, with one word more, what is written in it."""
    inner, _, word = name.rpartition(".")
    if file_of(name):
        return True
    there = file_of(inner)
    return bool(there and re.search(rf"\b{word}\b", there.read_text(encoding="utf-8")))


def file_of(name: str) -> Path | None:
    tops = [ROOT, ROOT / "rehearsal" / "src"]
    paths = [top.joinpath(*name.split(".")) for top in tops]
    files = [file for path in paths for file in (path.with_suffix(".py"), path / "__init__.py")]
    return next((file for file in files if file.exists()), None)


def headings_of(page: Path) -> set[str]:
    """As GitHub makes anchors of headings."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def names_in(folder: Path) -> Iterator[str]:
    for path in folder.rglob("test_*.py"):
        yield path.stem
        yield from re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)


TESTS = {name for place in ("tests", "rehearsal") for name in names_in(ROOT / place)}


def test_what_the_pages_name_exists() -> None:
    faults = {str(page.relative_to(ROOT)): sorted(set(faults_of(page))) for page in PAGES}
    assert {page: names for page, names in faults.items() if names} == {}


def test_the_recipes_name_what_is_in_the_code() -> None:
    sources = [path for top in SOURCES for path in (ROOT / top).rglob("*.py")]
    words = set(re.findall(r"\w+", "\n".join(path.read_text(encoding="utf-8") for path in sources)))
    recipes = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## Recipes")[2]
    assert set(re.findall(r"`(?:\w+\.)?([A-Za-z_]\w+)`", recipes)) - words - {"make"} == set()


def test_the_rule_about_sleeps_names_the_tests_that_sleep_and_no_other() -> None:
    rules = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (rule,) = re.findall(r"No sleeps, .*?\n\n", rules, re.DOTALL)
    named = set(re.findall(r"`((?:\w+/)+(?:\w+\.py)?)`", rule))
    sleeping = {
        str(path.relative_to(ROOT))
        for place in ("tests", "rehearsal/tests")
        for path in (ROOT / place).rglob("*.py")
        if re.search(r"(?<!pg_)\bsleep\((?!0\))", path.read_text(encoding="utf-8"))
    }
    others = {f"tests/unit/{name}.py" for name in ("bot/commands/test_attacked", "adapters/slack/test_directory")}
    found = {each for each in named for path in sleeping if path.startswith(each)}
    assert found | others | {"rehearsal/tests/test_farm_wire.py"} == named
    assert {path for path in sleeping if not any(path.startswith(each) for each in named)} == set()


def test_the_names_are_found() -> None:
    assert len(PAGES) > 20
    assert is_module("bot.domain.request")
    assert is_module("bot.domain.request.Target")
    assert not is_module("bot.report")
    assert headings_of(ROOT / "docs" / "policy.md") >= {"a-rule", "break-glass"}
