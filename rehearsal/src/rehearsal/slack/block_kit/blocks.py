"""The blocks of a message or a view: faults that Slack refuses, defaults that it fills in, buttons.

Written independently of `slack_sdk.models`, so that a limit which the library does not know is still held.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rehearsal.slack.block_kit.checker import check_block, fault
from rehearsal.slack.block_kit.shapes import (
    ACTIONS,
    FIELDS,
    MOST_BLOCKS,
    MOST_CHARACTERS,
    MOST_MARKDOWN,
    MOST_VIEW_BLOCKS,
    NOT_IN_VIEWS,
)

Block = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A button, or an option of an overflow menu, as one version of a message shows it.

    `confirm` is the title of its dialog, None without one.
    """

    text: str
    value: str | None
    action_id: str
    block_id: str
    style: str | None
    confirm: str | None
    url: str | None
    element: Mapping[str, Any]
    option: str | None = None  # the value of the option of an overflow menu; None for a button


def find_faults(blocks: list[Any]) -> tuple[str, ...]:
    """What Slack would put into `response_metadata.messages` of `invalid_blocks`; empty when it would take them."""
    if len(blocks) > MOST_BLOCKS:
        return (fault(f"no more than {MOST_BLOCKS} items allowed", "/blocks"),)
    faults = [words for index, block in enumerate(blocks) for words in check_block(block, f"/blocks/{index}")]
    return tuple(faults) or tuple(_find_faults_between(blocks))


def find_view_faults(blocks: list[Any], kind: str) -> tuple[str, ...]:
    """The same for the blocks of a `modal` or a `home` tab: other limits, and some blocks are not for them."""
    if len(blocks) > MOST_VIEW_BLOCKS:
        return (fault(f"no more than {MOST_VIEW_BLOCKS} items allowed", "/view/blocks"),)
    faults = [words for index, block in enumerate(blocks) for words in check_block(block, f"/view/blocks/{index}")]
    faults += [
        fault(f"unsupported type: {block['type']}", f"/view/blocks/{index}/type")
        for index, block in enumerate(blocks)
        if isinstance(block, Mapping) and block.get("type") in NOT_IN_VIEWS[kind]
    ]
    return tuple(faults) or tuple(_find_faults_between(blocks))


def is_too_long(blocks: list[Block]) -> bool:
    """Whether Slack would answer `msg_blocks_too_long`: all texts of the message counted together."""
    return sum(map(len, _walk_texts(blocks))) > MOST_CHARACTERS


def fill_in(blocks: list[Block], number: int) -> list[Block]:
    """The blocks as Slack keeps them: ids that were left out are made, text flags get their defaults.

    `number` makes the ids of one version differ from those of the next, as Slack's do.
    """
    return [_fill_block(block, f"{number:x}.{index}") for index, block in enumerate(blocks)]


def find_buttons(blocks: list[Block]) -> Iterator[Button]:
    """All buttons from top to bottom, each option of an overflow menu among them: people press one as the other."""
    for block in blocks:
        for element in find_elements(block):
            if element.get("type") == "button":
                yield _read_button(element, block)
            elif element.get("type") == "overflow":
                yield from (_read_option(option, element, block) for option in element["options"])


def _find_faults_between(blocks: list[Block]) -> Iterator[str]:
    """The rules that need more than one block to be seen. Expects blocks that are sound each by itself."""
    elements = [element for block in blocks for element in find_elements(block)]
    for name, owners in (("block_id", blocks), ("action_id", elements)):
        for value, count in Counter(owner[name] for owner in owners if name in owner).items():
            if count > 1:
                yield fault(f"{name} already exists: {value}", "/blocks")
    yield from (each for index, block in enumerate(blocks) for each in _find_empty_cells(block, f"/blocks/{index}"))
    if sum(block["type"] == "table" for block in blocks) > 1:
        yield fault("only_one_table_allowed", "/blocks")
    if sum(len(block["text"]) for block in blocks if block["type"] == "markdown") > MOST_MARKDOWN:
        yield fault(f"markdown blocks must be less than {MOST_MARKDOWN + 1} characters together", "/blocks")


def _find_empty_cells(block: Block, where: str) -> Iterator[str]:
    """A text without a letter inside a rich cell: a message takes it, a table does not."""
    for at, row in enumerate(block["rows"] if block["type"] == "table" else ()):
        for place, cell in enumerate(row):
            if not all(_walk_texts(cell)):
                yield fault("must be more than 0 characters", f"{where}/rows/{at}/{place}/elements")


def find_elements(block: Block) -> Iterator[Block]:
    """The interactive elements of one block."""
    if block["type"] == "actions":
        yield from block["elements"]
    for name in ("accessory", "element"):
        element = block.get(name)
        if element is not None and element["type"] != "image":
            yield element


def _walk_texts(value: Any) -> Iterator[str]:
    match value:
        case dict():
            for name, inner in value.items():
                if name == "text" and isinstance(inner, str):
                    yield inner
                else:
                    yield from _walk_texts(inner)
        case list():
            for inner in value:
                yield from _walk_texts(inner)


def _fill_block(block: Block, label: str) -> Block:
    filled: Block = _fill_texts(block)
    filled.setdefault("block_id", f"b{label}")
    for index, element in enumerate(find_elements(filled)):
        if element["type"] in (*ACTIONS, *FIELDS):
            element.setdefault("action_id", f"a{label}.{index}")
    return filled


def _fill_texts(value: Any) -> Any:
    """A deep copy in which every text object has the flag that Slack adds."""
    match value:
        case list():
            return [_fill_texts(inner) for inner in value]
        case dict():
            copy = {name: _fill_texts(inner) for name, inner in value.items()}
            match copy.get("type"):
                case "plain_text":
                    copy.setdefault("emoji", True)
                case "mrkdwn":
                    copy.setdefault("verbatim", False)
            return copy
        case _:
            return value


def _read_option(option: Block, element: Block, block: Block) -> Button:
    confirm = element.get("confirm")
    return Button(
        text=option["text"]["text"],
        value=option["value"],
        action_id=element["action_id"],
        block_id=block["block_id"],
        style=None,
        confirm=confirm["title"]["text"] if confirm else None,
        url=option.get("url"),
        element=element,
        option=option["value"],
    )


def _read_button(element: Block, block: Block) -> Button:
    confirm = element.get("confirm")
    return Button(
        text=element["text"]["text"],
        value=element.get("value"),
        action_id=element["action_id"],
        block_id=block["block_id"],
        style=element.get("style"),
        confirm=confirm["title"]["text"] if confirm else None,
        url=element.get("url"),
        element=element,
    )
