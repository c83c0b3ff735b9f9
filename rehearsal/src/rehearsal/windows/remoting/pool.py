"""A runspace pool: the shell of PowerShell remoting, [MS-WSMV] 3.1.4.5 and [MS-PSRP] 1.3.

Its messages move fragments between the client and the endpoint. Of what they carry the pool reads one thing: whether a
pipeline has ended, because WS-Management then says that the command is done.
"""

import base64
import threading
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from html import escape
from typing import Self
from xml.etree.ElementTree import Element

from rehearsal.windows import faults
from rehearsal.windows.remoting.endpoint import POOL, Endpoint, Opener
from rehearsal.windows.remoting.fragments import Messages
from rehearsal.windows.shells import Shell, new_id
from rehearsal.windows.soap import SHELL, Fault, Message
from rehearsal.windows.text_shell import decode

POWERSHELL = "http://schemas.microsoft.com/powershell/"
"""Before the name of an endpoint: its resource URI."""
_CREATION = f"{{{POWERSHELL.rstrip('/')}}}creationXml"
_MOST_PER_RECEIVE = 256 * 1024
_SOON = 5.0
"""Seconds."""


class Outbox:
    """What the endpoint says about one pipeline, or about the pool, until Receives have fetched it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._fragments: list[bytes] = []
        self._messages = Messages()
        self._has_ended = False
        self._is_closed = False

    def put(self, data: bytes) -> None:
        with self._changed:
            self._fragments.append(data)
            self._has_ended |= any(each.is_end for each in list(self._messages.feed(data)))
            self._changed.notify_all()

    def close(self) -> None:
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def settle(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._has_ended or self._is_closed, _SOON)

    def fetch(self, timeout: timedelta) -> tuple[list[bytes], bool]:
        """As much as one answer carries, and whether nothing more comes. Waits for it; a Fault when none came."""
        with self._changed:
            self._changed.wait_for(self._is_ready, timeout.total_seconds())
            if self._is_closed:
                raise faults.ended_shell()
            if not self._is_ready():
                raise faults.nothing_to_say()
            fetched: list[bytes] = []
            size = 0
            while self._fragments and (not fetched or size + len(self._fragments[0]) <= _MOST_PER_RECEIVE):
                fetched.append(self._fragments.pop(0))
                size += len(fetched[-1])
            return fetched, self._has_ended and not self._fragments

    def _is_ready(self) -> bool:
        return bool(self._fragments) or self._has_ended or self._is_closed


@dataclass(slots=True, kw_only=True)
class Pool(Shell):
    endpoint: Endpoint
    boxes: dict[str, Outbox] = field(default_factory=lambda: {POOL: Outbox()})

    @classmethod
    def ordered(cls, message: Message, opener: Opener, *, owner: str, idle: timedelta) -> Self:
        """The pool that a Create asks for, with its first fragments on their way."""
        creation = message.find(f"rsp:Shell/{_CREATION}")
        if creation is None:
            raise faults.not_valid("creationXml is missing")
        boxes = {POOL: Outbox()}

        def say(pipeline: str, data: bytes) -> None:
            if not data:
                for each in list(boxes.values()):
                    each.close()
            elif box := boxes.get(pipeline):
                box.put(data)

        first, shell = decode(creation.text), message.find("rsp:Shell")
        wanted = shell.get("ShellId", "") if shell is not None else ""
        endpoint = opener(message.resource.removeprefix(POWERSHELL), say)
        pool = cls(
            owner=owner, idle=idle, resource=message.resource, id=wanted or new_id(), endpoint=endpoint, boxes=boxes
        )
        try:
            endpoint.take(POOL, first)
        except Fault:
            pool.close()
            raise
        return pool

    @property
    def streams(self) -> tuple[str, str]:
        return "stdin pr", "stdout"

    @property
    def pipelines(self) -> int:
        return len(self.boxes) - 1

    def command(self, message: Message) -> str:
        """The arguments of the command are the first fragments of the pipeline."""
        line = message.find("rsp:CommandLine")
        if line is None:
            raise faults.not_valid("CommandLine is missing")
        pipeline = _guid(line.get("CommandId") or new_id())
        if pipeline in self.boxes:
            raise faults.incorrect_parameter()
        data = decode(message.text("rsp:CommandLine/rsp:Arguments"))
        self.endpoint.open(pipeline)
        self.boxes[pipeline] = Outbox()
        self.endpoint.take(pipeline, data)
        name = escape(pipeline.upper())
        return f"<rsp:CommandResponse><rsp:CommandId>{name}</rsp:CommandId></rsp:CommandResponse>"

    def send(self, message: Message) -> str:
        stream = message.find("rsp:Send/rsp:Stream")
        if stream is None:
            raise faults.not_valid("Stream is missing")
        pipeline = self._named(stream)
        self.endpoint.take(pipeline, decode(stream.text), prompted=stream.get("Name") == "pr")
        return "<rsp:SendResponse/>"

    def receive(self, message: Message) -> str:
        wanted = message.find("rsp:Receive/rsp:DesiredStream")
        if wanted is None:
            raise faults.not_valid("DesiredStream is missing")
        pipeline = self._named(wanted)
        fragments, is_done = self.boxes[pipeline].fetch(message.timeout)
        return _carry("" if pipeline == POOL else pipeline.upper(), fragments, is_done=is_done)

    def signal(self, message: Message) -> str:
        """`terminate` closes the pipeline; Ctrl+C stops it, and leaves its last words to be received."""
        signal = message.find("rsp:Signal")
        if signal is None:
            raise faults.not_valid("Signal is missing")
        pipeline = self._named(signal)
        if pipeline == POOL:
            raise faults.unknown_command()
        code = (message.text("rsp:Signal/rsp:Code") or "").rsplit("/", 1)[-1].lower()
        if code == "terminate":
            self.boxes.pop(pipeline).close()
            self.endpoint.forget(pipeline)
        else:
            self.endpoint.stop(pipeline)
        return "<rsp:SignalResponse/>"

    def settle(self) -> None:
        """Waits until its commands have ended, those that end soon."""
        for pipeline, box in list(self.boxes.items()):
            if pipeline != POOL:
                box.settle()

    def close(self) -> None:
        for box in list(self.boxes.values()):
            box.close()
        self.endpoint.close()

    def _named(self, element: Element) -> str:
        """The pipeline that an element names, or the pool; raises the Fault of one that is not there."""
        pipeline = (element.get("CommandId") or POOL).lower()
        if pipeline not in self.boxes:
            raise faults.unknown_command()
        return pipeline


def _guid(text: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError as error:
        raise faults.not_valid("CommandId is no GUID") from error


def _carry(pipeline: str, fragments: list[bytes], *, is_done: bool) -> str:
    """The pool's own output never ends."""
    name = f' CommandId="{escape(pipeline)}"' if pipeline else ""
    parts = [f'<rsp:Stream Name="stdout"{name}>{base64.b64encode(each).decode()}</rsp:Stream>' for each in fragments]
    if pipeline:
        state = "Done" if is_done else "Running"
        parts.append(f'<rsp:CommandState{name} State="{SHELL}/CommandState/{state}"/>')
    return f"<rsp:ReceiveResponse>{''.join(parts)}</rsp:ReceiveResponse>"
