"""A YAML file as plain values: references to secrets are resolved, and each key has its line."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import yaml
from yaml import tokens
from yaml.constructor import SafeConstructor

from app.config.files import text_in
from app.config.findings import Fault, refusal
from bot.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    _Children: TypeAlias = "dict[int | str, tuple[int, yaml.Node]]"

Location = tuple[int | str, ...]
"""The keys and list indexes that lead to a value."""

DEEPEST = 20
"""How deep blocks may be nested. A configuration needs five levels."""

_CORE = frozenset(f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "null"))
_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_NO_TEXT = re.compile(r"[\ud800-\udfff]")
STAND_IN = "unresolved"
"""The text of a value that is not here."""

_UNKNOWN = object()
_ANOTHER = "Copy the one that ships with the bot and change it, or make one with: logoff-bot init"

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Reads a long file in a fraction of the time, where PyYAML was built with it."""


class Unresolved(str):
    """Stands in for a secret that is not here. It reads like a text of any key, so that the rest can be checked."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A secret that the file takes from elsewhere, and that is not there."""

    line: int
    where: Location
    message: str  # what is missing, and what to do

    def concerns(self, where: Location) -> bool:
        """Return whether a fault at this place is about the secret."""
        return where[: len(self.where)] == self.where

    @property
    def fault(self) -> Fault:
        return Fault(line=self.line, key="", message=self.message)


@dataclass(frozen=True, slots=True, kw_only=True)
class YamlFile:
    """A file that was read."""

    values: dict[str, object]  # with references resolved, or `Unresolved`
    faults: tuple[Fault, ...]  # of the values alone; no secrets
    wanted: tuple[Wanted, ...]
    files: tuple[Path, ...]  # from which `file:` took values
    root: yaml.MappingNode  # the nodes, for line numbers
    _known: dict[int, _Children] = field(default_factory=dict)  # the children of nodes that were asked for

    def line_of(self, location: Location) -> int:
        """Return the line of the innermost key on the way that exists, from 1."""
        line: int = self.root.start_mark.line
        node: yaml.Node = self.root
        for part in location:
            if id(node) not in self._known:
                self._known[id(node)] = _children(node)
            children = self._known[id(node)]
            if part not in children:
                break
            line, node = children[part]
        return line + 1


def read(path: Path, environment: Mapping[str, str]) -> YamlFile:
    """Return the file. Raises `SettingsError` when it cannot be read, is no mapping, or has more than plain values."""
    return parsed(path, _text_of(path), environment)


def parsed(path: Path, text: str, environment: Mapping[str, str]) -> YamlFile:
    """Return what the text of this file says. Raises as `read` does."""
    try:
        if found := list(_not_plain(text)):
            raise refusal(path, found)
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as exc:
        raise SettingsError(_no_yaml(path, text, exc)) from None  # its text shows the line
    except yaml.YAMLError:
        raise SettingsError(
            f"{path} is no YAML: it has a control character in it. Remove it with a text editor."
        ) from None  # its text shows the line
    if not isinstance(root, yaml.MappingNode):
        what = "is a list or a text, and has to be `key: value` lines" if root else "is empty"
        raise SettingsError(f"{path} {what}. {_ANOTHER}")
    reader = _Reader(environment)
    values = reader.mapping(root, ())
    faults, wanted, files = tuple(reader.faults), tuple(reader.wanted), tuple(reader.files)
    return YamlFile(values=values, faults=faults, wanted=wanted, files=files, root=root)


def _text_of(path: Path) -> str:
    try:
        return text_in(path)
    except IsADirectoryError as exc:
        raise SettingsError(f"{path} is a folder. Name the file in it: --config {path / 'app.yaml'}") from exc
    except FileNotFoundError as exc:
        raise SettingsError(
            f"{path} cannot be read: {exc.strerror}. Name the file with --config, or make one with: logoff-bot init"
        ) from exc
    except OSError as exc:
        raise SettingsError(f"{path} cannot be read: {exc.strerror}. Name the file with --config.") from exc
    except UnicodeDecodeError as exc:
        line = exc.object[: exc.start].count(b"\n") + 1
        raise SettingsError(f"{path} is no text in UTF-8: look at line {line}. Save it as UTF-8.") from exc


