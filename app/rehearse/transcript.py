"""A conversation in the rehearsal, as text and as JSON: messages, requests, audit log, and sessions of the farm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.audit.values import values_of
from rehearsal.slack.plain_text import read_blocks, read_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from app.rehearse.environment import Rehearsal
    from bot.audit.entry import Entry
    from bot.domain.request import Request
    from rehearsal.slack import SeenMessage
    from rehearsal.slack.client import Version


SHOWN_OF_ENTRY = (
    "seq", "event", "actor", "host", "session_id", "user", "verdict", "reason_code", "reason", "note",
)  # fmt: skip


def as_json(stage: Rehearsal, people: Iterable[str]) -> dict[str, object]:
    """Return messages, requests, audit entries and the farm as JSON values. docs/rehearsal.md describes their form."""
    names = names_in(stage)
    return {
        "messages": [_message(message, names) for message in seen_by(stage, people)],
        "requests": [_request(request) for request in reversed(stage.bot.ledger.newest(1000))],
        "audit": [_entry(entry) for entry in all_entries(stage)],
        "farm": stage.farm.snapshot(),
    }


def all_entries(stage: Rehearsal) -> list[Entry]:
    """Return all entries of the audit log."""
    entries: list[Entry] = []
    while page := stage.bot.ledger.entries(after=entries[-1].seq if entries else 0):
        entries += page
    return entries


def seen_by(stage: Rehearsal, people: Iterable[str]) -> list[SeenMessage]:
    """Return the messages that these people can see, each once, the oldest first."""
    found = {(m.channel, m.ts): m for person in people for m in stage.visitor(person).messages()}
    return sorted(found.values(), key=lambda message: message.ts)


def names_in(stage: Rehearsal) -> Mapping[str, str]:
    """Return the names of people and channels, and the handles of groups, by id."""
    settings = stage.workspace.store.settings
    groups = {group.id: group.handle for group in settings.user_groups}
    channels = {channel.id: channel.name for channel in settings.channels}
    return {person.id: person.name for person in settings.people} | groups | channels


def shown(version: SeenMessage | Version, names: Mapping[str, str]) -> str:
    """Return the message as a screen shows it: its blocks, or its text when it has none."""
    return read_blocks(version.blocks, names) or read_text(version.text, names)


def _message(message: SeenMessage, names: Mapping[str, str]) -> dict[str, object]:
    return {
        "ts": message.ts,
        "channel": message.channel_name,
        "author": message.author_name,
        "text": shown(message, names),
        "notification": message.text,
        "buttons": list(message.buttons),
        "ephemeral": message.ephemeral,
        "thread_ts": message.thread_ts,
        "files": [{"name": file.name, "title": file.title, "size": file.size} for file in message.files],
    }


def _request(request: Request) -> dict[str, object]:
    return {
        "id": request.id,
        "state": request.state.value,
        "ending": request.ending.value if request.ending else None,
        "targets": [
            {
                "host": target.session.host,
                "session_id": target.session.id,
                "user": str(target.session.account),
                "verdict": target.verdict.value if target.verdict else None,
                "reason": target.reason.value if target.reason else "",
                "note": target.note,
            }
            for target in request.targets
        ],
    }


def _entry(entry: Entry) -> dict[str, object]:
    values = values_of(entry)
    return {name: values[name] for name in SHOWN_OF_ENTRY}
