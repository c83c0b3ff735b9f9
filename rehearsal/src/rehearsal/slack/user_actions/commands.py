"""What people do: type a command, press a button. And what they are told when the app does not answer."""

import asyncio
from dataclasses import dataclass
from typing import Any

from rehearsal.slack.context import Site
from rehearsal.slack.delivery import Receipt, Take, take_nothing
from rehearsal.slack.errors import SlackError
from rehearsal.slack.message import SLACKBOT
from rehearsal.slack.payloads import draw_command, draw_event, draw_press, make_action
from rehearsal.slack.responses import reply_in_ack
from rehearsal.slack.search import Found, Wanted, find_button
from rehearsal.slack.workspace_file import Channel, ChannelKind, Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What goes to the app, `times` times at once; to the request URL, when there is one. `take` shows its ack."""

    kind: str
    payload: dict[str, Any]
    url: str | None
    times: int
    take: Take = take_nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    found: Found
    receipt: Receipt


async def run_command(site: Site, person: Person, text: str, place: str | None, deliveries: int) -> Receipt:
    """Types a command.

    `deliveries` above one is the same delivery again, with the same trigger id. Raises SlackError when the person
    cannot type there at all.
    """
    channel = find_place(site, person, place)
    command, _, rest = text.strip().partition(" ")
    if not command.startswith("/"):
        raise SlackError("not_a_command")
    if command not in site.store.cast.app.commands:
        _tell(site, person, channel, f"{command} is not a valid command.")
        return Receipt(error="invalid_command")
    payload = draw_command(site, person, channel, command, rest.strip())
    url = site.store.cast.app.command_url

    def take(body: Any) -> str:
        return reply_in_ack(site, person.id, channel.id, body)

    delivery = Delivery(kind="slash_commands", payload=payload, url=url, times=deliveries, take=take)
    receipt = await deliver(site, delivery)
    if receipt.error is not None:
        _tell(site, person, channel, f'{command} failed with the error "{receipt.error}"')
    return receipt


async def press_button(site: Site, person: Person, wanted: Wanted, deliveries: int) -> Press:
    """Presses a button, says yes to its dialogue, and returns what was pressed beside the receipt.

    Raises SlackError("no_such_button") with the buttons there are.
    """
    expect_active(person)
    found = find_button(site.store, person, wanted)
    button = found.button
    action = make_action(site, {"block_id": button.block_id}, button.drawn, {})
    payload = draw_press(site, person, found.message, found.version, action=action, values={})
    url = site.store.cast.app.interactivity_url
    delivery = Delivery(kind="interactive", payload=payload, url=url, times=deliveries)
    return Press(found=found, receipt=await deliver(site, delivery))


async def send_event(site: Site, event: dict[str, Any], deliveries: int) -> Receipt:
    """Delivers an event of the Events API; a second delivery has the same event id."""
    url = site.store.cast.app.event_url
    delivery = Delivery(kind="events_api", payload=draw_event(site, event), url=url, times=deliveries)
    return await deliver(site, delivery)


async def deliver(site: Site, one: Delivery) -> Receipt:
    """All deliveries at once, each by a socket of its own choice. The first one's receipt is what the person sees."""
    if one.url is not None:
        secret = site.signing_secret
        ways = [site.posts.deliver(one.url, secret, one.kind, one.payload, one.take) for _ in range(one.times)]
    else:
        ways = [
            site.sockets.deliver(one.kind, one.payload, one.take, **_draw_extra(one.kind, attempt))
            for attempt in range(one.times)
        ]
    first, *_ = await asyncio.gather(*ways)
    return first


def _draw_extra(kind: str, attempt: int) -> dict[str, Any]:
    """What stands in an envelope beside its payload."""
    extra: dict[str, Any] = {"accepts_response_payload": kind == "slash_commands"}
    if kind == "events_api":
        extra |= {"retry_attempt": attempt, "retry_reason": "timeout" if attempt else ""}
    return extra


def find_place(site: Site, person: Person, place: str | None) -> Channel:
    """The named channel, or `@handle` of the bot for the direct messages with it; else the person's first channel."""
    expect_active(person)
    if place in {f"@{site.store.cast.bot.handle}", site.store.cast.bot.id}:
        return site.store.open_direct(person)
    channels = [one for one in site.store.list_channels(person) if one.kind is not ChannelKind.DIRECT]
    if place is None:
        return channels[0] if channels else site.store.open_direct(person)
    channel = site.store.find_channel(place)
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


def _tell(site: Site, person: Person, channel: Channel, text: str) -> None:
    site.store.post(channel.id, SLACKBOT, text, [], only_for=person.id)
