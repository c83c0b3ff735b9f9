"""A text shell: the messages that start its programs, bring them input, fetch their output, and end them."""

import base64
import binascii
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from typing import Self

from rehearsal.windows import faults, surroundings
from rehearsal.windows.shells import CONTROL_C_EXIT, Command, Output, Shell
from rehearsal.windows.soap import SHELL, Message
from rehearsal.windows.surroundings import Surroundings

Run = Callable[[Command], int]
"""The program behind a command: it returns its exit code."""


@dataclass(slots=True, kw_only=True)
class TextShell(Shell):
    around: Surroundings
    run: Run
    commands: dict[str, Command] = field(default_factory=dict)

    @property
    def streams(self) -> tuple[str, str]:
        return "stdin", "stdout stderr"

    def command(self, message: Message) -> str:
        """Windows joins the command and its arguments with spaces; quoting is the client's affair."""
        wanted = message.find("rsp:CommandLine")
        if wanted is None:
            raise faults.not_valid("CommandLine is missing")
        words = [message.text("rsp:CommandLine/rsp:Command") or ""]
        words += [each.text or "" for each in wanted.iterfind(f"{{{SHELL}}}Arguments")]
        around = surroundings.of_command(self.around, message)
        command = Command(" ".join(words), wanted.get("CommandId", ""), around)
        self.commands[command.id] = command
        threading.Thread(
            target=self._run_to_the_end, args=(command,), name=f"command {command.id}", daemon=True
        ).start()
        return f"<rsp:CommandResponse><rsp:CommandId>{escape(command.id)}</rsp:CommandId></rsp:CommandResponse>"

    def send(self, message: Message) -> str:
        stream = message.find("rsp:Send/rsp:Stream")
        if stream is None:
            raise faults.not_valid("Stream is missing")
        command = self._find(stream.get("CommandId"))
        if not command.send(decode(stream.text), end=stream.get("End", "").lower() == "true"):
            raise faults.pipe_ended()
        return "<rsp:SendResponse/>"

    def receive(self, message: Message) -> str:
        wanted = message.find("rsp:Receive/rsp:DesiredStream")
        if wanted is None:
            raise faults.not_valid("DesiredStream is missing")
        command = self._find(wanted.get("CommandId"))
        output = command.collect(message.timeout)
        if output.is_empty:
            raise faults.nothing_to_say()
        return _carry(command.id, output)

    def signal(self, message: Message) -> str:
        """`terminate` ends the program and forgets the command; Ctrl+C and Ctrl+Break leave an exit code to receive."""
        signal = message.find("rsp:Signal")
        if signal is None:
            raise faults.not_valid("Signal is missing")
        code = (message.text("rsp:Signal/rsp:Code") or "").rsplit("/", 1)[-1].lower()
        command = self._find(signal.get("CommandId"))
        command.kill(CONTROL_C_EXIT)
        if code == "terminate":
            del self.commands[command.id]
        return "<rsp:SignalResponse/>"

    def close(self) -> None:
        for command in self.commands.values():
            command.kill()

    @classmethod
    def ordered(cls, message: Message, **about: object) -> Self:
        """The shell that a Create asks for; raises the Fault of surroundings that cannot be."""
        return cls(around=surroundings.of_shell(message), **about)  # type: ignore[arg-type]  # names of Shell's own fields

    def _find(self, command_id: str | None) -> Command:
        command = self.commands.get(command_id or "")
        if command is None:
            raise faults.unknown_command()
        return command

    def _run_to_the_end(self, command: Command) -> None:
        exit_code = 1
        try:
            exit_code = self.run(command)
        finally:
            command.end(exit_code)


def decode(text: str | None) -> bytes:
    """What a Stream carries."""
    try:
        return base64.b64decode(text or "", validate=True)
    except binascii.Error as error:
        raise faults.not_valid("Stream is not base64") from error


def _carry(command_id: str, output: Output) -> str:
    """Output as base64 pieces; when the program has ended, each stream is closed and the exit code told."""
    name = escape(command_id)
    parts = [
        f'<rsp:Stream Name="{stream}" CommandId="{name}">{base64.b64encode(data).decode()}</rsp:Stream>'
        for stream, data in output.pieces
    ]
    if output.exit_code is None:
        parts.append(f'<rsp:CommandState CommandId="{name}" State="{SHELL}/CommandState/Running"/>')
    else:
        parts += [f'<rsp:Stream Name="{each}" CommandId="{name}" End="true"/>' for each in ("stdout", "stderr")]
        parts.append(
            f'<rsp:CommandState CommandId="{name}" State="{SHELL}/CommandState/Done">'
            f"<rsp:ExitCode>{output.exit_code}</rsp:ExitCode></rsp:CommandState>"
        )
    return f"<rsp:ReceiveResponse>{''.join(parts)}</rsp:ReceiveResponse>"
