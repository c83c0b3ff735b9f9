"""What is imported is declared: else the bot lives on what another package happens to bring along."""

from __future__ import annotations

import re
import sys
import tomllib
from functools import cache
from importlib.metadata import packages_distributions
from typing import TYPE_CHECKING, Any

from tests.support.cases import for_each
from tests.support.checkout import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

HOUSE = {"app", "bot", "adapters", "rehearsal", "rehearsal_testing", "migrations", "tests", "windows"}
HOUSE |= {bench.stem for bench in (ROOT / "bench").glob("*.py")}


NAME = r"[\w.]+(?: as \w+)?"
IMPORT = re.compile(
    rf"^[ \t]*(?:from ([\w.]+) import [\w(*]|import ({NAME}(?:, {NAME})*)[ \t]*(?:#.*)?$)", re.MULTILINE
)


def read(folder: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / folder / "pyproject.toml").read_text(encoding="utf-8"))


PYPROJECT, MEMBER = read("."), read("rehearsal")
EXTRAS: dict[str, list[str]] = PYPROJECT["project"]["optional-dependencies"]
RUNTIME: list[str] = PYPROJECT["project"]["dependencies"]
REHEARSAL: list[str] = MEMBER["project"]["dependencies"]
REHEARSALS_TESTS = REHEARSAL + MEMBER["dependency-groups"]["dev"]
TESTS = RUNTIME + [each for extra in EXTRAS.values() for each in extra] + PYPROJECT["dependency-groups"]["dev"]
TESTS += REHEARSALS_TESTS  # `rehearsal_testing` is theirs
MAY_USE = {
    "app": RUNTIME,
    "bot": RUNTIME,
    "adapters": RUNTIME
    + [each for extra in ("postgres", "reports", "http", "kerberos", "jea") for each in EXTRAS[extra]],
    "migrations": RUNTIME + EXTRAS["postgres"],
    "rehearsal/src": REHEARSAL,
    "rehearsal/tests": REHEARSALS_TESTS,
    "tests": TESTS,
    "bench": TESTS,
    "windows": [],  # it builds the module before anything is installed
}


def plain(name: str) -> str:
    """A distribution's name as the registries compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def names_in(requirements: Iterable[str]) -> set[str]:
    return {plain(re.split(r"[\[<>=!~; ]", each, maxsplit=1)[0]) for each in requirements}


def imported_in(source: str) -> Iterator[str]:
    """Top-level modules of other people, wherever the import stands. By its lines: to parse the tests takes longer."""
    for module, modules in IMPORT.findall(source):
        for name in (module or modules).split(","):
            top = name.split()[0].partition(".")[0]
            if top and top not in sys.stdlib_module_names and top not in HOUSE:
                yield top


@cache
def distributions() -> Mapping[str, list[str]]:
    return packages_distributions()


def undeclared(source: str, requirements: Iterable[str]) -> set[str]:
    """What no requirement brings along. An extra that is not installed here is known by its own name."""
    declared = names_in(requirements)
    brought = {top: distributions().get(top, [top]) for top in imported_in(source)}
    return {top for top, names in brought.items() if not declared & {plain(each) for each in names}}


@for_each("folder", MAY_USE)
def test_what_is_imported_is_declared_where_it_is_used(folder: str) -> None:
    files = sorted((ROOT / folder).rglob("*.py"))
    found = {
        str(path.relative_to(ROOT)): undeclared(path.read_text(encoding="utf-8"), MAY_USE[folder]) for path in files
    }
    assert files
    assert {path: names for path, names in found.items() if names} == {}


@for_each(
    ("source", "requirements", "missing"),
    [
        ("import spnego.exceptions", ["pywinrm>=0.5"], {"spnego"}),
        ("import spnego.exceptions", ["pyspnego[kerberos]>=0.11"], set()),
        ("def f():\n    from yaml import safe_load", ["PyYAML"], set()),
        ("import no_such_module, json", RUNTIME, {"no_such_module"}),
        ("import starlette.routing", RUNTIME, {"starlette"}),
        ("import starlette.routing", REHEARSAL, set()),
        ("from . import neighbour\nimport bot.model", [], set()),
        ("import json, spnego.exceptions as e, yaml  # why", [], {"spnego", "yaml"}),
        ("try:\n    from yaml import (\n        safe_load,\n    )\nexcept ImportError: ...", [], {"yaml"}),
        ('"""\nimport rules of the house\nfrom the start\n"""', [], set()),
    ],
)
def test_an_import_that_nothing_declares_is_found(source: str, requirements: list[str], missing: set[str]) -> None:
    assert undeclared(source, requirements) == missing
