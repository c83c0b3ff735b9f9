"""A message with all its versions."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from rehearsal.slack.block_kit.blocks import Block

SLACKBOT = "USLACKBOT"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageVersion:
    """One version of a message: as it was posted, or as an edit left it."""

    text: str
    blocks: tuple[Block, ...]
    drawn_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """An uploaded file; `data` is None until its bytes have come."""

    id: str
    name: str
    title: str
    size: int
    data: bytes | None = None
    made_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """`versions` runs from the first one to the current one.

    `only_for` is the one person who can see an ephemeral message. `author` is a person's id.
    """

    ts: str
    channel: str
    author: str
    versions: tuple[MessageVersion, ...]
    thread_ts: str | None = None
    only_for: str | None = None
    edited_at: datetime | None = None
    files: tuple[File, ...] = ()

    @property
    def text(self) -> str:
        return self.versions[-1].text

    @property
    def blocks(self) -> tuple[Block, ...]:
        return self.versions[-1].blocks

    @property
    def is_reply(self) -> bool:
        return self.thread_ts not in {None, self.ts}

    def edit(self, version: MessageVersion) -> Self:
        return replace(self, versions=(*self.versions, version), edited_at=version.drawn_at)
