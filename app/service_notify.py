"""What the bot tells its service manager: systemd's sd_notify(3), one datagram for each message.

Without `NOTIFY_SOCKET` in the environment nobody is told, and nothing is missing.
"""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from collections.abc import MutableMapping

SOCKET = "NOTIFY_SOCKET"

log = structlog.get_logger()


class ServiceManager:
    """Any number of threads may use it. A manager that does not hear is said once in the log, and nothing waits."""

    def __init__(self, address: str) -> None:
        self._lock = threading.Lock()
        self._has_failed = self._is_stopping = False
        self._socket: socket.socket | None = None
        self._address = "\0" + address[1:] if address.startswith("@") else address
        if address:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self._socket.setblocking(False)

    @classmethod
    def of(cls, environment: MutableMapping[str, str]) -> ServiceManager:
        """Return the manager that the environment names. It is taken out, so that no child speaks for the bot."""
        address = environment.pop(SOCKET, "")
        if address[:1] in ("/", "@"):
            return cls(address)
        if address:
            log.warning("service.not_told", message=f"{SOCKET} is no socket of this machine; nobody is told.")
        return cls("")

    def ready(self) -> None:
        """Commands can arrive."""
        with self._lock:
            if not self._is_stopping:
                self._tell("READY=1\nSTATUS=Commands and presses arrive.")

    def alive(self) -> None:
        """The watchdog of the process has looked, and nobody is stuck."""
        self._tell("WATCHDOG=1")

    def stopping(self) -> None:
        """The end has begun."""
        with self._lock:
            self._is_stopping = True
            self._tell("STOPPING=1\nSTATUS=Ending.")

    def _tell(self, message: str) -> None:
        if not self._socket:
            return
        try:
            self._socket.sendto(message.encode(), self._address)
        except BlockingIOError:
            return  # its queue is full; the next ping comes in a second
        except OSError as error:
            if not self._has_failed:
                self._has_failed = True
                log.warning("service.not_told", message=f"The service manager does not hear: {error.strerror}.")