def _no_yaml(path: Path, text: str, error: yaml.MarkedYAMLError) -> str:
    if not error.problem_mark:
        return f"{path} is no YAML: {error.problem}"
    number = error.problem_mark.line
    line = (text.splitlines() or [""])[min(number, len(text.splitlines()) - 1)]
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return f"{path} is no YAML at line {number + 1}: the line begins with a tab. Indent it with spaces."
    return f"{path} is no YAML at line {number + 1}: {error.problem}. Look at that line and the one before it."


def _not_plain(text: str) -> Iterator[Fault]:
    """Yield the places with more than plain values. This runs before parsing, because aliases can grow without end."""
    depth = 0
    for token in yaml.scan(text, Loader=_LOADER):
        line = token.start_mark.line + 1
        match token:
            case tokens.AnchorToken() | tokens.AliasToken():
                yield Fault(line, "", "a value may not begin with & or *. Write it out, or put it in quotes.")
            case tokens.TagToken():
                yield Fault(line, "", "a value may not begin with !. Put it in quotes.")
            case tokens.BlockEndToken() | tokens.FlowSequenceEndToken() | tokens.FlowMappingEndToken():
                depth -= 1
            case (
                tokens.BlockSequenceStartToken()
                | tokens.BlockMappingStartToken()
                | tokens.FlowSequenceStartToken()
                | tokens.FlowMappingStartToken()
            ):
                depth += 1
        if depth > DEEPEST:
            yield Fault(line, "", "the blocks stand too deep in each other.")
            return


@dataclass(frozen=True, slots=True)
class _Reader:
    """Makes plain values of nodes, and notes what cannot be one."""

    environment: Mapping[str, str]
    faults: list[Fault] = field(default_factory=list)
    wanted: list[Wanted] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)

    def mapping(self, node: yaml.MappingNode, where: Location) -> dict[str, object]:
        values: dict[str, object] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                self.faults.append(Fault(line, "", "a key has to be one word."))
                continue
            name = str(key.value)
            if name in values:
                at = ".".join(map(str, (*where, name)))
                self.faults.append(Fault(line, at, "stands here a second time. Keep one of them."))
            values[name] = self._plain(value, (*where, name))
        return values

    def _plain(self, node: yaml.Node, where: Location) -> object:
        match node:
            case yaml.MappingNode():
                return self.mapping(node, where)
            case yaml.SequenceNode():
                return [self._plain(item, (*where, index)) for index, item in enumerate(node.value)]
        line = node.start_mark.line + 1
        try:
            value: object = SafeConstructor().construct_document(node) if node.tag in _CORE else _UNKNOWN
        except (yaml.YAMLError, ValueError):
            value = _UNKNOWN
        if value is _UNKNOWN:
            self.faults.append(Fault(line, "", "the value cannot be understood. Put it in quotes."))
            return None
        return self._resolve(value, line, where) if isinstance(value, str) else value

    def _resolve(self, text: str, line: int, where: Location) -> str:
        if reference := _REFERENCE.fullmatch(text):
            message = f"the environment has no {reference[1]}. Set it, or write file:/path/to/secret."
            value = self.environment.get(reference[1], "")
            if _NO_TEXT.search(value):
                value, message = "", f"the environment has {reference[1]}, and it is no text in UTF-8. Set it again."
            return value or self._want(line, where, message)
        if _REFERENCE.search(text):
            message = "${NAME} stands for a whole value, not for a part of one. Put all of it there."
            self.faults.append(Fault(line, "", message))
        if text.startswith("file:"):
            self.files.append(Path(text[5:]))
            try:
                return text_in(Path(text[5:])).strip()
            except OSError as exc:
                return self._want(line, where, f"{text[5:]} cannot be read: {exc.strerror}.")
            except ValueError:
                return self._want(line, where, f"{text[5:]} is no text in UTF-8.")
        return text

    def _want(self, line: int, where: Location, message: str) -> Unresolved:
        self.wanted.append(Wanted(line=line, where=where, message=message))
        return Unresolved(STAND_IN)


def _children(node: yaml.Node) -> _Children:
    if isinstance(node, yaml.MappingNode):
        return {str(key.value): (key.start_mark.line, value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return {index: (item.start_mark.line, item) for index, item in enumerate(node.value)}
    return {}
