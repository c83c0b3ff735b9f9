"""The WS-Management service of one host: shells and their commands.

Create   opens a shell                    Receive  waits for output, or answers that there was none in time
Command  starts a program in it           Signal   ends the program
Send     brings it standard input         Delete   ends the shell and what runs in it
"""

import base64
import binascii
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from html import escape

from rehearsal.windows import faults, surroundings
from rehearsal.windows.shells import CONTROL_C_EXIT, Command, Output, Shell
from rehearsal.windows.soap import (
    COMMAND_SHELL,
    SHELL,
    TRANSFER,
    Message,
    read_duration,
    write_duration,
    write_response,
)

SHELLS_PER_USER = 30
IDLE_TIMEOUT = timedelta(hours=2)


class Service:
    """Answers messages; `run` is the program behind every command and returns its exit code."""

    def __init__(self, url: str, run: Callable[[Command], int]) -> None:
        self._url = url
        self._run = run
        self._lock = threading.Lock()
        self._shells: dict[str, Shell] = {}
        self.most_open = 0
        self._actions: dict[str, Callable[[Message, str], str]] = {
            f"{TRANSFER}/Create": self._create,
            f"{TRANSFER}/Delete": self._delete,
            f"{SHELL}/Command": self._command,
            f"{SHELL}/Send": self._send,
            f"{SHELL}/Receive": self._receive,
            f"{SHELL}/Signal": self._signal,
        }

    def answer(self, message: Message, user: str) -> bytes:
        """The response's envelope; raises the Fault to answer instead."""
        action = self._actions.get(message.action)
        if action is None:
            raise faults.not_supported(message.action)
        if message.resource != COMMAND_SHELL:
            raise faults.unknown_resource(message.resource)
        return write_response(message, action(message, user))

    def open_shells(self) -> int:
        return len(self._shells)

    def sweep(self) -> None:
        """Ends shells that were idle for longer than their idle time-out."""
        with self._lock:
            forgotten = [shell for shell in self._shells.values() if shell.is_forgotten]
            for shell in forgotten:
                del self._shells[shell.id]
        for shell in forgotten:
            shell.close()

    def close(self) -> None:
        with self._lock:
            shells, self._shells = list(self._shells.values()), {}
        for shell in shells:
            shell.close()

    # The six messages

    def _create(self, message: Message, user: str) -> str:
        idle = read_duration(message.text("rsp:Shell/rsp:IdleTimeOut") or "") or IDLE_TIMEOUT
        shell = Shell(owner=user, idle=idle, around=surroundings.of_shell(message))
        with self._lock:
            if sum(each.owner == user for each in self._shells.values()) >= SHELLS_PER_USER:
                raise faults.too_many_shells()
            self._shells[shell.id] = shell
            self.most_open = max(self.most_open, len(self._shells))
        return _describe(shell, self._url)

    def _command(self, message: Message, user: str) -> str:
        """Windows joins the command and its arguments with spaces; quoting is the client's affair."""
        wanted = message.find("rsp:CommandLine")
        if wanted is None:
            raise faults.not_valid("CommandLine is missing")
        words = [message.text("rsp:CommandLine/rsp:Command") or ""]
        words += [each.text or "" for each in wanted.iterfind(f"{{{SHELL}}}Arguments")]
        with self._using(message, user) as shell:
            around = surroundings.of_command(shell.around, message)
            command = Command(" ".join(words), wanted.get("CommandId", ""), around)
            shell.commands[command.id] = command
        threading.Thread(
            target=self._run_to_the_end, args=(command,), name=f"command {command.id}", daemon=True
        ).start()
        return f"<rsp:CommandResponse><rsp:CommandId>{escape(command.id)}</rsp:CommandId></rsp:CommandResponse>"

    def _send(self, message: Message, user: str) -> str:
        stream = message.find("rsp:Send/rsp:Stream")
        if stream is None:
            raise faults.not_valid("Stream is missing")
        try:
            data = base64.b64decode(stream.text or "", validate=True)
        except binascii.Error as error:
            raise faults.not_valid("Stream is not base64") from error
        with self._using(message, user) as shell:
            command = _find(shell, stream.get("CommandId"))
            if not command.send(data, end=stream.get("End", "").lower() == "true"):
                raise faults.pipe_ended()
        return "<rsp:SendResponse/>"

    def _receive(self, message: Message, user: str) -> str:
        wanted = message.find("rsp:Receive/rsp:DesiredStream")
        if wanted is None:
            raise faults.not_valid("DesiredStream is missing")
        with self._using(message, user) as shell:
            command = _find(shell, wanted.get("CommandId"))
            output = command.collect(message.timeout)
        if output.is_empty:
            raise faults.nothing_to_say()
        return _carry(command.id, output)

    def _signal(self, message: Message, user: str) -> str:
        """`terminate` ends the program and forgets the command; Ctrl+C and Ctrl+Break leave an exit code to receive."""
        signal = message.find("rsp:Signal")
        if signal is None:
            raise faults.not_valid("Signal is missing")
        code = (message.text("rsp:Signal/rsp:Code") or "").rsplit("/", 1)[-1].lower()
        with self._using(message, user) as shell:
            command = _find(shell, signal.get("CommandId"))
            command.kill(CONTROL_C_EXIT)
            if code == "terminate":
                del shell.commands[command.id]
        return "<rsp:SignalResponse/>"

    def _delete(self, message: Message, user: str) -> str:
        with self._using(message, user) as shell, self._lock:
            self._shells.pop(shell.id, None)
        shell.close()
        return ""

    # Shared by the six messages

    @contextmanager
    def _using(self, message: Message, user: str) -> Iterator[Shell]:
        """The shell the message is about: there are only one's own, and it does not fall idle meanwhile."""
        with self._lock:
            shell = self._shells.get(message.shell_id)
            if shell is None or shell.owner != user:
                raise faults.unknown_shell(message.shell_id)
            shell.under_way += 1
        try:
            yield shell
        finally:
            shell.under_way -= 1
            shell.used_at = time.monotonic()

    def _run_to_the_end(self, command: Command) -> None:
        exit_code = 1
        try:
            exit_code = self._run(command)
        finally:
            command.end(exit_code)


