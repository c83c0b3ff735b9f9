"""A YAML file as plain values: references to secrets are resolved, and each key has its line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from yaml import tokens
from yaml.constructor import SafeConstructor

from bot.domain.letters import visible
from bot.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Location = tuple[int | str, ...]
"""The keys and list indexes that lead to a value."""

DEEPEST = 20
"""How deep blocks may be nested. A configuration needs five levels."""

_CORE = frozenset(f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "null"))
_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_UNKNOWN = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class YamlFile:
    """A file that was read."""

    values: dict[str, object]  # with references resolved
    problems: tuple[tuple[int, str], ...]  # line and sentence of each value that could not be resolved; no secrets
    root: yaml.MappingNode  # the nodes, for line numbers

    def line_of(self, location: Location) -> int:
        """Return the line of the innermost key on the way that exists, from 1."""
        line: int = self.root.start_mark.line
        node: yaml.Node = self.root
        for part in location:
            children = _children(node)
            if part not in children:
                break
            line, node = children[part]
        return line + 1


def read(path: Path, environment: Mapping[str, str]) -> YamlFile:
    """Return the file. Raises `SettingsError` when it cannot be read, is no mapping, or has more than plain values."""
    try:
        text = path.read_text(encoding="utf-8")
        if found := list(_not_plain(text)):
            raise refusal(path, found)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except OSError as exc:
        raise SettingsError(f"{path} cannot be read: {exc.strerror}. Name the file with --config.") from exc
    except UnicodeDecodeError as exc:
        raise SettingsError(f"{path} is no text in UTF-8. Save it as UTF-8.") from exc
    except yaml.MarkedYAMLError as exc:
        line = f" at line {exc.problem_mark.line + 1}" if exc.problem_mark else ""
        raise SettingsError(f"{path} is no YAML{line}: {exc.problem}") from None  # its text shows the line
    except yaml.YAMLError:
        raise SettingsError(
            f"{path} is no YAML: it has a control character in it."
        ) from None  # its text shows the line
    if not isinstance(root, yaml.MappingNode):
        raise SettingsError(f"{path} is empty or no mapping. Copy the one that ships with the bot and change it.")
    problems: list[tuple[int, str]] = []
    values = _mapping(root, environment, problems)
    return YamlFile(values=values, problems=tuple(problems), root=root)


def refusal(path: Path, listed: Iterable[tuple[int, str]]) -> SettingsError:
    """Return the error with all faults of the file, each once and with its line."""
    lines = [f"  line {line}: {visible(message)}" for line, message in sorted(set(listed))]
    return SettingsError("\n".join([f"{path} has {len(lines)} fault{'s' if len(lines) > 1 else ''}:", *lines]))


def _not_plain(text: str) -> Iterator[tuple[int, str]]:
    """Yield the places with more than plain values. This runs before parsing, because aliases can grow without end."""
    depth = 0
    for token in yaml.scan(text, Loader=yaml.SafeLoader):
        line = token.start_mark.line + 1
        match token:
            case tokens.AnchorToken() | tokens.AliasToken():
                yield line, "a value may not begin with & or *. Write it out, or put it in quotes."
            case tokens.TagToken():
                yield line, "a value may not begin with !. Put it in quotes."
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
            yield line, "the blocks stand too deep in each other."
            return


def _plain(node: yaml.Node, environment: Mapping[str, str], problems: list[tuple[int, str]]) -> object:
    match node:
        case yaml.MappingNode():
            return _mapping(node, environment, problems)
        case yaml.SequenceNode():
            return [_plain(item, environment, problems) for item in node.value]
    line = node.start_mark.line + 1
    try:
        value: object = SafeConstructor().construct_document(node) if node.tag in _CORE else _UNKNOWN
    except (yaml.YAMLError, ValueError):
        value = _UNKNOWN
    if value is _UNKNOWN:
        problems.append((line, "the value cannot be understood. Put it in quotes."))
        return None
    return _resolve(value, environment, problems, line) if isinstance(value, str) else value


def _mapping(
    node: yaml.MappingNode, environment: Mapping[str, str], problems: list[tuple[int, str]]
) -> dict[str, object]:
    values: dict[str, object] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            problems.append((key.start_mark.line + 1, "a key has to be one word."))
            continue
        if str(key.value) in values:
            problems.append((key.start_mark.line + 1, f"{key.value}: stands here a second time. Keep one of them."))
        values[str(key.value)] = _plain(value, environment, problems)
    return values


def _resolve(text: str, environment: Mapping[str, str], problems: list[tuple[int, str]], line: int) -> str:
    if reference := _REFERENCE.fullmatch(text):
        if not environment.get(reference[1]):
            problems.append((line, f"the environment has no {reference[1]}. Set it, or write file:/path/to/secret."))
        return environment.get(reference[1], "")
    if _REFERENCE.search(text):
        problems.append((line, "${NAME} stands for a whole value, not for a part of one. Put all of it there."))
    if text.startswith("file:"):
        try:
            return Path(text[5:]).read_text(encoding="utf-8").strip()
        except OSError as exc:
            problems.append((line, f"{text[5:]} cannot be read: {exc.strerror}."))
        except ValueError:
            problems.append((line, f"{text[5:]} is no text in UTF-8."))
        return ""
    return text


def _children(node: yaml.Node) -> dict[int | str, tuple[int, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        return {str(key.value): (key.start_mark.line, value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return {index: (item.start_mark.line, item) for index, item in enumerate(node.value)}
    return {}
