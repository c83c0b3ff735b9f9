"""Finds the button a person means, among those that they see or have seen."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rehearsal.slack.block_kit.blocks import Button, find_buttons
from rehearsal.slack.errors import SlackError
from rehearsal.slack.message import Message
from rehearsal.slack.store import Store
from rehearsal.slack.workspace_file import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """`text` is the label of the button, or its beginning.

    `version` picks an older version of the message by its index (0 is the first, -2 the one before the
    last); `stale_value` picks the button that carries this value, in any version. The rest narrows
    the messages down.
    """

    text: str
    message_ts: str | None = None
    channel: str | None = None
    version: int | None = None
    stale_value: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    message: Message
    version: int
    button: Button


def find_button(store: Store, person: Person, wanted: Wanted) -> Found:
    """In the newest message that has it: the whole text first, else its beginning.

    Raises SlackError("no_such_button"), with the texts of the buttons that are there in `buttons`.
    """
    there = list(_walk(store, person, wanted))
    fits: tuple[Callable[[str], bool], ...] = (wanted.text.__eq__, lambda text: text.startswith(wanted.text))
    for fit in fits:
        for found in there:
            if fit(found.button.text):
                return found
    texts = dict.fromkeys(found.button.text for found in there)
    raise SlackError("no_such_button", buttons=list(texts))


def list_buttons(message: Message) -> list[str]:
    return [button.text for button in find_buttons(list(message.blocks))]


def _walk(store: Store, person: Person, wanted: Wanted) -> Iterator[Found]:
    for message in reversed(store.list_visible(person)):
        if _is_meant(store, message, wanted):
            for version in _list_versions(message, wanted):
                for button in find_buttons(list(message.versions[version].blocks)):
                    if wanted.stale_value in {None, button.value}:
                        yield Found(message=message, version=version, button=button)


def _is_meant(store: Store, message: Message, wanted: Wanted) -> bool:
    channel = store.find_channel(wanted.channel) if wanted.channel is not None else None
    return wanted.message_ts in {None, message.ts} and (
        wanted.channel is None or channel is store.channels[message.channel]
    )


def _list_versions(message: Message, wanted: Wanted) -> list[int]:
    """The indexes of the versions to search, newest first; a version that does not exist is left out."""
    count = len(message.versions)
    if wanted.version is not None:
        return [wanted.version] if -count <= wanted.version < count else []
    return list(range(count - 1, -1, -1)) if wanted.stale_value is not None else [count - 1]
