"""People type commands and press buttons, and Slack tells them when the app does not answer."""

import asyncio
from dataclasses import dataclass
from typing import Any

from rehearsal.slack.block_kit.elements import hold
from rehearsal.slack.context import Context
from rehearsal.slack.delivery import Delivery, DeliveryResult
from rehearsal.slack.errors import SlackError
from rehearsal.slack.message import SLACKBOT
from rehearsal.slack.payloads import command_payload, event_payload, make_action, press_payload
from rehearsal.slack.responses import reply_in_ack
from rehearsal.slack.search import Found, Wanted, find_button
from rehearsal.slack.workspace_file import Channel, ChannelKind, Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    found: Found
    result: DeliveryResult


async def run_command(
    context: Context, person: Person, text: str, place: str | None, deliveries: int
) -> DeliveryResult:
    """Types a command. `deliveries` above one repeats the delivery with the same trigger id.

    Raises SlackError when the person may not write there.
    """
    channel = find_place(context, person, place)
    command, _, rest = text.strip().partition(" ")
    if not command.startswith("/"):
        raise SlackError("not_a_command")
    app = context.store.settings.app
    if command not in app.commands or "commands" not in app.scopes:
        _tell(context, person, channel, f"{command} is not a valid command.")
        return DeliveryResult(error="invalid_command")
    payload = command_payload(context, person, channel, command, rest.strip())
    url = app.command_url

    def on_ack(body: Any) -> str:
        return reply_in_ack(context, person.id, channel.id, body)

    delivery = Delivery(kind="slash_commands", payload=payload, url=url, times=deliveries, on_ack=on_ack)
    result = await deliver(context, delivery)
    if result.error is not None:
        _tell(context, person, channel, f'{command} failed with the error "{result.error}"')
    return result


async def press_button(context: Context, person: Person, wanted: Wanted, deliveries: int) -> Press:
    """Presses a button, or chooses an option of an overflow menu, and confirms its dialog.

    Raises SlackError("no_such_button") with the buttons that exist.
    """
    expect_active(person)
    found = find_button(context.store, person, wanted)
    button = found.button
    held = {} if button.option is None else hold(button.element, button.option)
    action = make_action(context, {"block_id": button.block_id}, button.element, held)
    payload = press_payload(context, person, found.message, found.version, action=action, values={})
    url = context.store.settings.app.interactivity_url
    delivery = Delivery(kind="interactive", payload=payload, url=url, times=deliveries)
    return Press(found=found, result=await deliver(context, delivery))


async def send_event(context: Context, event: dict[str, Any], deliveries: int) -> DeliveryResult:
    """Delivers an event of the Events API; repeated deliveries have the same event id."""
    url = context.store.settings.app.event_url
    delivery = Delivery(kind="events_api", payload=event_payload(context, event), url=url, times=deliveries)
    return await deliver(context, delivery)


async def deliver(context: Context, one: Delivery) -> DeliveryResult:
    """Sends all deliveries at once, each over the next socket. The person sees the result of the first one."""
    if one.url is not None:
        secret = context.signing_secret
        ways = [
            context.http_delivery.deliver(one.url, secret, one.kind, one.payload, one.on_ack) for _ in range(one.times)
        ]
    else:
        ways = [
            context.socket_mode.deliver(one.kind, one.payload, one.on_ack, **_envelope_fields(one.kind, attempt))
            for attempt in range(one.times)
        ]
    first, *_ = await asyncio.gather(*ways)
    return first


def _envelope_fields(kind: str, attempt: int) -> dict[str, Any]:
    """The fields of an envelope beside its payload."""
    extra: dict[str, Any] = {"accepts_response_payload": kind == "slash_commands"}
    if kind == "events_api":
        extra |= {"retry_attempt": attempt, "retry_reason": "timeout" if attempt else ""}
    return extra


def find_place(context: Context, person: Person, place: str | None) -> Channel:
    """The named channel, or `@handle` of the bot for the direct messages with it; else the person's first channel."""
    expect_active(person)
    if place in {f"@{context.store.settings.bot.handle}", context.store.settings.bot.id}:
        return context.store.open_direct(person)
    channels = [one for one in context.store.list_channels(person) if one.kind is not ChannelKind.DIRECT]
    if place is None:
        return channels[0] if channels else context.store.open_direct(person)
    channel = context.store.find_channel(place)
    if channel is None:
        raise SlackError("channel_not_found")
    if person.id not in channel.members:
        raise SlackError("not_in_channel")
    if channel.is_archived:
        raise SlackError("is_archived")
    return channel


def expect_active(person: Person) -> None:
    if person.deleted:
        raise SlackError("account_inactive")


def _tell(context: Context, person: Person, channel: Channel, text: str) -> None:
    context.store.post(channel.id, SLACKBOT, text, [], only_for=person.id)
