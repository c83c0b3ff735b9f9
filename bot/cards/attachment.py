"""A file that the bot sends to a person."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """One file."""

    name: str  # of the file, `TS-7K3QXM.csv`
    title: str  # what the chat shows above it
    content: bytes
