"""The messages of PSRP inside their fragments: [MS-PSRP] 2.2.1 and 2.2.4, read as far as a carrier has to.

Every fragment names the object that it is a piece of; the pieces put together are a message with a header and CLIXML.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

PIPELINE_STATE = 0x00041006
PIPELINE_OUTPUT = 0x00041004
CREATE_PIPELINE = 0x00021006

_FRAGMENT_HEADER = 21
MESSAGE_HEADER = 40
"""Bytes before the CLIXML."""
_FIRST, _LAST = 1, 2
_TO_CLIENT = 1
_STOPPED = b'<Obj RefId="0"><MS><I32 N="PipelineState">3</I32></MS></Obj>'
_COMPLETED = 4
_OVER = frozenset({3, _COMPLETED, 5})
"""PSInvocationState: stopped, completed, failed."""
_STATE = re.compile(rb'N="PipelineState">(\d+)<')
_COMMAND = re.compile(rb'<S N="Cmd">([^<]*)</S>')
_NAME = re.compile(rb'<S N="N">-?([^<]*)</S>')


class Piece(NamedTuple):
    """A fragment: `number` counts the pieces of one object from 0."""

    object_id: int
    number: int
    flags: int
    blob: bytes

    @property
    def kind(self) -> int:
        """Of the message that begins with it."""
        return int.from_bytes(self.blob[4:8], "little")

    @property
    def is_output(self) -> bool:
        return self.kind == PIPELINE_OUTPUT

    def to_bytes(self) -> bytes:
        head = self.object_id.to_bytes(8, "big") + self.number.to_bytes(8, "big") + bytes([self.flags])
        return head + len(self.blob).to_bytes(4, "big") + self.blob


class Reading(NamedTuple):
    """A message that is complete: its type, its CLIXML, and the ids of the pool and of the pipeline it is about."""

    kind: int
    data: bytes
    ids: bytes = b""

    @property
    def is_end(self) -> bool:
        """The pipeline has ended, well or not."""
        return self._state in _OVER

    @property
    def is_success(self) -> bool:
        return self._state == _COMPLETED

    @property
    def _state(self) -> int:
        found = _STATE.search(self.data) if self.kind == PIPELINE_STATE else None
        return int(found[1]) if found else 0

    @property
    def is_list(self) -> bool:
        """A pipeline that lists the sessions, and nothing else."""
        parameters = [each.lower() for each in _NAME.findall(self.data)]
        return self.is_look and not any(b"process".startswith(each) for each in parameters if each)

    @property
    def is_look(self) -> bool:
        """A pipeline that touches nothing."""
        commands = [each.lower() for each in _COMMAND.findall(self.data)]
        return self.kind == CREATE_PIPELINE and commands == [b"get-tssession"]


def pieces_of(data: bytes) -> Iterator[Piece]:
    """ValueError when the bytes are no fragments."""
    while data:
        end = _FRAGMENT_HEADER + int.from_bytes(data[17:21], "big")
        if not _FRAGMENT_HEADER < end <= len(data):
            raise ValueError("a fragment is cut")
        yield Piece(
            int.from_bytes(data[:8], "big"), int.from_bytes(data[8:16], "big"), data[16], data[_FRAGMENT_HEADER:end]
        )
        data = data[end:]


def stopped(ids: bytes) -> bytes:
    """The fragment that tells a client that its pipeline was stopped."""
    head = _TO_CLIENT.to_bytes(4, "little") + PIPELINE_STATE.to_bytes(4, "little") + ids
    return Piece(1, 0, _FIRST | _LAST, head + _STOPPED).to_bytes()


class Messages:
    """Puts the fragments of one direction together."""

    def __init__(self) -> None:
        self._begun: dict[int, bytes] = {}

    def feed(self, data: bytes) -> Iterator[Reading]:
        """The messages that are complete now. Bytes that are no fragments have none."""
        try:
            for piece in pieces_of(data):
                blob = self._begun.pop(piece.object_id, b"") + piece.blob
                if not piece.flags & _LAST:
                    self._begun[piece.object_id] = blob
                else:
                    yield Reading(int.from_bytes(blob[4:8], "little"), blob[MESSAGE_HEADER:], blob[8:MESSAGE_HEADER])
        except ValueError:
            return
