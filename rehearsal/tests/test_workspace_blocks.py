"""The workspace's Block Kit checker: each limit, exactly at it and one above."""

from collections.abc import Callable
from typing import Any

import pytest
from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import (
    ActionsBlock,
    ButtonElement,
    ConfirmObject,
    ContextBlock,
    HeaderBlock,
    MarkdownTextObject,
    Option,
    OverflowMenuElement,
    PlainTextObject,
    SectionBlock,
)

from rehearsal.slack import find_faults, is_too_long

Block = dict[str, Any]
DIVIDER: Block = {"type": "divider"}
YES: Block = {"type": "plain_text", "text": "Yes"}


def plain(length: int) -> Block:
    return {"type": "plain_text", "text": "x" * length}


def section(length: int) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": "x" * length}}


def button(**fields: Any) -> Block:
    return {"type": "button", "text": YES, **fields}


def actions(*elements: Block) -> Block:
    return {"type": "actions", "elements": list(elements)}


def confirm(**fields: Any) -> Block:
    return actions(button(confirm={"title": YES, "text": YES, "confirm": YES, "deny": YES, **fields}))


def option(**fields: Any) -> Block:
    return {"text": YES, "value": "v", **fields}


def menu(options: list[Block]) -> Block:
    return actions({"type": "static_select", "options": options})


def table(rows: int, cells: int = 1, text: str = "-", settings: int = 0) -> Block:
    row = [{"type": "raw_text", "text": text}] * cells
    return {"type": "table", "rows": [row] * rows, **({"column_settings": [{}] * settings} if settings else {})}


def rich_cell(text: str) -> Block:
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return {"type": "table", "rows": [[{"type": "rich_text", "elements": [section]}]]}


LIMITS: dict[str, tuple[int, Callable[[int], list[Block]]]] = {
    "blocks of a message": (50, lambda n: [DIVIDER] * n),
    "section text": (3000, lambda n: [section(n)]),
    "section field": (2000, lambda n: [{"type": "section", "fields": [plain(n)]}]),
    "section fields": (10, lambda n: [{"type": "section", "fields": [YES] * n}]),
    "header": (150, lambda n: [{"type": "header", "text": plain(n)}]),
    "markdown": (12_000, lambda n: [{"type": "markdown", "text": "x" * n}]),
    "markdown of two blocks": (
        12_000,
        lambda n: [{"type": "markdown", "text": "x" * 6000}, {"type": "markdown", "text": "x" * (n - 6000)}],
    ),
    "elements of actions": (25, lambda n: [actions(*[button() for _ in range(n)])]),
    "elements of context": (10, lambda n: [{"type": "context", "elements": [YES] * n}]),
    "button text": (75, lambda n: [actions(button(text=plain(n)))]),
    "button value": (2000, lambda n: [actions(button(value="x" * n))]),
    "button url": (3000, lambda n: [actions(button(url="x" * n))]),
    "action_id": (255, lambda n: [actions(button(action_id="x" * n))]),
    "block_id": (255, lambda n: [{"type": "divider", "block_id": "x" * n}]),
    "confirm title": (100, lambda n: [confirm(title=plain(n))]),
    "confirm text": (300, lambda n: [confirm(text=plain(n))]),
    "confirm yes": (30, lambda n: [confirm(confirm=plain(n))]),
    "confirm no": (30, lambda n: [confirm(deny=plain(n))]),
    "option text": (75, lambda n: [menu([option(text=plain(n))])]),
    "option value": (150, lambda n: [menu([option(value="x" * n)])]),
    "option description": (75, lambda n: [menu([option(description=plain(n))])]),
    "options of a menu": (100, lambda n: [menu([option()] * n)]),
    "options of an overflow": (5, lambda n: [actions({"type": "overflow", "options": [option()] * n})]),
    "options of checkboxes": (10, lambda n: [actions({"type": "checkboxes", "options": [option()] * n})]),
    "placeholder": (150, lambda n: [actions({"type": "users_select", "placeholder": plain(n)})]),
    "image alt text": (2000, lambda n: [{"type": "image", "image_url": "http://i", "alt_text": "x" * n}]),
    "input label": (2000, lambda n: [{"type": "input", "label": plain(n), "element": {"type": "plain_text_input"}}]),
    "table rows": (100, lambda n: [table(n)]),
    "cells of a row": (20, lambda n: [table(1, n)]),
    "column settings": (20, lambda n: [table(1, settings=n)]),
    "tables": (1, lambda n: [table(1)] * n),
}


@pytest.mark.parametrize("name", LIMITS)
def test_a_limit_is_taken_and_one_more_is_refused(name: str) -> None:
    limit, draw = LIMITS[name]
    assert find_faults(draw(limit)) == ()
    assert find_faults(draw(limit + 1)) != ()