def _find(shell: Shell, command_id: str | None) -> Command:
    command = shell.commands.get(command_id or "")
    if command is None:
        raise faults.unknown_command()
    return command


def _describe(shell: Shell, url: str) -> str:
    """The new shell's address comes first; clients read its ShellId selector."""
    return (
        f"<x:ResourceCreated><a:Address>{escape(url)}</a:Address><a:ReferenceParameters>"
        f"<w:ResourceURI>{COMMAND_SHELL}</w:ResourceURI>"
        f'<w:SelectorSet><w:Selector Name="ShellId">{shell.id}</w:Selector></w:SelectorSet>'
        f"</a:ReferenceParameters></x:ResourceCreated>"
        f"<rsp:Shell><rsp:ShellId>{shell.id}</rsp:ShellId><rsp:ResourceUri>{COMMAND_SHELL}</rsp:ResourceUri>"
        f"<rsp:Owner>{escape(shell.owner)}</rsp:Owner><rsp:ClientIP>127.0.0.1</rsp:ClientIP>"
        f"<rsp:IdleTimeOut>{write_duration(shell.idle)}</rsp:IdleTimeOut><rsp:InputStreams>stdin</rsp:InputStreams>"
        f"<rsp:OutputStreams>stdout stderr</rsp:OutputStreams><rsp:ShellRunTime>P0DT0H0M0S</rsp:ShellRunTime>"
        f"<rsp:ShellInactivity>P0DT0H0M0S</rsp:ShellInactivity></rsp:Shell>"
    )


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
