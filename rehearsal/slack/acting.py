"""What people do: type a command, press a button. And what they are told when the app does not answer."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from rehearsal.slack.cast import Channel, ChannelKind, Person
from rehearsal.slack.errors import SlackError
from rehearsal.slack.message import SLACKBOT
from rehearsal.slack.payloads import draw_command, draw_event, draw_press
from rehearsal.slack.receipt import Receipt, Take, take_nothing
from rehearsal.slack.replies import reply_in_ack
from rehearsal.slack.search import Found, Wanted, find_button
from rehearsal.slack.site import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the person notices: the error that Slack shows, how long the first ack took, the text in it."""

    error: str | None
    acked_after: timedelta | None
    reply: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    found: Found
    outcome: Outcome


async def run_command(site: Site, person: Person, text: str, place: str | None, deliveries: int) -> Outcome:
    """Types a command.

    `deliveries` above one is the same delivery again, with the same trigger id. Raises SlackError when the person
    cannot type there at all.
    """
    channel = _find_place(site, person, place)
    command, _, rest = text.strip().partition(" ")
    if not command.startswith("/"):
        raise SlackError("not_a_command")
    if command not in site.store.cast.app.commands:
        _tell(site, person, channel, f"{command} is not a valid command.")
        return Outcome(error="invalid_command", acked_after=None)
    payload = draw_command(site, person, channel, command, rest.strip())
    url = site.store.cast.app.command_url

    def take(body: Any) -> str:
        return reply_in_ack(site, person.id, channel.id, body)

    outcome = await _deliver(site, url, "slash_commands", payload, deliveries, take)
    if outcome.error is not None:
        _tell(site, person, channel, f'{command} failed with the error "{outcome.error}"')
    return outcome


async def press_button(site: Site, person: Person, wanted: Wanted, deliveries: int) -> Press:
    """Presses a button, says yes to its dialogue, and returns what was pressed beside the outcome.

    Raises SlackError("no_such_button") with the buttons there are.
    """
    _expect_active(person)
    found = find_button(site.store, person, wanted)
    payload = draw_press(site, person, found.message, found.version, found.button)
    url = site.store.cast.app.interactivity_url
    return Press(found=found, outcome=await _deliver(site, url, "interactive", payload, deliveries))


async def send_event(site: Site, event: dict[str, Any], deliveries: int) -> Outcome:
    """Delivers an event of the Events API; a second delivery has the same event id."""
    url = site.store.cast.app.event_url
    return await _deliver(site, url, "events_api", draw_event(site, event), deliveries)


async def _deliver(  # noqa: PLR0913 -- what is delivered, where to, how often, and what happens to the ack
    site: Site, url: str | None, kind: str, payload: dict[str, Any], times: int, take: Take = take_nothing
) -> Outcome:
    """All deliveries at once, each to one socket of its own choice; or to the request URL, when there is one."""
    if url is not None:
        ways = [site.posts.deliver(url, site.signing_secret, kind, payload, take) for _ in range(times)]
    else:
        ways = [site.sockets.deliver(kind, payload, take, **_draw_extra(kind, attempt)) for attempt in range(times)]
    first, *_ = await asyncio.gather(*ways)
    return Outcome(error=first.error, acked_after=first.acked_after, reply=first.reply)


def _draw_extra(kind: str, attempt: int) -> dict[str, Any]:
    """What stands in an envelope beside its payload."""
    extra: dict[str, Any] = {"accepts_response_payload": kind == "slash_commands"}
    if kind == "events_api":
        extra |= {"retry_attempt": attempt, "retry_reason": "timeout" if attempt else ""}
    return extra


def _find_place(site: Site, person: Person, place: str | None) -> Channel:
    """The named channel, or `@handle` of the bot for the direct messages with it; else the person's first channel."""
    _expect_active(person)
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


def _expect_active(person: Person) -> None:
    if person.deleted:
        raise SlackError("account_inactive")


def _tell(site: Site, person: Person, channel: Channel, text: str) -> None:
    site.store.post(channel.id, SLACKBOT, text, [], only_for=person.id)
