"""A message as it reads on a screen without a browser: blocks as lines, mentions as names, dates as dates."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from unicodedata import category, east_asian_width

_TOKEN = re.compile(r"<(@[A-Z0-9]+|!subteam\^[A-Z0-9]+|!date\^(\d+)\^[^|>]*)(?:\|([^>]*))?>")
_SCREEN = 96
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


def read_text(text: str, names: Mapping[str, str]) -> str:
    """Slack's mrkdwn with its tokens resolved; `names` are those of people and groups by id."""

    def resolve(token: re.Match[str]) -> str:
        who = token[1].removeprefix("!subteam^").removeprefix("@")
        return _moment(int(token[2])) if token[2] else "@" + names.get(who, who)

    read = _TOKEN.sub(resolve, text)
    for entity, letter in _ENTITIES:
        read = read.replace(entity, letter)
    return read


def read_blocks(blocks: tuple[dict[str, Any], ...], names: Mapping[str, str]) -> str:
    """One line a block at least. A block of an unknown type is named."""
    return "\n".join(text for block in blocks if (text := _block(block, names)))


def _block(block: Mapping[str, Any], names: Mapping[str, str]) -> str:
    match block.get("type"):
        case "header" | "section":
            return _text(block["text"], names)
        case "context":
            return " ".join(_text(element, names) for element in block["elements"])
        case "rich_text":
            return "\n".join(_rich(element, names) for element in block["elements"])
        case "actions":
            return "  ".join(f"[ {_label(element)} ]" for element in block["elements"])
        case "table":
            return "\n".join(_table(block["rows"], names))
        case "divider":
            return "---"
        case other:
            return f"(cannot draw {other})"


def _label(element: Mapping[str, Any]) -> str:
    """What an element shows: a button its text, a menu its placeholder."""
    shown = element.get("text") or element.get("placeholder") or {"text": "..."}
    return str(shown["text"])


def _table(rows: Sequence[Sequence[Mapping[str, Any]]], names: Mapping[str, str]) -> Iterator[str]:
    """Rows with their cells below each other; one that is too wide for a screen names each of its cells."""
    read = [[_cell(cell, names) for cell in row] for row in rows]
    columns = max(map(len, read), default=0)
    widths = [max(_width(row[at]) for row in read if at < len(row)) for at in range(columns)]
    if sum(widths) + 2 * columns > _SCREEN:
        header, *others = read
        yield from ("; ".join(f"{name}: {text}" for name, text in zip(header, row, strict=False)) for row in others)
        return
    for row in read:
        padded = (text + " " * (wide - _width(text)) for text, wide in zip(row, widths, strict=False))
        yield "  ".join(padded).rstrip()


def _cell(cell: Mapping[str, Any], names: Mapping[str, str]) -> str:
    is_rich = cell.get("type") == "rich_text"
    return " ".join(_rich(part, names) for part in cell["elements"]) if is_rich else str(cell.get("text", ""))


def _width(text: str) -> int:
    """Columns of a terminal: two for a wide letter, none for a mark on another one."""
    wide = sum(east_asian_width(letter) in {"W", "F"} for letter in text)
    return len(text) + wide - sum(category(letter) in {"Mn", "Me", "Cf"} for letter in text)


def _text(element: Mapping[str, Any], names: Mapping[str, str]) -> str:
    text = str(element.get("text", ""))
    return read_text(text, names) if element.get("type") == "mrkdwn" else text


def _rich(element: Mapping[str, Any], names: Mapping[str, str]) -> str:
    return "".join(_rich_part(part, names) for part in element["elements"]).rstrip("\n")


def _rich_part(part: Mapping[str, Any], names: Mapping[str, str]) -> str:
    match part.get("type"):
        case "user":
            return "@" + names.get(str(part["user_id"]), str(part["user_id"]))
        case "channel":
            return "#" + names.get(str(part["channel_id"]), str(part["channel_id"]))
        case "usergroup":
            return "@" + names.get(str(part["usergroup_id"]), str(part["usergroup_id"]))
        case "date":
            return _moment(part["timestamp"])
        case _:
            return str(part.get("text", ""))


def _moment(timestamp: int) -> str:
    return datetime.fromtimestamp(timestamp, tz=UTC).strftime("%Y-%m-%d %H:%M UTC")
