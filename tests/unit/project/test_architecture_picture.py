"""The picture in docs/architecture.md: its boxes are the packages, its arrows are the imports, and none is missing."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import pytest

from tests.support.checkout import ROOT, statements_in, statements_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PAGE = ROOT / "docs" / "architecture.md"
SOURCES = {name: ROOT / name for name in ("app", "adapters", "bot", "migrations")}
SOURCES["rehearsal"] = ROOT / "rehearsal" / "src" / "rehearsal"
Arrows = set[tuple[str, str]]


def parts_of(name: str) -> set[str]:
    """The packages and modules right below a package."""
    folder = SOURCES[name]
    modules = {path.stem for path in folder.glob("*.py") if path.stem != "__init__"}
    packages = {path.name for path in folder.iterdir() if (path / "__init__.py").exists()}
    return {f"{name}.{part}" for part in modules | packages}


WHOLE = {"app", "bot", "rehearsal", "migrations"} | parts_of("adapters")
CORE = parts_of("bot")


def imported_in(statements: Iterable[ast.AST]) -> Iterator[str]:
    """Full names of what is imported, those for the type checker alone among them."""
    for node in statements:
        match node:
            case ast.Import():
                yield from (alias.name for alias in node.names)
            case ast.ImportFrom(module=str(module), level=0):
                yield from (f"{module}.{alias.name}" for alias in node.names)


def box_of(name: str, boxes: Iterable[str]) -> str | None:
    """The box that a module belongs to."""
    return next((box for box in boxes if name == box or name.startswith(f"{box}.")), None)


def imports_between(boxes: set[str]) -> Arrows:
    found: Arrows = set()
    for top, folder in SOURCES.items():
        for path in folder.rglob("*.py"):
            here = ".".join((top, *path.relative_to(folder).with_suffix("").parts))
            there = {box_of(name, boxes) for name in imported_in(statements_of(path))}
            start = box_of(here, boxes)
            found |= {(start, end) for end in there if start and end and start != end}
    return found


def drawn(number: int) -> tuple[set[str], Arrows]:
    """Boxes and arrows of one Mermaid block: `id["label"]` is a box, `id --> id & id` are arrows."""
    block = re.findall(r"^```mermaid\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)[number]
    labels = dict(re.findall(r'^ *(\w+)\["([\w.]+)', block, re.MULTILINE))
    arrows: Arrows = set()
    for starts, ends in re.findall(r"^ *([\w &]+?) --> ([\w &]+)$", block, re.MULTILINE):
        arrows |= {(labels[start], labels[end]) for start in starts.split(" & ") for end in ends.split(" & ")}
    return set(labels.values()), arrows


@pytest.mark.parametrize(("number", "boxes"), [(0, WHOLE), (1, CORE)], ids=["the whole", "the core"])
def test_the_picture_shows_the_packages_and_their_imports(number: int, boxes: set[str]) -> None:
    shown, arrows = drawn(number)
    real = imports_between(boxes)
    faults = [f"draw the box {name}" for name in sorted(boxes - shown)]
    faults += [f"take the box {name} away" for name in sorted(shown - boxes)]
    faults += [f"draw {start} --> {end}" for start, end in sorted(real - arrows)]
    faults += [f"take {start} --> {end} away: nothing imports that" for start, end in sorted(arrows - real)]
    assert not faults, "\n".join([f"Edit the picture number {number + 1} in docs/architecture.md:", *faults])


def test_an_import_is_found_wherever_it_stands() -> None:
    source = "def f():\n    from bot.ports import clock\nimport app.wiring\nfrom . import neighbour"
    assert sorted(imported_in(statements_in(source))) == ["app.wiring", "bot.ports.clock"]
