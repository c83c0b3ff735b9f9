"""Menus whose options come from the app, and shortcuts that are in no message."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from rehearsal.slack.block_kit.elements import find_element
from rehearsal.slack.context import Context
from rehearsal.slack.delivery import Delivery, DeliveryResult
from rehearsal.slack.errors import SlackError
from rehearsal.slack.message import Message
from rehearsal.slack.payloads import shortcut_payload, suggestion_payload
from rehearsal.slack.user_actions.commands import deliver, expect_active
from rehearsal.slack.views import View
from rehearsal.slack.workspace_file import Person

Json = dict[str, Any]

EXTERNAL: Final = ("external_select", "multi_external_select")
MOST_OPTIONS: Final = 100
LONGEST_TEXT: Final = 75
LONGEST_VALUE: Final = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What was typed into a menu. Without a block id: the first element of that action id."""

    action_id: str
    block_id: str | None = None
    text: str = ""


async def suggest(
    context: Context, person: Person, place: View | Message, typed: Typed, version: int = -1
) -> tuple[DeliveryResult, list[Json]]:
    """Types into a menu of a view or of one version of a message, and returns the options of the app for it.

    Raises SlackError("no_such_element") where the element takes no options from the app. An answer that Slack would
    not take is the result's error.
    """
    expect_active(person)
    blocks = place.body["blocks"] if isinstance(place, View) else blocks_for(context, person, place, version)
    block, element = find_element(blocks, typed.block_id, typed.action_id)
    if element["type"] not in EXTERNAL:
        raise SlackError("no_such_element")
    if len(typed.text) < int(element.get("min_query_length", 3)):
        return DeliveryResult(), []
    options: list[Json] = []

    def on_ack(body: Any) -> str:
        options.extend(_checked(body))
        return ""

    names = {"action_id": typed.action_id, "block_id": block["block_id"], "value": typed.text}
    payload = suggestion_payload(context, person, place, version, names)
    url = context.store.settings.app.options_url or context.store.settings.app.interactivity_url
    result = await deliver(context, Delivery(kind="interactive", payload=payload, url=url, times=1, on_ack=on_ack))
    context.suggested[_name(place), block["block_id"], typed.action_id] = options
    return result, options


async def use_shortcut(context: Context, person: Person, callback_id: str, deliveries: int) -> DeliveryResult:
    """Runs a global shortcut of the app."""
    expect_active(person)
    payload = shortcut_payload(context, person, callback_id)
    url = context.store.settings.app.interactivity_url
    return await deliver(context, Delivery(kind="interactive", payload=payload, url=url, times=deliveries))


def blocks_for(context: Context, person: Person, message: Message, version: int) -> tuple[Json, ...]:
    """The blocks of one version of the message. Raises SlackError where the person does not see it or it has none."""
    if not context.store.can_see(person, message):
        raise SlackError("message_not_found")
    if not -len(message.versions) <= version < len(message.versions):
        raise SlackError("no_such_version")
    return message.versions[version].blocks


def with_suggested(
    context: Context, place: View | Message, block_id: str, element: Mapping[str, Any]
) -> Mapping[str, Any]:
    """The element with the options that the app gave for it, and the one that it began with."""
    if element["type"] not in EXTERNAL:
        return element
    known = context.suggested.get((_name(place), block_id, element["action_id"]), [])
    initial = [element["initial_option"]] if "initial_option" in element else list(element.get("initial_options", ()))
    return {**element, "options": [*initial, *known]}


def _name(place: View | Message) -> str:
    return place.id if isinstance(place, View) else f"{place.channel}:{place.ts}"


def _checked(body: Any) -> list[Json]:
    """The options of an answer. Source: docs.slack.dev/reference/block-kit/block-elements/select-menu-element."""
    match body:
        case {"options": list() as options}:
            groups = [options]
        case {"option_groups": list() as grouped} if len(grouped) <= MOST_OPTIONS:
            groups = [group["options"] for group in grouped]
        case _:
            raise SlackError("invalid_options_response")
    if any(len(group) > MOST_OPTIONS for group in groups):
        raise SlackError("invalid_options_response", (f"more than {MOST_OPTIONS} options",))
    flat: list[Json] = [option for group in groups for option in group]
    if not all(_is_option(option) for option in flat):
        raise SlackError("invalid_options_response", ("an option has a text and a value, and both are short",))
    return flat


def _is_option(option: Any) -> bool:
    match option:
        case {"text": {"type": "plain_text", "text": str() as text}, "value": str() as value}:
            return 0 < len(text) <= LONGEST_TEXT and 0 < len(value) <= LONGEST_VALUE
    return False
