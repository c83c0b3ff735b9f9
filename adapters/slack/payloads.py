"""The only place that reads Slack's payloads: https://docs.slack.dev/reference/interaction-payloads/.

The workspace that a payload names is not read. It is where the person typed or pressed: in a shared channel, or in an
organisation of several workspaces, another one for each payload. The directory asks Slack whose people they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.domain.people import Actor, Place
from bot.domain.posting import MessageRef
from bot.workflow.inputs import CommandCall, PressCall, SaidCall

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.cards.model import Button, CommandButton


MENU_ACTION = "press_menu"
"""The action id of the menu behind the buttons of a card. Its options say which press each of them is."""


def option_value(entry: Button | CommandButton) -> str:
    """Return what an option of the menu carries: `choose TS-7K3QXM:2`, the press and the value of a button."""
    return f"{entry.press} {entry.value}"


def command_call(body: Mapping[str, Any]) -> CommandCall:
    """Return the command of a payload. Raises `KeyError` for a payload of another form."""
    return CommandCall(
        command=str(body["command"]).removeprefix("/"),
        text=str(body.get("text") or ""),
        actor=Actor(user_id=str(body["user_id"]), name=str(body.get("user_name") or "")),
        place=Place(channel_id=str(body["channel_id"]), name=str(body.get("channel_name") or "")),
        delivery=str(body["trigger_id"]),
    )


def press_call(body: Mapping[str, Any]) -> PressCall:
    """Return the press of a payload. Raises `LookupError` for a payload of another form."""
    action = body["actions"][0]
    channel = body.get("channel") or {}
    press, value = _pressed(action)
    return PressCall(
        press=press,
        value=value,
        actor=actor_of(body),
        place=Place(channel_id=str(channel.get("id") or ""), name=str(channel.get("name") or "")),
        delivery=str(body.get("trigger_id") or ""),
        message_ref=_message_ref(body.get("container") or {}),
    )


def _pressed(action: Mapping[str, Any]) -> tuple[str, str]:
    """Return the press and its value: those of the button, or of the option that was chosen in a menu or a list."""
    if action["action_id"] == MENU_ACTION:
        press, _, value = str((action.get("selected_option") or {}).get("value") or "").partition(" ")
        return press, value
    carrier = action.get("selected_option") or action
    return str(action["action_id"]).removeprefix("press_").partition(":")[0], str(carrier.get("value") or "")


def form_call(body: Mapping[str, Any], picked: frozenset[int] | None = None, text: str | None = None) -> PressCall:
    """Return the press of a submitted form. The form carries the button's value and names no channel."""
    return PressCall(
        press=str(body["view"]["callback_id"]),
        value=str(body["view"].get("private_metadata") or ""),
        actor=actor_of(body),
        place=Place(channel_id=""),
        picked=picked,
        text=text,
    )


def said_call(event: Mapping[str, Any]) -> SaidCall | None:
    """Return what a person said to the bot; None for what a program said, and for a change of an older message."""
    if event.get("bot_id") or event.get("subtype") or not event.get("user"):
        return None
    return SaidCall(
        text=str(event.get("text") or ""),
        actor=Actor(user_id=str(event["user"])),
        place=Place(channel_id=str(event["channel"])),
    )


def _message_ref(container: Mapping[str, Any]) -> MessageRef | None:
    """Return the message whose button was pressed; None for one that its reader alone sees."""
    if container.get("is_ephemeral") or not container.get("message_ts"):
        return None
    return MessageRef(channel_id=str(container.get("channel_id") or ""), ts=str(container["message_ts"]))


def actor_of(body: Mapping[str, Any]) -> Actor:
    """Return who pressed, chose or sent something."""
    user = body["user"]
    return Actor(user_id=str(user["id"]), name=str(user.get("username") or user.get("name") or ""))
