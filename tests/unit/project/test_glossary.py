"""The glossary has one line for each word of the domain, and no word that the code has given up."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections import Counter
from enum import Enum
from inspect import getmembers, isclass
from typing import TYPE_CHECKING

import bot
import bot.domain
from tests.support.checkout import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import ModuleType

GLOSSARY = ROOT / "docs" / "glossary.md"
MEMBERS = {"States": "State", "Endings": "Ending", "Verdicts": "Verdict", "Reasons": "Reason", "Notes": "NoteKind"}
"""Section -> the enumeration of the domain whose values are its words. One that does not exist is not compared."""


def modules_in(package: ModuleType) -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        yield importlib.import_module(found.name)


def classes_in(package: ModuleType) -> dict[str, type]:
    """The public classes that are defined in the package, by name."""
    return {
        name: value
        for module in modules_in(package)
        for name, value in getmembers(module, isclass)
        if value.__module__ == module.__name__ and not name.startswith("_")
    }


DOMAIN = classes_in(bot.domain)
CORE = classes_in(bot)


def sections() -> dict[str, list[str]]:
    """The words under each heading, in their order."""
    _, *parts = re.split(r"^## (.+)$", GLOSSARY.read_text(encoding="utf-8"), flags=re.MULTILINE)
    texts = zip(parts[::2], parts[1::2], strict=True)
    return {heading: re.findall(r"^- \*\*(.+?)\*\*: \S", text, re.MULTILINE) for heading, text in texts}


def is_event(value: type) -> bool:
    return value.__module__ == "bot.domain.events" and not issubclass(value, Enum)


def wanted(found: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """What the code asks of each section; sections without a rule of their own may hold plain words."""
    words = {"Events": [name for name, value in DOMAIN.items() if is_event(value)]}
    for heading, name in MEMBERS.items():
        values = DOMAIN.get(name)
        words[heading] = [str(each.value) for each in values] if values and issubclass(values, Enum) else found[heading]
    return words


def is_class_name(word: str) -> bool:
    return word[:1].isupper()


def faults() -> Iterator[str]:
    found = sections()
    for heading, words in wanted(found).items():
        written = [word for word in found[heading] if heading == "Events" or not is_class_name(word)]
        yield from (f"add to ## {heading}: - **{word}**: ..." for word in words if word not in written)
        yield from (f"take out of ## {heading}: {word}" for word in written if word not in words)
    names = [word for heading, words in found.items() if heading != "Events" for word in words if is_class_name(word)]
    classes = [name for name, value in DOMAIN.items() if not is_event(value)]
    yield from (f"add: - **{name}**: ..." for name in classes if name not in names)
    yield from (f"take out: {name}, no class of bot/" for name in names if name not in CORE)
    everything = Counter((heading, word) for heading, words in found.items() for word in words)
    yield from (f"say it once in ## {heading}: {word}" for (heading, word), times in everything.items() if times > 1)
    yield from (f"say it once: {name}" for name, times in Counter(names).items() if times > 1)


def test_there_are_words_to_compare() -> None:
    assert {"Request", "Target", "Account", "TargetEnded"} <= DOMAIN.keys()
    assert {*MEMBERS, "Events"} <= sections().keys()


def test_the_glossary_and_the_domain_have_the_same_words() -> None:
    found = list(faults())
    assert not found, "\n".join(["Edit docs/glossary.md:", *found])