@pytest.mark.parametrize(
    ("block", "fault"),
    [
        ({"type": "section"}, "missing required field: one of text, fields [json-pointer:/blocks/0]"),
        (section(0), "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
        (section(3001), "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"),
        ({"type": "carousel"}, "unsupported type: carousel [json-pointer:/blocks/0/type]"),
        ({"type": ["x"]}, "unsupported type: ['x'] [json-pointer:/blocks/0/type]"),
        ({}, "missing required field: type [json-pointer:/blocks/0]"),
        ("x", "must provide an object [json-pointer:/blocks/0]"),
        ({"type": "divider", "colour": 1}, "invalid additional property: colour [json-pointer:/blocks/0]"),
        ({"type": "actions", "elements": []}, "no less than 1 items allowed [json-pointer:/blocks/0/elements]"),
        ({"type": "actions", "elements": {}}, "must provide an array [json-pointer:/blocks/0/elements]"),
        (actions({"type": "image"}), "unsupported type: image [json-pointer:/blocks/0/elements/0/type]"),
        (actions(button(style="blue")), "must be one of: primary, danger [json-pointer:/blocks/0/elements/0/style]"),
        (actions(button(value=1)), "must provide a string [json-pointer:/blocks/0/elements/0/value]"),
        (actions({"type": "button"}), "missing required field: text [json-pointer:/blocks/0/elements/0]"),
        (
            {"type": "header", "text": {"type": "mrkdwn", "text": "x"}},
            "unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]",
        ),
        ({"type": "section", "text": {**YES, "verbatim": True}}, "invalid additional property: verbatim"),
        ({"type": "section", "text": {**YES, "emoji": 1}}, "must be a boolean"),
        (table(1, text=""), "must be more than 0 characters [json-pointer:/blocks/0/rows/0/0/text]"),
        (rich_cell(""), "must be more than 0 characters [json-pointer:/blocks/0/rows/0/0/elements]"),
        (menu([]), "no less than 1 items allowed"),
        (confirm(title=None), "must provide an object"),
    ],
)
def test_a_fault_names_its_block_and_field(block: Any, fault: str) -> None:
    (found,) = find_faults([block])
    assert found.startswith(fault)


def test_a_rich_cell_with_a_text_is_taken() -> None:
    assert find_faults([rich_cell("x")]) == ()


def test_ids_must_differ_within_a_message() -> None:
    same = [actions(button(action_id="go")), actions(button(action_id="go"))]
    assert find_faults(same) == ("action_id already exists: go [json-pointer:/blocks]",)
    assert find_faults([{**DIVIDER, "block_id": "b"}] * 2) == ("block_id already exists: b [json-pointer:/blocks]",)
    accessory = {**section(1), "accessory": button(action_id="go")}
    assert find_faults([accessory, actions(button(action_id="go"))]) != ()
    assert find_faults([actions(button(action_id="go")), actions(button(action_id="stop"))]) == ()


def test_all_texts_together_have_a_limit_of_their_own() -> None:
    assert not is_too_long([section(3000)] * 4 + [section(1200)])
    assert is_too_long([section(3000)] * 4 + [section(1201)])


def refuses(draw: Callable[[], object]) -> bool:
    """Whether the SDK's own model refuses what it is asked to draw."""
    try:
        draw()
    except SlackObjectFormationError:
        return True
    return False


def draw_actions(element: ButtonElement | OverflowMenuElement) -> Block:
    return ActionsBlock(elements=[element]).to_dict()


SDK: dict[str, tuple[int, Callable[[int], Block]]] = {
    "section text": (3000, lambda n: SectionBlock(text=MarkdownTextObject(text="x" * n)).to_dict()),
    "section fields": (10, lambda n: SectionBlock(fields=["x"] * n).to_dict()),
    "header": (150, lambda n: HeaderBlock(text=PlainTextObject(text="x" * n)).to_dict()),
    "context": (10, lambda n: ContextBlock(elements=[PlainTextObject(text="x")] * n).to_dict()),
    "actions": (25, lambda n: ActionsBlock(elements=[ButtonElement(text="x")] * n).to_dict()),
    "button text": (75, lambda n: draw_actions(ButtonElement(text="x" * n))),
    "button value": (2000, lambda n: draw_actions(ButtonElement(text="x", value="x" * n))),
    "button url": (3000, lambda n: draw_actions(ButtonElement(text="x", url="x" * n))),
    "action_id": (255, lambda n: draw_actions(ButtonElement(text="x", action_id="x" * n))),
    "block_id": (255, lambda n: SectionBlock(text="x", block_id="x" * n).to_dict()),
    "confirm title": (100, lambda n: draw_actions(ask(ConfirmObject(title="x" * n, text="x", deny="no")))),
    "confirm text": (300, lambda n: draw_actions(ask(ConfirmObject(title="x", text="x" * n, deny="no")))),
    "confirm yes": (30, lambda n: draw_actions(ask(ConfirmObject(title="x", text="x", confirm="x" * n, deny="no")))),
    "confirm no": (30, lambda n: draw_actions(ask(ConfirmObject(title="x", text="x", deny="x" * n)))),
    "overflow": (5, lambda n: draw_actions(OverflowMenuElement(options=[Option(text="x", value="v")] * n))),
    "option text": (
        75,
        lambda n: draw_actions(
            OverflowMenuElement(options=[Option(text="x" * n, value="v"), Option(value="w", text="y")])
        ),
    ),
}


def ask(question: ConfirmObject) -> ButtonElement:
    return ButtonElement(text="x", confirm=question)


@pytest.mark.parametrize("name", SDK)
def test_the_checker_and_slacks_own_models_draw_the_same_line(name: str) -> None:
    limit, draw = SDK[name]
    assert find_faults([draw(limit)]) == ()
    assert refuses(lambda: draw(limit + 1))
