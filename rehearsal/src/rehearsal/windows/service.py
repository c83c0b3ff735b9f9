"""The WS-Management service of one host: shells and their commands.

Create   opens a shell                    Receive  waits for output, or answers that there was none in time
Command  starts a program in it           Signal   ends the program
Send     brings it standard input         Delete   ends the shell and what runs in it
Get      tells whether it is there

The resource URI of a Create says which kind of shell: a text shell, or a pool of PowerShell remoting.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from html import escape

from rehearsal.windows import faults
from rehearsal.windows.remoting.endpoint import Opener
from rehearsal.windows.remoting.pool import POWERSHELL, Pool
from rehearsal.windows.shells import Shell
from rehearsal.windows.soap import (
    COMMAND_SHELL,
    SHELL,
    TRANSFER,
    Message,
    read_duration,
    write_duration,
    write_response,
)
from rehearsal.windows.text_shell import Run, TextShell

SHELLS_PER_USER = 30
IDLE_TIMEOUT = timedelta(hours=2)


class Service:
    """Answers messages; `run` is the program behind every command, `open_endpoint` what is behind every pool."""

    def __init__(self, url: str, run: Run, open_endpoint: Opener) -> None:
        self._url = url
        self._run = run
        self._open_endpoint = open_endpoint
        self._lock = threading.Lock()
        self._shells: dict[str, Shell] = {}
        self.most_open = 0
        self._actions: dict[str, Callable[[Message, str], str]] = {
            f"{TRANSFER}/Create": self._create,
            f"{TRANSFER}/Get": self._get,
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
        is_get = message.action == f"{TRANSFER}/Get"
        if not (message.resource == SHELL if is_get else _is_shell(message.resource)):
            raise faults.unknown_resource(message.resource)
        return write_response(message, action(message, user))

    def open_shells(self) -> int:
        return len(self._shells)

    def open_pipelines(self) -> int:
        """The pipelines in all pools that nobody has closed."""
        return sum(shell.pipelines for shell in list(self._shells.values()) if isinstance(shell, Pool))

    def is_asleep(self, message: Message, seconds: float) -> bool:
        """Whether the message wants something of a pool that lay idle for so long; to end it is allowed."""
        pool = self._shells.get(message.shell_id)
        is_idle = isinstance(pool, Pool) and not pool.under_way and time.monotonic() - pool.used_at >= seconds
        return is_idle and message.operation not in {"Get", "Delete"}

    def restart(self, message: Message, *, done: bool) -> None:
        """All shells end; `done`: when what runs in the message's pool is over."""
        pool = self._shells.get(message.shell_id)
        if done and isinstance(pool, Pool):
            pool.settle()
        self.close()

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

    # The messages

    def _create(self, message: Message, user: str) -> str:
        shell = self._ordered(message, user)
        with self._lock:
            is_full = sum(each.owner == user for each in self._shells.values()) >= SHELLS_PER_USER
            is_twice = shell.id in self._shells
            if not (is_full or is_twice):
                self._shells[shell.id] = shell
                self.most_open = max(self.most_open, len(self._shells))
        if is_full or is_twice:
            shell.close()
            raise faults.too_many_shells() if is_full else faults.incorrect_parameter()
        return _describe(shell, self._url)

    def _ordered(self, message: Message, user: str) -> Shell:
        idle = read_duration(message.text("rsp:Shell/rsp:IdleTimeOut") or "") or IDLE_TIMEOUT
        if message.resource == COMMAND_SHELL:
            return TextShell.ordered(message, owner=user, idle=idle, resource=message.resource, run=self._run)
        return Pool.ordered(message, self._open_endpoint, owner=user, idle=idle)

    def _get(self, message: Message, user: str) -> str:
        with self._using(message, user) as shell:
            return _tell(shell, "<rsp:State>Connected</rsp:State>")

    def _command(self, message: Message, user: str) -> str:
        with self._using(message, user) as shell:
            return shell.command(message)

    def _send(self, message: Message, user: str) -> str:
        with self._using(message, user) as shell:
            return shell.send(message)

    def _receive(self, message: Message, user: str) -> str:
        with self._using(message, user) as shell:
            return shell.receive(message)

    def _signal(self, message: Message, user: str) -> str:
        with self._using(message, user) as shell:
            return shell.signal(message)

    def _delete(self, message: Message, user: str) -> str:
        with self._using(message, user) as shell, self._lock:
            self._shells.pop(shell.id, None)
        shell.close()
        return ""

    # Shared by the messages

    @contextmanager
    def _using(self, message: Message, user: str) -> Iterator[Shell]:
        """The shell the message is about: there are only one's own, and it does not fall idle meanwhile."""
        with self._lock:
            shell = self._shells.get(message.shell_id)
            is_another = shell is not None and message.resource not in (shell.resource, SHELL)
            if shell is None or shell.owner != user or is_another:
                raise faults.unknown_shell(message.shell_id)
            shell.under_way += 1
        try:
            yield shell
        finally:
            shell.under_way -= 1
            shell.used_at = time.monotonic()


def _is_shell(resource: str) -> bool:
    return resource == COMMAND_SHELL or resource.startswith(POWERSHELL)


def _describe(shell: Shell, url: str) -> str:
    """The new shell's address comes first; clients read its ShellId selector."""
    return (
        f"<x:ResourceCreated><a:Address>{escape(url)}</a:Address><a:ReferenceParameters>"
        f"<w:ResourceURI>{escape(shell.resource)}</w:ResourceURI>"
        f'<w:SelectorSet><w:Selector Name="ShellId">{escape(shell.id)}</w:Selector></w:SelectorSet>'
        f"</a:ReferenceParameters></x:ResourceCreated>{_tell(shell)}"
    )


def _tell(shell: Shell, state: str = "") -> str:
    taken, given = shell.streams
    return (
        f"<rsp:Shell><rsp:ShellId>{escape(shell.id)}</rsp:ShellId>"
        f"<rsp:ResourceUri>{escape(shell.resource)}</rsp:ResourceUri>"
        f"<rsp:Owner>{escape(shell.owner)}</rsp:Owner><rsp:ClientIP>127.0.0.1</rsp:ClientIP>{state}"
        f"<rsp:IdleTimeOut>{write_duration(shell.idle)}</rsp:IdleTimeOut><rsp:InputStreams>{taken}</rsp:InputStreams>"
        f"<rsp:OutputStreams>{given}</rsp:OutputStreams><rsp:ShellRunTime>P0DT0H0M0S</rsp:ShellRunTime>"
        f"<rsp:ShellInactivity>P0DT0H0M0S</rsp:ShellInactivity></rsp:Shell>"
    )
