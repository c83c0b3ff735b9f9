"""The state of the workspace: one plain object behind one lock. Knows nothing of HTTP."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from rehearsal.slack.block_kit.blocks import Block, fill_in
from rehearsal.slack.clock import Clock, Stamps
from rehearsal.slack.journal import Call, Change, Envelope
from rehearsal.slack.message import File, Message, MessageVersion
from rehearsal.slack.workspace_file import Channel, ChannelKind, Person, WorkspaceSettings

Watcher = Callable[[Change], None]


class Store:
    def __init__(self, settings: WorkspaceSettings, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self.people = {person.id: person for person in settings.people}
        self.channels = {channel.id: channel for channel in settings.channels}
        self.calls: list[Call] = []
        self.envelopes: dict[str, Envelope] = {}
        self.lock = threading.Condition(threading.RLock())
        self._messages: dict[tuple[str, str], Message] = {}
        self._watchers: list[Watcher] = []
        self._stamps = Stamps(clock)
        self._version_count = 0
        self._touched: dict[tuple[str, str], int] = {}
        self._deleted: list[tuple[int, str, str]] = []
        self._changes = 0

    @property
    def changes(self) -> int:
        """The number of the last change."""
        return self._changes

    def find_person(self, name: str) -> Person | None:
        """By id or handle."""
        return self.people.get(name) or next((one for one in self.people.values() if one.handle == name), None)

    def find_channel(self, name: str) -> Channel | None:
        """By id or name, with or without `#`."""
        wanted = name.removeprefix("#")
        return self.channels.get(name) or next(
            (one for one in self.channels.values() if one.name == wanted and one.kind is not ChannelKind.DIRECT), None
        )

    def open_direct(self, person: Person) -> Channel:
        """The direct messages between a person and the bot, made when they are first needed."""
        with self.lock:
            number = f"D{person.id[1:]}"
            if number not in self.channels:
                members = (person.id, self.settings.bot.id)
                self.channels[number] = Channel(id=number, name="", kind=ChannelKind.DIRECT, members=members)
                self.note_change("channel.opened", channel=number)
            return self.channels[number]

    def post(  # noqa: PLR0913 -- a message has these parts; a value class for them would be Message once more
        self,
        channel: str,
        author: str,
        text: str,
        blocks: list[Block],
        *,
        thread_ts: str | None = None,
        only_for: str | None = None,
        files: tuple[File, ...] = (),
    ) -> Message:
        with self.lock:
            message = Message(
                ts=self._stamps.take(),
                channel=channel,
                author=author,
                versions=(self._make_version(text, blocks),),
                thread_ts=thread_ts,
                only_for=only_for,
                files=files,
            )
            self._messages[channel, message.ts] = message
            self._touch(message, "message.posted")
            return message

    def edit(self, message: Message, text: str, blocks: list[Block]) -> Message:
        """Adds a version. Raises KeyError when the message has been deleted."""
        with self.lock:
            changed = self._messages[message.channel, message.ts].edit(self._make_version(text, blocks))
            self._messages[message.channel, message.ts] = changed
            self._touch(changed, "message.changed")
            return changed

    def delete(self, message: Message) -> None:
        with self.lock:
            del self._messages[message.channel, message.ts]
            self.note_change("message.deleted", channel=message.channel, ts=message.ts)
            self._deleted.append((self._changes, message.channel, message.ts))

    def find_message(self, channel: str, ts: str) -> Message | None:
        return self._messages.get((channel, ts))

    def list_messages(self, channel: str) -> list[Message]:
        """The messages that all members of the channel see, oldest first."""
        with self.lock:
            return [one for one in self._messages.values() if one.channel == channel and one.only_for is None]

    def list_visible(self, person: Person, after: int = 0) -> list[Message]:
        """The messages that one person sees in channels and direct messages, ephemeral ones included. Oldest first.

        With `after`: those that were posted or edited after the change of this number.
        """
        with self.lock:
            changed = [one for key, one in self._messages.items() if self._touched[key] > after]
            return [one for one in changed if self.can_see(person, one)]

    def list_deleted(self, after: int) -> list[tuple[str, str]]:
        """Channel and ts of the messages that were deleted after the change of this number."""
        with self.lock:
            return [(channel, ts) for number, channel, ts in self._deleted if number > after]

    def can_see(self, person: Person, message: Message) -> bool:
        if message.only_for is not None:
            return message.only_for == person.id
        return person.id in self.channels[message.channel].members

    def list_channels(self, person: Person) -> list[Channel]:
        with self.lock:
            return [channel for channel in self.channels.values() if person.id in channel.members]

    def note_call(self, call: Call) -> None:
        with self.lock:
            self.calls.append(call)
            self.note_change("call", method=call.method)

    def note_sent(self, envelope: Envelope) -> None:
        with self.lock:
            self.envelopes[envelope.id] = envelope
            self.note_change("envelope.sent", envelope=envelope.id)

    def note_ack(self, envelope_id: str, after: timedelta, *, late: bool) -> None:
        """The first ack counts; another one for the same envelope is ignored."""
        with self.lock:
            envelope = self.envelopes[envelope_id]
            if envelope.acked_after is None:
                self.envelopes[envelope_id] = replace(envelope, acked_after=after, late=late)
                self.note_change("envelope.acked", envelope=envelope_id)

    def note_change(self, kind: str, **subject: str) -> None:
        with self.lock:
            self._changes += 1
            change = Change(number=self._changes, kind=kind, subject=subject)
            self.lock.notify_all()
            for watcher in self._watchers:
                watcher(change)

    def watch(self, watcher: Watcher) -> None:
        """`watcher` is called within the lock at every change: it must return at once."""
        with self.lock:
            self._watchers.append(watcher)

    def wait_until(self, holds: Callable[[], bool], within: timedelta) -> bool:
        """Whether `holds` came true in time. It is asked again after every change."""
        with self.lock:
            return self.lock.wait_for(holds, within.total_seconds())

    def _touch(self, message: Message, kind: str) -> None:
        self._touched[message.channel, message.ts] = self._changes + 1
        self.note_change(kind, channel=message.channel, ts=message.ts)

    def _make_version(self, text: str, blocks: list[Block]) -> MessageVersion:
        self._version_count += 1
        return MessageVersion(text=text, blocks=tuple(fill_in(blocks, self._version_count)), drawn_at=self.clock.now())
