"""The values of interactive elements: checked, and in the form of `state.values`."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from rehearsal.slack.block_kit.blocks import Block, find_elements
from rehearsal.slack.errors import SlackError

Json = dict[str, Any]

FIELDS: Final[Mapping[str, tuple[str, str]]] = {
    "plain_text_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "static_select": ("selected_option", "initial_option"),
    "external_select": ("selected_option", "initial_option"),
    "radio_buttons": ("selected_option", "initial_option"),
    "overflow": ("selected_option", ""),
    "checkboxes": ("selected_options", "initial_options"),
    "multi_static_select": ("selected_options", "initial_options"),
    "multi_external_select": ("selected_options", "initial_options"),
    "users_select": ("selected_user", "initial_user"),
    "multi_users_select": ("selected_users", "initial_users"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "channels_select": ("selected_channel", "initial_channel"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
}
"""By type of element: the field of its value, and the field of its initial value."""

UNKEPT: Final = frozenset({"button", "overflow"})
"""Elements without a value."""

_PATTERNS: Final[Mapping[str, str]] = {
    "datepicker": r"\d{4}-\d{2}-\d{2}",
    "timepicker": r"\d{2}:\d{2}",
    "email_text_input": r"[^@\s]+@[^@\s]+",
    "url_text_input": r"https?://\S+",
    "number_input": r"-?\d+(\.\d+)?",
}


def find_element(blocks: Iterable[Block], block_id: str | None, action_id: str) -> tuple[Block, Json]:
    """The element and its block; SlackError("no_such_element") when it is not there."""
    for block in blocks:
        for element in find_elements(block):
            if element.get("action_id") == action_id and block_id in {None, block["block_id"]}:
                return block, element
    raise SlackError("no_such_element")


def list_values(blocks: Iterable[Block], kept: Mapping[str, Mapping[str, Json]]) -> Json:
    """`state.values`: the entered value of each element, else its initial value."""
    values: Json = {}
    for block in blocks:
        for element in find_elements(block):
            if element["type"] in UNKEPT:
                continue
            held = kept.get(block["block_id"], {}).get(element["action_id"])
            if held is None or held["type"] != element["type"]:
                held = begin(element)
            values.setdefault(block["block_id"], {})[element["action_id"]] = held
    return values


def begin(element: Mapping[str, Any]) -> Json:
    name, initial = FIELDS[element["type"]]
    return {"type": element["type"], name: element.get(initial, [] if name.endswith("s") else None)}


def hold(element: Mapping[str, Any], value: Any) -> Json:
    """The element's new value. Options are named by their `value`; SlackError("invalid_value") says what is wrong."""
    kind = element["type"]
    name, _ = FIELDS[kind]
    if name.startswith("selected_option"):
        return {"type": kind, name: _choose(element, value)}
    if name.endswith("s"):
        return {"type": kind, name: _expect(value, list)}
    if kind == "datetimepicker":
        return {"type": kind, name: None if value is None else _expect(value, int)}
    text = _expect(value or "", str)
    if text and not re.fullmatch(_PATTERNS.get(kind, r"(?s).*"), text):
        raise SlackError("invalid_value", (f"{kind} does not take {text!r}",))
    return {"type": kind, name: text or None}


def say_what_is_missing(block: Block, held: Json) -> str:
    """Why Slack's own client would not send the form, in its words; empty when it would."""
    element = block["element"]
    value = next(value for name, value in held.items() if name not in {"type", "timezone"})
    if value in (None, "", []):
        return "" if block.get("optional") else "Please complete this required field."
    longest, shortest = element.get("max_length"), element.get("min_length")
    if longest is not None and len(value) > longest:
        return f"Please enter {longest} characters or fewer."
    if shortest is not None and len(value) < shortest:
        return f"Please enter at least {shortest} characters."
    if element["type"] == "number_input":
        return _say_what_is_wrong(element, value)
    return ""


def _say_what_is_wrong(element: Mapping[str, Any], value: str) -> str:
    if "." in value and not element.get("is_decimal_allowed"):
        return "Please enter a whole number."
    if "min_value" in element and float(value) < float(element["min_value"]):
        return f"Please enter a number of at least {element['min_value']}."
    if "max_value" in element and float(value) > float(element["max_value"]):
        return f"Please enter a number of at most {element['max_value']}."
    return ""


def _choose(element: Mapping[str, Any], value: Any) -> Any:
    groups = element.get("option_groups", [])
    options = {one["value"]: one for one in [*element.get("options", []), *(o for g in groups for o in g["options"])]}
    pick: Callable[[Any], Any] = lambda one: options[one] if one in options else _refuse(one)  # noqa: E731 -- a lookup
    if FIELDS[element["type"]][0] == "selected_options":
        return [pick(one) for one in _expect(value, list)]
    return None if value is None else pick(value)


def _refuse(value: Any) -> Any:
    raise SlackError("invalid_value", (f"there is no option {value!r}",))


def _expect(value: Any, kind: type) -> Any:
    if not isinstance(value, kind):
        raise SlackError("invalid_value", (f"{value!r} is no {kind.__name__}",))
    return value
